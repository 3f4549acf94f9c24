//! What earlier runs read: each file with what tells whether it changed, and its instance, so that a night reads only what
//! is new, and studies are made of the index by the same merge as of the files.
//!
//! ```text
//! walk ──files, stamps──▶ compare ──those to read──▶ scanner ──records──▶ pending ──flush──▶ store ──segments──▶ Studies
//! ```
//!
//! Memory is bounded by the store's cache and by what is pending. Whatever stops a run, the next one ends as a full run
//! would: a file is in the store together with its records, and a study is clean for a target only when its document is
//! there.

mod apply;
mod bytes;
mod compare;
mod disk;
mod files;
mod gone;
#[cfg(feature = "cli")]
mod maintain;
mod pending;
mod places;
mod rebuild;
mod roots;
mod segment;
mod state;
mod store;
mod studies;
mod target;

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::dicom::{Header, Levels, StoredValues};
use crate::error::Error;
use crate::group::FileNotes;
use crate::group::reader::{Keeper, Record as Grouped};
use crate::issue::Skip;
use crate::name::Name;
use crate::options::index::Check;
use crate::source::now;

pub use disk::sync;
pub use files::FileTotals;
#[cfg(feature = "cli")]
pub use maintain::{check, stats, vacuum};
pub use store::OnNetwork;
pub use target::{Document, Standing, Target, Written};

use files::ListingDigest;
use pending::{FileContent, Pending, ReadFile, Ticket};
use segment::{Level, Record};
use state::{LeftOut, State, is_lasting};
use store::{Fault, Store};

/// An index that is open for one run.
#[derive(Debug)]
pub struct Index {
    store: Mutex<Store>,
    pending: Pending,
    check: Check,
    visited: Mutex<Visited>,
    /// The first thing that went wrong while files were read: the run ends when that has ended.
    failure: Mutex<Option<Error>>,
}

/// What the walk has come to.
#[derive(Debug, Default)]
struct Visited {
    /// Folders that were entered.
    folders: HashSet<i64>,
    /// Folders that could not be looked at, wholly or in part: what is known of them and below them stays.
    unlookable: Vec<PathBuf>,
    /// What the files of folders that are being listed came to before.
    digests: HashMap<i64, Option<ListingDigest>>,
    /// Folders whose files were compared one by one.
    compared: HashSet<i64>,
    /// Folders of which files were listed.
    listed: HashSet<i64>,
    /// When a folder last changed before it was listed.
    mtimes: Vec<(i64, Option<i64>)>,
    /// Folders with files that have to be looked at again.
    unread: HashSet<i64>,
    /// Folders that are walked with everything below them.
    roots: Vec<PathBuf>,
    /// Whether files came from lists, which name all that there are.
    has_lists: bool,
    /// Files that were read or are to be.
    to_read: u64,
}

impl Index {
    /// Opens the index of a run, and locks it.
    pub fn open(path: &Path, check: Check, on_network: OnNetwork, wanted: u64) -> Result<Index, Error> {
        let store = Store::open(path, wanted, on_network)?;
        let index = Index {
            store: Mutex::new(store),
            pending: Pending::default(),
            check,
            visited: Mutex::default(),
            failure: Mutex::default(),
        };
        index.with(|store| {
            Ok(store.connection.execute_batch(
                "CREATE TEMP TABLE gone (folder INTEGER, name BLOB, PRIMARY KEY (folder, name)) WITHOUT ROWID;
                 CREATE TEMP TABLE seen (folder INTEGER, name BLOB, PRIMARY KEY (folder, name)) WITHOUT ROWID;",
            )?)
        })?;
        Ok(index)
    }

    /// What is to be told about how it was opened.
    pub fn news(&self) -> Option<String> {
        let store = self.store();
        let news = store.news.as_ref();
        news.map(|news| format!("the index {} {news}", store.path().display()))
    }

    /// Holds the index to one set of filters: files that others leave out are not in it.
    pub fn hold_to_filter(&self, filter: u64) -> Result<bool, Error> {
        self.with(|store| {
            let before = store.meta("filter")?;
            if before.is_none() {
                store.set_meta("filter", filter as i64)?;
            }
            Ok(before.is_none_or(|before| before == filter as i64))
        })
    }

    /// A file or entry is left out. Says whether the index will tell: what cannot be read this time it does not.
    pub fn left_out(&self, name: &Name, skip: &Skip) -> Told {
        if matches!(skip, Skip::Filtered | Skip::NoUid(_) | Skip::UnusableUid(_)) {
            // These come of a header, and were kept with what is to be said of that.
            return Told::Later;
        }
        let Some(ticket) = self.pending.take_ticket(&name.place) else {
            let left_out = self.pending.in_archive(&name.place, |archive| {
                archive.is_incomplete |= !is_lasting(skip);
                archive.state.leave_out(LeftOut::of(name.entry.as_ref(), skip, Vec::new()));
            });
            return if left_out.is_some() { Told::Later } else { Told::Now };
        };
        if !is_lasting(skip) {
            self.visited().unread.insert(ticket.folder);
            return if ticket.is_known { Told::NowButKnown } else { Told::Now };
        }
        self.keep_left_out(ticket, skip, Vec::new());
        Told::Later
    }

    fn keep_left_out(&self, ticket: Ticket, skip: &Skip, notes: Vec<u8>) {
        let mut state = State::default();
        state.leave_out(LeftOut::of(None, skip, notes));
        let file = read_file(ticket, FileContent::Other(state, Default::default()));
        if self.pending.add_file(file) {
            self.flush();
        }
    }

    /// A file turned out to hold files; called before the first of them is read.
    pub fn opens_archive(&self, name: &Name) {
        self.pending.open_archive(&name.place);
    }

    /// An archive was read to its end, or to where it can be.
    pub fn closes_archive(&self, name: &Name) {
        self.pending.close_archive(&name.place, |archive| {
            let mut file = read_file(archive.ticket, FileContent::Other(archive.state, archive.studies));
            if archive.is_incomplete {
                file.stamp = Vec::new();
            }
            file
        });
    }

    /// A file is of no use to the index, and is looked at each time.
    pub fn forgets(&self, name: &Name) {
        let _ = self.pending.take_ticket(&name.place);
    }

    /// Puts what is held into the store; what goes wrong ends the run later.
    fn flush(&self) {
        let mut store = self.store();
        let flushed = apply::flush(&mut store, &self.pending);
        let flushed = store.check(flushed);
        drop(store);
        if let Err(error) = flushed {
            self.fails(error);
        }
    }

    fn fails(&self, error: Error) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Puts everything that was read into the store.
    pub fn finish_reading(&self) -> Result<(), Error> {
        self.flush();
        // What went wrong first says why; behind it nothing can be put into the store.
        if let Some(error) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        let mtimes = std::mem::take(&mut self.visited().mtimes);
        let unread = std::mem::take(&mut self.visited().unread);
        self.with(|store| {
            for (folder, mtime) in mtimes {
                store.set_folder_mtime(folder, mtime.filter(|_| !unread.contains(&folder)))?;
            }
            unread.iter().try_for_each(|folder| store.set_folder_mtime(*folder, None))?;
            store.commit()
        })
    }

    /// How many files are known.
    pub fn totals(&self) -> Result<FileTotals, Error> {
        self.with(|store| store.file_totals())
    }

    /// How many files this run had to read.
    pub fn read_files(&self) -> u64 {
        self.visited().to_read
    }

    /// Shows everything that is left out, and what was not as it should be in its header.
    pub fn each_left_out(&self, mut each: impl FnMut(&Name, &Skip, &FileNotes)) -> Result<(), Error> {
        self.with(|store| {
            let mut is_damaged = false;
            store.each_state(|folder, file, state| {
                for LeftOut { entry, skip, notes } in state.left_out {
                    let notes =
                        if notes.is_empty() { Some(FileNotes::default()) } else { FileNotes::from_bytes(&notes) };
                    let name = Name { place: join(folder, file), entry };
                    match notes {
                        Some(notes) => each(&name, &skip, &notes),
                        None => is_damaged = true,
                    }
                }
            })?;
            if is_damaged { Err(Fault::Damaged) } else { Ok(()) }
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Store) -> Result<T, Fault>) -> Result<T, Error> {
        let mut store = self.store();
        let result = work(&mut store);
        store.check(result)
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn visited(&self) -> MutexGuard<'_, Visited> {
        self.visited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who reports a file that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The index, with everything else that it knows.
    Later,
    /// Whoever found it, now: the next run looks again.
    Now,
    /// The same of a file that an earlier run read: what it read stays, and is counted already.
    NowButKnown,
}

impl Keeper for Index {
    fn read(&self, name: &Name, header: &Header, grouped: Result<&Grouped<'_>, &Skip>) {
        // A file of its own has its ticket; the archive that an entry stands in took it.
        let ticket = if name.entry.is_none() { self.pending.take_ticket(&name.place) } else { None };
        match (grouped, ticket) {
            (Err(skip), Some(ticket)) => self.keep_left_out(ticket, skip, notes(header)),
            (Ok(grouped), Some(ticket)) => self.keep(&ticket.clone(), None, header, grouped, Some(ticket)),
            (Err(skip), None) => {
                let left_out = LeftOut::of(name.entry.as_ref(), skip, notes(header));
                self.pending.in_archive(&name.place, |archive| archive.state.leave_out(left_out));
            }
            (Ok(grouped), None) => {
                let ticket = self.pending.in_archive(&name.place, |archive| archive.takes(grouped.record.study_uid));
                if let Some(ticket) = ticket {
                    self.keep(&ticket, name.entry.as_ref(), header, grouped, None);
                }
            }
        }
    }

    fn also_groups(&self) -> bool {
        false
    }
}

impl Index {
    fn keep(
        &self,
        place: &Ticket,
        entry: Option<&String>,
        header: &Header,
        grouped: &Grouped<'_>,
        file: Option<Ticket>,
    ) {
        let record = &grouped.record;
        let selection = grouped.is_selection.then(|| StoredValues::of(header, Levels::SELECTION));
        let notes = notes(header);
        let stored = Record {
            folder: place.folder,
            name: &place.name,
            entry: entry.map(String::as_str),
            series_uid: record.series_uid,
            sop_instance_uid: record.sop_instance_uid,
            is_image: record.is_image,
            number: record.number,
            fingerprint: record.fingerprint,
            parts: [record.study_part, record.series_part, record.kind],
            notes: &notes,
            selection: selection.as_ref().map(StoredValues::as_bytes),
        };
        let values = |level| {
            let level = match level {
                Level::Study => Levels::STUDY,
                Level::Series => Levels::SERIES,
                Level::Kind => Levels::KIND,
            };
            StoredValues::of(header, level).as_bytes().into()
        };
        let file = file.map(|ticket| read_file(ticket, FileContent::Instance(record.study_uid.into())));
        if self.pending.add(record.study_uid, &stored, values, file) {
            self.flush();
        }
    }
}

/// What is to be said of a file, as bytes; nothing where that is nothing.
fn notes(header: &Header) -> Vec<u8> {
    let notes = FileNotes::of(header);
    if notes.is_empty() { Vec::new() } else { notes.to_bytes() }
}

/// The file as it goes to the store: its stamp counts only if the file cannot have changed again since.
fn read_file(ticket: Ticket, content: FileContent) -> ReadFile {
    let Ticket { folder, name, stamp, is_known } = ticket;
    let stamp = if stamp.is_racy(now()) { Vec::new() } else { stamp.to_bytes() };
    ReadFile { folder, name, stamp, is_known, content }
}

/// A path as the bytes that it is stored as.
fn path_bytes(path: &OsStr) -> &[u8] {
    path.as_encoded_bytes()
}

/// The path of stored bytes.
fn os_string(bytes: &[u8]) -> OsString {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec());
    #[cfg(not(unix))]
    return String::from_utf8_lossy(bytes).into_owned().into();
}

/// The path of a file in a folder.
fn join(folder: &[u8], name: &[u8]) -> OsString {
    Path::new(&os_string(folder)).join(os_string(name)).into_os_string()
}
