//! The index: a cache of the files that earlier runs read, with their stamps and records. A run reads only new and
//! changed files, and builds studies from the records by the same merge as from files.
//!
//! ```text
//! walk ──files, stamps──▶ compare ──those to read──▶ scanner ──records──▶ pending ──flush──▶ store ──segments──▶ Studies
//! ```
//!
//! Memory is bounded by the store's cache and the pending data. After an interrupted run the next one gives the same
//! result as a full run: a file is committed together with its records, and a study is marked clean for a target only
//! when its document is written.

mod apply;
mod bytes;
mod compare;
mod disk;
mod files;
mod gone;
mod keeper;
#[cfg(feature = "cli")]
mod maintain;
mod pending;
mod places;
mod rebuild;
mod roots;
mod segment;
mod state;
mod statement;
mod store;
mod studies;
mod target;
mod unread;

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::group::FileNotes;
use crate::issue::Skip;
use crate::name::{Name, os_string};
use crate::options::index::Check;

pub use disk::sync;
pub use files::FileTotals;
#[cfg(feature = "cli")]
pub use maintain::{check, stats, vacuum};
pub use store::OnNetwork;
pub use target::{Document, Standing, Target, Written};

use apply::Stored;
use files::ListingDigest;
use pending::Pending;
use state::LeftOut;
use store::{Fault, Store, Wanted};

/// An index that is open for one run.
#[derive(Debug)]
pub struct Index {
    store: Mutex<Store>,
    pending: Pending,
    check: Check,
    visited: Mutex<Visited>,
    /// The number of files that were read.
    read_files: AtomicU64,
    /// The first error while files were read, which ends the run after the reading stage.
    failure: Mutex<Option<Error>>,
}

/// The state of the walk.
#[derive(Debug, Default)]
struct Visited {
    /// Folders that were entered.
    folders: HashSet<i64>,
    /// Folders that could not be read completely: their stored files are kept.
    unlookable: Vec<PathBuf>,
    /// The parent of the last folder that was added.
    parent: Option<(PathBuf, i64)>,
    /// The stored digests of folders that are being listed.
    digests: HashMap<i64, Option<ListingDigest>>,
    /// The new digests of folders whose files were compared one by one or are new; `None` if one of the files must be
    /// read again.
    sums: HashMap<i64, Option<ListingDigest>>,
    /// Folders of which files were listed.
    listed: HashSet<i64>,
    /// When a folder last changed before it was listed, where that is not stored.
    mtimes: HashMap<i64, Option<i64>>,
    /// Folders with files that must be checked again next time.
    unread: HashSet<i64>,
    /// Folders that are walked recursively.
    roots: Vec<PathBuf>,
    /// Whether there are lists, which name all files.
    has_lists: bool,
    /// How many files of a folder were stored that no earlier run read.
    new_files: HashMap<i64, u64>,
}

impl Visited {
    /// Adds files of a folder that were stored, or are unchanged.
    fn stored(&mut self, folder: i64, files: Option<ListingDigest>) {
        if let Some(sum) = self.sums.get_mut(&folder) {
            *sum = sum.zip(files).map(|(mut sum, files)| {
                sum.join(files);
                sum
            });
        }
    }
}

impl Index {
    /// Opens the index of a run, and locks it. `check` is `None` where no files are read.
    pub fn open(path: &Path, check: Option<Check>, on_network: OnNetwork, wanted: u64) -> Result<Index, Error> {
        let store = Store::open(path, Wanted { attributes: wanted, reads_files: check.is_some() }, on_network)?;
        let index = Index {
            store: Mutex::new(store),
            pending: Pending::default(),
            check: check.unwrap_or_default(),
            visited: Mutex::default(),
            read_files: AtomicU64::new(0),
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

    /// A message about how it was opened, if any.
    pub fn news(&self) -> Option<String> {
        let store = self.store();
        let news = store.news.as_ref();
        news.map(|news| format!("the index {} {news}", store.path().display()))
    }

    /// Binds the index to one set of filters, as it lacks the files that they leave out.
    pub fn hold_to_filter(&self, filter: u64) -> Result<bool, Error> {
        self.with(|store| {
            let before = store.meta::<i64>("filter")?;
            if before.is_none() {
                store.set_meta("filter", filter as i64)?;
            }
            Ok(before.is_none_or(|before| before == filter as i64))
        })
    }

    /// Writes pending data to the store; an error ends the run later.
    fn flush(&self) {
        let mut store = self.store();
        let flushed = apply::flush(&mut store, &self.pending);
        let flushed = store.check(flushed);
        drop(store);
        match flushed {
            Ok(stored) => {
                let mut visited = self.visited();
                for Stored { folder, files, new_files } in stored {
                    visited.stored(folder, files);
                    if new_files > 0 {
                        *visited.new_files.entry(folder).or_default() += new_files;
                    }
                }
            }
            Err(error) => self.fails(error),
        }
    }

    fn fails(&self, error: Error) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Writes all pending data to the store.
    pub fn finish_reading(&self) -> Result<(), Error> {
        self.flush();
        // What went wrong first says why; behind it nothing can be put into the store.
        if let Some(error) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        self.with(Store::commit)
    }

    /// Stores how folders were found, now that their files are stored as they were found.
    fn keep_listings(&self, store: &Store) -> Result<(), Fault> {
        let Visited { mut mtimes, sums, unread, .. } = std::mem::take(&mut *self.visited());
        unread.iter().for_each(|folder| {
            mtimes.insert(*folder, None);
        });
        for (folder, sum) in sums {
            match mtimes.remove(&folder) {
                Some(mtime) => store.set_listing(folder, mtime, sum)?,
                None => store.set_digest(folder, sum)?,
            }
        }
        mtimes.into_iter().try_for_each(|(folder, mtime)| store.set_folder_mtime(folder, mtime))
    }

    /// Totals of the stored files.
    pub fn totals(&self) -> Result<FileTotals, Error> {
        self.with(|store| store.file_totals())
    }

    /// The number of files that this run read.
    pub fn read_files(&self) -> u64 {
        self.read_files.load(Relaxed)
    }

    /// Calls `each` with every left-out file and its notes.
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

/// A path as stored bytes.
fn path_bytes(path: &OsStr) -> &[u8] {
    path.as_encoded_bytes()
}

/// The path of a file in a folder.
fn join(folder: &[u8], name: &[u8]) -> OsString {
    Path::new(&os_string(folder)).join(os_string(name)).into_os_string()
}
