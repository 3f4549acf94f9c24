//! The reading stage: workers take batches from the walk and group what they read.

use crossbeam_channel::Receiver;
use dicom_dictionary_std::tags;

use crate::dicom::bytes::{Bytes, Counted};
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::issue::{Issue, Reason, Skip};
use crate::progress::Progress;
use crate::read::{Reader, Worker};
use crate::report::{Report, Where};
use crate::source::archive::Archive;
use crate::source::{Batch, Content, Item, Name, Walk};
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
            self.batch(&mut worker, &batch);
            self.progress.read(batch.len() as u64, worker.take_read_bytes());
            self.progress.found(self.reader.studies.known());
        }
    }

    fn batch(&self, worker: &mut Worker, batch: &Batch) {
        batch.skipped.iter().for_each(|(name, skip)| self.leave_out(name, skip));
        let mut taken = 0;
        batch.for_each(|item| taken += u64::from(self.item(worker, item)));
        // Counted for all at once: the counters are everybody's.
        self.tally.read(taken, taken);
    }

    /// Reads an item, and says whether it is a DICOM file, still to be counted.
    fn item(&self, worker: &mut Worker, item: &Item) -> bool {
        match self.file(worker, item) {
            Ok(None) => return true,
            Ok(Some(archive)) => self.archive(worker, &item.name, &archive),
            Err(skip) => self.leave_out(&item.name, &skip),
        }
        false
    }

    /// Reads a file, or finds that it is an archive.
    fn file(&self, worker: &mut Worker, item: &Item) -> Result<Option<Archive>, Skip> {
        let Content::File(mut file) = item.open()?;
        match self.read(worker, &item.name, &mut file) {
            Ok(()) => Ok(None),
            Err(Skip::NotDicom) => Archive::open(file)?.ok_or(Skip::NotDicom).map(Some),
            Err(skip) => Err(skip),
        }
    }

    /// Reads a file or an entry of an archive.
    pub(super) fn read(&self, worker: &mut Worker, name: &Name, bytes: &mut dyn Bytes) -> Result<(), Skip> {
        let mut bytes = Counted::new(bytes);
        let read = self.reader.read(worker, name, &mut bytes, |issue| {
            self.report.issue(Where { name: Some(name), ..Where::default() }, &issue);
        });
        worker.read_bytes += bytes.bytes;
        read
    }

    /// Counts and reports a file that is left out.
    pub(super) fn leave_out(&self, name: &Name, skip: &Skip) {
        self.report.skip(name, skip);
        self.tally.read(1, skip.is_dicom().into());
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
