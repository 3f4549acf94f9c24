//! Stored files that were not found. As a share that is not mounted looks the same, there is a limit.

use std::path::{Path, PathBuf};

use super::compare::unseen;
use super::statement::blob;
use super::store::{Fault, Store};
use super::{Index, Visited, apply, os_string};
use crate::error::Error;
use crate::options::index::MaxGone;

/// The number of gone files in the inputs of this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GoneFiles {
    /// Files that are gone.
    pub gone: u64,
    /// Files that were known there before.
    pub known: u64,
}

/// The inputs of a run.
#[derive(Debug, Clone, Default)]
struct Looked {
    folders: Vec<PathBuf>,
    /// Whether files came from lists, which are taken as complete.
    has_lists: bool,
}

impl Index {
    /// Removes gone files; fails without removing any if there are too many.
    pub fn remove_gone(&self, max_gone: MaxGone) -> Result<GoneFiles, Error> {
        let looked = {
            let visited = self.visited();
            &Looked { folders: visited.roots.clone(), has_lists: visited.has_lists }
        };
        let places = self.with(|store| {
            self.note_gone(store, looked)?;
            self.count(store, looked)
        })?;
        let mut all = GoneFiles::default();
        for (place, found) in &places {
            all.gone += found.gone;
            all.known += found.known;
            if !max_gone.allows(found.gone, found.known) {
                self.with(|store| keep_known(store, &places))?;
                return Err(too_many(place, *found, max_gone));
            }
        }
        self.with(|store| {
            apply::remove_gone(store)?;
            self.remove_folders(store, looked)?;
            self.keep_listings(store)?;
            forget_known(store, looked)?;
            store.commit()
        })?;
        Ok(all)
    }

    /// The numbers of gone and known files of each input; empty if none is gone. What this run found first is not
    /// known: it must not make up for what is gone.
    fn count(&self, store: &Store, looked: &Looked) -> Result<Vec<(String, GoneFiles)>, Fault> {
        if store.first("SELECT 1 FROM temp.gone LIMIT 1", [], |_| Ok(()))?.is_none() {
            return Ok(Vec::new());
        }
        let of = |table: &str, folder: i64| -> Result<u64, Fault> {
            let select = format!("SELECT count(*) FROM {table} WHERE folder = ?1");
            Ok(store.one(&select, [folder], |row| row.get::<_, i64>(0))? as u64)
        };
        let (new_files, mut numbers) =
            (&self.visited().new_files, vec![GoneFiles::default(); looked.folders.len() + 1]);
        each_folder(store, &|_| false, |folder| {
            let new = new_files.get(&folder.id).copied().unwrap_or_default();
            let (gone, known) = (of("temp.gone", folder.id)?, of("main.file", folder.id)?.saturating_sub(new));
            let of_list = looked.has_lists && folder.is_listed && !looked.walks(&folder.path);
            let is_in = looked.folders.iter().map(|root| folder.path.starts_with(root)).chain([of_list]);
            for (_, found) in is_in.zip(&mut numbers).filter(|(is_in, _)| *is_in) {
                (found.gone, found.known) = (found.gone + gone, found.known + known);
            }
            Ok(())
        })?;
        let places = looked.names().zip(numbers);
        places.map(|(place, found)| Ok((place.clone(), known_before(store, &place, found)?))).collect()
    }

    /// Adds files of folders that were not walked, and files missing in lists.
    fn note_gone(&self, store: &Store, looked: &Looked) -> Result<(), Fault> {
        let visited = self.visited();
        each_folder(store, &|id| visited.passes(id), |folder| {
            if visited.unlookable.iter().any(|above| folder.path.starts_with(above)) {
                store.execute("DELETE FROM temp.gone WHERE folder = ?1", [folder.id])?;
            } else if visited.folders.contains(&folder.id) {
                // Its files were compared when it was walked.
            } else if looked.walks(&folder.path) || (looked.has_lists && folder.is_listed) {
                unseen(store, folder.id)?;
            }
            Ok(())
        })
    }

    /// Removes folders that no longer exist.
    fn remove_folders(&self, store: &Store, looked: &Looked) -> Result<(), Fault> {
        let visited = self.visited();
        let mut absent = Vec::new();
        each_folder(store, &|id| visited.passes(id), |folder| {
            let is_kept = visited.unlookable.iter().any(|above| folder.path.starts_with(above));
            if !is_kept && !visited.folders.contains(&folder.id) && looked.walks(&folder.path) {
                absent.push(folder.id);
            }
            Ok(())
        })?;
        let delete = "DELETE FROM folder WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM file WHERE folder = ?1)";
        store.execute_each(delete, absent.iter().map(|folder| [folder]))
    }
}

impl Looked {
    /// The names of the folders, and of the lists.
    fn names(&self) -> impl Iterator<Item = String> {
        self.folders.iter().map(|root| root.display().to_string()).chain(["the list".to_string()])
    }

    fn walks(&self, folder: &Path) -> bool {
        self.folders.iter().any(|above| folder.starts_with(above))
    }
}

struct StoredFolder {
    id: i64,
    path: PathBuf,
    is_listed: bool,
}

impl Visited {
    /// Whether a folder was walked and no folder was unreadable, so that nothing about it is left to check.
    fn passes(&self, folder: i64) -> bool {
        self.unlookable.is_empty() && self.folders.contains(&folder)
    }
}

/// Calls `each` with every folder, except those that `passes` names.
fn each_folder(
    store: &Store,
    passes: &dyn Fn(i64) -> bool,
    mut each: impl FnMut(&StoredFolder) -> Result<(), Fault>,
) -> Result<(), Fault> {
    store.each_row("SELECT id, path, listed FROM folder", [], |row| {
        let id = row.get(0)?;
        if passes(id) {
            return Ok(());
        }
        each(&StoredFolder { id, path: os_string(blob(row, 1)?).into(), is_listed: row.get(2)? })
    })
}

/// The key in `meta` of the number of files that an input had when a run was refused.
fn known_in(place: &str) -> String {
    format!("known in {place}")
}

/// Stores how many files the inputs had: files that a refused run read count as known in the next run otherwise.
fn keep_known(store: &mut Store, places: &[(String, GoneFiles)]) -> Result<(), Fault> {
    places.iter().try_for_each(|(place, found)| store.set_meta(&known_in(place), found.known as i64))?;
    store.commit()
}

/// The number of known files, at most that of when a run was refused.
fn known_before(store: &Store, place: &str, found: GoneFiles) -> Result<GoneFiles, Fault> {
    let before = store.meta::<i64>(&known_in(place))?.map_or(found.known, |before| found.known.min(before as u64));
    Ok(GoneFiles { known: before, ..found })
}

fn forget_known(store: &Store, looked: &Looked) -> Result<(), Fault> {
    store.execute_each("DELETE FROM meta WHERE key = ?1", looked.names().map(|place| [known_in(&place)]))
}

fn too_many(place: &str, found: GoneFiles, max_gone: MaxGone) -> Error {
    let GoneFiles { gone, known } = found;
    Error::Usage(format!(
        "{gone} of {known} files that the index knows are gone from {place}, more than --max-gone {max_gone}: is the \
         disk mounted, and the list whole? Nothing was written. If they are really gone, give a larger --max-gone"
    ))
}
