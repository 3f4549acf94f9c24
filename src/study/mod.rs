//! Grouping: studies by Study Instance UID, series by Series Instance UID, instances by SOP Instance UID.
//!
//! Any number of threads add instances in any order, and what comes out depends only on what went in. A study lies in
//! one of a fixed number of shards by the hash of its UID; an instance takes its shard's lock once, for a short time.

mod instances;
mod parts;
mod selections;
mod settle;
mod uid;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

use crate::mapping::{KindPart, Mapped, SeriesPart, StudyPart};
use crate::source::Name;
pub use instances::{Instances, NewInstance};
pub use parts::{FoundIssue, Key, MAX_PARTS, Parts};
use selections::Selections;
pub use selections::{NewSelection, Rejected, Selection, apply_rejections};
pub use settle::{SettledSeries, SettledStudy, SeveralPlaces, Study, several_places};
pub use uid::MAX_UID;

/// Far more than threads, so that two seldom want the same.
const SHARDS: usize = 256;

type ByHash<K, V> = HashMap<K, V, BuildHasherDefault<Xxh3Default>>;

/// All studies of a run.
#[derive(Debug)]
pub struct Studies {
    shards: Vec<Mutex<Shard>>,
}

#[derive(Debug, Default)]
struct Shard {
    studies: ByHash<Box<str>, Group>,
    kinds: Kinds,
}

/// One study while it grows.
#[derive(Debug, Default)]
struct Group {
    parts: Parts<StudyPart>,
    series: ByHash<Box<str>, Series>,
    selections: Selections,
}

/// One series while it grows.
#[derive(Debug, Default)]
struct Series {
    parts: Parts<SeriesPart>,
    instances: Instances,
}

/// The classes, titles and frames that instances of a shard have, once each.
#[derive(Debug, Default)]
struct Kinds {
    by_fingerprint: HashMap<u64, Kind, BuildHasherDefault<Prehashed>>,
    parts: Vec<KindPart>,
}

/// A known kind.
#[derive(Debug, Clone, Copy)]
struct Kind {
    place: u32,
    /// Whether something was dropped of it: then it is mapped anew for each file, so that each is reported.
    has_issues: bool,
}

/// One instance as it is added: its UIDs, and the fingerprints of its parts.
#[derive(Debug, Clone, Copy)]
pub struct InstanceRecord<'a> {
    /// Study Instance UID (0020,000D).
    pub study_uid: &'a str,
    /// Series Instance UID (0020,000E), at most [`MAX_UID`] bytes.
    pub series_uid: &'a str,
    /// SOP Instance UID (0008,0018), at most [`MAX_UID`] bytes.
    pub sop_instance_uid: &'a str,
    /// Whether it is an image, and so decides before other objects.
    pub is_image: bool,
    /// Instance Number (0020,0013).
    pub number: Option<u32>,
    /// The fingerprint of the study part.
    pub study: u64,
    /// The fingerprint of the series part.
    pub series: u64,
    /// The fingerprint of class, title and frames.
    pub kind: u64,
    /// The fingerprint of all wanted values.
    pub whole: u64,
    /// The file.
    pub name: &'a Name,
}

/// The parts of an instance that had to be mapped, because they were not known.
#[derive(Debug, Default)]
pub struct NewParts {
    /// Of the study.
    pub study: Option<Mapped<StudyPart>>,
    /// Of the series.
    pub series: Option<Mapped<SeriesPart>>,
    /// Class, title and frames; their issues are the caller's to report, for each file.
    pub kind: Option<NewKind>,
}

/// A class, title and frames that had to be mapped.
#[derive(Debug, Default)]
pub struct NewKind {
    /// The part.
    pub part: KindPart,
    /// Whether something was dropped of it.
    pub has_issues: bool,
}

/// Which parts of an instance are not known, and must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// The study's.
    pub study: bool,
    /// The series'.
    pub series: bool,
    /// Class, title and frames.
    pub kind: bool,
}

impl Default for Studies {
    fn default() -> Studies {
        Studies { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Studies {
    /// Adds an instance, or says which of its parts are wanted for that: the caller maps them and calls again.
    pub fn merge(&self, record: &InstanceRecord<'_>, new: &mut NewParts) -> Result<(), Missing> {
        let shard = &self.shards[xxh3_64(record.study_uid.as_bytes()) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = shard.missing(record, new);
        if missing != Missing::default() {
            return Err(missing);
        }
        shard.merge(record, new);
        Ok(())
    }

    /// Adds what a Key Object Selection selects to its study.
    pub fn select(&self, study_uid: &str, selection: NewSelection<'_>) {
        let shard = &self.shards[xxh3_64(study_uid.as_bytes()) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        entry(&mut shard.studies, study_uid).selections.add(selection);
    }

    /// All studies, in the order of their UIDs as bytes.
    pub fn finish(self) -> Vec<Study> {
        let shards = self.shards.into_iter().map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut studies: Vec<Study> = shards.flat_map(Shard::finish).collect();
        studies.sort_by(|one, other| one.uid.cmp(&other.uid));
        studies
    }
}

impl Shard {
    fn missing(&self, record: &InstanceRecord<'_>, new: &NewParts) -> Missing {
        let study = self.studies.get(record.study_uid);
        let series = study.and_then(|study| study.series.get(record.series_uid));
        let knows_study = study.is_some_and(|study| study.parts.knows(record.study, record.key()));
        let knows_series = series.is_some_and(|series| series.parts.knows(record.series, record.key()));
        Missing {
            study: new.study.is_none() && !knows_study,
            series: new.series.is_none() && !knows_series,
            kind: new.kind.is_none() && !self.kinds.knows(record.kind),
        }
    }

    fn merge(&mut self, record: &InstanceRecord<'_>, new: &mut NewParts) {
        let kind = self.kinds.place(record.kind, new.kind.take());
        let study = entry(&mut self.studies, record.study_uid);
        study.parts.merge(record.study, record.key(), record.name, new.study.take());
        let series = entry(&mut study.series, record.series_uid);
        series.parts.merge(record.series, record.key(), record.name, new.series.take());
        let (uid, number, fingerprint) = (record.sop_instance_uid, record.number, record.whole);
        series.instances.push(NewInstance { uid, number, kind, fingerprint });
    }

    fn finish(self) -> impl Iterator<Item = Study> {
        let kinds = std::sync::Arc::new(self.kinds.parts);
        self.studies.into_iter().map(move |(uid, group)| Study::new(uid, group, kinds.clone()))
    }
}

impl InstanceRecord<'_> {
    fn key(&self) -> Key<'_> {
        Key { is_other: !self.is_image, sop_instance_uid: self.sop_instance_uid, fingerprint: self.whole }
    }
}

impl Kinds {
    fn knows(&self, fingerprint: u64) -> bool {
        self.by_fingerprint.get(&fingerprint).is_some_and(|kind| !kind.has_issues)
    }

    fn place(&mut self, fingerprint: u64, new: Option<NewKind>) -> u32 {
        let kind = self.by_fingerprint.entry(fingerprint).or_insert_with(|| {
            let NewKind { part, has_issues } = new.unwrap_or_default();
            self.parts.push(part);
            let place = u32::try_from(self.parts.len() - 1).expect("a shard has fewer than 2^32 different titles");
            Kind { place, has_issues }
        });
        kind.place
    }
}

/// The value of a key, which is copied only when it is new.
fn entry<'m, V: Default>(map: &'m mut ByHash<Box<str>, V>, key: &str) -> &'m mut V {
    if !map.contains_key(key) {
        map.insert(key.into(), V::default());
    }
    map.get_mut(key).expect("it was put there just now")
}

/// Takes a fingerprint, which is a hash already, as it is.
#[derive(Debug, Default)]
struct Prehashed(u64);

impl Hasher for Prehashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
