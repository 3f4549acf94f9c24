//! The Key Object Selections of a study, once each, and what the rejection notes among them reject.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::parts::FoundIssue;
use super::resolve::Study;
use crate::mapping::{Mapped, SelectionPart};
use crate::source::Name;

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
    /// What it selects, and what could not be taken.
    pub mapped: Mapped<SelectionPart>,
}

/// A Key Object Selection of a study.
#[derive(Debug)]
pub struct Selection {
    /// The SOP Instance UID of the document.
    pub sop_instance_uid: Box<str>,
    /// What it selects.
    pub part: SelectionPart,
    /// What was dropped of it.
    pub issues: Vec<FoundIssue>,
    /// The file.
    pub name: Name,
    series_uid: Box<str>,
    fingerprint: u64,
}

/// All selections of a study, by SOP Instance UID. Of several with one UID that which comes first by content stays.
#[derive(Debug, Default)]
pub(super) struct Selections(BTreeMap<Box<str>, Selection>);

impl Selections {
    /// Adds one, unless the same or one that comes before it is there.
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

/// The instances of one study that are rejected, by series.
#[derive(Debug, Default)]
pub struct Rejected(HashMap<Box<str>, BTreeSet<Box<str>>>);

impl Rejected {
    /// Whether an instance of a series is rejected.
    pub fn has(&self, series_uid: &str, uid: &str) -> bool {
        self.0.get(series_uid).is_some_and(|uids| uids.contains(uid))
    }

    /// Whether nothing is rejected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what else is rejected.
    pub(super) fn merge(&mut self, other: Rejected) {
        for (series, uids) in other.0 {
            self.0.entry(series).or_default().extend(uids);
        }
    }

    /// Whether anything of a series is rejected.
    pub(super) fn any_in(&self, series_uid: &str) -> bool {
        self.0.contains_key(series_uid)
    }

    pub(super) fn add(&mut self, series_uid: &str, uid: &str) {
        self.0.entry(series_uid.into()).or_default().insert(uid.into());
    }
}

/// Leaves out of the studies what their rejection notes reject, wherever it lies, and the notes themselves: they speak of
/// what is no longer there.
pub fn apply_rejections(studies: &mut [Study]) {
    let mut rejected: HashMap<Box<str>, Rejected> = HashMap::new();
    for study in studies.iter() {
        for note in study.selections.iter().filter(|selection| selection.part.is_rejection()) {
            for instance in &note.part.instances {
                rejected.entry(instance.study_uid.clone()).or_default().add(&instance.series_uid, &instance.uid);
            }
            rejected.entry(study.uid.clone()).or_default().add(&note.series_uid, &note.sop_instance_uid);
        }
    }
    for study in studies {
        study.rejected = rejected.remove(&study.uid).unwrap_or_default();
    }
}
