//! The writing stage: each study is resolved, finished, linked, and passed to the sink as a document.

mod notes;
mod resources;

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

use crate::error::Error;
use crate::fhir::profile::{conform, lacks};
use crate::fhir::{Companion, DateTime, Dialect, ImagingStudy, ResourceType, Sharing};
use crate::group::{Study, look_across};
use crate::interrupt::Interrupt;
use crate::issue::Reason;
use crate::mapping::finish::{self, Finished, imaging_study};
use crate::mapping::{ContentOptions, ResolvedStudy};
use crate::options::References;
use crate::output::{Catalog, DocumentName, Format, Model, Order, Placed, Sink, WriteDocument};
use crate::progress::Progress;
use crate::report::{Equipment, Report, Where};

use super::Job;
use super::counts::{RunCounts, StudyCounts};
use notes::issue;
pub use notes::{note_contradiction, note_held_back};
use resources::is_given;

/// The most studies resolved ahead, if documents are written in order.
const SETTLED_AHEAD: usize = 64;

/// The key of shared resources in place of a study; no UID contains a NUL.
pub const SHARED: &str = "\0";

/// The context of all documents.
pub struct Stage<'s> {
    /// The job.
    pub job: &'s Job,
    /// Assigns ids, and knows which numbers are not shared.
    pub sharing: Sharing,
    /// The creation time.
    pub made_at: DateTime,
    /// The sink.
    pub sink: &'s dyn Sink,
    /// Counters.
    pub counts: &'s RunCounts,
    /// The report.
    pub report: &'s Report,
    /// Progress.
    pub progress: &'s dyn Progress,
    /// Whether the run is to stop.
    pub interrupt: &'s Interrupt,
    /// Stores document hashes, in a run with an index.
    pub memory: Option<&'s dyn Memory>,
}

/// Stores documents' hashes between runs, so that unchanged ones are not written again.
pub trait Memory: Sync {
    /// Writes a document, unless it exists unchanged. The study of a shared resource is [`SHARED`].
    fn document(
        &self,
        name: &DocumentName,
        study_uid: &str,
        given: &Given<'_>,
        write: WriteDocument<'_>,
    ) -> Result<Placed, Error>;

    /// All documents of a study were written.
    fn study(&self, study_uid: &str, id: &str, counts: &StudyCounts, placed: &Placed) -> Result<(), Error>;
}

/// A document to be written.
pub struct Given<'g> {
    /// The sink.
    pub sink: &'g dyn Sink,
    model: Option<&'g Model<'g>>,
    dialect: Dialect<'g>,
}

impl Given<'_> {
    /// Writes it to the sink.
    pub fn give(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        match self.model {
            Some(model) => self.sink.model(name, model, self.dialect, write),
            None => self.sink.document(name, write),
        }
    }
}

/// Shared resources, merged until all studies were seen; each with whether one of its studies conforms to the profile.
pub type Shared = BTreeMap<(ResourceType, String), (Companion, bool)>;

impl Stage<'_> {
    fn content(&self) -> &ContentOptions {
        &self.job.config.content
    }

    /// The dialect of all documents: release, `meta` and profile.
    fn dialect(&self) -> Dialect<'_> {
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

    /// Writes studies in the order of their UIDs, in which shared resources are merged.
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

    /// Compares the studies before the first is written, and reports contradictions.
    pub fn look_across(&mut self, studies: &mut [Study]) {
        if self.content().subject.is_some() {
            // With --subject all studies are of one patient.
            return;
        }
        let across = look_across(studies, &self.content().archive);
        for (place, fact) in across.contradictions {
            note_contradiction(self.report, studies.get(place).map_or("", |study| &*study.uid), fact);
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
                self.interrupt.check()?;
                each(study)?;
            }
        }
        Ok(())
    }

    /// Writes shared resources, after all studies.
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
        let placed = self.resources(study, selections, shared, dialect)?;
        if is_given(&placed) {
            self.counts.wrote(&counts);
            self.report.wrote(resolved);
        }
        self.progress.wrote(1);
        self.memory.map_or(Ok(()), |memory| memory.study(resolved.uid, &id, &counts, &placed))
    }

    /// Makes a study conform to the profile, and reports the changes. A study that cannot conform is written without
    /// the profile.
    fn conform(&self, study: &mut ImagingStudy<'_>, uid: &str) -> Dialect<'_> {
        let (dialect, place) = (self.dialect(), Where { study: Some(uid), ..Where::default() });
        let lacks = lacks(dialect.profile, study);
        lacks.iter().for_each(|lack| self.report.issue_of(uid, place, &finish::lack_issue(*lack)));
        if !lacks.is_empty() {
            return dialect.without_profile();
        }
        for change in conform(dialect.profile, study, &self.content().profile) {
            self.report.issue_of(uid, place, &finish::change_issue(change));
        }
        dialect
    }
}

/// Whether studies share companion resources.
pub fn shares(job: &Job) -> bool {
    job.config.content.references() == References::Separate && job.format != Format::Bundle
}

/// Fails if several studies would go into one JSON document.
pub fn check_room(job: &Job, studies: usize) -> Result<(), Error> {
    let has_room = job.target.is_folder() || job.format != Format::Json && !job.target.is_one_document();
    if has_room || studies <= 1 {
        return Ok(());
    }
    let place = job.target.path().map_or("standard output as JSON".to_string(), |path| path.display().to_string());
    let advice = "give a folder (-o DIR/) for a file each, or -o FILE.ndjson for a line each";
    Err(Error::Usage(format!("{studies} studies were found, and {place} has room for one: {advice}")))
}
