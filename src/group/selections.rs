//! The Key Object Selections of a study, once each, and what the rejection notes among them reject.

use std::collections::{BTreeMap, HashMap};

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
    /// What it selects, and what could not be taken.
    pub mapped: Mapped<SelectionPart>,
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

/// Has the manifests among the Key Object Selections left out, for a manifest lists no manifest; where a study has nothing
/// else they stay.
pub fn leave_out_manifests(studies: &mut [Study]) {
    for study in studies {
        let manifests: Vec<&Selection> =
            study.selections.iter().filter(|selection| selection.part.is_manifest()).collect();
        let mut found = Rejected::default();
        manifests.iter().for_each(|one| found.add(&one.series_uid, &one.sop_instance_uid));
        if manifests.len() < study.different_instances(manifests.len()) {
            study.manifests = found;
        }
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
