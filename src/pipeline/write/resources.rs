//! The documents of a study: the resource, its selections, and its companions.

use std::collections::btree_map::Entry;
use std::io::{self, Write};

use super::notes::note_held_back;
use super::{Destination, Shared, Stage};
use crate::error::Error;
use crate::fhir::bundle::Bundle;
use crate::fhir::profile::Packaging;
use crate::fhir::{Companion, Dialect, ImagingSelection, ImagingStudy, ResourceType, json, link};
use crate::issue::{Issue, Reason};
use crate::output::{DocumentName, Format, Model, Placed};
use crate::report::Where;
use crate::source::Name;

impl Stage<'_> {
    /// Writes the study and its separate resources; nothing if the study is held back.
    pub(super) fn resources(
        &self,
        study: ImagingStudy<'_>,
        selections: Vec<ImagingSelection>,
        shared: &mut Shared,
        dialect: Dialect<'_>,
    ) -> Result<Placed, Error> {
        let (release, layout) = (dialect.release, self.run.job.layout);
        let (id, study_uid) = (study.id.clone(), &study.uid.clone());
        if dialect.profile.packaging == Packaging::Document {
            return self.document_bundle(study, dialect);
        }
        if self.run.job.format == Format::Bundle {
            let bundle = Bundle::of(study, selections, release, &self.sharing, self.run.job.config.output.bundle);
            self.note_held(study_uid, &bundle.linked.held);
            let write = |out: &mut dyn Write| json::write(out, &bundle, dialect, layout);
            return self.document("Bundle", id, study_uid, Some(Model::Bundle(&bundle)), dialect, write);
        }
        let linked = link(study, selections, release, self.content().references(), &self.sharing);
        self.note_held(study_uid, &linked.held);
        let write = |out: &mut dyn Write| json::write(out, &linked, dialect, layout);
        let placed = self.document("ImagingStudy", id, study_uid, Some(Model::Study(&linked)), dialect, write)?;
        if !is_given(&placed) {
            return Ok(placed);
        }
        for selection in &linked.selections {
            let write = |out: &mut dyn Write| json::write(out, selection, dialect, layout);
            let (name, id) = (ResourceType::ImagingSelection.name(), selection.id.clone());
            let _ = self.document(name, id, study_uid, Some(Model::Selection(selection)), dialect, write)?;
        }
        for companion in linked.beside {
            match companion.is_shared() {
                true => share(shared, companion, dialect.profile.is_some()),
                false => self.companion(&companion, study_uid, dialect)?,
            }
        }
        Ok(placed)
    }

    pub(super) fn companion(&self, companion: &Companion, study_uid: &str, dialect: Dialect<'_>) -> Result<(), Error> {
        let layout = self.run.job.layout;
        let name = companion.resource_type().name();
        let write = |out: &mut dyn Write| json::write(out, companion, dialect, layout);
        self.document(name, companion.id.clone(), study_uid, Some(Model::Companion(companion)), dialect, write)
            .map(drop)
    }

    pub(super) fn document(
        &self,
        resource_type: &'static str,
        id: String,
        study_uid: &str,
        model: Option<Model<'_>>,
        dialect: Dialect<'_>,
        write: impl Fn(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Placed, Error> {
        let name = DocumentName { resource_type, id };
        let mut line = |out: &mut dyn Write| {
            write(out)?;
            // A line feed ends JSON, but not DICOM.
            if self.run.job.format == Format::Kos { Ok(()) } else { out.write_all(b"\n") }
        };
        let given = Destination { sink: self.sink, model: model.as_ref(), dialect };
        let placed = match self.memory {
            Some(memory) => memory.document(&name, study_uid, &given, &mut line)?,
            None => given.give(&name, &mut line)?,
        };
        // The name of a companion does not contain the study, whether it is shared or not.
        let study = Some(study_uid).filter(|_| name.is_main() || resource_type == "ImagingSelection");
        match &placed {
            Placed::Written | Placed::NotTaken => {}
            Placed::NameTaken => {
                let place = Where { study, ..Where::default() };
                self.run.report.issue_of(study_uid, place, &Issue::new(resource_type, &[], Reason::NameTaken));
            }
            Placed::HeldBack(path) if name.is_main() => {
                note_held_back(self.run.report, path);
            }
            Placed::HeldBack(path) => {
                let name = Name::file(path);
                let place = Where { name: Some(&name), study, ..Where::default() };
                self.run.report.issue_of(study_uid, place, &Issue::new(resource_type, &[], Reason::FileSaysMore));
            }
        }
        Ok(placed)
    }
}

/// Adds a companion to those that studies share, or merges it into the known one.
fn share(shared: &mut Shared, companion: Companion, conforms: bool) {
    match shared.entry((companion.resource_type(), companion.id.clone())) {
        Entry::Occupied(mut known) => {
            let (known, one_conforms) = known.get_mut();
            known.merge(companion);
            *one_conforms |= conforms;
        }
        Entry::Vacant(new) => drop(new.insert((companion, conforms))),
    }
}

/// Whether a document can be written; a server reports rejections itself.
pub(super) fn is_given(placed: &Placed) -> bool {
    matches!(placed, Placed::Written | Placed::NotTaken)
}
