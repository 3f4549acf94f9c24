//! The reading stage: workers take batches from the walk, read headers and group them.

use std::path::PathBuf;

use crossbeam_channel::Receiver;
use dicom_dictionary_std::tags;

use crate::dicom::bytes::{Bytes, Counted};
use crate::dicom::json::is_dicom_json;
use crate::error::Error;
use crate::group::SeveralPlaces;
use crate::group::reader::{Reader, ReportedBy, Worker};
use crate::issue::{Issue, Reason, Skip};
use crate::report::{Equipment, Report, Where};
use crate::source::archive::{Archive, Head};
use crate::source::{Batch, Content, Item, Mark, Name, Walk, stamp};

use super::Run;
use super::fhir_file::is_fhir;

/// The context of all workers.
pub struct Stage<'s> {
    /// The run.
    pub run: &'s Run<'s>,
    /// From bytes to studies.
    pub reader: Reader<'s>,
    /// A consumer of files that are FHIR.
    pub others: Option<&'s dyn Others>,
    /// Selects the files of this run, if a shard of the input is read.
    pub only: Option<&'s (dyn Fn(&Name) -> bool + Sync)>,
}

/// A consumer of files that are not DICOM.
pub trait Others: Sync {
    /// A file of FHIR.
    fn fhir(&self, path: PathBuf);
    /// A file that is left out.
    fn left_out(&self, name: &Name, skip: &Skip);
}

/// The kind of a file.
enum Found {
    /// DICOM; it was read.
    Dicom,
    /// An archive.
    Archive(Archive),
    /// DICOM JSON; its instances were read.
    Json,
    /// FHIR; it was passed to [`Others`].
    Fhir,
}

impl Stage<'_> {
    /// Reads all files of the walk.
    pub fn all(&self, walk: &Walk) -> Result<(), Error> {
        rayon::scope(|scope| {
            for _ in 0..self.run.job.threads {
                scope.spawn(|_| self.work(walk.batches()));
            }
        });
        self.run.interrupt.check()
    }

    fn work(&self, batches: &Receiver<Batch>) {
        let mut worker = Worker::default();
        for batch in batches {
            if self.run.interrupt.is_set() {
                return;
            }
            self.batch(&mut worker, &batch);
            self.run.progress.read(batch.len() as u64, worker.take_read_bytes());
            self.run.progress.found(self.reader.studies.known());
        }
    }

    fn batch(&self, worker: &mut Worker, batch: &Batch) {
        let is_ours = |name: &Name| self.only.is_none_or(|only| only(name));
        let skipped = batch.skipped.iter().filter(|(name, _)| is_ours(name));
        skipped.for_each(|(name, skip)| self.leave_out(name, None, skip));
        let mut taken = 0;
        batch.for_each(|item| taken += u64::from(is_ours(&item.name) && self.item(worker, item)));
        // Counted once for the batch, as the counters are shared between threads.
        self.grouped(taken);
    }

    /// More DICOM files were read and grouped.
    pub(super) fn grouped(&self, files: u64) {
        if !self.reader.is_indexed() {
            self.run.counts.grouped(files);
        }
    }

    /// Reads an item; returns whether it is a DICOM file that is still to be counted.
    fn item(&self, worker: &mut Worker, item: &Item) -> bool {
        worker.mark.clone_from(&item.mark);
        match self.file(worker, item) {
            Ok(Found::Dicom) => return true,
            Ok(Found::Fhir) => {
                self.reader.keeper.iter().for_each(|keeper| keeper.forgets(&item.name));
                self.run.counts.read(1, 0);
            }
            Ok(Found::Json) => {}
            Ok(Found::Archive(archive)) => {
                let mark = worker.mark.take();
                self.holding(&item.name, mark, || self.archive(worker, &item.name, &archive));
            }
            Err(skip) => self.leave_out(&item.name, worker.mark.take(), &skip),
        }
        false
    }

    /// Reads the content of an archive or DICOM JSON.
    fn holding(&self, name: &Name, mark: Option<Mark>, read: impl FnOnce()) {
        let Some(keeper) = self.reader.keeper else { return read() };
        keeper.opens_archive(name, mark);
        read();
        keeper.closes_archive(name);
    }

    /// Reads a file, or returns what else it is.
    fn file(&self, worker: &mut Worker, item: &Item) -> Result<Found, Skip> {
        let is_included = self.is_included(&item.name)?;
        if !is_included {
            // The path of an archive is no match for its entries.
            let file = item.open().map_err(|_| Skip::PassedBy)?;
            return Archive::open(file)?.ok_or(Skip::PassedBy).map(Found::Archive);
        }
        let mut file = item.open()?;
        if let (Some(mark), Content::File(opened)) = (&mut worker.mark, &file) {
            mark.stamp = mark.stamp.take().or_else(|| stamp(opened));
        }
        if let (Some(others), Content::File(opened)) = (self.others, &file)
            && is_fhir(opened)
        {
            others.fhir(PathBuf::from(&item.name.place));
            return Ok(Found::Fhir);
        }
        if let Content::Json(text) = &mut file {
            let mark = worker.mark.take();
            self.holding(&item.name, mark, || self.json(worker, &item.name, &mut **text));
            return Ok(Found::Json);
        }
        match self.read(worker, &item.name, &mut file) {
            Ok(()) => Ok(Found::Dicom),
            Err(Skip::NotDicom) => self.other(worker, item, file),
            Err(skip) => Err(skip),
        }
    }

    /// Reads DICOM JSON or opens an archive.
    fn other(&self, worker: &mut Worker, item: &Item, mut file: Content) -> Result<Found, Skip> {
        let is_json = Head::new(&mut file).is_ok_and(|head| is_dicom_json(head.bytes()));
        if is_json {
            let mark = worker.mark.take();
            self.holding(&item.name, mark, || self.json(worker, &item.name, &mut file));
            return Ok(Found::Json);
        }
        Archive::open(file)?.ok_or(Skip::NotDicom).map(Found::Archive)
    }

    /// Reads a file or an entry of an archive.
    pub(super) fn read(&self, worker: &mut Worker, name: &Name, bytes: &mut dyn Bytes) -> Result<(), Skip> {
        let (mut bytes, mut issues) = (Counted::new(bytes), Vec::new());
        let read = self.reader.read(worker, name, &mut bytes, |issue| issues.push(issue));
        worker.read_bytes += bytes.bytes;
        let equipment = Equipment::Header(worker.header.root());
        let place = Where { name: Some(name), equipment, ..Where::default() };
        if !self.reader.is_indexed() {
            issues.iter().for_each(|issue| self.run.report.issue(place, issue));
        }
        read
    }

    /// Reports an issue of a file.
    pub(super) fn issue(&self, name: &Name, issue: &Issue) {
        if !self.reader.is_indexed() {
            self.run.report.issue(Where { name: Some(name), ..Where::default() }, issue);
        }
    }

    /// Whether a rule includes the path; fails if one excludes it.
    pub(super) fn is_included(&self, name: &Name) -> Result<bool, Skip> {
        let filter = self.reader.filter;
        if !filter.is_partial() {
            return Ok(true);
        }
        let path = name.to_string();
        if filter.excludes_path(&path) { Err(Skip::PassedBy) } else { Ok(filter.includes_path(&path)) }
    }

    /// Counts and reports a file that is left out.
    pub(super) fn leave_out(&self, name: &Name, mark: Option<Mark>, skip: &Skip) {
        let by = self.reader.keeper.map_or(ReportedBy::Stage, |keeper| keeper.left_out(name, mark, skip));
        if by == ReportedBy::Index {
            return;
        }
        self.run.report.skip(name, skip);
        if let Some(others) = self.others {
            others.left_out(name, skip);
        }
        if by == ReportedBy::Stage {
            self.run.counts.read(1, skip.is_dicom().into());
        }
    }
}

/// Reports a SOP Instance UID that occurs in several series.
pub fn note_places(several: &SeveralPlaces, report: &Report) {
    for (study, series) in &several.places {
        let instance = Some(several.sop_instance_uid.as_str());
        let place = Where { study: Some(study), series: Some(series), instance, ..Where::default() };
        let tags = vec![tags::SOP_INSTANCE_UID];
        report.issue(place, &Issue { element: "series.instance.uid", tags, reason: Reason::Elsewhere, value: None });
    }
}

/// Reports a series that occurs in several studies.
pub fn note_series((study, series): (&str, &str), report: &Report) {
    let place = Where { study: Some(study), series: Some(series), ..Where::default() };
    let (element, tags) = ("series.uid", vec![tags::SERIES_INSTANCE_UID]);
    report.issue(place, &Issue { element, tags, reason: Reason::SeriesElsewhere, value: None });
}
