//! Compares the files of the walk with the store, so that only new and changed ones are read.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::params;

use super::files::ListingDigest;
use super::pending::Ticket;
use super::store::{Fault, Store};
use super::{Index, os_string, path_bytes};
use crate::options::index::Check;
use crate::source::{Entered, FolderNumber, From, Mark, Stamp, Watch, is_settled, now};

/// Room for the stamp and the name of most files.
const NAME_BYTES: usize = 160;

/// A file of the walk, and its stamp.
type Found = (OsString, Stamp);

impl Watch for Index {
    fn walks(&self, folder: &Path) {
        self.visited().roots.push(folder.to_path_buf());
    }

    fn lists(&self) {
        self.visited().has_lists = true;
    }

    fn unlisted(&self, folder: &Path) -> Option<Vec<PathBuf>> {
        if self.check != Check::Folders {
            return None;
        }
        let mtime = mtime(folder)?;
        let store = self.store();
        let inside = self.gives(&store, || {
            let Some(known) = store.folder(path_bytes(folder.as_os_str()))? else { return Ok(None) };
            if known.mtime != Some(mtime) || known.digest.is_none() {
                return Ok(None);
            }
            Ok(Some((known.id, store.folders_in(known.id)?)))
        })??;
        drop(store);
        self.visited().folders.insert(inside.0);
        Some(inside.1.iter().map(|path| os_string(path).into()).collect())
    }

    fn enters(&self, folder: &Path, mtime: Option<i64>) -> Option<Entered> {
        // Other changes of just now would have the same time.
        let mtime = mtime.filter(|mtime| is_settled(*mtime, now()));
        let store = self.store();
        let known = self.gives(&store, || {
            store.folder_at(path_bytes(folder.as_os_str()), || self.parent(&store, folder.parent()))
        })?;
        // While the store is locked, so that a list does not give files of it in between.
        let mut visited = self.visited();
        if known.mtime != mtime {
            visited.mtimes.insert(known.id, mtime);
        }
        match known.is_new {
            true => drop(visited.sums.insert(known.id, Some(ListingDigest::default()))),
            false => drop(visited.digests.insert(known.id, known.digest)),
        }
        let entered = Entered { number: known.id, is_new: known.is_new };
        visited.folders.insert(known.id).then_some(entered)
    }

    fn files(&self, number: FolderNumber, mut files: Vec<Found>, whole: bool) -> Vec<(OsString, Mark)> {
        let is_whole = whole && !self.visited().listed.contains(&number);
        if is_whole && self.is_as_listed(number, &files) {
            return Vec::new();
        }
        files.sort_unstable_by(|(one, _), (other, _)| path_bytes(one).cmp(path_bytes(other)));
        let store = self.store();
        let compared = self.gives(&store, || {
            store.forget_digest(number)?;
            match is_whole {
                true => self.merge(&store, number, files),
                false => self.look_up(&store, number, files),
            }
        });
        let Some(Compared { to_read, as_before }) = compared else { return Vec::new() };
        let mut visited = self.visited();
        visited.sums.entry(number).or_insert(Some(ListingDigest::default()));
        visited.stored(number, Some(as_before));
        to_read
    }

    fn leaves(&self, number: FolderNumber, whole: bool) {
        let is_compared = whole && !self.visited().listed.contains(&number);
        if !is_compared {
            let store = self.store();
            self.gives(&store, || unseen(&store, number));
        }
    }

    fn lists_again(&self, number: FolderNumber) {
        self.visited().unread.insert(number);
    }

    fn cannot_look(&self, folder: &Path) {
        self.visited().unlookable.push(folder.to_path_buf());
    }

    fn file(&self, path: &Path, stamp: Stamp, from: From) -> bool {
        let Some(name) = path.file_name().map(OsStr::to_os_string) else { return true };
        let folder = path.parent().unwrap_or(Path::new(""));
        let store = self.store();
        let mark = self.gives(&store, || {
            let id = store.folder_at(path_bytes(folder.as_os_str()), || Ok(None))?.id;
            if self.visited().folders.contains(&id) {
                // The walk of its folder handles it.
                return Ok(None);
            }
            if self.visited().listed.insert(id) {
                store.forget_digest(id)?;
                if from == From::List {
                    store.set_listed(id)?;
                }
            }
            self.visited().has_lists |= from == From::List;
            Ok(self.look_up(&store, id, vec![(name, stamp)])?.to_read.pop())
        });
        drop(store);
        let Some((name, Mark { folder, stamp, is_known })) = mark.flatten() else { return false };
        let ticket = Ticket { folder, name: path_bytes(&name).into(), stamp, is_known };
        self.pending.announce(path.as_os_str().to_os_string(), ticket);
        true
    }
}

/// Files that were compared with the store.
#[derive(Default)]
struct Compared {
    to_read: Vec<(OsString, Mark)>,
    /// The digest of those that are unchanged.
    as_before: ListingDigest,
}

impl Index {
    /// The result; an error is stored and ends the run later.
    fn gives<T>(&self, store: &Store, work: impl FnOnce() -> Result<T, Fault>) -> Option<T> {
        store.check(work()).map_err(|error| self.fails(error)).ok()
    }

    /// The number of the folder that a folder is in, if that is known.
    fn parent(&self, store: &Store, parent: Option<&Path>) -> Result<Option<i64>, Fault> {
        let Some(parent) = parent else { return Ok(None) };
        if let Some((_, id)) = self.visited().parent.as_ref().filter(|(path, _)| path == parent) {
            return Ok(Some(*id));
        }
        let id = store.folder(path_bytes(parent.as_os_str()))?.map(|parent| parent.id);
        self.visited().parent = id.map(|id| (parent.to_path_buf(), id));
        Ok(id)
    }

    fn is_as_before(&self, before: &[u8], stamp: &Stamp) -> bool {
        self.check != Check::Read && before == stamp.to_bytes()
    }

    /// Whether all files of a folder are as they are stored, told by a sum of hashes instead of one by one.
    fn is_as_listed(&self, folder: i64, files: &[Found]) -> bool {
        let known = self.visited().digests.remove(&folder).flatten();
        let (mut digest, mut buffer) = (ListingDigest::default(), Vec::with_capacity(NAME_BYTES));
        if self.check == Check::Read || known.is_none() {
            return false;
        }
        files.iter().for_each(|(name, stamp)| {
            digest.add(path_bytes(name), |bytes| stamp.add_to(bytes), &mut buffer);
        });
        known == Some(digest)
    }

    /// Merges the sorted files of a complete folder with the stored ones.
    fn merge(&self, store: &Store, folder: i64, files: Vec<Found>) -> Result<Compared, Fault> {
        let (mut compared, mut files, mut gone) = (Compared::default(), files.into_iter().peekable(), Vec::new());
        let mut buffer = Vec::new();
        store.each_file(folder, |name, before| {
            while let Some(new) = files.next_if(|(file, _)| path_bytes(file) < name) {
                compared.to_read.push(marked(folder, new, false));
            }
            match files.next_if(|(file, _)| path_bytes(file) == name) {
                Some((_, stamp)) if self.is_as_before(before, &stamp) => {
                    compared.as_before.add(name, |bytes| bytes.extend_from_slice(before), &mut buffer);
                }
                Some(changed) => compared.to_read.push(marked(folder, changed, true)),
                None => gone.push(name.to_vec()),
            }
        })?;
        compared.to_read.extend(files.map(|new| marked(folder, new, false)));
        gone.iter().try_for_each(|name| note(store, "gone", folder, name).map(drop))?;
        Ok(compared)
    }

    /// Looks up each file, for an incomplete list of files. Duplicates are read once.
    fn look_up(&self, store: &Store, folder: i64, files: Vec<Found>) -> Result<Compared, Fault> {
        let (mut compared, mut buffer) = (Compared::default(), Vec::new());
        for (name, stamp) in files {
            if !note(store, "seen", folder, path_bytes(&name))? {
                continue;
            }
            match store.stamp(folder, path_bytes(&name))? {
                Some(before) if self.is_as_before(&before, &stamp) => {
                    compared.as_before.add(path_bytes(&name), |bytes| bytes.extend_from_slice(&before), &mut buffer);
                }
                before => compared.to_read.push(marked(folder, (name, stamp), before.is_some())),
            }
        }
        Ok(compared)
    }
}

fn marked(folder: i64, (name, stamp): Found, is_known: bool) -> (OsString, Mark) {
    (name, Mark { folder, stamp: Some(stamp), is_known })
}

/// Adds a file to a table of this run; returns whether it is new.
pub(super) fn note(store: &Store, table: &str, folder: i64, name: &[u8]) -> Result<bool, Fault> {
    let insert = format!("INSERT OR IGNORE INTO temp.{table} VALUES (?1, ?2)");
    Ok(store.execute(&insert, params![folder, name])? > 0)
}

/// Marks stored files of a folder that were not found as gone.
pub(super) fn unseen(store: &Store, folder: i64) -> Result<(), Fault> {
    let insert = "INSERT OR IGNORE INTO temp.gone SELECT folder, name FROM file WHERE folder = ?1
                  AND NOT EXISTS (SELECT 1 FROM temp.seen WHERE seen.folder = file.folder AND seen.name = file.name)";
    store.execute(insert, [folder]).map(drop)
}

/// The modification time of a folder.
fn mtime(folder: &Path) -> Option<i64> {
    match Stamp::of(&fs::metadata(folder).ok()?) {
        Stamp::Stat { mtime, .. } => Some(mtime),
        Stamp::Listed { .. } => None,
    }
}
