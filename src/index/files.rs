//! Stored folders and files, and their totals.

use std::collections::BTreeSet;

use rusqlite::{Row, params};
use xxhash_rust::xxh3::xxh3_128;

use super::state::State;
use super::statement::blob;
use super::store::{Fault, Store};

/// A stored folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Folder {
    pub id: i64,
    /// Its modification time, if it need not be listed while that is unchanged.
    pub mtime: Option<i64>,
    /// The digest of its files' names and stamps, unless one of them must be read again.
    pub digest: Option<ListingDigest>,
    /// Whether it was added just now, so that nothing is stored of it.
    pub is_new: bool,
}

/// The digest of a folder: a sum of the hashes of names and stamps, in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ListingDigest(u128);

impl ListingDigest {
    /// Adds other files.
    pub fn join(&mut self, other: ListingDigest) {
        self.0 = self.0.wrapping_add(other.0);
    }

    /// Adds a file.
    pub fn add(&mut self, name: &[u8], add_stamp: impl FnOnce(&mut Vec<u8>), buffer: &mut Vec<u8>) {
        buffer.clear();
        add_stamp(buffer);
        // The stamp's length keeps apart what is the stamp's and what the name's.
        buffer.push(buffer.len() as u8);
        buffer.extend_from_slice(name);
        self.0 = self.0.wrapping_add(xxh3_128(buffer));
    }
}

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileRow {
    /// Its stamp as bytes; empty if it must be read again.
    pub stamp: Vec<u8>,
    /// The study that it is an instance of.
    pub study: Option<i64>,
    /// Its state, if it is not a single instance.
    pub state: Option<State>,
}

impl FileRow {
    /// The studies that have records of it.
    pub fn studies(&self) -> BTreeSet<i64> {
        let of_state = self.state.iter().flat_map(|state| state.studies.iter().copied());
        self.study.into_iter().chain(of_state).collect()
    }

    /// Its contribution to the totals.
    pub fn totals(&self) -> FileTotals {
        match &self.state {
            Some(state) => FileTotals {
                rows: 1,
                files: state.files as i64,
                dicom_files: state.dicom_files as i64,
                grouped_files: state.grouped_files as i64,
            },
            None => FileTotals { rows: 1, files: 1, dicom_files: 1, grouped_files: 1 },
        }
    }
}

/// The totals of stored files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileTotals {
    /// Files on the disk, an archive as one.
    pub rows: i64,
    /// Files, with those in archives.
    pub files: i64,
    /// Those of them that are DICOM.
    pub dicom_files: i64,
    /// Those of them that are instances of studies.
    pub grouped_files: i64,
}

const NAMES: [&str; 4] = ["rows", "files", "dicom files", "grouped files"];

impl FileTotals {
    fn parts(&mut self) -> [&mut i64; 4] {
        [&mut self.rows, &mut self.files, &mut self.dicom_files, &mut self.grouped_files]
    }

    /// Adds other totals, or subtracts them if `times` is -1.
    pub fn add(&mut self, mut other: FileTotals, times: i64) {
        self.parts().into_iter().zip(other.parts()).for_each(|(all, more)| *all += times * *more);
    }
}

impl Store {
    /// The folder at a path, if stored.
    pub fn folder(&self, path: &[u8]) -> Result<Option<Folder>, Fault> {
        self.first("SELECT id, mtime, digest FROM folder WHERE path = ?1", [path], |row| {
            let digest = row.get::<_, Option<[u8; 16]>>(2)?.map(|digest| ListingDigest(u128::from_le_bytes(digest)));
            Ok(Folder { id: row.get(0)?, mtime: row.get(1)?, digest, is_new: false })
        })
    }

    /// The folder at a path, added if missing.
    pub fn folder_at(&self, path: &[u8], parent: impl FnOnce() -> Result<Option<i64>, Fault>) -> Result<Folder, Fault> {
        if let Some(known) = self.folder(path)? {
            return Ok(known);
        }
        let parent = parent()?;
        let id = self.insert("INSERT INTO folder (path, parent) VALUES (?1, ?2)", params![path, parent])?;
        Ok(Folder { id, mtime: None, digest: None, is_new: true })
    }

    /// The path of a folder.
    pub fn folder_path(&self, id: i64) -> Result<Vec<u8>, Fault> {
        self.first("SELECT path FROM folder WHERE id = ?1", [id], |row| row.get(0))?.ok_or(Fault::Damaged)
    }

    /// Stores the modification time of a folder, or that it is not known.
    pub fn set_folder_mtime(&self, id: i64, mtime: Option<i64>) -> Result<(), Fault> {
        let update = "UPDATE folder SET mtime = ?2 WHERE id = ?1 AND mtime IS NOT ?2";
        self.execute(update, params![id, mtime]).map(drop)
    }

    /// Marks a folder as listed in a file list.
    pub fn set_listed(&self, id: i64) -> Result<(), Fault> {
        self.execute("UPDATE folder SET listed = 1 WHERE id = ?1 AND listed = 0", [id]).map(drop)
    }

    /// The folders in a folder.
    pub fn folders_in(&self, id: i64) -> Result<Vec<Vec<u8>>, Fault> {
        self.rows("SELECT path FROM folder WHERE parent = ?1", [id], |row| row.get(0))
    }

    /// Deletes the digest of a folder, whose files are about to change.
    pub fn forget_digest(&self, folder: i64) -> Result<(), Fault> {
        self.execute("UPDATE folder SET digest = NULL WHERE id = ?1 AND digest IS NOT NULL", [folder]).map(drop)
    }

    /// Stores the digest of a folder.
    pub fn set_digest(&self, id: i64, digest: Option<ListingDigest>) -> Result<(), Fault> {
        let digest = digest.map(|digest| digest.0.to_le_bytes());
        self.execute("UPDATE folder SET digest = ?2 WHERE id = ?1", params![id, digest]).map(drop)
    }

    /// Stores the digest of a folder, and its modification time.
    pub fn set_listing(&self, id: i64, mtime: Option<i64>, digest: Option<ListingDigest>) -> Result<(), Fault> {
        let digest = digest.map(|digest| digest.0.to_le_bytes());
        let update = "UPDATE folder SET mtime = ?2, digest = ?3 WHERE id = ?1";
        self.execute(update, params![id, mtime, digest]).map(drop)
    }

    /// Calls `each` with name and stamp of every file of a folder, sorted by name.
    pub fn each_file(&self, folder: i64, mut each: impl FnMut(&[u8], &[u8])) -> Result<(), Fault> {
        let select = "SELECT name, stamp FROM file WHERE folder = ?1 ORDER BY name";
        self.each_row(select, [folder], |row| {
            each(blob(row, 0)?, blob(row, 1)?);
            Ok(())
        })
    }

    /// The stamp of one file.
    pub fn stamp(&self, folder: i64, name: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let select = "SELECT stamp FROM file WHERE folder = ?1 AND name = ?2";
        self.first(select, params![folder, name], |row| row.get(0))
    }

    /// A stored file.
    pub fn file(&self, folder: i64, name: &[u8]) -> Result<Option<FileRow>, Fault> {
        let select = "SELECT stamp, study, state FROM file WHERE folder = ?1 AND name = ?2";
        let columns = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<Vec<u8>>>(2)?));
        let Some((stamp, study, state)) = self.first(select, params![folder, name], columns)? else { return Ok(None) };
        let state = state.map(|state| State::from_bytes(&state).ok_or(Fault::Damaged)).transpose()?;
        Ok(Some(FileRow { stamp, study, state }))
    }

    /// Stores files, each with its folder and name; the stamp is empty where it must be read again.
    pub fn put_files<'r>(&self, rows: impl Iterator<Item = (i64, &'r [u8], &'r FileRow)>) -> Result<(), Fault> {
        let mut statement =
            self.connection.prepare_cached("INSERT OR REPLACE INTO file VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for (folder, name, row) in rows {
            statement.execute(params![folder, name, row.stamp, row.study, row.state.as_ref().map(State::to_bytes)])?;
        }
        Ok(())
    }

    /// Deletes a file.
    pub fn delete_file(&self, folder: i64, name: &[u8]) -> Result<(), Fault> {
        self.execute("DELETE FROM file WHERE folder = ?1 AND name = ?2", params![folder, name]).map(drop)
    }

    /// Calls `each` with every file that is not a single instance, and the path of its folder.
    pub fn each_state(&self, mut each: impl FnMut(&[u8], &[u8], State)) -> Result<(), Fault> {
        let select = "SELECT path, name, state FROM file INDEXED BY file_state JOIN folder ON folder.id = file.folder
                      WHERE state IS NOT NULL";
        self.each_row(select, [], |row| {
            let state = State::from_bytes(blob(row, 2)?).ok_or(Fault::Damaged)?;
            each(blob(row, 0)?, blob(row, 1)?, state);
            Ok(())
        })
    }

    /// The totals of stored files.
    pub fn file_totals(&self) -> Result<FileTotals, Fault> {
        let mut totals = FileTotals::default();
        for (part, name) in totals.parts().into_iter().zip(NAMES) {
            *part = self.meta(name)?.unwrap_or_default();
        }
        Ok(totals)
    }

    /// Stores the totals.
    pub fn set_file_totals(&self, mut totals: FileTotals) -> Result<(), Fault> {
        totals.parts().into_iter().zip(NAMES).try_for_each(|(part, name)| self.set_meta(name, *part))
    }
}
