//! The reading stage: workers take batches from the walk and group what they read.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::PathBuf;

use crossbeam_channel::Receiver;
use dicom_dictionary_std::tags;

use crate::config::Choice;
use crate::dicom::bytes::{Bytes, Counted};
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::issue::{Issue, Reason, Skip};
use crate::progress::Progress;
use crate::read::{Reader, Worker};
use crate::report::{Report, Where};
use crate::source::archive::Archive;
use crate::source::{Batch, Item, Name, Walk};
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
    /// Whether each file that is left out is named as it comes.
    pub is_verbose: Choice,
    /// Takes the files that are FHIR already, where they are wanted.
    pub aside: Option<Aside<'s>>,
}

/// Takes the path of a file that is not for the scanner.
pub type Aside<'a> = &'a (dyn Fn(PathBuf) + Sync);

/// What a file turns out to be.
enum Found {
    /// It was read.
    Dicom,
    /// It holds files.
    Archive(Archive),
    /// It is FHIR, and was put aside.
    Fhir,
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
        self.tally.grouped(taken);
    }

    /// Reads an item, and says whether it is a DICOM file, still to be counted.
    fn item(&self, worker: &mut Worker, item: &Item) -> bool {
        match self.file(worker, item) {
            Ok(Found::Dicom) => return true,
            Ok(Found::Fhir) => self.tally.read(1, 0),
            Ok(Found::Archive(archive)) => self.archive(worker, &item.name, &archive),
            Err(skip) => self.leave_out(&item.name, &skip),
        }
        false
    }

    /// Reads a file, or finds that it is something else.
    fn file(&self, worker: &mut Worker, item: &Item) -> Result<Found, Skip> {
        let is_included = self.is_included(&item.name)?;
        if !is_included {
            // The path of an archive says nothing of its entries.
            let file = item.open().map_err(|_| Skip::PassedBy)?;
            return Archive::open(file)?.ok_or(Skip::PassedBy).map(Found::Archive);
        }
        let mut file = item.open()?;
        if self.aside.is_some_and(|aside| put_aside(&file, item, aside)) {
            return Ok(Found::Fhir);
        }
        match self.read(worker, &item.name, &mut file) {
            Ok(()) => Ok(Found::Dicom),
            Err(Skip::NotDicom) => Archive::open(file)?.ok_or(Skip::NotDicom).map(Found::Archive),
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

    /// Whether the path is among those that are included; fails where it is excluded.
    pub(super) fn is_included(&self, name: &Name) -> Result<bool, Skip> {
        let filter = self.reader.filter;
        if !filter.is_partial() {
            return Ok(true);
        }
        let path = name.to_string();
        if filter.excludes_path(&path) { Err(Skip::PassedBy) } else { Ok(filter.includes_path(&path)) }
    }

    /// Counts and reports a file that is left out.
    pub(super) fn leave_out(&self, name: &Name, skip: &Skip) {
        self.report.skip(name, skip);
        if self.is_verbose.is_yes() {
            self.progress.say(&format!("{name}: {skip}"));
        }
        self.tally.read(1, skip.is_dicom().into());
    }
}

/// Puts a file aside if it begins as JSON does.
fn put_aside(mut file: &File, item: &Item, aside: Aside<'_>) -> bool {
    let is_json = begins_as_json(file);
    // Whoever reads the file as a stream begins at its start.
    if file.rewind().is_ok() && is_json {
        aside(item.name.file.to_path_buf());
    }
    is_json
}

/// Whether what comes next of a file begins as a JSON object does.
pub fn begins_as_json(mut file: &File) -> bool {
    let mut start = [0; 64];
    file.read(&mut start).is_ok_and(|bytes| is_json(&start[..bytes]))
}

/// Whether a text begins as a JSON object does.
pub fn is_json(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
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

/// Reports a series that stands in several studies.
pub fn note_series((study, series): (&str, &str), report: &Report) {
    let place = Where { study: Some(study), series: Some(series), ..Where::default() };
    let (element, tags) = ("series.uid", vec![tags::SERIES_INSTANCE_UID]);
    report.issue(place, &Issue { element, tags, reason: Reason::SeriesElsewhere, value: None });
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn json_begins_with_a_brace() {
        for (start, want) in [
            (&b"{\"resourceType\""[..], true),
            (b"\xEF\xBB\xBF \n {", true),
            (b"", false),
            (b"[{", false),
            (b"\x08\x00\x05\x00", false),
        ] {
            assert_eq!(is_json(start), want);
        }
    }
}
