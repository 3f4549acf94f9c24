//! The rows of a Key Object Selection, which becomes one ImagingSelection for each series that it refers to (R5).

use std::collections::{BTreeMap, BTreeSet};

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::Attributes;
use super::code::concept;
use super::request::{accessions, order_of};
use super::row::{Row, many, one};
use super::terms::{self, system};
use super::time::date_time;
use crate::dicom::value::{is_fhir_id, unsigned};
use crate::fhir::{CodeableConcept, DateTime, Reference};
use crate::issue::Reason;

/// What the rows of [`SELECTION`] fill from one Key Object Selection.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs)]
pub struct SelectionPart {
    pub issued: Option<DateTime>,
    pub based_on: Vec<Reference>,
    pub code: Option<CodeableConcept>,
    pub instances: Vec<SelectedInstance>,
    pub frames: Vec<SelectedFrames>,
}

/// An instance that a Key Object Selection refers to, with the series and study that it lies in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct SelectedInstance {
    pub study_uid: Box<str>,
    pub series_uid: Box<str>,
    pub uid: Box<str>,
    pub sop_class: Option<Box<str>>,
}

/// The selected frames of one instance; empty for all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct SelectedFrames {
    pub uid: Box<str>,
    pub frames: Vec<u32>,
}

impl SelectionPart {
    /// Whether it is a manifest, which lists the instances of its study.
    pub fn is_manifest(&self) -> bool {
        let mut codings = self.code.iter().flat_map(|code| &code.coding);
        codings.any(|coding| {
            let is_dcm = coding.system.as_deref() == Some(system::DCM);
            is_dcm && MANIFESTS.contains(&&*coding.code) || coding.code == EARLY_MANIFEST
        })
    }

    /// Whether it rejects what it refers to, by IHE Imaging Object Change Management.
    pub fn is_rejection(&self) -> bool {
        let codings = self.code.iter().flat_map(|code| &code.coding);
        let mut titles = codings.filter(|coding| coding.system.as_deref() == Some(system::DCM));
        titles.any(|coding| terms::kos_title(&coding.code).is_some_and(|title| title.rejection))
    }

    /// Whether it could be one, whatever system the user gives its coding scheme.
    pub fn may_be_rejection(&self) -> bool {
        let mut codings = self.code.iter().flat_map(|code| &code.coding);
        codings.any(|coding| terms::kos_title(&coding.code).is_some_and(|title| title.rejection))
    }
}

/// The document titles of manifests (DCM): Manifest and Signed Manifest of IHE XDS-I, Manifest with Description of IHE
/// MADO.
const MANIFESTS: [&str; 3] = ["113030", "113031", "131560"];
/// The title of MADO manifests before CP-2595, of scheme 99IHE.
const EARLY_MANIFEST: &str = "MADOTEMP001";

/// The rows of a Key Object Selection, in the order of the elements.
#[rustfmt::skip]
pub const SELECTION: &[Row<SelectionPart>] = &[
    one!("ImagingSelection.issued", issued, [
        CONTENT_DATE, CONTENT_TIME, TIMEZONE_OFFSET_FROM_UTC
    ], "PS3.3 C.17.6.2, C.12.1", issued),
    many!("ImagingSelection.basedOn", based_on, [
        accession HERE, accession REQUEST_ATTRIBUTES_SEQUENCE, accession REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.7.2.1, C.17.6.2", orders),
    one!("ImagingSelection.code", code, [code CONCEPT_NAME_CODE_SEQUENCE], "PS3.3 C.17.3, PS3.16 CID 7010", title),
    many!("ImagingSelection.instance", instances, [
        CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE > STUDY_INSTANCE_UID,
        CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE > REFERENCED_SERIES_SEQUENCE > SERIES_INSTANCE_UID,
        CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE > REFERENCED_SERIES_SEQUENCE > REFERENCED_SOP_SEQUENCE
            > REFERENCED_SOP_CLASS_UID,
        CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE > REFERENCED_SERIES_SEQUENCE > REFERENCED_SOP_SEQUENCE
            > REFERENCED_SOP_INSTANCE_UID
    ], "PS3.3 C.17.6.2, C.17.2.1", instances),
    many!("ImagingSelection.instance.subset", frames, [
        CONTENT_SEQUENCE > REFERENCED_SOP_SEQUENCE > REFERENCED_SOP_INSTANCE_UID,
        CONTENT_SEQUENCE > REFERENCED_SOP_SEQUENCE > REFERENCED_FRAME_NUMBER
    ], "PS3.3 C.17.3, C.18.4", frames),
];

fn orders(attributes: &Attributes<'_>) -> Vec<Reference> {
    accessions(attributes).into_iter().map(order_of).collect()
}

/// An instant has a time and a zone, or is none.
fn issued(attributes: &Attributes<'_>) -> Option<DateTime> {
    date_time(attributes).filter(|issued| issued.time.is_some())
}

fn title(attributes: &Attributes<'_>) -> Option<CodeableConcept> {
    let title = attributes.items(tags::CONCEPT_NAME_CODE_SEQUENCE).first().and_then(concept);
    if title.is_none() {
        attributes.note(tags::CONCEPT_NAME_CODE_SEQUENCE, Reason::Absent, "");
    }
    title
}

/// The instances that the document refers to; the evidence has the series and study of each.
fn instances(attributes: &Attributes<'_>) -> Vec<SelectedInstance> {
    let mut instances = BTreeSet::new();
    for study in attributes.items(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE) {
        let Some(study_uid) = id(&study, tags::STUDY_INSTANCE_UID) else { continue };
        for series in study.items(tags::REFERENCED_SERIES_SEQUENCE) {
            instances.extend(of_series(&series, &study_uid));
        }
    }
    if instances.is_empty() {
        attributes.note(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, Reason::Absent, "");
    }
    instances.into_iter().collect()
}

fn of_series(series: &Attributes<'_>, study_uid: &str) -> Vec<SelectedInstance> {
    let Some(series_uid) = id(series, tags::SERIES_INSTANCE_UID) else { return Vec::new() };
    let instance = |item: &Attributes<'_>| {
        let uid = id(item, tags::REFERENCED_SOP_INSTANCE_UID)?;
        let sop_class = item.uid(tags::REFERENCED_SOP_CLASS_UID).map(Into::into);
        Some(SelectedInstance { study_uid: study_uid.into(), series_uid: series_uid.clone(), uid, sop_class })
    };
    series.items(tags::REFERENCED_SOP_SEQUENCE).iter().filter_map(instance).collect()
}

/// A UID that has to stand in a FHIR id (R5 ImagingSelection.seriesUid).
fn id(attributes: &Attributes<'_>, tag: Tag) -> Option<Box<str>> {
    match attributes.uid(tag) {
        Some(uid) if is_fhir_id(&uid) => Some(uid.into()),
        Some(uid) => attributes.drop(tag, Reason::UnusableUid, &uid),
        None => attributes.drop(tag, Reason::Absent, ""),
    }
}

/// The frames in the content items. The content of a Key Object Selection is one level deep (PS3.3 A.35.4.3.1.2). An
/// image that is also referenced without frames is selected as a whole.
fn frames(attributes: &Attributes<'_>) -> Vec<SelectedFrames> {
    let items = attributes.items(tags::CONTENT_SEQUENCE);
    let references = items.iter().flat_map(|item| item.items(tags::REFERENCED_SOP_SEQUENCE));
    let mut found: BTreeMap<Box<str>, Vec<BTreeSet<u32>>> = BTreeMap::new();
    for reference in references {
        if let Some(uid) = reference.uid(tags::REFERENCED_SOP_INSTANCE_UID) {
            found.entry(uid.into()).or_default().push(frame_numbers(&reference));
        }
    }
    found.retain(|_, references| references.iter().all(|frames| !frames.is_empty()));
    let joined = |(uid, references): (_, Vec<BTreeSet<u32>>)| {
        let all: BTreeSet<u32> = references.into_iter().flatten().collect();
        SelectedFrames { uid, frames: all.into_iter().collect() }
    };
    found.into_iter().map(joined).collect()
}

/// Frames count from one (PS3.3 10.3).
fn frame_numbers(reference: &Attributes<'_>) -> BTreeSet<u32> {
    let tag = tags::REFERENCED_FRAME_NUMBER;
    let number = |text: String| match unsigned(&text) {
        Ok(number) if number > 0 => Some(number),
        Ok(_) | Err(_) => reference.drop(tag, Reason::NotAFrame, &text),
    };
    reference.texts(tag).into_iter().filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::sample::{Sample, items, mapped, reasons, text};

    fn reference(uid: &str, frames: &str) -> Vec<Sample> {
        vec![text(tags::REFERENCED_SOP_INSTANCE_UID, uid), text(tags::REFERENCED_FRAME_NUMBER, frames)]
    }

    #[test]
    fn frames_count_from_one_and_an_image_that_is_meant_as_a_whole_has_none() {
        let content = |references: [Vec<Sample>; 2]| {
            mapped(
                SELECTION,
                &[items(tags::CONTENT_SEQUENCE, [vec![items(tags::REFERENCED_SOP_SEQUENCE, references)]])],
            )
        };
        for (frames, want, is_reported) in [
            (["3\\1", "2"], Some(vec![1, 2, 3]), false),
            (["0\\1", "2"], Some(vec![1, 2]), true),
            (["1", ""], None, false),
        ] {
            let mapped = content(frames.map(|frames| reference("1.2", frames)));
            assert_eq!(mapped.part.frames.first().map(|one| one.frames.clone()), want, "{frames:?}");
            assert_eq!(mapped.issues.iter().any(|issue| issue.reason == Reason::NotAFrame), is_reported);
        }
    }

    #[test]
    fn what_no_id_can_name_is_not_selected_and_is_reported() {
        for (uid, want, found) in
            [("1.2.3", 1, vec![]), ("1.2_3", 0, vec![Reason::UnusableUid]), ("", 0, vec![Reason::Absent])]
        {
            let instance = vec![text(tags::REFERENCED_SOP_INSTANCE_UID, uid)];
            let series = vec![text(tags::SERIES_INSTANCE_UID, "1.2"), items(tags::REFERENCED_SOP_SEQUENCE, [instance])];
            let study = vec![text(tags::STUDY_INSTANCE_UID, "1"), items(tags::REFERENCED_SERIES_SEQUENCE, [series])];
            let mapped = mapped(SELECTION, &[items(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, [study])]);
            let of_instance =
                |(tag, reason): (Tag, Reason)| (tag == tags::REFERENCED_SOP_INSTANCE_UID).then_some(reason);
            let reasons: Vec<Reason> = reasons(&mapped.issues).into_iter().filter_map(of_instance).collect();
            assert_eq!((mapped.part.instances.len(), reasons), (want, found), "{uid}");
        }
    }
}
