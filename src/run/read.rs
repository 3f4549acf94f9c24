//! The reading stage: workers take batches from the walk and group what they read.

use crossbeam_channel::Receiver;
use dicom_dictionary_std::tags;

use crate::dicom::bytes::Counted;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::issue::{Issue, Reason, Skip};
use crate::progress::Progress;
use crate::read::{Reader, Worker};
use crate::report::{Report, Where};
use crate::source::{Batch, Content, Item, Walk};
use crate::study::SeveralPlaces;

use super::tally::Tally;

/// What all workers share.
pub struct Stage<'s> {
    /// From bytes to studies.
    pub reader: Reader<'s>,
    /// What is counted.
    pub tally: &'s Tally,
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
            let mut bytes = 0;
            let dicom_files = batch.items.iter().filter(|item| self.item(&mut worker, item, &mut bytes)).count();
            self.tally.read(files as u64, dicom_files as u64);
            self.progress.read(files as u64, bytes);
            self.progress.found(self.reader.studies.known());
        }
    }

    /// Reads one item, and says whether it is DICOM.
    fn item(&self, worker: &mut Worker, item: &Item, bytes: &mut u64) -> bool {
        let Err(skip) = self.read(worker, item, bytes) else { return true };
        self.report.skip(&item.name, &skip);
        skip.is_dicom()
    }

    fn read(&self, worker: &mut Worker, item: &Item, bytes: &mut u64) -> Result<(), Skip> {
        let Content::File(file) = item.open()?;
        let mut file = Counted::new(file);
        let read = self.reader.read(worker, &item.name, &mut file, |issue| {
            self.report.issue(Where { name: Some(&item.name), ..Where::default() }, &issue);
        });
        *bytes += file.bytes;
        read
    }
}

/// Reports a SOP Instance UID that stands in several series.
pub fn note_places(several: &SeveralPlaces, report: &Report) {
    for (study, series) in &several.places {
        let place =
            Where { name: None, study: Some(study), series: Some(series), instance: Some(&several.sop_instance_uid) };
        let tags = vec![tags::SOP_INSTANCE_UID];
        report.issue(place, &Issue { element: "series.instance.uid", tags, reason: Reason::Elsewhere, value: None });
    }
}
