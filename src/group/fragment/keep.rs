//! Data that a scan keeps besides the groups: raw values of kinds and selections, and notes about files, so that
//! everything can be mapped later with other options.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use dicom_dictionary_std::tags;

use crate::dicom::{Header, Levels, StoredValues, Tag};
use crate::fhir::Profile;
use crate::group::reader::Record;
use crate::group::{FileNotes, Group, NewKind, Studies};
use crate::mapping::selection::SelectedInstance;
use crate::mapping::{self, Options, SELECTION};
use crate::name::Name;

/// Kept data of all studies.
#[derive(Debug, Default)]
pub struct Kept {
    kinds: RwLock<HashMap<u64, KeptKind>>,
    studies: Mutex<HashMap<Box<str>, OfStudy>>,
}

#[derive(Debug)]
pub(super) struct KeptKind {
    pub stored: StoredValues,
    /// Whether its files need notes, as it has issues or may have some with other options.
    is_noted: bool,
}

/// Kept data of one study.
#[derive(Debug, Default)]
pub(super) struct OfStudy {
    pub notes: Vec<KeptNote>,
    /// By SOP Instance UID, fingerprint and Series Instance UID; each with the smallest name.
    pub selections: BTreeMap<(Box<str>, u64, Box<str>), KeptSelection>,
    /// Rejection notes of other studies that refer to this one.
    pub rejections: Vec<Arc<KeptRejection>>,
}

/// Notes about one file.
#[derive(Debug)]
pub(super) struct KeptNote {
    pub name: Name,
    pub sop_instance_uid: Box<str>,
    pub fingerprint: u64,
    /// The kind, if its issues belong to the file.
    pub kind: Option<u64>,
    pub notes: FileNotes,
}

#[derive(Debug)]
pub(super) struct KeptSelection {
    pub name: Name,
    pub stored: StoredValues,
    /// The instances it rejects, if it is a rejection note.
    rejects: Vec<SelectedInstance>,
}

/// The series and SOP Instance UIDs of instances, by Study Instance UID.
type ByStudy = BTreeMap<Box<str>, Vec<(Box<str>, Box<str>)>>;

/// A rejection note as another study sees it.
#[derive(Debug)]
pub(super) struct KeptRejection {
    pub study_uid: Box<str>,
    pub series_uid: Box<str>,
    pub sop_instance_uid: Box<str>,
    pub fingerprint: u64,
    pub name: Name,
    pub title: StoredValues,
    /// By study.
    pub instances: ByStudy,
}

impl Kept {
    /// Keeps the data of a file that its group does not have.
    pub fn read(&self, name: &Name, header: &Header, Record { record, is_selection }: &Record<'_>) {
        let is_noted = self.kind(record.kind, header);
        let notes = FileNotes::of(header);
        if notes.is_empty() && !is_noted && !is_selection {
            return;
        }
        let selection = is_selection.then(|| selection(name, header));
        let mut studies = self.studies.lock().unwrap_or_else(PoisonError::into_inner);
        if !studies.contains_key(record.study_uid) {
            studies.insert(record.study_uid.into(), OfStudy::default());
        }
        let Some(study) = studies.get_mut(record.study_uid) else { return };
        if !notes.is_empty() || is_noted {
            study.notes.push(KeptNote {
                name: name.clone(),
                sop_instance_uid: record.sop_instance_uid.into(),
                fingerprint: record.fingerprint,
                kind: is_noted.then_some(record.kind),
                notes,
            });
        }
        if let Some(selection) = selection {
            let key = (record.sop_instance_uid.into(), record.fingerprint, record.series_uid.into());
            let known = study.selections.entry(key).or_insert(selection);
            if *name < known.name {
                known.name = name.clone();
            }
        }
    }

    /// Keeps a kind, and returns whether its files need notes.
    fn kind(&self, fingerprint: u64, header: &Header) -> bool {
        let known = self.kinds.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&fingerprint) {
            return known.is_noted;
        }
        drop(known);
        let stored = StoredValues::of(header, Levels::KIND);
        let has_issues = NewKind::of(&stored, &of_any_profile(), |_| ()).has_issues;
        let is_noted = has_issues || !stored.is_plain_text();
        let mut kinds = self.kinds.write().unwrap_or_else(PoisonError::into_inner);
        kinds.entry(fingerprint).or_insert(KeptKind { stored, is_noted });
        is_noted
    }

    /// The result of the scan, in the order of the studies' keys.
    pub fn finish(self, studies: Studies) -> Scanned {
        let kinds = self.kinds.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut of_studies = self.studies.into_inner().unwrap_or_else(PoisonError::into_inner);
        carry_rejections(&mut of_studies);
        let shards = studies.shards.into_iter().map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut all: Vec<ScannedStudy> = Vec::new();
        for shard in shards {
            let kinds: Arc<Vec<u64>> = Arc::new(shard.kinds.fingerprints());
            for (uid, group) in shard.studies.into_iter() {
                let kept = of_studies.remove(&uid).unwrap_or_default();
                all.push(ScannedStudy { key: super::key(&uid), group, kinds: Arc::clone(&kinds), kept });
            }
        }
        // Studies that only notes of others refer to.
        let only_named = of_studies.into_iter().map(|(uid, kept)| ScannedStudy {
            key: super::key(&uid),
            group: Group::default(),
            kinds: Arc::default(),
            kept,
        });
        all.extend(only_named);
        all.sort_by(|one, other| one.key.cmp(&other.key));
        Scanned { studies: all, kinds }
    }
}

/// Options that map what any profile reads, so that whatever raises an issue when the study is assembled has a note.
fn of_any_profile() -> Options {
    Options { profile: Profile::find("mado", None).unwrap_or_default(), ..Options::default() }
}

/// The attributes that make a Key Object Selection a rejection note.
const TITLE: [Tag; 2] = [tags::SPECIFIC_CHARACTER_SET, tags::CONCEPT_NAME_CODE_SEQUENCE];

fn selection(name: &Name, header: &Header) -> KeptSelection {
    let stored = StoredValues::of(header, Levels::SELECTION);
    let part = mapping::map(SELECTION, header.root(), &Options::default()).part;
    // Whether it is a rejection note can depend on --system, so its references are kept if its title could be one.
    let rejects = if part.may_be_rejection() { part.instances } else { Vec::new() };
    KeptSelection { name: name.clone(), stored, rejects }
}

/// Adds each rejection note to the studies it refers to. Of several with one UID only the first by content counts, so
/// all of them are added wherever one is.
fn carry_rejections(studies: &mut HashMap<Box<str>, OfStudy>) {
    let mut carried: Vec<(Arc<KeptRejection>, BTreeSet<Box<str>>)> = Vec::new();
    for (study_uid, study) in studies.iter() {
        let all: Vec<_> = study.selections.iter().collect();
        for of_one_uid in all.chunk_by(|one, other| one.0.0 == other.0.0) {
            let named = of_one_uid.iter().flat_map(|(_, selection)| &selection.rejects);
            let others: BTreeSet<Box<str>> =
                named.map(|one| &one.study_uid).filter(|uid| *uid != study_uid).cloned().collect();
            if !others.is_empty() {
                let rejections = of_one_uid.iter().map(|(key, one)| KeptRejection::of(study_uid, key, one));
                carried.extend(rejections.map(|rejection| (Arc::new(rejection), others.clone())));
            }
        }
    }
    carried.sort_by(|(one, _), (other, _)| one.rank().cmp(&other.rank()));
    for (rejection, others) in carried {
        for study_uid in others {
            studies.entry(study_uid).or_default().rejections.push(Arc::clone(&rejection));
        }
    }
}

impl KeptRejection {
    fn of(study_uid: &str, key: &(Box<str>, u64, Box<str>), selection: &KeptSelection) -> KeptRejection {
        let (sop_instance_uid, fingerprint, series_uid) = key.clone();
        let mut instances = ByStudy::new();
        for one in selection.rejects.iter().cloned() {
            instances.entry(one.study_uid).or_default().push((one.series_uid, one.uid));
        }
        let (name, title) = (selection.name.clone(), selection.stored.only(&TITLE));
        KeptRejection { study_uid: study_uid.into(), series_uid, sop_instance_uid, fingerprint, name, title, instances }
    }

    fn rank(&self) -> (&str, &str, u64, &str) {
        (&self.study_uid, &self.sop_instance_uid, self.fingerprint, &self.series_uid)
    }
}

/// The result of a scan.
#[derive(Debug)]
pub struct Scanned {
    pub(super) studies: Vec<ScannedStudy>,
    pub(super) kinds: HashMap<u64, KeptKind>,
}

/// A study with its kept data.
#[derive(Debug)]
pub(super) struct ScannedStudy {
    pub key: String,
    pub group: Group,
    /// The fingerprint of each kind, by its place.
    pub kinds: Arc<Vec<u64>>,
    pub kept: OfStudy,
}

impl Scanned {
    /// The number of studies, including those that only rejection notes refer to.
    pub(crate) fn len(&self) -> usize {
        self.studies.len()
    }

    /// A hash of all studies and files, which identifies the scan.
    pub fn hash(&self) -> u64 {
        let mut sum = 0_u64;
        for study in &self.studies {
            sum = sum.wrapping_add(super::key_hash(&study.key));
            for (_, series) in study.group.series.sorted() {
                series.instances.for_each(|one| {
                    sum = sum.wrapping_add(super::joined(&[one.fingerprint, one.file.unwrap_or_default()]));
                });
            }
        }
        super::joined(&[sum])
    }

    /// The keys of the studies, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.studies.iter().map(|study| &*study.key)
    }
}
