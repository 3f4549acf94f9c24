//! Rows that only document what other functions fill: of UIDs, and of companion resources.
//!
//! Tests keep them true: they remove each attribute, and check which elements change in which release.

use super::attribute::{Attribute, attributes};

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

pub(super) use listed;

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
    pub fn attributes(&self) -> &'static [Attribute] {
        match self.source {
            Source::Attributes(attributes, _) => attributes,
            Source::Always(_) | Source::Of(_) => &[],
        }
    }

    /// Where DICOM defines them.
    pub fn citation(&self) -> &'static str {
        match self.source {
            Source::Attributes(_, citation) => citation,
            Source::Always(_) | Source::Of(_) => "",
        }
    }
}
