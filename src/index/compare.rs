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
use crate::source::{FolderNumber, From, Stamp, Watch, is_settled, now};

/// A file of the walk, and its stamp.
type Found = (OsString, Stamp);

impl Watch for Index {
    fn walks(&self, folder: &Path) {
        self.visited().roots.push(folder.to_path_buf());
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

    fn enters(&self, folder: &Path) -> Option<FolderNumber> {
        // Read before the folder is listed, so that later changes are detected next time.
        let mtime = mtime(folder).filter(|mtime| is_settled(*mtime, now()));
        let store = self.store();
        let known = self.gives(&store, || {
            let parent = folder.parent().map(|parent| path_bytes(parent.as_os_str()));
            store.folder_at(path_bytes(folder.as_os_str()), parent)
        });
        drop(store);
        let known = known?;
        let mut visited = self.visited();
        if known.mtime != mtime {
            visited.mtimes.push((known.id, mtime));
        }
        visited.digests.insert(known.id, known.digest);
        visited.folders.insert(known.id).then_some(known.id)
    }

    fn files(&self, folder: &Path, number: FolderNumber, mut files: Vec<Found>, whole: bool) -> Vec<OsString> {
        let is_whole = whole && !self.visited().listed.contains(&number);
        if is_whole && self.is_as_listed(number, &files) {
            return Vec::new();
        }
        files.sort_unstable_by(|(one, _), (other, _)| path_bytes(one).cmp(path_bytes(other)));
        self.visited().compared.insert(number);
        let store = self.store();
        let tickets = self.gives(&store, || match is_whole {
            true => self.merge(&store, number, files),
            false => self.look_up(&store, number, files),
        });
        drop(store);
        let tickets = tickets.unwrap_or_default();
        self.visited().to_read += tickets.len() as u64;
        tickets.into_iter().map(|ticket| self.announce(folder, ticket)).collect()
    }

    fn leaves(&self, number: FolderNumber, whole: bool, plain: bool) {
        let mut visited = self.visited();
        if !plain {
            // Entries that the walk left out are not stored, so the folder must be listed again.
            visited.unread.insert(number);
        }
        let is_compared = whole && !visited.listed.contains(&number);
        drop(visited);
        if !is_compared {
            let store = self.store();
            self.gives(&store, || unseen(&store, number));
        }
    }

    fn cannot_look(&self, folder: &Path) {
        self.visited().unlookable.push(folder.to_path_buf());
    }

    fn file(&self, path: &Path, stamp: Stamp, from: From) -> bool {
        let Some(name) = path.file_name().map(OsStr::to_os_string) else { return true };
        let folder = path.parent().unwrap_or(Path::new(""));
        let store = self.store();
        let ticket = self.gives(&store, || {
            let id = store.folder_at(path_bytes(folder.as_os_str()), None)?.id;
            if self.visited().folders.contains(&id) {
                // The walk of its folder handles it.
                return Ok(None);
            }
            if self.visited().listed.insert(id) && from == From::List {
                store.set_listed(id)?;
            }
            self.visited().has_lists |= from == From::List;
            Ok(self.look_up(&store, id, vec![(name, stamp)])?.pop())
        });
        drop(store);
        let Some(ticket) = ticket.flatten() else { return false };
        self.visited().to_read += 1;
        self.announce(folder, ticket);
        true
    }
}

impl Index {
    /// The result; an error is stored and ends the run later.
    fn gives<T>(&self, store: &Store, work: impl FnOnce() -> Result<T, Fault>) -> Option<T> {
        store.check(work()).map_err(|error| self.fails(error)).ok()
    }

    fn announce(&self, folder: &Path, ticket: Ticket) -> OsString {
        let name = os_string(&ticket.name);
        self.pending.announce(folder.join(&name).into_os_string(), ticket);
        name
    }

    fn is_as_before(&self, before: &[u8], stamp: &Stamp) -> bool {
        self.check != Check::Read && before == stamp.to_bytes()
    }

    /// Whether all files of a folder are as they are stored, told by a sum of hashes instead of one by one.
    fn is_as_listed(&self, folder: i64, files: &[Found]) -> bool {
        let known = self.visited().digests.remove(&folder).flatten();
        let (mut digest, mut buffer) = (ListingDigest::default(), Vec::new());
        if self.check == Check::Read || known.is_none() {
            return false;
        }
        files.iter().for_each(|(name, stamp)| {
            digest.add(path_bytes(name), |bytes| stamp.add_to(bytes), &mut buffer);
        });
        known == Some(digest)
    }

    /// Merges the sorted files of a complete folder with the stored ones.
    fn merge(&self, store: &Store, folder: i64, files: Vec<Found>) -> Result<Vec<Ticket>, Fault> {
        let (mut files, mut tickets, mut gone) = (files.into_iter().peekable(), Vec::new(), Vec::new());
        let ticket =
            |(name, stamp): Found, is_known| Ticket { folder, name: path_bytes(&name).into(), stamp, is_known };
        store.each_file(folder, |name, before| {
            while let Some(new) = files.next_if(|(file, _)| path_bytes(file) < name) {
                tickets.push(ticket(new, false));
            }
            match files.next_if(|(file, _)| path_bytes(file) == name) {
                Some((_, stamp)) if self.is_as_before(before, &stamp) => {}
                Some(changed) => tickets.push(ticket(changed, true)),
                None => gone.push(name.to_vec()),
            }
        })?;
        tickets.extend(files.map(|new| ticket(new, false)));
        gone.iter().try_for_each(|name| note(store, "gone", folder, name).map(drop))?;
        Ok(tickets)
    }

    /// Looks up each file, for an incomplete list of files. Duplicates are read once.
    fn look_up(&self, store: &Store, folder: i64, files: Vec<Found>) -> Result<Vec<Ticket>, Fault> {
        let mut tickets = Vec::new();
        for (name, stamp) in files {
            let name = path_bytes(&name).to_vec();
            if !note(store, "seen", folder, &name)? {
                continue;
            }
            let before = store.stamp(folder, &name)?;
            if before.as_ref().is_none_or(|before| !self.is_as_before(before, &stamp)) {
                tickets.push(Ticket { folder, name, stamp, is_known: before.is_some() });
            }
        }
        Ok(tickets)
    }
}

/// Adds a file to a table of this run; returns whether it is new.
pub(super) fn note(store: &Store, table: &str, folder: i64, name: &[u8]) -> Result<bool, Fault> {
    let insert = format!("INSERT OR IGNORE INTO temp.{table} VALUES (?1, ?2)");
    Ok(store.connection.prepare_cached(&insert)?.execute(params![folder, name])? > 0)
}

/// Marks stored files of a folder that were not found as gone.
pub(super) fn unseen(store: &Store, folder: i64) -> Result<(), Fault> {
    let insert = "INSERT OR IGNORE INTO temp.gone SELECT folder, name FROM file WHERE folder = ?1
                  AND NOT EXISTS (SELECT 1 FROM temp.seen WHERE seen.folder = file.folder AND seen.name = file.name)";
    store.connection.prepare_cached(insert)?.execute([folder])?;
    Ok(())
}

/// The modification time of a folder.
fn mtime(folder: &Path) -> Option<i64> {
    let metadata = fs::metadata(folder).ok()?;
    match Stamp::of(&metadata) {
        Stamp::Stat { mtime, .. } => Some(mtime),
        Stamp::Listed { .. } => None,
    }
}
