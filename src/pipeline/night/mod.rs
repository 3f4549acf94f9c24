//! A run with an index: only new and changed files are read, and only studies that changed are written. The issues of
//! all others are stored, so that the report is that of a full run.

mod across;
mod chunk;
mod gone;
mod memory;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::ThreadPool;
use xxhash_rust::xxh3::xxh3_64;

use super::stored_report::StoredReport;
use super::write::{self, Shared};
use super::{Job, NightCounts, Run, RunSettings, read};
use crate::error::Error;
use crate::group::reader::Selections;
use crate::group::{Rejections, leave_out_manifests};
use crate::index::{self, Document, Index, Standing, Target, Written};
use crate::mapping::{ContentOptions, Options};
use crate::options::index::Gone;
use crate::output::{DocumentName, Format, KEY_OBJECT_SELECTION, Order, OutputTarget, Sink};
use crate::report::word;
use crate::source::printable_path;
use chunk::{Chunk, Held};

/// Written studies after which the index is updated.
const NOTED_AT_ONCE: usize = 4096;

/// Stands for the hash of a document that was not taken; no document has it.
const NOT_TAKEN: u64 = 0;

/// Where documents go, as the index calls it; `None` where they do not stay.
fn place(job: &Job, settings: &RunSettings<'_>) -> Option<String> {
    match (&settings.place, &job.target) {
        (Some(place), _) => Some(place.clone()),
        // What goes to a bucket is there when all is uploaded, and so not known to be there now.
        _ if job.is_staged() => None,
        (None, OutputTarget::Folder(folder)) if job.format != Format::Ndjson => {
            let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            Some(format!("folder {}", printable_path(&folder)))
        }
        _ => None,
    }
}

/// A hash of everything that documents and issues depend on beside the files.
fn options_hash(job: &Job) -> u64 {
    let Job { config, format, layout, .. } = job;
    let content = ContentOptions { fhir: Some(config.content.release()), ..config.content.clone() };
    let version = env!("CARGO_PKG_VERSION");
    let all = format!("{version} {content:?} {format:?} {layout:?} {:?}", config.output.bundle);
    xxh3_64(all.as_bytes())
}

/// The writing half of a run with an index.
pub(super) struct Night<'n> {
    pub run: &'n Run<'n>,
    pub index: &'n Index,
    pub sink: &'n dyn Sink,
    target: Target,
    /// Whether documents of earlier runs stand where this run writes.
    stays: bool,
    gone: Gone,
    sync: Option<std::path::PathBuf>,
    selections: Selections,
    /// Studies of which it is not known whether their files are gone.
    unread: HashSet<i64>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The studies that are being written, by UID.
    numbers: HashMap<String, i64>,
    /// The hash of a study's document, from when it was given to the sink until everything of the study was.
    hashes: HashMap<String, (u64, bool)>,
    written: Vec<Written>,
    documents: Vec<Document>,
    /// The documents of this run.
    given: HashSet<(&'static str, String)>,
    counts: NightCounts,
}

impl<'n> Night<'n> {
    /// The writing half of a run.
    pub fn new(
        run: &'n Run<'n>,
        index: &'n Index,
        sink: &'n dyn Sink,
        settings: &RunSettings<'_>,
        gone: Gone,
    ) -> Result<Night<'n>, Error> {
        let place = place(run.job, settings).filter(|_| sink.order() == Order::Any);
        let target = index.target(place.as_deref().unwrap_or("stream"), options_hash(run.job))?;
        let folder = run.job.target.path().filter(|_| settings.place.is_none());
        Ok(Night {
            run,
            index,
            sink,
            target,
            stays: place.is_some(),
            gone,
            sync: folder.map(Into::into),
            selections: run.selections(),
            unread: index.unread_studies()?,
            state: Mutex::default(),
        })
    }

    /// Writes the studies that changed, and repeats the stored issues of all others.
    pub fn write(&self, pool: &ThreadPool) -> Result<NightCounts, Error> {
        write::check_room(self.run.job, self.index.count_studies()?)?;
        // First, as its hashes take memory that the studies then have.
        self.tell_places()?;
        let changed = self.changed()?;
        let mut held = Held::default();
        pool.install(|| self.store_facts(&changed, &mut held))?;
        let across = self.compare(&changed)?;
        let studies: Vec<i64> = changed.iter().chain(&across.others).copied().collect();
        let mut stage = write::Stage { memory: Some(self), ..write::Stage::new(self.run, self.sink)? };
        stage.sharing.contested = across.contested;
        self.tell_unchanged()?;
        self.run.progress.writing(studies.len() as u64);
        let chunks = self.chunks(&changed)?.into_iter().chain(self.chunks(&across.others)?);
        let mut shared = Shared::new();
        let written = pool.install(|| self.write_all(&stage, chunks, &across.rejections, held, &mut shared));
        let written = written.and_then(|()| self.tell_shared(&stage, shared, !studies.is_empty()));
        // What was written is written, whatever stopped the rest.
        self.note()?;
        written?;
        let gone = self.gone_studies()?;
        self.remove_documents(&studies, &gone)?;
        self.settle_gone(gone)?;
        Ok(self.state().counts)
    }

    /// The studies to be written, but for those of which others decide.
    fn changed(&self) -> Result<Vec<i64>, Error> {
        if !self.stays || self.rewrites() {
            return self.all();
        }
        let mut missing = Vec::new();
        self.index.each_id(self.target, |study, id| {
            if !self.sink.has(&main(self.run.job, id)) {
                missing.push(study);
            }
        })?;
        let mut others = self.index.documents(self.target)?;
        others.retain(|document| !self.sink.has(&beside(document.clone())));
        if others.iter().any(Document::is_shared) {
            return self.all();
        }
        missing.extend(others.iter().map(|document| document.study));
        self.index.distrust(self.target, &missing)?;
        let changed = self.index.changed_studies(self.target)?;
        // What studies share is made of all of them.
        let shares = write::shares(self.run.job);
        if shares && (!changed.is_empty() || !self.is_as_before()?) { self.all() } else { Ok(changed) }
    }

    /// Whether documents are written that are known to be there.
    fn rewrites(&self) -> bool {
        self.run.job.config.index.rewrite
    }

    /// All studies, of which every document is to be written.
    fn all(&self) -> Result<Vec<i64>, Error> {
        let all = self.index.all_studies()?;
        self.index.distrust(self.target, &all)?;
        Ok(all)
    }

    /// Whether the index has what it had when everything was written the last time.
    fn is_as_before(&self) -> Result<bool, Error> {
        Ok(self.index.last_digest(self.target)? == Some(self.index.digest()?))
    }

    /// Reports UIDs that occur in several places.
    fn tell_places(&self) -> Result<(), Error> {
        let several = self.index.several_places()?;
        several.instances.iter().for_each(|several| read::note_places(several, self.run.report));
        for (study, series) in &several.series {
            read::note_series((study, series), self.run.report);
        }
        Ok(())
    }

    /// Repeats the stored issues of unchanged studies.
    fn tell_unchanged(&self) -> Result<(), Error> {
        let mut damaged = None;
        self.index.each_standing(self.target, |standing| {
            let Standing { uid, id, told, .. } = standing;
            match StoredReport::from_bytes(&told) {
                Some(told) => {
                    self.run.counts.resolved(&told.counts);
                    self.run.counts.wrote(&told.counts);
                    told.repeat(&uid, self.run.report);
                }
                None => damaged = Some(uid),
            }
            self.sink.stands(&main(self.run.job, id));
            self.state().counts.unchanged += 1;
        })?;
        damaged.map_or(Ok(()), |_| Err(self.index.damaged()))
    }

    /// Writes what studies share; if nothing changed, the stored issues are repeated.
    fn tell_shared(&self, stage: &write::Stage<'_>, shared: Shared, is_changed: bool) -> Result<(), Error> {
        if self.stays && !is_changed {
            let told = self.index.told(self.target)?;
            told.iter()
                .filter_map(|told| StoredReport::from_bytes(told))
                .for_each(|told| told.repeat("", self.run.report));
            return Ok(());
        }
        stage.shared(shared)?;
        let told = StoredReport { issues: self.run.report.take_kept(write::SHARED), ..StoredReport::default() };
        self.index.set_told(self.target, &told.to_bytes())
    }

    fn write_all(
        &self,
        stage: &write::Stage<'_>,
        chunks: impl Iterator<Item = Chunk>,
        rejections: &Rejections,
        mut held: Held,
        shared: &mut Shared,
    ) -> Result<(), Error> {
        for chunk in chunks {
            // Those that are held are the first.
            let mut some = match held.chunks.pop_front() {
                Some(some) => some,
                None => self.studies(&chunk)?,
            };
            some.iter_mut().for_each(|study| rejections.apply(study));
            if self.run.leaves_out_manifests() {
                leave_out_manifests(&mut some);
            }
            self.state().numbers = self.index.study_numbers(&chunk.studies)?.into_iter().collect();
            stage.some(&mut some, shared)?;
            if self.state().written.len() >= NOTED_AT_ONCE {
                self.note()?;
            }
        }
        Ok(())
    }

    /// Tells the index what was written, once that is on the disk.
    fn note(&self) -> Result<(), Error> {
        let (written, documents) = {
            let mut state = self.state();
            (std::mem::take(&mut state.written), std::mem::take(&mut state.documents))
        };
        if !self.stays {
            return Ok(());
        }
        if !written.is_empty() || !documents.is_empty() {
            self.sync.iter().for_each(|folder| index::sync(folder));
        }
        self.index.note_written(self.target, &written, &documents)
    }

    fn options(&self) -> &Options {
        &self.run.job.config.content.archive
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a study's document.
fn main(job: &Job, id: String) -> DocumentName {
    let resource_type = match job.format {
        Format::Bundle => "Bundle",
        Format::Kos => KEY_OBJECT_SELECTION,
        _ => "ImagingStudy",
    };
    DocumentName { resource_type, id }
}

/// The name of another document.
fn beside(document: Document) -> DocumentName {
    DocumentName { resource_type: word(&document.resource_type), id: document.id }
}
