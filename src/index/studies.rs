//! Studies and their records as they are stored.

use std::collections::{HashMap, HashSet};

use rusqlite::params;
use xxhash_rust::xxh3::xxh3_64;

use super::bytes::Writer;
use super::segment::{Packed, Segment};
use super::statement::blob;
use super::store::{Fault, Store};

/// The most segments of one study before they are joined, so that a study that grows every night stays fast to read.
const MAX_SEGMENTS: i64 = 16;
/// The largest size of joined segments.
const MAX_JOINED_BYTES: usize = 32 << 20;
/// The range of segment numbers of a study.
const NUMBERS: i64 = 1 << 24;

/// Files by folder and name.
pub(super) type FileKeys = HashSet<(i64, Vec<u8>)>;

/// A study that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StudyRow {
    pub id: i64,
    /// The sum of its records' digests.
    pub digest: i64,
    /// How many records it has.
    pub records: i64,
    /// The number after its last segment.
    pub segments: i64,
}

impl Store {
    /// The study with a UID, added if missing.
    pub fn study_with(&self, uid: &str) -> Result<StudyRow, Fault> {
        let select = "SELECT id, digest, records, segments FROM study WHERE uid = ?1";
        let known = self.first(select, [uid], |row| {
            Ok(StudyRow { id: row.get(0)?, digest: row.get(1)?, records: row.get(2)?, segments: row.get(3)? })
        })?;
        if let Some(known) = known {
            return Ok(known);
        }
        let id = self.insert("INSERT INTO study VALUES (NULL, ?1, 0, 0, 0, NULL)", [uid])?;
        Ok(StudyRow { id, digest: 0, records: 0, segments: 0 })
    }

    fn study(&self, id: i64) -> Result<StudyRow, Fault> {
        let row = self.first("SELECT digest, records, segments FROM study WHERE id = ?1", [id], |row| {
            Ok(StudyRow { id, digest: row.get(0)?, records: row.get(1)?, segments: row.get(2)? })
        })?;
        row.ok_or(Fault::Damaged)
    }

    fn put_study(&self, row: &StudyRow) -> Result<(), Fault> {
        let update = "UPDATE study SET digest = ?2, records = ?3, segments = ?4 WHERE id = ?1";
        self.execute(update, params![row.id, row.digest, row.records, row.segments]).map(drop)
    }

    /// Adds records to a study.
    pub fn append(&self, mut study: StudyRow, segment: &Segment) -> Result<(), Fault> {
        let joined = if study.segments >= MAX_SEGMENTS { self.joined(study.id, segment)? } else { None };
        study.digest = study.digest.wrapping_add(segment.digest as i64);
        study.records += segment.count as i64;
        match joined {
            Some(all) => {
                self.delete_segments(study.id)?;
                self.put_segment(study.id, 0, &all)?;
                study.segments = 1;
            }
            None => {
                self.put_segment(study.id, study.segments, segment)?;
                study.segments += 1;
            }
        }
        self.put_study(&study)
    }

    /// All records of a study and these as one segment, unless they are too many for that.
    fn joined(&self, study: i64, segment: &Segment) -> Result<Option<Segment>, Fault> {
        let stored = self.segments(study)?;
        if stored.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() + segment.bytes() > MAX_JOINED_BYTES {
            return Ok(None);
        }
        let mut all = Segment::default();
        for bytes in stored.iter().map(|(_, bytes)| bytes).chain([&segment.pack()]) {
            Packed::open(bytes).and_then(|packed| packed.copy_to(&mut all, |_| true)).ok_or(Fault::Damaged)?;
        }
        Ok(Some(all))
    }

    /// Removes the records of files from a study.
    pub fn remove(&self, study: i64, files: &FileKeys) -> Result<(), Fault> {
        let mut row = self.study(study)?;
        for (id, bytes) in self.segments(study)? {
            let (packed, mut rest) = (Packed::open(&bytes).ok_or(Fault::Damaged)?, Segment::default());
            let mut removed = 0_u64;
            let stays = |record: &super::segment::Record<'_>| !files.contains(&(record.folder, record.name.to_vec()));
            let left_out = packed.copy_to(&mut rest, stays).ok_or(Fault::Damaged)?;
            if left_out == 0 {
                continue;
            }
            packed
                .for_each(|record, _| {
                    if !stays(record) {
                        removed = removed.wrapping_add(record.digest());
                    }
                })
                .ok_or(Fault::Damaged)?;
            row.digest = row.digest.wrapping_sub(removed as i64);
            row.records -= left_out as i64;
            match rest.count {
                0 => self.delete_segment(id)?,
                _ => self.put_segment(study, id % NUMBERS, &rest)?,
            }
        }
        self.put_study(&row)
    }

    /// The segments of a study, each with its id.
    pub fn segments(&self, study: i64) -> Result<Vec<(i64, Vec<u8>)>, Fault> {
        let select = "SELECT id, data FROM segment WHERE id >= ?1 AND id < ?2";
        let first = study.checked_mul(NUMBERS).ok_or(Fault::Damaged)?;
        self.rows(select, [first, first + NUMBERS], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn put_segment(&self, study: i64, number: i64, segment: &Segment) -> Result<(), Fault> {
        let id = study.checked_mul(NUMBERS).filter(|_| number < NUMBERS).ok_or(Fault::Damaged)? + number;
        self.execute("INSERT OR REPLACE INTO segment VALUES (?1, ?2)", params![id, segment.pack()]).map(drop)
    }

    fn delete_segment(&self, id: i64) -> Result<(), Fault> {
        self.execute("DELETE FROM segment WHERE id = ?1", [id]).map(drop)
    }

    fn delete_segments(&self, study: i64) -> Result<(), Fault> {
        let first = study.checked_mul(NUMBERS).ok_or(Fault::Damaged)?;
        self.execute("DELETE FROM segment WHERE id >= ?1 AND id < ?2", [first, first + NUMBERS]).map(drop)
    }

    /// Calls `each` with every segment and its study.
    pub fn each_segment(&self, mut each: impl FnMut(i64, &Packed<'_>) -> Option<()>) -> Result<(), Fault> {
        self.each_row("SELECT id, data FROM segment ORDER BY id", [], |row| {
            let (id, packed) = (row.get::<_, i64>(0)?, Packed::open(blob(row, 1)?));
            packed.and_then(|packed| each(id / NUMBERS, &packed)).ok_or(Fault::Damaged)
        })
    }

    /// The UIDs of studies.
    pub fn uids(&self, ids: impl IntoIterator<Item = i64>) -> Result<HashMap<i64, String>, Fault> {
        let mut statement = self.connection.prepare_cached("SELECT uid FROM study WHERE id = ?1")?;
        ids.into_iter().map(|id| Ok((id, statement.query_row([id], |row| row.get(0))?))).collect()
    }

    /// The sum of all digests, to detect any change.
    pub fn digest(&self) -> Result<i64, Fault> {
        let mut digest = 0_u64;
        self.each_row("SELECT id, digest FROM study WHERE records > 0", [], |row| {
            let mut writer = Writer::default();
            writer.hash(row.get::<_, i64>(0)? as u64);
            writer.hash(row.get::<_, i64>(1)? as u64);
            digest = digest.wrapping_add(xxh3_64(&writer.0));
            Ok(())
        })?;
        Ok(digest as i64)
    }
}
