//! Grouping: studies by Study Instance UID, series by Series Instance UID, instances by SOP Instance UID.
//!
//! Threads add instances in any order; the result does not depend on it. Studies are divided into a fixed number of
//! shards by the hash of the UID; adding an instance takes its shard's lock once, for a short time.

mod across;
mod by_uid;
mod file_notes;
mod files;
pub mod fragment;
mod instances;
mod kinds;
mod parts;
mod patients;
pub mod reader;
mod resolve;
#[cfg(test)]
pub(crate) mod sample;
mod selections;
mod stored;
#[cfg(test)]
pub(crate) mod tests;
mod uid;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::dicom::{Header, Levels, StoredValues};
use crate::mapping::KindPart;
use crate::name::Name;
pub use across::{Across, look_across, said};
use by_uid::ByUid;
pub use file_notes::FileNotes;
pub use files::{Files, Keep, SeriesFiles, common_folder};
pub use instances::{Instances, NewInstance};
use kinds::Kinds;
pub use parts::{Key, Parts};
use patients::Patients;
pub use resolve::{Places, SeveralPlaces, Study, repeated, series_in_several_studies, several_places};
use selections::StudySelections;
pub use selections::{NewSelection, Rejections, apply_rejections, leave_out_manifests, rejected_by};
pub use stored::StoredInstance;

/// Far more than threads, to avoid lock contention.
const SHARDS: usize = 256;

/// All studies of a run.
#[derive(Debug)]
pub struct Studies {
    shards: Vec<Mutex<Shard>>,
    known: AtomicU64,
    /// Whether the hashes of file names are kept, to recognize duplicates of a file.
    keeps_files: bool,
}

#[derive(Debug, Default)]
struct Shard {
    studies: ByUid<Group>,
    kinds: Kinds,
}

/// A study to which instances are added.
#[derive(Debug, Default)]
struct Group {
    parts: Parts,
    patients: Option<Box<Patients>>,
    series: ByUid<Series>,
    selections: StudySelections,
}

/// A series to which instances are added.
#[derive(Debug, Default)]
struct Series {
    parts: Parts,
    instances: Instances,
}

/// One instance as it is added: its UIDs, and its parts with their fingerprints.
#[derive(Debug, Clone, Copy)]
pub struct InstanceRecord<'a> {
    /// Study Instance UID (0020,000D).
    pub study_uid: &'a str,
    /// Series Instance UID (0020,000E), at most [`MAX_UID`](uid::MAX_UID) bytes.
    pub series_uid: &'a str,
    /// SOP Instance UID (0008,0018), at most [`MAX_UID`](uid::MAX_UID) bytes.
    pub sop_instance_uid: &'a str,
    /// Whether it is an image, which decides before other objects.
    pub is_image: bool,
    /// Instance Number (0020,0013).
    pub number: Option<u32>,
    /// The hash of all wanted values.
    pub fingerprint: u64,
    /// The fingerprint of its kind: class, title and frames.
    pub kind: u64,
    /// The fingerprint of the study's part.
    pub study_part: u64,
    /// The fingerprint of the series' part.
    pub series_part: u64,
    /// The parts.
    pub values: Values<'a>,
    /// The file.
    pub name: &'a Name,
}

/// The source of an instance's parts, which are deduplicated.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// In its header, which was just read.
    Header(&'a Header),
    /// Stored by an earlier run.
    Stored {
        /// The study's part.
        study: &'a StoredValues,
        /// The series' part.
        series: &'a StoredValues,
    },
}

impl Values<'_> {
    fn study(self) -> StoredValues {
        match self {
            Values::Header(header) => StoredValues::of(header, Levels::STUDY),
            Values::Stored { study, .. } => study.clone(),
        }
    }

    fn series(self) -> StoredValues {
        match self {
            Values::Header(header) => StoredValues::of(header, Levels::SERIES),
            Values::Stored { series, .. } => series.clone(),
        }
    }
}

/// A newly mapped kind.
#[derive(Debug, Default)]
pub struct NewKind {
    /// The part.
    pub part: KindPart,
    /// Whether something was dropped of it.
    pub has_issues: bool,
}

/// The kind of an instance is not known yet, and must be passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownKind;

impl Default for Studies {
    fn default() -> Studies {
        Studies {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            known: AtomicU64::new(0),
            keeps_files: false,
        }
    }
}

impl Studies {
    /// Empty, and keeps the hash of each instance's file.
    pub fn keeping_files() -> Studies {
        Studies { keeps_files: true, ..Studies::default() }
    }

    /// Adds an instance. If its kind is not known yet, the caller must map it and call again.
    pub fn merge(&self, record: &InstanceRecord<'_>, new: Option<NewKind>) -> Result<(), UnknownKind> {
        let hashed = Hashed::of(record, self.keeps_files);
        let mut shard = self.shard(hashed.study).lock().unwrap_or_else(PoisonError::into_inner);
        if new.is_none() && !shard.kinds.knows(record.kind) {
            return Err(UnknownKind);
        }
        let before = shard.studies.len();
        shard.merge(&hashed, new);
        if shard.studies.len() > before {
            self.known.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    /// The number of studies so far.
    pub fn known(&self) -> u64 {
        self.known.load(Relaxed)
    }

    /// Adds what a Key Object Selection selects to its study.
    pub fn select(&self, study_uid: &str, selection: NewSelection<'_>) {
        let hash = by_uid::hash(study_uid);
        let mut shard = self.shard(hash).lock().unwrap_or_else(PoisonError::into_inner);
        shard.studies.entry(hash, study_uid).selections.add(selection);
    }

    fn shard(&self, study: u64) -> &Mutex<Shard> {
        // The hash table of the shard uses the lowest and highest bits.
        &self.shards[(study >> 32) as usize % SHARDS]
    }

    /// All studies, in the order of their UIDs as bytes.
    pub fn finish(self) -> Vec<Study> {
        let known = self.known();
        let shards = self.shards.into_iter().map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut studies = Vec::with_capacity(known as usize);
        studies.extend(shards.flat_map(Shard::finish));
        studies.sort_by(|one, other| one.uid.cmp(&other.uid));
        studies
    }
}

/// A record with its hashes, computed before the lock is taken.
struct Hashed<'r> {
    record: &'r InstanceRecord<'r>,
    key: Key<'r>,
    study: u64,
    series: u64,
    file: Option<u64>,
}

impl<'r> Hashed<'r> {
    fn of(record: &'r InstanceRecord<'r>, keeps_files: bool) -> Hashed<'r> {
        let InstanceRecord { study_uid, series_uid, sop_instance_uid, is_image, fingerprint, .. } = *record;
        let (study, series) = (by_uid::hash(study_uid), by_uid::hash(series_uid));
        let key = Key { is_other: !is_image, sop_instance_uid, fingerprint };
        let file = keeps_files.then(|| fragment::file_hash(record.name));
        Hashed { record, key, study, series, file }
    }
}

impl Shard {
    fn merge(&mut self, hashed: &Hashed<'_>, new: Option<NewKind>) {
        let Hashed { record, key, .. } = hashed;
        let InstanceRecord { study_part, series_part, values, name, .. } = record;
        let kind = self.kinds.place(record.kind, new);
        let study = self.studies.entry(hashed.study, record.study_uid);
        if study.parts.overflows(*study_part) {
            study.patients.get_or_insert_default().see(&study.parts, &values.study());
        }
        study.parts.merge(*study_part, *key, name, || values.study());
        let series = study.series.entry(hashed.series, record.series_uid);
        series.parts.merge(*series_part, *key, name, || values.series());
        let (uid, number, fingerprint) = (record.sop_instance_uid, record.number, key.fingerprint);
        series.instances.push(NewInstance { uid, number, kind, fingerprint, file: hashed.file });
    }

    fn finish(self) -> impl Iterator<Item = Study> {
        let kinds = std::sync::Arc::new(self.kinds.into_parts());
        self.studies.into_iter().map(move |(uid, group)| Study::new(uid, group, kinds.clone()))
    }
}
