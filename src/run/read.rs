//! The reading stage: workers take batches from the walk and group what they read.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use crossbeam_channel::Receiver;
use dicom_dictionary_std::tags;

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
    /// Takes the files that are FHIR already, where they are wanted.
    pub aside: Option<&'s (dyn Fn(PathBuf) + Sync)>,
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
            let dicom_files = batch.items.iter().filter(|item| self.item(&mut worker, item)).count();
            self.tally.read(files as u64, dicom_files as u64);
            self.progress.read(files as u64, 0);
        }
    }

    /// Reads one item, and says whether it is DICOM.
    fn item(&self, worker: &mut Worker, item: &Item) -> bool {
        let skip = match self.read(worker, item) {
            Ok(is_dicom) => return is_dicom,
            Err(skip) => skip,
        };
        self.report.skip(&item.name, &skip);
        skip.is_dicom()
    }

    /// The same, with the reason why it is left out.
    fn read(&self, worker: &mut Worker, item: &Item) -> Result<bool, Skip> {
        let Content::File(mut file) = item.open()?;
        if self.aside.is_some_and(|aside| put_aside(&file, item, aside)) {
            return Ok(false);
        }
        self.reader.read(worker, &item.name, &mut file, |issue| {
            self.report.issue(Where { name: Some(&item.name), ..Where::default() }, &issue);
        })?;
        Ok(true)
    }
}

/// Puts a file aside if it begins as JSON does.
fn put_aside(mut file: &File, item: &Item, aside: &(dyn Fn(PathBuf) + Sync)) -> bool {
    let mut start = [0; 64];
    let is_json = file.read(&mut start).is_ok_and(|bytes| is_json(&start[..bytes]));
    if is_json {
        aside(item.name.file.to_path_buf());
    }
    is_json
}

/// Whether a text begins as a JSON object does.
fn is_json(start: &[u8]) -> bool {
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
