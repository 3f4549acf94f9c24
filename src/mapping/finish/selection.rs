//! The ImagingSelections of Key Object Selections: one for each series that they refer to.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use super::{Issues, Rule};
use crate::fhir::{self, Identifier, ImagingSelection, Reference, ResourceType, SelectedInstance};
use crate::issue::{Issue, Reason};
use crate::mapping::selection::SelectedInstance as Referenced;
use crate::mapping::terms::{is_oid, system};
use crate::mapping::{Rejected, ResolvedStudy, Selection};

/// Text of the rule for the documents.
pub(super) const STATUS: Rule = Rule { element: "ImagingSelection.status", from: "a constant", rule: "available" };

/// Text of the rule for the documents.
pub(super) const SUBJECT: Rule = Rule { element: "ImagingSelection.subject", from: "subject", rule: "the study's" };

/// The ImagingSelections of a study, by document and series.
pub fn selections(resolved: &ResolvedStudy<'_>, issues: &mut Issues<'_>) -> Vec<ImagingSelection> {
    resolved.selections.iter().flat_map(|selection| of_document(selection, resolved, issues)).collect()
}

/// Text of the rule for the documents.
pub(super) const SELECTION: Rule = Rule {
    element: "ImagingSelection.id",
    from: "--selections, (0040,A375) CurrentRequestedProcedureEvidenceSequence",
    rule: "from R5 on, one for each series that a Key Object Selection refers to; id UUIDv5 of its Study \
           and SOP Instance UID and the Series Instance UID",
};

/// One for each series. If two studies refer to the same series, the first is used, as an ImagingSelection has one
/// study.
fn of_document(selection: &Selection, resolved: &ResolvedStudy<'_>, issues: &mut Issues<'_>) -> Vec<ImagingSelection> {
    let mut series: BTreeMap<&str, (&str, Vec<SelectedInstance>)> = BTreeMap::new();
    for referenced in selection.part.instances.iter().filter(|referenced| is_there(referenced, selection, resolved)) {
        let (study_uid, instances) =
            series.entry(&referenced.series_uid).or_insert_with(|| (&referenced.study_uid, Vec::new()));
        if *study_uid == &*referenced.study_uid {
            instances.push(instance(referenced, selection));
        } else {
            issues.push((
                None,
                Issue::new("ImagingSelection.seriesUid", &[tags::SERIES_INSTANCE_UID], Reason::Elsewhere),
            ));
        }
    }
    let of_series = |(series_uid, (study_uid, instances)): (&str, (&str, Vec<SelectedInstance>))| ImagingSelection {
        id: fhir::id::selection(resolved.uid, &selection.sop_instance_uid, series_uid),
        subject: Reference::to(ResourceType::Patient),
        issued: selection.part.issued,
        based_on: selection.part.based_on.clone(),
        code: selection.part.code.clone(),
        study_uid: study_uid.to_string(),
        derived_from: study(study_uid),
        series_uid: series_uid.to_string(),
        instances,
    };
    series.into_iter().map(of_series).collect()
}

/// Whether a reference is kept: with applied rejections, neither rejected instances nor the rejecting note.
fn is_there(referenced: &Referenced, selection: &Selection, resolved: &ResolvedStudy<'_>) -> bool {
    let rejected: &Rejected = resolved.rejected;
    let is_own_study = &*referenced.study_uid == resolved.uid;
    let is_applied = !rejected.is_empty() && selection.part.is_rejection();
    let is_rejected = is_own_study && rejected.has(&referenced.series_uid, &referenced.uid);
    !is_applied && !is_rejected
}

fn instance(referenced: &Referenced, selection: &Selection) -> SelectedInstance {
    let frames = &selection.part.frames;
    let at = frames.binary_search_by(|frames| frames.uid.cmp(&referenced.uid));
    SelectedInstance {
        uid: referenced.uid.to_string(),
        sop_class: referenced.sop_class.as_deref().filter(|uid| is_oid(uid)).map(str::to_string),
        frames: at.ok().and_then(|at| frames.get(at)).map(|frames| frames.frames.clone()).unwrap_or_default(),
    }
}

/// Text of the rule for the documents.
pub(super) const DERIVED_FROM: Rule = Rule {
    element: "ImagingSelection.derivedFrom",
    from: "(0020,000D) StudyInstanceUID of the evidence",
    rule: "the ImagingStudy, by reference where it stands beside, else and in a batch by identifier",
};

fn study(uid: &str) -> Reference {
    let (system, value) = (Some(system::DICOM_UID.into()), format!("urn:oid:{uid}").into());
    let mut reference = Reference::to(ResourceType::ImagingStudy);
    reference.identifier = Some(Identifier { system, value, ..Identifier::default() });
    reference
}
