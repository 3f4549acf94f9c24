//! `ImagingSelection`: what a Key Object Selection selects of one series (R5 and later).

use super::datatypes::{CodeableConcept, DateTime};
use super::resource::Reference;

/// One ImagingSelection; its status is always `available`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagingSelection {
    /// The resource's id.
    pub id: String,
    /// The subject of the study; filled when the study is linked.
    pub subject: Reference,
    /// When it was made: an instant, or nothing.
    pub issued: Option<DateTime>,
    /// The orders.
    pub based_on: Vec<Reference>,
    /// Why it was made; an absent one is written with a data-absent-reason.
    pub code: Option<CodeableConcept>,
    /// The Study Instance UID of the series, which can be another than that of the document.
    pub study_uid: String,
    /// The ImagingStudy, by its Study Instance UID.
    pub derived_from: Reference,
    /// The Series Instance UID.
    pub series_uid: String,
    /// What is selected, by SOP Instance UID.
    pub instances: Vec<SelectedInstance>,
}

/// `ImagingSelection.instance`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SelectedInstance {
    /// The SOP Instance UID.
    pub uid: String,
    /// The SOP Class UID, where it is a valid OID.
    pub sop_class: Option<String>,
    /// The frames; none of them means all.
    pub frames: Vec<u32>,
}
