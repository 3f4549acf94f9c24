//! The finish rules as the documents print them, in the order of the elements. Each stands beside the function that keeps it.

use super::{selection, series, union};

/// One rule: what it is for, what it looks at, and what comes of it.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The FHIR element, without `ImagingStudy.` in front.
    pub element: &'static str,
    /// What it is computed from.
    pub from: &'static str,
    /// How.
    pub rule: &'static str,
}

/// The rules.
pub const RULES: &[Rule] = &[
    super::ID,
    super::IDENTIFIER,
    union::NUMBERS,
    super::STATUS,
    super::MODALITIES,
    super::SUBJECT,
    union::REFERENCES,
    super::ENDPOINTS,
    super::COUNTS,
    super::REGIONS,
    union::CONCEPTS,
    series::MODALITY,
    series::BODY_SITE,
    series::LATERALITY,
    series::STARTED,
    series::SPECIMEN,
    series::PERFORMER,
    crate::group::ORDER,
    crate::group::SOP_CLASS,
    selection::SELECTION,
    selection::DERIVED_FROM,
    selection::SELECTED,
];
