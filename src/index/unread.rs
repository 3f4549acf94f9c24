//! Studies with files that were read by a version that reads other attributes, and were not read again since: outside
//! the inputs of this run, or unreadable. What they are made of is not known, and so they are not gone.

use std::collections::HashSet;

use super::Index;
use super::state::State;
use super::store::{Fault, Store};
use crate::error::Error;

/// Says that there may be such files.
const KEY: &str = "unread";

impl Index {
    /// The numbers of these studies.
    pub fn unread_studies(&self) -> Result<HashSet<i64>, Error> {
        self.with(|store| match store.meta(KEY)? {
            Some(_) => unread(store),
            None => Ok(HashSet::new()),
        })
    }
}

impl Store {
    /// Deletes the records. The files stay known, so that it is seen which of them are gone, and the hashes of
    /// documents, so that unchanged ones are not written again.
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
    let mut statement = store.connection.prepare("SELECT study, state FROM file WHERE stamp = x'00'")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        files += 1;
        studies.extend(row.get::<_, Option<i64>>(0)?);
        if let Some(state) = row.get::<_, Option<Vec<u8>>>(1)? {
            studies.extend(State::from_bytes(&state).ok_or(Fault::Damaged)?.studies);
        }
    }
    if files == 0 {
        store.connection.execute("DELETE FROM meta WHERE key = ?1", [KEY])?;
    }
    Ok(studies)
}
