//! Applies a profile: makes the study conform, and writes manifests as a document Bundle or as a Key Object Selection.

use std::io::Write;

use super::Stage;
use crate::error::Error;
use crate::fhir::profile::{conform, key_object_lacks, lacks};
use crate::fhir::{Dialect, Document, ImagingStudy, Linked, json};
use crate::issue::{Issue, Reason};
use crate::kos;
use crate::mapping::ResolvedStudy;
use crate::mapping::finish;
use crate::output::{self, Format, KEY_OBJECT_SELECTION, Placed};
use crate::report::Where;

impl Stage<'_> {
    /// Makes a study conform, and reports the changes; a study that does not meet the requirements is not changed, and
    /// written without the profile or not at all.
    pub(super) fn conform(&self, study: &mut ImagingStudy<'_>, uid: &str) -> Dialect<'_> {
        let (dialect, place) = (self.dialect(), Where { study: Some(uid), ..Where::default() });
        let (mut lacks, mut reason) = (lacks(dialect.profile, study), Reason::NotConforming as fn(_) -> _);
        if self.run.job.format == Format::Kos {
            lacks.extend(key_object_lacks(dialect.profile, study));
            reason = Reason::NoManifest;
        }
        lacks.iter().for_each(|lack| self.run.report.issue_of(uid, place, &finish::lack_issue(*lack, reason)));
        if !lacks.is_empty() {
            return dialect.without_profile();
        }
        for change in conform(dialect.profile, study, &self.content().profile) {
            self.run.report.issue_of(uid, place, &finish::change_issue(change));
        }
        dialect
    }

    /// Writes a conforming study as a document.
    pub(super) fn document_bundle(&self, study: ImagingStudy<'_>, dialect: Dialect<'_>) -> Result<Placed, Error> {
        let document = self.document_of(study, dialect);
        let study = &document.linked.study;
        let write = |out: &mut dyn Write| json::write(out, &document, dialect, self.run.job.layout);
        self.document("Bundle", study.id.clone(), &study.uid, None, dialect, write)
    }

    /// Writes a conforming study as a Key Object Selection; nothing is written of others.
    pub(super) fn key_objects(
        &self,
        study: ImagingStudy<'_>,
        resolved: &ResolvedStudy<'_>,
        dialect: Dialect<'_>,
    ) -> Result<Placed, Error> {
        if !dialect.profile.is_some() {
            return Ok(Placed::NotTaken);
        }
        if !kos::has_order_numbers(&study) {
            let place = Where { study: Some(resolved.uid), ..Where::default() };
            let tags = vec![dicom_dictionary_std::tags::REFERENCED_REQUEST_SEQUENCE];
            let issue = Issue { element: "basedOn", tags, reason: Reason::OrderNumbers, value: None };
            self.run.report.issue_of(resolved.uid, place, &issue);
        }
        let head = kos::Head::of(&study, resolved, self.content());
        let twin = self.document_of(study, dialect);
        let manifest = kos::Manifest::of(&head, &twin);
        let write = |out: &mut dyn Write| output::write_key_objects(out, &manifest);
        self.document(KEY_OBJECT_SELECTION, twin.linked.study.id.clone(), resolved.uid, None, dialect, write)
    }

    fn document_of<'s>(&self, study: ImagingStudy<'s>, dialect: Dialect<'_>) -> Document<'s> {
        let content = |linked: &Linked<'_>| json::digest(linked, dialect);
        let document = Document::of(study, dialect.release, &self.sharing, self.made_at, content);
        self.note_held(&document.linked.study.uid, &document.linked.held);
        document
    }
}
