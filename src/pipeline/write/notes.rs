//! Reports of the writing stage: dropped and differing values of a study, and documents that were held back.

use std::path::Path;

use dicom_dictionary_std::tags;

use super::Stage;
use crate::fhir::{Fact, Held};
use crate::issue::{Issue, Reason};
use crate::mapping::{ResolvedStudy, Selection, finish};
use crate::report::{Equipment, Report, Where};
use crate::source::Name;

impl Stage<'_> {
    /// Reports numbers of a study that studies of other patients also have.
    pub(super) fn note_held(&self, uid: &str, all: &[Held]) {
        for held in all {
            self.run.report.issue_of(uid, Where { study: Some(uid), ..Where::default() }, &finish::held_issue(held));
        }
    }

    /// Reports dropped and differing values of a study and its series.
    pub(super) fn note(&self, resolved: &ResolvedStudy<'_>) {
        for found in &resolved.issues {
            let (name, equipment) = (found.name.as_ref(), Equipment::Study(resolved, None));
            let place = Where { name, study: Some(resolved.uid), equipment, ..Where::default() };
            self.run.report.issue_of(resolved.uid, place, &found.issue);
        }
        for selection in resolved.selections {
            self.note_selection(selection, resolved);
        }
        for series in &resolved.series {
            let equipment = Equipment::Study(resolved, Some(series.uid));
            let place = Where { study: Some(resolved.uid), series: Some(series.uid), equipment, ..Where::default() };
            for found in &series.issues {
                self.run.report.issue_of(resolved.uid, Where { name: found.name.as_ref(), ..place }, &found.issue);
            }
            let left_out = [
                (&series.conflicts, Reason::OtherContent),
                (&series.manifests, Reason::Manifest),
                (&series.rejected, Reason::Rejected),
            ];
            for (uids, reason) in left_out {
                let issue = Issue::new("series.instance", &[], reason);
                for uid in uids {
                    self.run.report.issue_of(resolved.uid, Where { instance: Some(uid), ..place }, &issue);
                }
            }
        }
    }

    /// Reports dropped values of a Key Object Selection, and whether it is a rejection note.
    fn note_selection(&self, selection: &Selection, resolved: &ResolvedStudy<'_>) {
        let place = Where {
            name: Some(&selection.name),
            study: Some(resolved.uid),
            instance: Some(&selection.sop_instance_uid),
            ..Where::default()
        };
        if selection.part.is_rejection() {
            let reason = if resolved.rejected.is_empty() { Reason::RejectionNote } else { Reason::AppliedNote };
            let issue = Issue::new("series.instance", &[tags::CONCEPT_NAME_CODE_SEQUENCE], reason);
            self.run.report.issue_of(resolved.uid, place, &issue);
        }
        if self.content().has_selections() {
            selection.issues.iter().for_each(|found| self.run.report.issue_of(resolved.uid, place, &found.issue));
        }
    }
}

/// Reports a study that contradicts an earlier one about its patient.
pub fn note_contradiction(report: &Report, study: &str, fact: Fact) {
    let tag = match fact {
        Fact::Name => tags::PATIENT_NAME,
        Fact::BirthDate => tags::PATIENT_BIRTH_DATE,
        Fact::Sex => tags::PATIENT_SEX,
    };
    let place = Where { study: Some(study), ..Where::default() };
    report.issue(place, &Issue::new("subject", &[tag], Reason::PatientDiffers));
}

/// Reports a document that was held back because the existing file has more instances.
pub fn note_held_back(report: &Report, path: &Path) {
    let name = Name::file(path);
    report.issue(Where { name: Some(&name), ..Where::default() }, &Issue::new("ImagingStudy", &[], Reason::HeldBack));
}
