//! Data that was read and is not yet in the store: records by study, and files. They are written in one transaction, so
//! that files and records are always consistent.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, RwLock};

use xxhash_rust::xxh3::xxh3_64;

use super::segment::{Level, Record, Segment};
use super::state::{LeftOut, State};
use crate::source::Stamp;

/// Pending bytes after which the data is written to the store.
const HELD_BYTES: usize = 32 << 20;
/// Approximate size of a file besides its name.
const FILE_BYTES: usize = 160;
/// More than threads, to avoid lock contention.
const SHARDS: usize = 64;

/// A file that is read, as it is going to be stored.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    pub folder: i64,
    pub name: Vec<u8>,
    /// `None` where it must be read again.
    pub stamp: Option<Stamp>,
    /// Whether an earlier run read it.
    pub is_known: bool,
}

/// A file that is not a single instance: left out, or an archive with instances of these studies.
#[derive(Debug)]
pub(super) struct OtherFile {
    pub ticket: Ticket,
    pub state: State,
    pub studies: BTreeSet<Box<str>>,
}

/// The records of a study, and the files that are one instance each.
#[derive(Debug, Default)]
pub(super) struct PendingStudy {
    pub segment: Segment,
    pub files: Vec<Ticket>,
}

/// An archive that is being read.
#[derive(Debug)]
pub(super) struct OpenArchive {
    pub ticket: Ticket,
    pub state: State,
    pub studies: BTreeSet<Box<str>>,
    /// Whether some entries could not be read this time.
    pub is_incomplete: bool,
}

/// All pending data.
#[derive(Debug)]
pub(super) struct Pending {
    /// Locked for reading while data that belongs together is added, and for writing while everything is taken.
    gate: RwLock<()>,
    studies: Vec<Mutex<HashMap<Box<str>, PendingStudy>>>,
    others: Mutex<Vec<OtherFile>>,
    archives: Mutex<HashMap<OsString, OpenArchive>>,
    tickets: Vec<Mutex<HashMap<OsString, Ticket>>>,
    held_bytes: AtomicUsize,
    max_held_bytes: usize,
}

impl Default for Pending {
    fn default() -> Pending {
        Pending {
            gate: RwLock::default(),
            studies: (0..SHARDS).map(|_| Mutex::default()).collect(),
            others: Mutex::default(),
            archives: Mutex::default(),
            tickets: (0..SHARDS).map(|_| Mutex::default()).collect(),
            held_bytes: AtomicUsize::new(0),
            max_held_bytes: HELD_BYTES,
        }
    }
}

/// Pending data taken for writing.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub studies: Vec<(Box<str>, PendingStudy)>,
    pub others: Vec<OtherFile>,
}

impl Pending {
    /// Keeps the ticket of a file until it is read, where its source does not carry it along.
    pub fn announce(&self, place: OsString, ticket: Ticket) {
        lock(self.tickets_of(&place)).insert(place, ticket);
    }

    /// Takes the ticket of a file.
    pub fn take_ticket(&self, place: &OsStr) -> Option<Ticket> {
        lock(self.tickets_of(place)).remove(place)
    }

    fn tickets_of(&self, place: &OsStr) -> &Mutex<HashMap<OsString, Ticket>> {
        &self.tickets[xxh3_64(place.as_encoded_bytes()) as usize % SHARDS]
    }

    /// Adds a record, with its file unless it is an archive's entry; returns whether the data should be written.
    pub fn add(
        &self,
        study_uid: &str,
        record: &Record<'_>,
        values: impl Fn(Level) -> Box<[u8]>,
        file: Option<Ticket>,
    ) -> bool {
        let _together = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let mut shard = lock(&self.studies[xxh3_64(study_uid.as_bytes()) as usize % SHARDS]);
        let study = match shard.get_mut(study_uid) {
            Some(known) => known,
            None => shard.entry(study_uid.into()).or_default(),
        };
        let before = study.segment.bytes();
        study.segment.add(record, values);
        let of_file = file.as_ref().map_or(0, |file| file.name.len() + FILE_BYTES);
        study.files.extend(file);
        self.holds(study.segment.bytes() - before + of_file)
    }

    /// Adds a file that is not an instance; returns whether the data should be written.
    pub fn add_other(&self, file: OtherFile) -> bool {
        let _together = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        self.push(file)
    }

    fn push(&self, file: OtherFile) -> bool {
        let bytes = file.ticket.name.len() + FILE_BYTES;
        lock(&self.others).push(file);
        self.holds(bytes)
    }

    fn holds(&self, more: usize) -> bool {
        self.held_bytes.fetch_add(more, Relaxed) + more >= self.max_held_bytes
    }

    /// Adds an archive.
    pub fn open_archive(&self, place: &OsStr, ticket: Ticket) {
        let _together = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let (state, studies) = (State::default(), BTreeSet::new());
        let archive = OpenArchive { ticket, state, studies, is_incomplete: false };
        lock(&self.archives).insert(place.to_os_string(), archive);
    }

    /// Changes an open archive.
    pub fn in_archive<T>(&self, place: &OsStr, change: impl FnOnce(&mut OpenArchive) -> T) -> Option<T> {
        let _together = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        lock(&self.archives).get_mut(place).map(change)
    }

    /// Adds an archive that was read to its end.
    pub fn close_archive(&self, place: &OsStr, file: impl FnOnce(OpenArchive) -> OtherFile) {
        let _together = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(archive) = lock(&self.archives).remove(place) {
            self.push(file(archive));
        }
    }

    /// Takes all pending data; `archives` is called with those still being read, before more is added to them.
    pub fn take(&self, archives: impl FnOnce(&mut dyn Iterator<Item = &mut OpenArchive>)) -> Taken {
        let _alone = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let studies = self.studies.iter().flat_map(|shard| std::mem::take(&mut *lock(shard))).collect();
        let others = std::mem::take(&mut *lock(&self.others));
        archives(&mut lock(&self.archives).values_mut());
        self.held_bytes.store(0, Relaxed);
        Taken { studies, others }
    }
}

impl OpenArchive {
    /// Counts an instance of a study, and returns the archive's ticket.
    pub fn takes(&mut self, study_uid: &str) -> Ticket {
        let State { files, dicom_files, grouped_files, .. } = &mut self.state;
        [files, dicom_files, grouped_files].into_iter().for_each(|count| *count += 1);
        if !self.studies.contains(study_uid) {
            self.studies.insert(study_uid.into());
        }
        self.ticket.clone()
    }
}

impl LeftOut {
    /// A file or entry that was left out.
    pub fn of(entry: Option<&String>, skip: &crate::issue::Skip, notes: Vec<u8>) -> LeftOut {
        LeftOut { entry: entry.cloned(), skip: skip.clone(), notes }
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
