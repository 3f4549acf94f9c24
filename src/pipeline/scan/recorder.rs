//! Collects records of the files that are read, and the files that are left out.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::dicom::Header;
use crate::error::{Error, usage};
use crate::group::FileNotes;
use crate::group::fragment::{Kept, SkippedFile, key_hash, skipped_entry};
use crate::group::reader::{Keeper, Record, ReportedBy};
use crate::issue::Skip;
use crate::numbers::count;
use crate::report::Sorter;
use crate::source::{Mark, Name};

/// How many unreadable files the error names.
const NAMED_FILES: usize = 3;

/// Collects records of the files that are read, and the files that are left out.
#[derive(Debug)]
pub(super) struct Recorder {
    pub kept: Kept,
    pub left_out: Mutex<LeftOut>,
}

#[derive(Debug)]
pub(super) struct LeftOut {
    pub entries: Sorter,
    /// The sum of their hashes.
    pub sum: u64,
    /// The first error of writing them to a temporary file.
    failure: Option<io::Error>,
    unreadable: u64,
    named: BTreeSet<String>,
}

impl Recorder {
    pub fn new(folder: &Path) -> Recorder {
        let entries = Sorter::new(folder);
        let left_out = LeftOut { entries, sum: 0, failure: None, unreadable: 0, named: BTreeSet::new() };
        Recorder { kept: Kept::default(), left_out: Mutex::new(left_out) }
    }

    fn put_aside(&self, name: &Name, skip: Option<&Skip>, notes: FileNotes) {
        let entry = skipped_entry(&SkippedFile { name: name.clone(), skip: skip.cloned(), notes });
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.sum = left_out.sum.wrapping_add(key_hash(&entry));
        if left_out.failure.is_none() {
            left_out.failure = left_out.entries.push(entry + "\n").err();
        }
        if let Some(skip @ (Skip::Unreadable(_) | Skip::NotDelivered(_))) = skip {
            left_out.unreadable += 1;
            left_out.named.insert(format!("{name}: {skip}"));
            if left_out.named.len() > NAMED_FILES {
                left_out.named.pop_last();
            }
        }
    }
}

impl Keeper for Recorder {
    fn read(&self, name: &Name, _: Option<Mark>, header: &Header, grouped: Result<&Record<'_>, &Skip>) {
        match grouped {
            Ok(record) => self.kept.read(name, header, record),
            // The reason is reported elsewhere; issues of the scanner are kept too.
            Err(_) if header.faults.is_empty() => {}
            Err(_) => self.put_aside(name, None, FileNotes::of_skipped(header)),
        }
    }

    fn left_out(&self, name: &Name, _: Option<Mark>, skip: &Skip) -> ReportedBy {
        self.put_aside(name, Some(skip), FileNotes::default());
        ReportedBy::Stage
    }
}

impl LeftOut {
    /// Fails if files could not be read, or not be noted, so that an engine retries.
    pub fn check(&mut self, folder: &Path, allow_unreadable: bool) -> Result<(), Error> {
        if let Some(source) = self.failure.take() {
            return Err(Error::Write { path: folder.to_path_buf(), source });
        }
        if self.unreadable == 0 || allow_unreadable {
            return Ok(());
        }
        let named: Vec<&str> = self.named.iter().map(String::as_str).collect();
        let more = self.unreadable.saturating_sub(self.named.len() as u64);
        let more = if more > 0 { format!(" and {} more", count(more)) } else { String::new() };
        let advice = "try again, or give --allow-unreadable to leave them out and report them";
        usage(format!("files cannot be read, so nothing was written: {}{more}; {advice}", named.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_could_not_be_noted_ends_the_scan() {
        let folder = Path::new("/nowhere");
        let recorder = Recorder::new(folder);
        // More than is held in memory, and nowhere to put it.
        let name = Name::file("x".repeat(1 << 20));
        (0..9).for_each(|_| recorder.put_aside(&name, Some(&Skip::NotDicom), FileNotes::default()));
        let mut left_out = recorder.left_out.into_inner().unwrap();
        let said = left_out.check(folder, true).unwrap_err().to_string();
        assert!(said.contains("/nowhere"), "{said}");
    }
}
