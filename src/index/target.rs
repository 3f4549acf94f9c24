//! The state of documents for each destination: which are up to date, and the reports of their runs.

use rusqlite::params;

use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::Index;
use super::statement::blob;
use super::store::{Fault, Store};
use crate::error::Error;
use crate::source::{Stamp, printable_path};

/// A destination of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target(i64);

/// A study's document as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The study, by number.
    pub study: i64,
    /// Its UID.
    pub uid: String,
    /// The document's id.
    pub id: String,
    /// The hash of its bytes; `None` where it was held back.
    pub hash: Option<u64>,
    /// The stored report of the run.
    pub told: Vec<u8>,
}

/// A study whose document was just handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The study, by number.
    pub study: i64,
    /// The document's id.
    pub id: String,
    /// The hash of its bytes; `None` where it was held back.
    pub hash: Option<u64>,
    /// Whether it is where it belongs; else it is to be tried again.
    pub is_done: bool,
    /// The report entries of it, to be stored.
    pub told: Vec<u8>,
}

/// A document beside that of a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The resource type.
    pub resource_type: String,
    /// Its id.
    pub id: String,
    /// The study that it belongs to; 0 where it is shared.
    pub study: i64,
    /// The hash of its bytes.
    pub hash: u64,
}

impl Document {
    /// Whether it belongs to no study alone.
    pub fn is_shared(&self) -> bool {
        self.study == 0
    }
}

impl Index {
    /// The target at a place. Where the options are others than the last time, everything is to be written again.
    pub fn target(&self, place: &str, options: u64) -> Result<Target, Error> {
        self.with(|store| {
            store.execute("INSERT OR IGNORE INTO target (place) VALUES (?1)", [place])?;
            let select = "SELECT id, options FROM target WHERE place = ?1";
            let (id, before): (i64, Option<i64>) = store.one(select, [place], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if before != Some(options as i64) {
                store.execute("UPDATE written SET digest = NULL, facts = NULL WHERE target = ?1", [id])?;
                store.execute("UPDATE target SET options = ?2 WHERE id = ?1", [id, options as i64])?;
            }
            store.commit()?;
            Ok(Target(id))
        })
    }

    /// How many studies there are.
    pub fn count_studies(&self) -> Result<usize, Error> {
        let select = "SELECT count(*) FROM study WHERE records > 0";
        let count: i64 = self.with(|store| store.one(select, [], |row| row.get(0)))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// All studies, in the order of their UIDs.
    pub fn all_studies(&self) -> Result<Vec<i64>, Error> {
        self.with(|store| ids(store, "SELECT id FROM study WHERE records > 0 ORDER BY uid", None))
    }

    /// The studies that changed since their documents were written, in the order of their UIDs.
    pub fn changed_studies(&self, target: Target) -> Result<Vec<i64>, Error> {
        let select = "SELECT study.id FROM study LEFT JOIN written ON target = ?1 AND study = study.id
                      WHERE records > 0 AND written.digest IS NOT study.digest ORDER BY +uid";
        self.with(|store| ids(store, select, Some(target.0)))
    }

    /// Shows each study whose document is there.
    pub fn each_standing(&self, target: Target, mut each: impl FnMut(Standing)) -> Result<(), Error> {
        let select = "SELECT study.id, uid, written.id, hash, told FROM written JOIN study ON study.id = written.study
                      WHERE target = ?1 AND records > 0 AND written.digest IS study.digest";
        self.with(|store| standing(store, select, target, &mut each))
    }

    /// Shows the id of each document of a study that should be there.
    pub fn each_id(&self, target: Target, mut each: impl FnMut(i64, String)) -> Result<(), Error> {
        let select = "SELECT study, written.id FROM written JOIN study ON study.id = written.study
                      WHERE target = ?1 AND records > 0 AND written.digest IS study.digest";
        self.with(|store| {
            store.each_row(select, [target.0], |row| {
                each(row.get(0)?, row.get(1)?);
                Ok(())
            })
        })
    }

    /// Shows each study whose files are all gone, and whose document is there.
    pub fn each_gone(&self, target: Target, mut each: impl FnMut(Standing)) -> Result<(), Error> {
        let select = "SELECT study.id, uid, coalesce(written.id, ''), hash, told FROM study
                      JOIN written ON target = ?1 AND study = study.id WHERE records = 0 AND hash IS NOT NULL
                      ORDER BY uid";
        self.with(|store| standing(store, select, target, &mut each))
    }

    /// The document of a study as it was written last, whatever changed since.
    pub fn last_hash(&self, target: Target, study: i64) -> Result<Option<u64>, Error> {
        let select = "SELECT hash FROM written WHERE target = ?1 AND study = ?2";
        let hash = self.with(|store| store.first(select, [target.0, study], |row| row.get::<_, Option<i64>>(0)))?;
        Ok(hash.flatten().map(|hash| hash as u64))
    }

    /// Stores the facts that studies are compared by.
    pub fn set_facts(&self, target: Target, facts: &[(i64, Vec<u8>)]) -> Result<(), Error> {
        let upsert = "INSERT INTO written (target, study, facts) VALUES (?1, ?2, ?3)
                      ON CONFLICT (target, study) DO UPDATE SET facts = excluded.facts, digest = NULL";
        self.with(|store| store.execute_each(upsert, facts.iter().map(|(study, facts)| (target.0, study, facts))))
    }

    /// Calls `each` with the facts of every study, in the order of the UIDs, and the stored checksum of the comparison.
    pub fn each_facts(
        &self,
        target: Target,
        mut each: impl FnMut(i64, &str, &[u8], Option<u64>) -> bool,
    ) -> Result<(), Error> {
        let select = "SELECT study.id, uid, coalesce(facts, x''), across FROM study
                      JOIN written ON target = ?1 AND study = study.id WHERE records > 0 ORDER BY uid";
        self.with(|store| {
            store.each_row(select, [target.0], |row| {
                let (uid, across) = (row.get::<_, String>(1)?, row.get::<_, Option<i64>>(3)?);
                let is_sound = each(row.get(0)?, &uid, blob(row, 2)?, across.map(|across| across as u64));
                if is_sound { Ok(()) } else { Err(Fault::Damaged) }
            })
        })
    }

    /// Stores the checksum of the comparison for each of these studies.
    pub fn set_across(&self, target: Target, all: &[(i64, u64)]) -> Result<(), Error> {
        let update = "UPDATE written SET across = ?3 WHERE target = ?1 AND study = ?2";
        let all = all.iter().map(|(study, across)| [target.0, *study, *across as i64]);
        self.with(|store| store.execute_each(update, all))
    }

    /// Stores what was written; it must be synced to disk before.
    pub fn note_written(&self, target: Target, all: &[Written], documents: &[Document]) -> Result<(), Error> {
        let upsert = "INSERT INTO written (target, study, digest, id, hash, told)
                      SELECT ?1, ?2, CASE WHEN ?5 THEN digest END, ?3, ?4, ?6 FROM study WHERE id = ?2
                      ON CONFLICT (target, study) DO UPDATE SET digest = excluded.digest, id = excluded.id,
                      hash = coalesce(excluded.hash, hash), told = excluded.told";
        self.with(|store| {
            for Written { study, id, hash, is_done, told } in all {
                let number = hash.map(|hash| hash as i64);
                store.execute(upsert, params![target.0, study, id, number, is_done, told])?;
            }
            for Document { resource_type, id, study, hash } in documents {
                let insert = "INSERT OR REPLACE INTO document VALUES (?1, ?2, ?3, ?4, ?5)";
                store.execute(insert, params![target.0, resource_type, id, study, *hash as i64])?;
            }
            store.commit()
        })
    }

    /// The hash of a document beside the studies', as it was written last.
    pub fn document_hash(&self, target: Target, resource_type: &str, id: &str) -> Result<Option<u64>, Error> {
        let select = "SELECT hash FROM document WHERE target = ?1 AND type = ?2 AND id = ?3";
        let hash = self.with(|store| store.first(select, (target.0, resource_type, id), |row| row.get::<_, i64>(0)))?;
        Ok(hash.map(|hash| hash as u64))
    }

    /// All documents beside those of the studies.
    pub fn documents(&self, target: Target) -> Result<Vec<Document>, Error> {
        self.with(|store| {
            store.rows("SELECT type, id, study, hash FROM document WHERE target = ?1", [target.0], |row| {
                let hash = row.get::<_, i64>(3)? as u64;
                Ok(Document { resource_type: row.get(0)?, id: row.get(1)?, study: row.get(2)?, hash })
            })
        })
    }

    /// Removes the entries of documents that were deleted, or are no longer ours.
    pub fn forget_documents(&self, target: Target, studies: &[i64], documents: &[Document]) -> Result<(), Error> {
        self.with(|store| {
            let delete = "DELETE FROM written WHERE target = ?1 AND study = ?2";
            store.execute_each(delete, studies.iter().map(|study| [target.0, *study]))?;
            let delete = "DELETE FROM document WHERE target = ?1 AND type = ?2 AND id = ?3";
            let names = documents.iter().map(|document| (target.0, &document.resource_type, &document.id));
            store.execute_each(delete, names)?;
            store.commit()
        })
    }

    /// Marks the documents of these studies to be written again.
    pub fn distrust(&self, target: Target, studies: &[i64]) -> Result<(), Error> {
        let update = "UPDATE written SET digest = NULL WHERE target = ?1 AND study = ?2";
        self.with(|store| store.execute_each(update, studies.iter().map(|study| [target.0, *study])))
    }

    /// The number of records of a study.
    pub fn records(&self, study: i64) -> Result<u64, Error> {
        let select = "SELECT records FROM study WHERE id = ?1";
        self.with(|store| Ok(store.one(select, [study], |row| row.get::<_, i64>(0))? as u64))
    }

    /// The digest of the index when everything was last written to a target.
    pub fn last_digest(&self, target: Target) -> Result<Option<u64>, Error> {
        self.with(|store| Ok(store.meta::<i64>(&format!("digest of target {}", target.0))?.map(|digest| digest as u64)))
    }

    /// Stores the digest of the index, as everything is written to a target now.
    pub fn set_last_digest(&self, target: Target, digest: u64) -> Result<(), Error> {
        self.with(|store| {
            store.set_meta(&format!("digest of target {}", target.0), digest as i64)?;
            store.commit()
        })
    }

    /// The stored report of all studies together.
    pub fn told(&self, target: Target) -> Result<Option<Vec<u8>>, Error> {
        self.with(|store| store.meta(&format!("told of target {}", target.0)))
    }

    /// Stores the report of all studies together.
    pub fn set_told(&self, target: Target, told: &[u8]) -> Result<(), Error> {
        self.with(|store| store.set_meta(&format!("told of target {}", target.0), told))
    }

    /// The contradictions between studies that were found last.
    pub fn contradictions(&self, target: Target) -> Result<Vec<u8>, Error> {
        self.with(|store| Ok(store.meta(&format!("contradictions of target {}", target.0))?.unwrap_or_default()))
    }

    /// Stores the contradictions between studies.
    pub fn set_contradictions(&self, target: Target, found: &[u8]) -> Result<(), Error> {
        self.with(|store| store.set_meta(&format!("contradictions of target {}", target.0), found))
    }

    /// Whether a file is unchanged since the previous run wrote it.
    pub fn is_as_written(&self, path: &Path) -> Result<bool, Error> {
        let now = file_stamp(path);
        let before = self.with(|store| store.meta(&file_key(path)))?;
        Ok(now.is_some() && now == before)
    }

    /// Stores the stamp of a file that was just written.
    pub fn note_file(&self, path: &Path) -> Result<(), Error> {
        let Some(stamp) = file_stamp(path) else { return Ok(()) };
        self.with(|store| {
            store.set_meta(&file_key(path), stamp)?;
            store.commit()
        })
    }

    /// The error of a damaged index.
    pub fn damaged(&self) -> Error {
        let damaged: Result<(), Error> = self.with(|_| Err(Fault::Damaged));
        damaged.expect_err("it is said to be damaged")
    }

    /// The digest of the whole index, to detect any change.
    pub fn digest(&self) -> Result<u64, Error> {
        self.with(|store| Ok(store.digest()? as u64))
    }

    /// The numbers of studies by their UIDs.
    pub fn study_numbers(&self, ids: &[i64]) -> Result<Vec<(String, i64)>, Error> {
        self.with(|store| Ok(store.uids(ids.iter().copied())?.into_iter().map(|(id, uid)| (uid, id)).collect()))
    }
}

fn file_key(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    format!("file {}", printable_path(&path))
}

fn file_stamp(path: &Path) -> Option<i64> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some(xxh3_64(&Stamp::of(&metadata).to_bytes()) as i64)
}

fn ids(store: &Store, select: &str, target: Option<i64>) -> Result<Vec<i64>, Fault> {
    store.rows(select, rusqlite::params_from_iter(target), |row| row.get(0))
}

fn standing(store: &Store, select: &str, target: Target, each: &mut dyn FnMut(Standing)) -> Result<(), Fault> {
    store.each_row(select, [target.0], |row| {
        each(Standing {
            study: row.get(0)?,
            uid: row.get(1)?,
            id: row.get(2)?,
            hash: row.get::<_, Option<i64>>(3)?.map(|hash| hash as u64),
            told: row.get::<_, Option<Vec<u8>>>(4)?.unwrap_or_default(),
        });
        Ok(())
    })
}
