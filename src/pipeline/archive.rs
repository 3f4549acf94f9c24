//! Reads the entries of an archive: a zip on all idle workers, a stream on one.

use std::ops::ControlFlow;

use rayon::iter::{ParallelBridge, ParallelIterator};

use super::read::Stage;
use crate::dicom::bytes::Bytes;
use crate::dicom::json::is_dicom_json;
use crate::group::reader::Worker;
use crate::issue::Skip;
use crate::source::Name;
use crate::source::archive::{Archive, ArchiveKind, Head, Stream, Zip, ZipEntry, damaged, entry_name};

impl Stage<'_> {
    /// Reads every entry. Errors of the archive itself are reported under its own name.
    pub(super) fn archive(&self, worker: &mut Worker, name: &Name, archive: &Archive) {
        let result = match archive {
            Archive::Zip(zip) => self.zip(name, zip),
            Archive::Stream(stream) => self.stream(worker, name, stream),
        };
        if let Err(skip) = result {
            self.leave_out(name, None, &skip);
        }
    }

    fn zip(&self, name: &Name, zip: &Zip) -> Result<(), Skip> {
        let read = |worker: &mut Worker, entry: Result<ZipEntry<'_>, Skip>| {
            let entry = entry?;
            if !self.run.interrupt.is_set() {
                let inside = inside(name, &entry.name);
                match entry.open() {
                    Ok(mut bytes) => self.entry(worker, &inside, Ok(&mut *bytes)),
                    Err(skip) => self.entry(worker, &inside, Err(skip)),
                }
            }
            Ok(())
        };
        zip.entries().par_bridge().map_init(Worker::default, read).reduce(|| Ok(()), Result::and)
    }

    fn stream(&self, worker: &mut Worker, name: &Name, stream: &Stream) -> Result<(), Skip> {
        stream.read(&mut |entry, bytes| {
            match entry {
                Some(entry) => self.entry(worker, &inside(name, entry), bytes),
                None => self.entry(worker, name, bytes),
            }
            if self.run.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }

    fn entry(&self, worker: &mut Worker, name: &Name, bytes: Result<&mut dyn Bytes, Skip>) {
        let is_included =
            self.is_included(name).and_then(|is_included| is_included.then_some(()).ok_or(Skip::PassedBy));
        match is_included.and(bytes).and_then(|bytes| self.content(worker, name, bytes)) {
            Ok(files) => self.grouped(files),
            Err(skip) => self.leave_out(name, None, &skip),
        }
        self.run.progress.walked(1);
        self.run.progress.read(1, 0);
    }

    /// Reads an entry, and returns the number of files still to be counted for it.
    fn content(&self, worker: &mut Worker, name: &Name, bytes: &mut dyn Bytes) -> Result<u64, Skip> {
        let mut bytes = Head::new(bytes).map_err(|error| damaged(&error))?;
        if is_dicom_json(bytes.bytes()) {
            self.json(worker, name, &mut bytes);
            return Ok(0);
        }
        match self.read(worker, name, &mut bytes) {
            Err(Skip::NotDicom) if ArchiveKind::of(bytes.bytes()).is_some() => Err(Skip::NestedArchive),
            result => result.map(|()| 1),
        }
    }
}

fn inside(archive: &Name, entry: &[u8]) -> Name {
    Name { place: archive.place.clone(), entry: Some(entry_name(entry)) }
}
