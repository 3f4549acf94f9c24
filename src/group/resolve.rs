//! Resolves the groups once all instances are added: one value for each row, each instance once, and the issues.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::parts::{self, Parts};
use super::patients::{Patients, are_several, that_differs};
use super::uid::text;
use super::{Group, Series};
use crate::dicom::DataSet;
use crate::fhir::Reference;
use crate::issue::{Issue, Reason};
use crate::mapping::{
    self, FoundIssue, KindPart, Mapped, Options, Rejected, ResolvedSeries, ResolvedStudy, SERIES, STUDY, Selection,
    StudyPart,
};

/// A study with all of its instances, not resolved yet.
#[derive(Debug)]
pub struct Study {
    /// The Study Instance UID.
    pub uid: Box<str>,
    pub(super) parts: Parts,
    patients: Option<Box<Patients>>,
    pub(super) series: Vec<(Box<str>, Series)>,
    kinds: Arc<Vec<KindPart>>,
    pub(super) selections: Vec<Selection>,
    pub(super) rejected: Rejected,
    pub(super) manifests: Rejected,
    pub(super) is_manifest: bool,
}

impl Study {
    pub(super) fn new(uid: Box<str>, group: Group, kinds: Arc<Vec<KindPart>>) -> Study {
        // Room for no more: to collect makes room for four.
        let mut series: Vec<(Box<str>, Series)> = Vec::with_capacity(group.series.len());
        series.extend(group.series.into_iter());
        series.sort_by(|one, other| one.0.cmp(&other.0));
        let selections = group.selections.into_list();
        Study {
            uid,
            parts: group.parts,
            patients: group.patients,
            series,
            kinds,
            selections,
            rejected: Rejected::default(),
            manifests: Rejected::default(),
            is_manifest: false,
        }
    }

    /// Also leaves out what rejection notes of other studies reject.
    pub fn reject(&mut self, rejected: Rejected) {
        self.rejected.merge(rejected);
    }

    /// How many different instances there are, or more than `most`.
    pub(super) fn different_instances(&self, most: usize) -> usize {
        let mut seen = BTreeSet::new();
        for (series_uid, series) in &self.series {
            series.instances.for_each_uid(|uid| {
                if seen.len() <= most {
                    seen.insert((series_uid, uid.to_vec()));
                }
            });
        }
        seen.len()
    }

    /// How many instances were added, repeats included.
    pub fn added_instances(&self) -> usize {
        self.series.iter().map(|(_, series)| series.instances.len()).sum()
    }

    /// Maps the stored parts and resolves all differences.
    pub fn resolve(&mut self, options: &Options) -> ResolvedStudy<'_> {
        let parts::Resolved { part, each, mut issues } = self.parts.resolve(STUDY, |data_set| study(data_set, options));
        let mixes_patients = self.mixes_patients(&part, &each, options);
        if mixes_patients {
            let issue = Issue::new("subject", that_differs(&self.parts), Reason::SeveralPatients);
            issues.push(FoundIssue { issue, name: None });
        }
        let kinds = self.kinds.as_slice();
        let (selections, rejected, manifests) = (self.selections.as_slice(), &self.rejected, &self.manifests);
        let mut series: Vec<_> = self
            .series
            .iter_mut()
            .map(|(uid, series)| series.resolve(uid, kinds, [rejected, manifests], options))
            .collect();
        series.sort_by_key(|series| series.part.number.map_or((true, 0), |number| (false, number)));
        ResolvedStudy {
            uid: &self.uid,
            part,
            stored: self.parts.stored_values().collect(),
            series,
            selections,
            rejected,
            issues,
            mixes_patients,
            is_manifest: self.is_manifest,
        }
    }

    /// Whether instances are of patients that cannot be one.
    pub(super) fn mixes_patients(&self, joined: &StudyPart, each: &[StudyPart], options: &Options) -> bool {
        let parts = if each.is_empty() { std::slice::from_ref(joined) } else { each };
        let subjects: Vec<&Reference> = parts.iter().map(|part| &part.subject).collect();
        are_several(&subjects) || self.patients.as_ref().is_some_and(|patients| patients.are_several(options))
    }

    /// The Series Instance UIDs, in order.
    pub fn series_uids(&self) -> impl Iterator<Item = &str> {
        self.series.iter().map(|(uid, _)| &**uid)
    }

    fn for_each_uid(&self, mut each: impl FnMut(&str, &[u8])) {
        for (series_uid, series) in &self.series {
            series.instances.for_each_uid(|uid| each(series_uid, uid));
        }
    }
}

impl Series {
    fn resolve<'a>(
        &'a mut self,
        uid: &'a str,
        kinds: &'a [KindPart],
        [rejected, manifests]: [&Rejected; 2],
        options: &Options,
    ) -> ResolvedSeries<'a> {
        let map = |data_set: DataSet<'_>| mapping::map(SERIES, data_set, options);
        let parts::Resolved { part, issues, .. } = self.parts.resolve(SERIES, map);
        let class = |kind: u32| kinds.get(kind as usize).and_then(|kind| kind.sop_class.as_deref());
        let is_other = |kind| !class(kind).is_some_and(mapping::is_image);
        let mut conflicts = Vec::new();
        let mut order = self.instances.resolve(is_other, |uid| conflicts.push(uid.to_string()));
        let mut take_out = |out: &Rejected| match out.any_in(uid) {
            true => self.instances.take_out(&mut order, |instance| out.has(uid, instance)),
            false => Vec::new(),
        };
        let (rejected, manifests) = (take_out(rejected), take_out(manifests));
        let number_of_instances = u32::try_from(order.len()).expect("the order's places have 32 bits");
        ResolvedSeries {
            uid,
            part,
            stored: self.parts.stored_values().collect(),
            number_of_instances,
            rejected,
            manifests,
            conflicts,
            issues,
            instances: Box::new(self.instances.resolved(order, kinds)),
        }
    }
}

/// The study's part of an instance, with the issues of its character set, which are reported here only.
fn study(data_set: DataSet<'_>, options: &Options) -> Mapped<StudyPart> {
    let mut mapped = mapping::map(STUDY, data_set, options);
    mapped.issues.extend(mapping::character_set_issue(data_set, options));
    mapped
}

/// The series that occur in several studies, each with its study. Needs eight bytes a series while it runs.
pub fn series_in_several_studies(studies: &[Study]) -> Vec<(&str, &str)> {
    let all = || studies.iter().flat_map(|study| study.series.iter().map(move |(series, _)| (&*study.uid, &**series)));
    let mut hashes: Vec<u64> = all().map(|(_, series)| xxh3_64(series.as_bytes())).collect();
    hashes.sort_unstable();
    let repeated = repeated(&hashes);
    all().filter(|(_, series)| repeated.binary_search(&xxh3_64(series.as_bytes())).is_ok()).collect()
}

/// The hashes that occur in a sorted list more than once.
pub fn repeated(sorted: &[u64]) -> Vec<u64> {
    sorted.chunk_by(|one, other| one == other).filter(|run| run.len() > 1).map(|run| run[0]).collect()
}

/// A SOP Instance UID that occurs in several series or studies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeveralPlaces {
    /// The SOP Instance UID.
    pub sop_instance_uid: String,
    /// The Study and Series Instance UIDs where it occurs.
    pub places: Vec<(String, String)>,
}

/// Finds the SOP Instance UIDs that occur in more than one series. Needs eight bytes an instance while it runs.
pub fn several_places(studies: &[Study]) -> Vec<SeveralPlaces> {
    let mut hashes: Vec<u64> = Vec::with_capacity(studies.iter().map(Study::added_instances).sum());
    studies.iter().for_each(|study| study.for_each_uid(|_, uid| hashes.push(xxh3_64(uid))));
    hashes.sort_unstable();
    let repeated = repeated(&hashes);
    drop(hashes);
    if repeated.is_empty() {
        return Vec::new();
    }
    let mut places = Places::default();
    studies.iter().for_each(|study| places.see(study, &repeated));
    places.finish(&[])
}

/// The places of SOP Instance UIDs that may occur in several.
#[derive(Debug, Default)]
pub struct Places(HashMap<String, BTreeSet<(String, String)>>);

impl Places {
    /// Adds the places in a study of UIDs whose hashes are in a sorted list.
    pub fn see(&mut self, study: &Study, repeated: &[u64]) {
        study.for_each_uid(|series, uid| {
            if repeated.binary_search(&xxh3_64(uid)).is_ok() {
                let place = (study.uid.to_string(), series.to_string());
                self.0.entry(text(uid).to_string()).or_default().insert(place);
            }
        });
    }

    /// Those that occur in several places, or also elsewhere: `elsewhere` is a sorted list of hashes.
    pub fn finish(self, elsewhere: &[u64]) -> Vec<SeveralPlaces> {
        let is_elsewhere = |uid: &str| elsewhere.binary_search(&xxh3_64(uid.as_bytes())).is_ok();
        let several = self.0.into_iter().filter(|(uid, places)| places.len() > 1 || is_elsewhere(uid));
        let place = |(sop_instance_uid, places): (String, BTreeSet<_>)| SeveralPlaces {
            sop_instance_uid,
            places: places.into_iter().collect(),
        };
        let mut several: Vec<SeveralPlaces> = several.map(place).collect();
        several.sort();
        several
    }
}
