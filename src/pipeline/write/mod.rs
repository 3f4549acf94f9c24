//! The writing stage: each study is resolved, finished, linked, and handed to the sink as a document.

mod manifest;
mod notes;
mod resources;

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

use crate::error::{Error, usage};
use crate::fhir::id::Ids;
use crate::fhir::{Companion, DateTime, Dialect, ResourceType, Sharing};
use crate::group::{Study, look_across};
use crate::issue::{Issue, Reason};
use crate::mapping::finish::{Finished, imaging_study};
use crate::mapping::{ContentOptions, ResolvedStudy};
use crate::options::References;
use crate::output::{Catalog, DocumentName, Format, Model, Order, Placed, Sink, WriteDocument};
use crate::report::{Equipment, Where};

use super::counts::StudyCounts;
use super::{Job, Run, made_at};
pub use notes::{note_contradiction, note_held_back};
use resources::is_given;

/// Studies that are resolved ahead if they are written in order.
const SETTLED_AHEAD: usize = 64;

/// The study UID of shared resources; no UID contains a NUL.
pub const SHARED: &str = "\0";

/// The context of the writing stage.
pub struct Stage<'s> {
    /// The run.
    pub run: &'s Run<'s>,
    /// Computes ids, and decides what studies share.
    pub sharing: Sharing,
    /// The creation time of documents.
    pub made_at: DateTime,
    /// The destination.
    pub sink: &'s dyn Sink,
    /// The index, if there is one.
    pub memory: Option<&'s dyn Memory>,
}

/// Remembers documents from run to run, so that unchanged ones are not written again.
pub trait Memory: Sync {
    /// Passes a document to the sink, unless it is unchanged. The study of shared documents is [`SHARED`].
    fn document(
        &self,
        name: &DocumentName,
        study_uid: &str,
        given: &Destination<'_>,
        write: WriteDocument<'_>,
    ) -> Result<Placed, Error>;

    /// All documents of a study were passed to the sink.
    fn study(&self, study_uid: &str, id: &str, counts: &StudyCounts, placed: &Placed) -> Result<(), Error>;
}

/// A document for the sink.
pub struct Destination<'g> {
    /// The sink.
    pub sink: &'g dyn Sink,
    model: Option<&'g Model<'g>>,
    dialect: Dialect<'g>,
}

impl Destination<'_> {
    /// Passes it to the sink.
    pub fn give(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        match self.model {
            Some(model) => self.sink.model(name, model, self.dialect, write),
            None => self.sink.document(name, write),
        }
    }
}

/// Resources that several studies share, kept until all studies were merged into them; each with whether one of its
/// studies conforms to the profile.
pub type Shared = BTreeMap<(ResourceType, String), (Companion, bool)>;

impl<'s> Stage<'s> {
    /// The stage of a run whose studies share nothing yet.
    pub fn new(run: &'s Run<'s>, sink: &'s dyn Sink) -> Result<Stage<'s>, Error> {
        let sharing = Sharing::alone(Ids::new(run.content().id_salt.as_deref().unwrap_or_default()));
        Ok(Stage { run, sharing, made_at: made_at(run.content())?, sink, memory: None })
    }
}

impl Stage<'_> {
    fn content(&self) -> &ContentOptions {
        self.run.content()
    }

    /// The release, the user's `meta`, and the profile.
    fn dialect(&self) -> Dialect<'_> {
        let content = self.content();
        Dialect { release: content.release(), profile: content.profile(), meta: &content.meta }
    }

    /// Writes every study.
    pub fn all(&self, studies: &mut [Study]) -> Result<(), Error> {
        self.run.progress.writing(studies.len() as u64);
        let mut shared = Shared::new();
        self.some(studies, &mut shared)?;
        self.shared(shared)
    }

    /// Writes studies, sorted by UID, so that shared resources are merged in that order.
    pub fn some(&self, studies: &mut [Study], shared: &mut Shared) -> Result<(), Error> {
        match self.sink.order() {
            _ if shares(self.run.job) => self.in_order(studies, |resolved| self.study(resolved, shared)),
            Order::AsGiven => self.in_order(studies, |resolved| self.study(resolved, &mut Shared::new())),
            Order::Any => studies.par_iter_mut().try_for_each(|study| {
                self.run.interrupt.check()?;
                self.study(&study.resolve(&self.content().archive), &mut Shared::new())
            }),
        }
    }

    /// Compares the studies before the first is written, and reports contradictions.
    pub fn look_across(&mut self, studies: &mut [Study]) {
        if self.content().subject.is_some() {
            // With --subject all studies are of one patient.
            return;
        }
        let across = look_across(studies, &self.content().archive);
        for (place, fact) in across.contradictions {
            note_contradiction(self.run.report, studies.get(place).map_or("", |study| &*study.uid), fact);
        }
        self.sharing.contested = across.contested;
    }

    /// Resolves studies in parallel, and passes them on in order.
    fn in_order(
        &self,
        studies: &mut [Study],
        mut each: impl FnMut(&ResolvedStudy<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for some in studies.chunks_mut(SETTLED_AHEAD) {
            let resolved: Vec<ResolvedStudy<'_>> =
                some.par_iter_mut().map(|study| study.resolve(&self.content().archive)).collect();
            for study in &resolved {
                self.run.interrupt.check()?;
                each(study)?;
            }
        }
        Ok(())
    }

    /// Writes shared resources, after all studies.
    pub fn shared(&self, shared: Shared) -> Result<(), Error> {
        for (companion, conforms) in shared.into_values() {
            if companion.contradicted {
                let contradicts = Issue::new(companion.resource_type().name(), &[], Reason::Contradicts);
                self.run.report.issue_of(SHARED, Where::default(), &contradicts);
            }
            let dialect = if conforms { self.dialect() } else { self.dialect().without_profile() };
            self.companion(&companion, SHARED, dialect)?;
        }
        Ok(())
    }

    /// Writes the rows of a study.
    fn rows(&self, resolved: &ResolvedStudy<'_>, catalog: &Catalog) -> Result<(), Error> {
        self.note(resolved);
        self.run.counts.resolved(&StudyCounts::of(resolved));
        catalog.study(resolved, &self.content().archive)?;
        self.run.counts.wrote(&StudyCounts::of(resolved));
        self.run.report.wrote(resolved);
        self.run.progress.wrote(1);
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
            self.run.report.issue_of(resolved.uid, place, issue);
        }
        let counts = StudyCounts::of(resolved);
        self.run.counts.resolved(&counts);
        let id = study.id.clone();
        let is_left_out = self.run.job.format == Format::Kos && !dialect.profile.is_some();
        let placed = match self.run.job.format {
            Format::Kos => self.key_objects(study, resolved, dialect)?,
            _ => self.resources(study, selections, shared, dialect)?,
        };
        if is_given(&placed) && !is_left_out {
            self.run.counts.wrote(&counts);
            self.run.report.wrote(resolved);
        }
        self.run.progress.wrote(1);
        self.memory.map_or(Ok(()), |memory| memory.study(resolved.uid, &id, &counts, &placed))
    }
}

/// Whether studies share separate resources.
pub fn shares(job: &Job) -> bool {
    job.config.content.references() == References::Separate && job.format != Format::Bundle
}

/// Fails if several studies would go into a single JSON document.
pub fn check_room(job: &Job, studies: usize) -> Result<(), Error> {
    let has_room = job.target.is_folder() || !job.format.is_single() && !job.target.is_one_document();
    if has_room || studies <= 1 {
        return Ok(());
    }
    let place =
        job.target.path().map_or("standard output as one document".to_string(), |path| path.display().to_string());
    let lines = if job.format == Format::Kos { "" } else { ", or -o FILE.ndjson for a line each" };
    let advice = format!("give a folder (-o DIR/) for a file each{lines}");
    usage(format!("{studies} studies were found, and {place} has room for one: {advice}"))
}
