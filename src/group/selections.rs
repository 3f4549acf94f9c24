//! The deduplicated Key Object Selections of a study, and the instances that its rejection notes reject.

use std::collections::{BTreeMap, HashMap};

use xxhash_rust::xxh3::xxh3_64;

use super::resolve::Study;
use crate::mapping::{FoundIssue, Mapped, Rejected, Selection, SelectionPart};
use crate::name::Name;

/// A Key Object Selection as it is added.
#[derive(Debug)]
pub struct NewSelection<'a> {
    /// The Series Instance UID of the document.
    pub series_uid: &'a str,
    /// The SOP Instance UID of the document.
    pub sop_instance_uid: &'a str,
    /// The hash of all wanted values.
    pub fingerprint: u64,
    /// The file.
    pub name: &'a Name,
    /// The selected instances, and issues.
    pub mapped: Mapped<SelectionPart>,
}

/// All selections of a study, by SOP Instance UID. Of several with one UID the first by content is kept.
#[derive(Debug, Default)]
pub(super) struct StudySelections(BTreeMap<Box<str>, Selection>);

impl StudySelections {
    /// Adds a selection, unless there is one with the same UID that precedes it.
    pub fn add(&mut self, new: NewSelection<'_>) {
        let NewSelection { series_uid, sop_instance_uid, fingerprint, name, mapped } = new;
        let known = self.0.get(sop_instance_uid);
        let rank = (fingerprint, series_uid, name);
        if known.is_some_and(|known| (known.fingerprint, &*known.series_uid, &known.name) <= rank) {
            return;
        }
        let issue = |issue| FoundIssue { issue, name: Some(name.clone()) };
        let selection = Selection {
            sop_instance_uid: sop_instance_uid.into(),
            part: mapped.part,
            issues: mapped.issues.into_iter().map(issue).collect(),
            name: name.clone(),
            series_uid: series_uid.into(),
            fingerprint,
        };
        self.0.insert(sop_instance_uid.into(), selection);
    }

    /// All of them, in the order of their UIDs.
    pub fn into_list(self) -> Vec<Selection> {
        self.0.into_values().collect()
    }
}

/// Leaves out manifests among the Key Object Selections, as a manifest does not list manifests; they are kept if a
/// study has nothing else.
pub fn leave_out_manifests(studies: &mut [Study]) {
    for study in studies {
        let manifests: Vec<&Selection> =
            study.selections.iter().filter(|selection| selection.part.is_manifest()).collect();
        let mut found = Rejected::default();
        manifests.iter().for_each(|one| found.add(&one.series_uid, &one.sop_instance_uid));
        let is_manifest = !manifests.is_empty() && manifests.len() >= study.different_instances(manifests.len());
        study.is_manifest = is_manifest;
        if !is_manifest {
            study.manifests = found;
        }
    }
}

/// Rejected instances, by study.
#[derive(Debug, Default)]
pub struct Rejections(HashMap<Box<str>, Rejected>);

impl Rejections {
    /// Adds an instance of a series of a study.
    pub fn add(&mut self, study_uid: &str, series_uid: &str, uid: &str) {
        self.0.entry(study_uid.into()).or_default().add(series_uid, uid);
    }

    /// A checksum of the rejected instances of a study, to detect changes.
    pub fn sum(&self, study_uid: &str) -> u64 {
        let hash = |(series, uid): (&str, &str)| xxh3_64(format!("{series}/{uid}").as_bytes());
        self.0.get(study_uid).map_or(0, |rejected| rejected.all().map(hash).fold(0, u64::wrapping_add))
    }

    /// Leaves the rejected instances out of a study.
    pub fn apply(&self, study: &mut Study) {
        study.rejected = self.0.get(&study.uid).cloned().unwrap_or_default();
    }
}

/// The instances that the rejection notes of a study reject, in any study, and the notes themselves: each as study,
/// series and instance.
pub fn rejected_by(study: &Study) -> Vec<[Box<str>; 3]> {
    let mut rejected = Vec::new();
    for note in study.selections.iter().filter(|selection| selection.part.is_rejection()) {
        let instances = note.part.instances.iter();
        rejected.extend(instances.map(|one| [one.study_uid.clone(), one.series_uid.clone(), one.uid.clone()]));
        rejected.push([study.uid.clone(), note.series_uid.clone(), note.sop_instance_uid.clone()]);
    }
    rejected
}

/// Leaves rejected instances out of the studies.
pub fn apply_rejections(studies: &mut [Study]) {
    let mut rejections = Rejections::default();
    for [study, series, uid] in studies.iter().flat_map(rejected_by) {
        rejections.add(&study, &series, &uid);
    }
    studies.iter_mut().for_each(|study| rejections.apply(study));
}
