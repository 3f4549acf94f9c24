//! Studies with files that only a version with other wanted attributes has read: they were outside the inputs of later
//! runs, or unreadable. Their records are deleted, which does not mean that their files are gone.

use std::collections::HashSet;

use super::Index;
use super::state::State;
use super::store::{Fault, Store};
use crate::error::Error;

/// The key in `meta` that marks an index with such files.
const KEY: &str = "unread";

impl Index {
    /// The numbers of these studies.
    pub fn unread_studies(&self) -> Result<HashSet<i64>, Error> {
        self.with(|store| match store.meta::<i64>(KEY)? {
            Some(_) => unread(store),
            None => Ok(HashSet::new()),
        })
    }
}

impl Store {
    /// Deletes the records. Files stay stored, so that gone ones are detected, and so do the hashes of documents, so
    /// that unchanged documents are not written again.
    pub fn forget(&self) -> Result<(), Fault> {
        self.connection.execute_batch(
            "DELETE FROM segment; UPDATE file SET stamp = x'00'; UPDATE folder SET mtime = NULL, digest = NULL;
             DELETE FROM meta WHERE key = 'several places' OR key LIKE '% of target %';
             UPDATE study SET digest = 0, records = 0, segments = 0, placed = NULL; UPDATE written SET digest = NULL;",
        )?;
        self.set_meta(KEY, 1)
    }
}

fn unread(store: &Store) -> Result<HashSet<i64>, Fault> {
    let (mut studies, mut files) = (HashSet::new(), 0);
    store.each_row("SELECT study, state FROM file WHERE stamp = x'00'", [], |row| {
        files += 1;
        studies.extend(row.get::<_, Option<i64>>(0)?);
        if let Some(state) = row.get::<_, Option<Vec<u8>>>(1)? {
            studies.extend(State::from_bytes(&state).ok_or(Fault::Damaged)?.studies);
        }
        Ok(())
    })?;
    if files == 0 {
        store.execute("DELETE FROM meta WHERE key = ?1", [KEY])?;
    }
    Ok(studies)
}
