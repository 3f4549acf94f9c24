//! The finish rules as the documents print them, in the order of the elements. Each is next to the function that
//! implements it.

use super::rule::Rule;
use super::{selection, series, union};
use crate::mapping::resolved;

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
    resolved::ORDER,
    resolved::SOP_CLASS,
    selection::SELECTION,
    selection::DERIVED_FROM,
    selection::STATUS,
    selection::SUBJECT,
];
