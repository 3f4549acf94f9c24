//! Data that was read and is not yet in the store: records by study, and files. They are written in one transaction, so
//! that files and records are always consistent.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, RwLock};

use xxhash_rust::xxh3::xxh3_64;

use super::segment::{Level, Record, Segment};
use super::state::{LeftOut, State};

/// Pending bytes after which the data is written to the store.
const HELD_BYTES: usize = 32 << 20;
/// Approximate size of a file besides its name.
const FILE_BYTES: usize = 160;
/// More than threads, to avoid lock contention.
const SHARDS: usize = 64;

/// Stored data of a file before it is read.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    pub folder: i64,
    pub name: Vec<u8>,
    pub stamp: crate::source::Stamp,
    /// Whether an earlier run read it.
    pub is_known: bool,
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct ReadFile {
    pub folder: i64,
    pub name: Vec<u8>,
    pub stamp: Vec<u8>,
    pub is_known: bool,
    pub content: FileContent,
}

/// The content of a file.
#[derive(Debug)]
pub(super) enum FileContent {
    /// An instance of the study with this UID.
    Instance(Box<str>),
    /// A left-out file, or an archive with instances of these studies.
    Other(State, BTreeSet<Box<str>>),
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
    studies: Vec<Mutex<HashMap<Box<str>, Segment>>>,
    files: Mutex<Vec<ReadFile>>,
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
            files: Mutex::default(),
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
    pub studies: Vec<(Box<str>, Segment)>,
    pub files: Vec<ReadFile>,
}

impl Pending {
    /// Keeps the ticket of a file until it is read.
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
        file: Option<ReadFile>,
    ) -> bool {
        let _together = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let mut shard = lock(&self.studies[xxh3_64(study_uid.as_bytes()) as usize % SHARDS]);
        let segment = match shard.get_mut(study_uid) {
            Some(known) => known,
            None => shard.entry(study_uid.into()).or_default(),
        };
        let before = segment.bytes();
        segment.add(record, values);
        let more = segment.bytes() - before;
        drop(shard);
        if let Some(file) = file {
            self.push(file);
        }
        self.holds(more)
    }

    /// Adds a file that is not an instance; returns whether the data should be written.
    pub fn add_file(&self, file: ReadFile) -> bool {
        let _together = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        self.push(file);
        self.holds(0)
    }

    fn push(&self, file: ReadFile) {
        self.held_bytes.fetch_add(file.name.len() + FILE_BYTES, Relaxed);
        lock(&self.files).push(file);
    }

    fn holds(&self, more: usize) -> bool {
        self.held_bytes.fetch_add(more, Relaxed) + more >= self.max_held_bytes
    }

    /// Adds an archive.
    pub fn open_archive(&self, place: &OsStr) {
        let _together = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(ticket) = self.take_ticket(place) {
            let (state, studies) = (State::default(), BTreeSet::new());
            let archive = OpenArchive { ticket, state, studies, is_incomplete: false };
            lock(&self.archives).insert(place.to_os_string(), archive);
        }
    }

    /// Changes an open archive.
    pub fn in_archive<T>(&self, place: &OsStr, change: impl FnOnce(&mut OpenArchive) -> T) -> Option<T> {
        let _together = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        lock(&self.archives).get_mut(place).map(change)
    }

    /// Adds an archive that was read to its end.
    pub fn close_archive(&self, place: &OsStr, file: impl FnOnce(OpenArchive) -> ReadFile) {
        let _together = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(archive) = lock(&self.archives).remove(place) {
            self.push(file(archive));
        }
    }

    /// Takes all pending data; `archives` is called with those still being read, before more is added to them.
    pub fn take(&self, archives: impl FnOnce(&mut dyn Iterator<Item = &mut OpenArchive>)) -> Taken {
        let _alone = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let studies = self.studies.iter().flat_map(|shard| std::mem::take(&mut *lock(shard))).collect();
        let files = std::mem::take(&mut *lock(&self.files));
        archives(&mut lock(&self.archives).values_mut());
        self.held_bytes.store(0, Relaxed);
        Taken { studies, files }
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
