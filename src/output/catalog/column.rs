//! The columns of a catalog, named as in the index of the Imaging Data Commons: DICOM keywords, and lower-case names
//! such as `instanceCount` for computed columns.

use dicom_dictionary_std::tags;

use crate::dicom::Tag;
use crate::options::choice;

choice! {
    /// What a row of a table is about.
    pub enum Rows: "row", default Series {
        /// A study.
        Study = "study",
        /// A series.
        Series = "series",
        /// An instance.
        Instance = "instance",
    }
}

/// A column: name, type and source.
#[derive(Debug)]
pub struct Column {
    /// The name in the header line.
    pub name: &'static str,
    /// The type.
    pub kind: CellKind,
    /// The source of its values.
    pub source: Source,
}

/// The type of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Text, as in the file.
    Text,
    /// A day of the calendar.
    Date,
    /// A whole number.
    Number,
}

/// The source of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An attribute.
    Value(Tag),
    /// Study Instance UID.
    Study,
    /// Series Instance UID.
    Series,
    /// SOP Instance UID.
    Instance,
    /// SOP Class UID, of each instance.
    SopClass,
    /// Instance Number.
    InstanceNumber,
    /// Series of the study.
    SeriesCount,
    /// Instances of the row.
    InstanceCount,
    /// Bytes of their files.
    Bytes,
    /// The file, or the common folder of all files.
    Path,
}

/// A value of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cell {
    /// No value.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// Days since 1970-01-01, and the date as `2024-02-29`.
    Date(i32, String),
    /// A whole number.
    Number(i64),
}

const fn text(name: &'static str, tag: Tag) -> Column {
    Column { name, kind: CellKind::Text, source: Source::Value(tag) }
}

const fn date(name: &'static str, tag: Tag) -> Column {
    Column { name, kind: CellKind::Date, source: Source::Value(tag) }
}

const fn uid(name: &'static str, source: Source) -> Column {
    Column { name, kind: CellKind::Text, source }
}

const fn number(name: &'static str, source: Source) -> Column {
    Column { name, kind: CellKind::Number, source }
}

/// `bytes` and `path`, the last columns of each table.
const BYTES: Column = number("bytes", Source::Bytes);
const PATH: Column = Column { name: "path", kind: CellKind::Text, source: Source::Path };

const STUDY: &[Column] = &[
    text("PatientID", tags::PATIENT_ID),
    text("PatientSex", tags::PATIENT_SEX),
    uid("StudyInstanceUID", Source::Study),
    date("StudyDate", tags::STUDY_DATE),
    text("AccessionNumber", tags::ACCESSION_NUMBER),
    text("StudyDescription", tags::STUDY_DESCRIPTION),
    text("ModalitiesInStudy", tags::MODALITY),
    number("seriesCount", Source::SeriesCount),
    number("instanceCount", Source::InstanceCount),
    BYTES,
    PATH,
];

/// The columns of a series, also the first columns of an instance.
const SERIES: [Column; 16] = [
    text("PatientID", tags::PATIENT_ID),
    text("PatientSex", tags::PATIENT_SEX),
    uid("StudyInstanceUID", Source::Study),
    date("StudyDate", tags::STUDY_DATE),
    text("AccessionNumber", tags::ACCESSION_NUMBER),
    text("StudyDescription", tags::STUDY_DESCRIPTION),
    uid("SeriesInstanceUID", Source::Series),
    number("SeriesNumber", Source::Value(tags::SERIES_NUMBER)),
    date("SeriesDate", tags::SERIES_DATE),
    text("SeriesDescription", tags::SERIES_DESCRIPTION),
    text("Modality", tags::MODALITY),
    text("BodyPartExamined", tags::BODY_PART_EXAMINED),
    text("Manufacturer", tags::MANUFACTURER),
    text("ManufacturerModelName", tags::MANUFACTURER_MODEL_NAME),
    text("SoftwareVersions", tags::SOFTWARE_VERSIONS),
    text("InstitutionName", tags::INSTITUTION_NAME),
];

const OF_SERIES: [Column; 3] = [number("instanceCount", Source::InstanceCount), BYTES, PATH];

const OF_INSTANCE: [Column; 5] = [
    uid("SOPInstanceUID", Source::Instance),
    uid("SOPClassUID", Source::SopClass),
    number("InstanceNumber", Source::InstanceNumber),
    BYTES,
    PATH,
];

impl Column {
    /// Its DICOM attribute, if any.
    pub fn tag(&self) -> Option<Tag> {
        match self.source {
            Source::Value(tag) => Some(tag),
            _ => None,
        }
    }
}

impl Cell {
    /// A text cell, or an empty one.
    pub fn text(text: Option<&str>) -> Cell {
        text.map_or(Cell::Empty, |text| Cell::Text(text.to_string()))
    }
}

/// The columns of rows at a level.
pub fn columns(rows: Rows) -> Vec<&'static Column> {
    match rows {
        Rows::Study => STUDY.iter().collect(),
        Rows::Series => SERIES.iter().chain(&OF_SERIES).collect(),
        Rows::Instance => SERIES.iter().chain(&OF_INSTANCE).collect(),
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
    use dicom_dictionary_std::StandardDataDictionary;

    use super::*;

    #[test]
    fn a_column_of_an_attribute_has_its_keyword_and_is_wanted_of_files() {
        let wanted: Vec<Tag> = crate::mapping::attributes_of_rows().filter_map(|path| path.first().copied()).collect();
        for column in [Rows::Study, Rows::Series, Rows::Instance].into_iter().flat_map(columns) {
            let Source::Value(tag) = column.source else { continue };
            let keyword = StandardDataDictionary.by_tag(tag).unwrap().alias();
            assert!(keyword == column.name || (column.name, tag) == ("ModalitiesInStudy", tags::MODALITY), "{keyword}");
            assert!(wanted.contains(&tag), "{keyword}");
        }
    }

    #[test]
    fn no_table_has_a_column_twice() {
        for rows in [Rows::Study, Rows::Series, Rows::Instance] {
            let mut names: Vec<&str> = columns(rows).iter().map(|column| column.name).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        }
    }
}
