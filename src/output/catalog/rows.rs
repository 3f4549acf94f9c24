//! The rows of a study, with the values of its files. Values are not mapped to FHIR, as readers of a catalog know
//! DICOM. If files of a study or series differ, the first in order decides, as elsewhere.

use std::io;

use jiff::civil;

use super::column::{Cell, CellKind, Column, Rows, Source, columns};
use crate::dicom::value;
use crate::dicom::{DataSet, Header, StoredValues, Tag};
use crate::fhir::{Instance, SopClass};
use crate::group::{Files, SeriesFiles, common_folder};
use crate::mapping::{Options, ResolvedSeries, ResolvedStudy};

/// Separator of multiple values (PS3.5 6.2).
const SEPARATOR: &str = "\\";

/// The context of all rows.
#[derive(Debug)]
pub struct Context<'c> {
    /// The level of rows.
    pub rows: Rows,
    /// The files of each series.
    pub files: &'c Files,
    /// The options of the archive, for character sets.
    pub options: &'c Options,
}

/// A callback for each row.
pub type Each<'e> = &'e mut dyn FnMut(&[Cell]) -> io::Result<()>;

/// Calls `each` with the rows of a study, in the order of its document.
pub fn rows(study: &ResolvedStudy<'_>, context: &Context<'_>, each: Each<'_>) -> io::Result<()> {
    let columns = columns(context.rows);
    let tags: Vec<Tag> = columns.iter().filter_map(|column| column.tag()).collect();
    let of_study = Values::of(&study.stored, &tags, context.options);
    let series = study.listed().map(|series| OneSeries {
        values: of_study.or(Values::of(&series.stored, &tags, context.options)),
        files: context.files.take(study.uid, series.uid),
        series,
    });
    match context.rows {
        Rows::Study => each(&study_row(study, &columns, &of_study, series)),
        Rows::Series => series.map(|one| one.row(study, &columns)).try_for_each(|row| each(&row)),
        Rows::Instance => {
            for one in series {
                one.instances(study, &columns, each)?;
            }
            Ok(())
        }
    }
}

/// One series, with the values that its rows share.
struct OneSeries<'s> {
    series: &'s ResolvedSeries<'s>,
    values: Values,
    files: SeriesFiles,
}

impl OneSeries<'_> {
    fn row(&self, study: &ResolvedStudy<'_>, columns: &[&Column]) -> Vec<Cell> {
        let cell = |column: &&Column| match column.source {
            Source::InstanceCount => Cell::Number(self.series.number_of_instances.into()),
            Source::Bytes => number(self.bytes()),
            Source::Path => Cell::text(self.files.folder()),
            _ => self.shared(study, column),
        };
        columns.iter().map(cell).collect()
    }

    fn instances(&self, study: &ResolvedStudy<'_>, columns: &[&Column], each: Each<'_>) -> io::Result<()> {
        let mut row: Vec<Cell> = columns.iter().map(|column| self.shared(study, column)).collect();
        let mut result = Ok(());
        self.series.instances.visit(&mut |instance| {
            for (cell, column) in row.iter_mut().zip(columns) {
                if let Some(own) = self.own(instance, column.source) {
                    *cell = own;
                }
            }
            result = each(&row);
            result.is_ok()
        });
        result
    }

    /// A value that all rows of the series share.
    fn shared(&self, study: &ResolvedStudy<'_>, column: &Column) -> Cell {
        match column.source {
            Source::Study => Cell::text(Some(study.uid)),
            Source::Series => Cell::text(Some(self.series.uid)),
            Source::Value(tag) => cell(column.kind, self.values.get(tag)),
            _ => Cell::Empty,
        }
    }

    /// A value of one instance.
    fn own(&self, instance: &Instance<'_>, source: Source) -> Option<Cell> {
        Some(match source {
            Source::Instance => Cell::text(Some(instance.uid)),
            Source::SopClass => match instance.sop_class {
                SopClass::Urn(urn) => Cell::text(Some(urn.trim_start_matches("urn:oid:"))),
                SopClass::Raw(raw) => Cell::text(Some(raw)),
                SopClass::Absent => Cell::Empty,
            },
            Source::InstanceNumber => instance.number.map_or(Cell::Empty, |number| Cell::Number(number.into())),
            Source::Bytes => number(self.files.of(instance.uid).and_then(|file| file.bytes).map(u64::from)),
            Source::Path => Cell::text(self.files.of(instance.uid).and_then(|file| file.name.as_deref())),
            _ => return None,
        })
    }

    /// The total size of all instances; `None` if the size of one is not known.
    fn bytes(&self) -> Option<u64> {
        let mut bytes = Some(0_u64);
        self.series.instances.visit(&mut |instance| {
            let own = self.files.of(instance.uid).and_then(|file| file.bytes);
            bytes = bytes.zip(own).and_then(|(sum, own)| sum.checked_add(own.get()));
            bytes.is_some()
        });
        bytes
    }
}

fn study_row<'s>(
    study: &ResolvedStudy<'_>,
    columns: &[&Column],
    of_study: &Values,
    all: impl Iterator<Item = OneSeries<'s>>,
) -> Vec<Cell> {
    let (mut values, mut series, mut instances, mut bytes) = (Vec::new(), 0, 0, Some(0_u64));
    let mut folder: Option<String> = None;
    for one in all {
        series += 1;
        instances += i64::from(one.series.number_of_instances);
        bytes = bytes.zip(one.bytes()).and_then(|(sum, own)| sum.checked_add(own));
        let own = one.files.folder().unwrap_or_default();
        let known = folder.get_or_insert_with(|| own.to_string());
        known.truncate(common_folder(known, own));
        values.push(one.values);
    }
    let cell = |column: &&Column| match column.source {
        Source::Study => Cell::text(Some(study.uid)),
        Source::SeriesCount => Cell::Number(series),
        Source::InstanceCount => Cell::Number(instances),
        Source::Bytes => number(bytes.filter(|_| series > 0)),
        Source::Path => Cell::text(folder.as_deref().filter(|folder| !folder.is_empty())),
        Source::Value(tag) => cell(column.kind, of_study.get(tag).or(joined(&values, tag).as_deref())),
        _ => Cell::Empty,
    };
    columns.iter().map(cell).collect()
}

/// The distinct values of an attribute in several series.
fn joined(series: &[Values], tag: Tag) -> Option<String> {
    let mut values: Vec<&str> = series.iter().filter_map(|values| values.get(tag)).collect();
    values.sort_unstable();
    values.dedup();
    (!values.is_empty()).then(|| values.join(SEPARATOR))
}

/// Values of attributes.
#[derive(Debug, Clone, Default)]
struct Values(Vec<(Tag, String)>);

impl Values {
    /// The first value of each attribute in the files.
    fn of(stored: &[&StoredValues], tags: &[Tag], options: &Options) -> Values {
        let (mut values, mut header) = (Values::default(), Header::default());
        for stored in stored {
            let root = stored.unpack(&mut header);
            for tag in tags {
                if values.get(*tag).is_none() {
                    values.0.extend(text(root, *tag, options).map(|text| (*tag, text)));
                }
            }
        }
        values
    }

    /// These values, completed from others.
    fn or(&self, others: Values) -> Values {
        let more = others.0.into_iter().filter(|(tag, _)| self.get(*tag).is_none());
        Values(self.0.iter().cloned().chain(more).collect())
    }

    fn get(&self, tag: Tag) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == tag).map(|(_, text)| text.as_str())
    }
}

/// A value as one line of text; `None` if absent or empty.
fn text(root: DataSet<'_>, tag: Tag, options: &Options) -> Option<String> {
    let decoded = options.character_set(root.character_set()).decode(root.bytes(tag)?).text;
    let line = decoded.replace(|character: char| character.is_control() && character != '\0', " ");
    let line = line.trim_matches(['\0', ' ']);
    (!line.is_empty()).then(|| line.replace('\0', " "))
}

/// The value in the column's type; empty if it is invalid.
fn cell(kind: CellKind, value: Option<&str>) -> Cell {
    let Some(value) = value else { return Cell::Empty };
    match kind {
        CellKind::Text => Cell::Text(value.to_string()),
        CellKind::Number => value.parse().map_or(Cell::Empty, Cell::Number),
        CellKind::Date => value::date(value).map(date).unwrap_or_default(),
    }
}

fn date(date: civil::Date) -> Cell {
    Cell::Date((date - civil::date(1970, 1, 1)).get_days(), date.to_string())
}

fn number(value: Option<u64>) -> Cell {
    value.and_then(|value| i64::try_from(value).ok()).map_or(Cell::Empty, Cell::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_of_the_columns_type_is_left_out() {
        for (kind, value, want) in [
            (CellKind::Text, "-3", Cell::Text("-3".into())),
            (CellKind::Number, "-3", Cell::Number(-3)),
            (CellKind::Number, "+3", Cell::Number(3)),
            (CellKind::Number, "3.0", Cell::Empty),
            (CellKind::Number, "99999999999999999999", Cell::Empty),
            (CellKind::Date, "19700102", Cell::Date(1, "1970-01-02".into())),
            (CellKind::Date, "19691231", Cell::Date(-1, "1969-12-31".into())),
            (CellKind::Date, "2024.02.29", Cell::Date(19782, "2024-02-29".into())),
            (CellKind::Date, "20230229", Cell::Empty),
            (CellKind::Date, "2023", Cell::Empty),
        ] {
            assert_eq!(cell(kind, Some(value)), want, "{value}");
        }
        assert_eq!(cell(CellKind::Text, None), Cell::Empty);
    }

    #[test]
    fn the_values_of_several_series_stand_side_by_side_once_each() {
        let tag = dicom_dictionary_std::tags::MODALITY;
        let of = |value: &str| Values(vec![(tag, value.to_string())]);
        assert_eq!(joined(&[of("SR"), of("CT"), Values::default(), of("CT")], tag).as_deref(), Some("CT\\SR"));
        assert_eq!(joined(&[], tag), None);
    }
}
