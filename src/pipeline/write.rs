//! The writing stage: each study is resolved, finished, linked, and handed to the sink as a document.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use dicom_dictionary_std::tags;
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

use crate::error::Error;
use crate::fhir::bundle::Bundle;
use crate::fhir::profile::Packaging;
use crate::fhir::{
    Companion, DateTime, Dialect, Fact, Held, ImagingSelection, ImagingStudy, ResourceType, Sharing, json, link,
};
use crate::group::{Study, look_across};
use crate::interrupt::Interrupt;
use crate::issue::{Issue, Reason};
use crate::mapping::finish::{self, Finished, imaging_study};
use crate::mapping::{ContentOptions, ResolvedStudy, Selection};
use crate::options::{Format, References};
use crate::output::{Catalog, DocumentName, Model, Order, Placed, Sink, WriteDocument};
use crate::progress::Progress;
use crate::report::{Equipment, Report, Where};
use crate::source::Name;

use super::Job;
use super::counts::{RunCounts, StudyCounts};

/// Studies that are resolved before the first of them is written, where they are written one after the other.
const SETTLED_AHEAD: usize = 64;

/// Stands for the study of what studies share; no UID holds a NUL.
pub const SHARED: &str = "\0";

/// What all documents share.
pub struct Stage<'s> {
    /// What was asked for.
    pub job: &'s Job,
    /// Gives out ids, and knows what studies do not share.
    pub sharing: Sharing,
    /// When documents are made.
    pub made_at: DateTime,
    /// Where documents go.
    pub sink: &'s dyn Sink,
    /// What is counted.
    pub counts: &'s RunCounts,
    /// What is left out.
    pub report: &'s Report,
    /// How far the run is.
    pub progress: &'s dyn Progress,
    /// Whether the user wants it to end.
    pub interrupt: &'s Interrupt,
    /// Who remembers what is written, where somebody does.
    pub memory: Option<&'s dyn Memory>,
}

/// Remembers documents from run to run, and so knows those that need not be written again.
pub trait Memory: Sync {
    /// Gives a document to the sink, unless it stands there as it is. The study is [`SHARED`] where it is shared.
    fn document(
        &self,
        name: &DocumentName,
        study_uid: &str,
        given: &Given<'_>,
        write: WriteDocument<'_>,
    ) -> Result<Placed, Error>;

    /// Everything of a study was given to the sink.
    fn study(&self, study_uid: &str, id: &str, counts: &StudyCounts, placed: &Placed) -> Result<(), Error>;
}

/// A document on its way to the sink.
pub struct Given<'g> {
    /// The sink.
    pub sink: &'g dyn Sink,
    model: Option<&'g Model<'g>>,
    dialect: Dialect<'g>,
}

impl Given<'_> {
    /// Gives it to the sink.
    pub fn give(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        match self.model {
            Some(model) => self.sink.model(name, model, self.dialect, write),
            None => self.sink.document(name, write),
        }
    }
}

/// Resources that several studies share, until all studies have said what they know of them; each with whether one of its
/// studies is as the profile demands.
pub type Shared = BTreeMap<(ResourceType, String), (Companion, bool)>;

impl Stage<'_> {
    pub(super) fn content(&self) -> &ContentOptions {
        &self.job.config.content
    }

    /// The release, the user's `meta`, and the profile.
    pub(super) fn dialect(&self) -> Dialect<'_> {
        let content = self.content();
        Dialect { release: content.release(), profile: content.profile(), meta: &content.meta }
    }

    /// Writes every study.
    pub fn all(&self, studies: &mut [Study]) -> Result<(), Error> {
        self.progress.writing(studies.len() as u64);
        let mut shared = Shared::new();
        self.some(studies, &mut shared)?;
        self.shared(shared)
    }

    /// Writes studies, which come in the order of their UIDs so that what they share is joined in that order.
    pub fn some(&self, studies: &mut [Study], shared: &mut Shared) -> Result<(), Error> {
        match self.sink.order() {
            _ if shares(self.job) => self.in_order(studies, |resolved| self.study(resolved, shared)),
            Order::AsGiven => self.in_order(studies, |resolved| self.study(resolved, &mut Shared::new())),
            Order::Any => studies.par_iter_mut().try_for_each(|study| {
                self.interrupt.check()?;
                self.study(&study.resolve(&self.content().archive), &mut Shared::new())
            }),
        }
    }

    /// Looks across the studies before the first is written, and reports where they contradict each other.
    pub fn look_across(&mut self, studies: &mut [Study]) {
        if self.content().subject.is_some() {
            // All studies are of the user's patient.
            return;
        }
        let across = look_across(studies, &self.content().archive);
        for (place, fact) in across.contradictions {
            note_contradiction(self.report, studies.get(place).map_or("", |study| &*study.uid), fact);
        }
        self.sharing.contested = across.contested;
    }

    /// Resolves studies side by side, and shows them one after the other.
    fn in_order(
        &self,
        studies: &mut [Study],
        mut each: impl FnMut(&ResolvedStudy<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for some in studies.chunks_mut(SETTLED_AHEAD) {
            let resolved: Vec<ResolvedStudy<'_>> =
                some.par_iter_mut().map(|study| study.resolve(&self.content().archive)).collect();
            for study in &resolved {
                self.interrupt.check()?;
                each(study)?;
            }
        }
        Ok(())
    }

    /// Writes what studies share, when all have said what they know of it.
    pub fn shared(&self, shared: Shared) -> Result<(), Error> {
        for (companion, conforms) in shared.into_values() {
            if companion.contradicted {
                let contradicts = issue(companion.resource_type().name(), Reason::Contradicts);
                self.report.issue_of(SHARED, Where::default(), &contradicts);
            }
            let dialect = if conforms { self.dialect() } else { self.dialect().without_profile() };
            self.companion(&companion, SHARED, dialect)?;
        }
        Ok(())
    }

    /// Writes the rows of a study.
    fn rows(&self, resolved: &ResolvedStudy<'_>, catalog: &Catalog) -> Result<(), Error> {
        self.note(resolved);
        self.counts.resolved(&StudyCounts::of(resolved));
        catalog.study(resolved, &self.content().archive)?;
        self.counts.wrote(&StudyCounts::of(resolved));
        self.report.wrote(resolved);
        self.progress.wrote(1);
        Ok(())
    }

    fn study(&self, resolved: &ResolvedStudy<'_>, shared: &mut Shared) -> Result<(), Error> {
        if let Some(catalog) = self.sink.catalog() {
            return self.rows(resolved, catalog);
        }
        let Finished { mut study, selections, issues } = imaging_study(resolved, self.content());
        self.note(resolved);
        let dialect = self.conform(&mut study, resolved.uid);
        for (series, issue) in &issues {
            let equipment = Equipment::Study(resolved, *series);
            let place = Where { study: Some(resolved.uid), series: *series, equipment, ..Where::default() };
            self.report.issue_of(resolved.uid, place, issue);
        }
        let counts = StudyCounts::of(resolved);
        self.counts.resolved(&counts);
        let id = study.id.clone();
        let is_left_out = self.job.format == Format::Kos && !dialect.profile.is_some();
        let placed = match self.job.format {
            Format::Kos => self.key_objects(study, resolved, dialect)?,
            _ => self.resources(study, selections, shared, dialect)?,
        };
        if is_given(&placed) && !is_left_out {
            self.counts.wrote(&counts);
            self.report.wrote(resolved);
        }
        self.progress.wrote(1);
        self.memory.map_or(Ok(()), |memory| memory.study(resolved.uid, &id, &counts, &placed))
    }

    /// Writes the study, and what stands beside it; nothing of it where the study has no place.
    fn resources(
        &self,
        study: ImagingStudy<'_>,
        selections: Vec<ImagingSelection>,
        shared: &mut Shared,
        dialect: Dialect<'_>,
    ) -> Result<Placed, Error> {
        let (release, layout) = (dialect.release, self.job.layout);
        let (id, study_uid) = (study.id.clone(), &study.uid.clone());
        if dialect.profile.packaging == Packaging::Document {
            return self.document_bundle(study, dialect);
        }
        if self.job.format == Format::Bundle {
            let bundle = Bundle::of(study, selections, release, &self.sharing, self.job.config.output.bundle);
            self.note_held(study_uid, &bundle.linked.held);
            let write = |out: &mut dyn Write| json::write_bundle(out, &bundle, dialect, layout);
            return self.document("Bundle", id, study_uid, Some(Model::Bundle(&bundle)), dialect, write);
        }
        let linked = link(study, selections, release, self.content().references(), &self.sharing);
        self.note_held(study_uid, &linked.held);
        let write = |out: &mut dyn Write| json::write_imaging_study(out, &linked, dialect, layout);
        let placed = self.document("ImagingStudy", id, study_uid, Some(Model::Study(&linked)), dialect, write)?;
        if !is_given(&placed) {
            return Ok(placed);
        }
        for selection in &linked.selections {
            let write = |out: &mut dyn Write| json::write_imaging_selection(out, selection, dialect, layout);
            let (name, id) = (ResourceType::ImagingSelection.name(), selection.id.clone());
            let _ = self.document(name, id, study_uid, Some(Model::Selection(selection)), dialect, write)?;
        }
        for companion in linked.beside {
            if !companion.is_shared() {
                self.companion(&companion, study_uid, dialect)?;
                continue;
            }
            let (key, conforms) = ((companion.resource_type(), companion.id.clone()), dialect.profile.is_some());
            match shared.get_mut(&key) {
                Some((known, known_conforms)) => {
                    known.merge(companion);
                    *known_conforms |= conforms;
                }
                None => drop(shared.insert(key, (companion, conforms))),
            }
        }
        Ok(placed)
    }

    fn companion(&self, companion: &Companion, study_uid: &str, dialect: Dialect<'_>) -> Result<(), Error> {
        let layout = self.job.layout;
        let name = companion.resource_type().name();
        let write = |out: &mut dyn Write| json::write_companion(out, companion, dialect, layout);
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
        write: impl Fn(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<Placed, Error> {
        let name = DocumentName { resource_type, id };
        let mut line = |out: &mut dyn Write| {
            write(out)?;
            // A line feed is JSON's; DICOM ends with its last element.
            if self.job.format == Format::Kos { Ok(()) } else { out.write_all(b"\n") }
        };
        let given = Given { sink: self.sink, model: model.as_ref(), dialect };
        let placed = match self.memory {
            Some(memory) => memory.document(&name, study_uid, &given, &mut line)?,
            None => given.give(&name, &mut line)?,
        };
        // A companion is not named by a study, whether it is shared or not.
        let study = Some(study_uid).filter(|_| name.is_main() || resource_type == "ImagingSelection");
        match &placed {
            Placed::Written | Placed::NotTaken => {}
            Placed::NameTaken => {
                let place = Where { study, ..Where::default() };
                self.report.issue_of(study_uid, place, &issue(resource_type, Reason::NameTaken));
            }
            Placed::HeldBack(path) if name.is_main() => {
                note_held_back(self.report, path);
            }
            Placed::HeldBack(path) => {
                let name = Name::file(path);
                let place = Where { name: Some(&name), study, ..Where::default() };
                self.report.issue_of(study_uid, place, &issue(resource_type, Reason::FileSaysMore));
            }
        }
        Ok(placed)
    }

    /// Reports the numbers of a study that studies of other patients have too.
    pub(super) fn note_held(&self, uid: &str, all: &[Held]) {
        for held in all {
            self.report.issue_of(uid, Where { study: Some(uid), ..Where::default() }, &finish::held_issue(held));
        }
    }

    /// Reports what was dropped of a study and its series, and what differed in them.
    fn note(&self, resolved: &ResolvedStudy<'_>) {
        for found in &resolved.issues {
            let (name, equipment) = (found.name.as_ref(), Equipment::Study(resolved, None));
            let place = Where { name, study: Some(resolved.uid), equipment, ..Where::default() };
            self.report.issue_of(resolved.uid, place, &found.issue);
        }
        for selection in resolved.selections {
            self.note_selection(selection, resolved);
        }
        for series in &resolved.series {
            let equipment = Equipment::Study(resolved, Some(series.uid));
            let place = Where { study: Some(resolved.uid), series: Some(series.uid), equipment, ..Where::default() };
            for found in &series.issues {
                self.report.issue_of(resolved.uid, Where { name: found.name.as_ref(), ..place }, &found.issue);
            }
            for uid in &series.conflicts {
                let other = issue("series.instance", Reason::OtherContent);
                self.report.issue_of(resolved.uid, Where { instance: Some(uid), ..place }, &other);
            }
            for uid in &series.manifests {
                let manifest = issue("series.instance", Reason::Manifest);
                self.report.issue_of(resolved.uid, Where { instance: Some(uid), ..place }, &manifest);
            }
            for uid in &series.rejected {
                let rejected = issue("series.instance", Reason::Rejected);
                self.report.issue_of(resolved.uid, Where { instance: Some(uid), ..place }, &rejected);
            }
        }
    }

    /// Reports what was dropped of a Key Object Selection, and that it is a rejection note.
    fn note_selection(&self, selection: &Selection, resolved: &ResolvedStudy<'_>) {
        let place = Where {
            name: Some(&selection.name),
            study: Some(resolved.uid),
            instance: Some(&selection.sop_instance_uid),
            ..Where::default()
        };
        if selection.part.is_rejection() {
            let reason = if resolved.rejected.is_empty() { Reason::RejectionNote } else { Reason::AppliedNote };
            let tags = vec![tags::CONCEPT_NAME_CODE_SEQUENCE];
            self.report.issue_of(resolved.uid, place, &Issue { tags, ..issue("series.instance", reason) });
        }
        if self.content().has_selections() {
            selection.issues.iter().for_each(|found| self.report.issue_of(resolved.uid, place, &found.issue));
        }
    }
}

/// Whether a document has its place; what a server does not take it says itself.
fn is_given(placed: &Placed) -> bool {
    matches!(placed, Placed::Written | Placed::NotTaken)
}

/// Whether studies share resources that stand beside them.
pub fn shares(job: &Job) -> bool {
    job.config.content.references() == References::Separate && job.format != Format::Bundle
}

/// Reports a study that says otherwise than an earlier one of its patient.
pub fn note_contradiction(report: &Report, study: &str, fact: Fact) {
    let tag = match fact {
        Fact::Name => tags::PATIENT_NAME,
        Fact::BirthDate => tags::PATIENT_BIRTH_DATE,
        Fact::Sex => tags::PATIENT_SEX,
    };
    let place = Where { study: Some(study), ..Where::default() };
    report.issue(place, &Issue { tags: vec![tag], ..issue("subject", Reason::PatientDiffers) });
}

/// Reports a file that has instances which this run's document lacks.
pub fn note_held_back(report: &Report, path: &Path) {
    let name = Name::file(path);
    report.issue(Where { name: Some(&name), ..Where::default() }, &issue("ImagingStudy", Reason::HeldBack));
}

fn issue(element: &'static str, reason: Reason) -> Issue {
    Issue { element, tags: Vec::new(), reason, value: None }
}

/// The one resource of a JSON document: a stream or file has room for one study.
pub fn check_room(job: &Job, studies: usize) -> Result<(), Error> {
    let has_room = job.target.is_folder() || !job.format.is_single() && !job.target.is_one_document();
    if has_room || studies <= 1 {
        return Ok(());
    }
    let place =
        job.target.path().map_or("standard output as one document".to_string(), |path| path.display().to_string());
    let lines = if job.format == Format::Kos { "" } else { ", or -o FILE.ndjson for a line each" };
    let advice = format!("give a folder (-o DIR/) for a file each{lines}");
    Err(Error::Usage(format!("{studies} studies were found, and {place} has room for one: {advice}")))
}
