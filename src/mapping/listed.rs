//! Rows of what stands beside the study: companion resources, filled by their rows, and UIDs, filled by the grouping.
//!
//! Tests keep them true: they remove each attribute, and check which elements change in which release.

use super::attribute::{Attribute, attributes};
use super::attributes::Attributes;

/// An element that another row or the grouping fills.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// The FHIR element: of ImagingStudy, or with the type of its resource in front.
    pub element: &'static str,
    /// Its source.
    pub source: Source,
}

/// The source of an element.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// These attributes, and where DICOM defines them.
    Attributes(&'static [Attribute], &'static str),
    /// A constant.
    Always(&'static str),
    /// An option, or another element.
    Of(&'static str),
}

/// A row of attributes: `listed!("Patient.gender", [PATIENT_SEX], "PS3.3 C.7.1.1")`.
macro_rules! listed {
    ($element:literal, [$($attributes:tt)*], $citation:literal) => {
        $crate::mapping::listed::Listed {
            element: $element,
            source: $crate::mapping::listed::Source::Attributes(attributes![$($attributes)*], $citation),
        }
    };
}

/// A row of a value that is always the same.
pub const fn always(element: &'static str, value: &'static str) -> Listed {
    Listed { element, source: Source::Always(value) }
}

/// A row of what an option or another element says.
pub const fn of(element: &'static str, words: &'static str) -> Listed {
    Listed { element, source: Source::Of(words) }
}

/// A row of a companion resource, which fills a field of it from the attributes that the row names.
#[derive(Debug)]
pub struct CompanionRow<P: 'static> {
    /// The element and its source.
    pub listed: Listed,
    /// Fills the field from one data set; nothing where the source is no attribute.
    pub fill: fn(&Attributes<'_>, &mut P),
}

/// A row of a companion: `filled!("Patient.gender", gender, [PATIENT_SEX], "PS3.3 C.7.1.1", gender)`.
macro_rules! filled {
    ($element:literal, $field:ident, [$($attributes:tt)*], $citation:literal, $fill:expr) => {
        $crate::mapping::listed::CompanionRow {
            listed: $crate::mapping::listed::listed!($element, [$($attributes)*], $citation),
            fill: |attributes, part| part.$field = ($fill)(attributes),
        }
    };
}

/// A row of a companion that has no attributes.
pub const fn unfilled<P>(listed: Listed) -> CompanionRow<P> {
    CompanionRow { listed, fill: |_, _| {} }
}

/// What the rows of a companion make of a data set.
pub fn companion<P: Default>(rows: &[CompanionRow<P>], attributes: &Attributes<'_>) -> P {
    let mut part = P::default();
    for row in rows {
        (row.fill)(&attributes.seen_by(row.listed.attributes()), &mut part);
    }
    part
}

/// The rows as the documents list them.
pub fn listed_of<P>(rows: &[CompanionRow<P>]) -> Vec<Listed> {
    rows.iter().map(|row| row.listed).collect()
}

pub(super) use {filled, listed};

/// The UIDs, by which everything is grouped.
#[rustfmt::skip]
pub const UIDS: &[Listed] = &[
    listed!("id", [STUDY_INSTANCE_UID], "PS3.3 C.7.2.1"),
    listed!("identifier", [STUDY_INSTANCE_UID], "PS3.3 C.7.2.1"),
    listed!("series.uid", [SERIES_INSTANCE_UID], "PS3.3 C.7.3.1"),
    listed!("series.instance.uid", [SOP_INSTANCE_UID, MEDIA_STORAGE_SOP_INSTANCE_UID], "PS3.3 C.12.1, PS3.10 7.1"),
    listed!("ImagingSelection.studyUid", [
        CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE > STUDY_INSTANCE_UID
    ], "PS3.3 C.17.6.2"),
    listed!("ImagingSelection.seriesUid", [
        CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE > REFERENCED_SERIES_SEQUENCE > SERIES_INSTANCE_UID
    ], "PS3.3 C.17.6.2"),
];

impl Listed {
    /// The attributes, if any.
    pub const fn attributes(&self) -> &'static [Attribute] {
        match self.source {
            Source::Attributes(attributes, _) => attributes,
            Source::Always(_) | Source::Of(_) => &[],
        }
    }

    /// Whether it is of another resource than ImagingStudy.
    pub fn is_beside(&self) -> bool {
        self.element.starts_with(char::is_uppercase)
    }

    /// Where the value comes from, if from no attribute.
    pub fn words(&self) -> Option<String> {
        match self.source {
            Source::Attributes(..) => None,
            Source::Always(value) => Some(format!("always `{value}`")),
            Source::Of(words) => Some(words.to_string()),
        }
    }

    /// Where DICOM defines them.
    pub const fn citation(&self) -> &'static str {
        match self.source {
            Source::Attributes(_, citation) => citation,
            Source::Always(_) | Source::Of(_) => "",
        }
    }
}
