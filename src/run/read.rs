//! The reading stage: workers take batches from the walk and group what they read.

use crossbeam_channel::Receiver;

use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::issue::Skip;
use crate::progress::Progress;
use crate::read::{Reader, Worker};
use crate::report::{Place, Report};
use crate::source::{Batch, Content, Item, Walk};
use crate::study::SeveralPlaces;

/// What all workers share.
pub struct Stage<'s> {
    /// From bytes to studies.
    pub reader: Reader<'s>,
    /// What is left out.
    pub report: &'s Report,
    /// How far the run is.
    pub progress: &'s dyn Progress,
    /// Whether the user wants it to end.
    pub interrupt: &'s Interrupt,
}

impl Stage<'_> {
    /// Reads everything that the walk finds.
    pub fn all(&self, walk: &Walk, threads: usize) -> Result<(), Error> {
        rayon::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|_| self.work(walk.batches()));
            }
        });
        self.interrupt.check()
    }

    fn work(&self, batches: &Receiver<Batch>) {
        let mut worker = Worker::default();
        for batch in batches {
            if self.interrupt.is_set() {
                return;
            }
            let files = batch.items.len() + batch.skipped.len();
            batch.skipped.into_iter().for_each(|(name, skip)| self.report.skip(&name, &skip));
            batch.items.iter().for_each(|item| self.item(&mut worker, item));
            self.progress.read(files as u64, 0);
        }
    }

    fn item(&self, worker: &mut Worker, item: &Item) {
        match self.read(worker, item) {
            Ok(()) => self.report.taken(),
            Err(skip) => self.report.skip(&item.name, &skip),
        }
    }

    fn read(&self, worker: &mut Worker, item: &Item) -> Result<(), Skip> {
        let Content::File(mut file) = item.open()?;
        self.reader.read(worker, &item.name, &mut file, |issue| self.report.issue(Place::file(&item.name), &issue))
    }
}

/// Reports a SOP Instance UID that stands in several series.
pub fn note_places(several: &SeveralPlaces, report: &Report) {
    for (study, series) in &several.places {
        report.elsewhere(study, series, &several.sop_instance_uid);
    }
}
