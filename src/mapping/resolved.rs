//! A resolved study, independent of the release: the result of grouping, and the input of the finish rules.

use std::collections::{BTreeMap, BTreeSet};

use super::finish::Rule;
use super::{SelectionPart, SeriesPart, StudyPart};
use crate::dicom::StoredValues;
use crate::fhir::Instances;
use crate::issue::Issue;
use crate::name::Name;

/// The rule of the order of instances, for the documents.
pub const ORDER: Rule =
    Rule { element: "series.instance", from: "all instances", rule: "by number, then UID; each SOP Instance UID once" };

/// The rule of SOP classes, for the documents.
pub const SOP_CLASS: Rule = Rule {
    element: "series.instance.sopClass",
    from: "series.instance.sopClass",
    rule: "a class that is no OID as a code without system, or where only an OID can stand, as a data-absent-reason",
};

/// A resolved study.
#[derive(Debug)]
pub struct ResolvedStudy<'a> {
    /// The Study Instance UID.
    pub uid: &'a str,
    /// Its mapped part.
    pub part: StudyPart,
    /// The distinct values of its files, in order.
    pub stored: Vec<&'a StoredValues>,
    /// Its series, by number and then UID.
    pub series: Vec<ResolvedSeries<'a>>,
    /// Its Key Object Selections, by SOP Instance UID.
    pub selections: &'a [Selection],
    /// Rejected instances, if rejections are applied.
    pub rejected: &'a Rejected,
    /// Issues and differences between instances.
    pub issues: Vec<FoundIssue>,
    /// Whether it has several Patient IDs.
    pub mixes_patients: bool,
    /// Whether it has nothing but manifests, where a profile asks.
    pub is_manifest: bool,
}

/// A resolved series.
#[derive(Debug)]
pub struct ResolvedSeries<'a> {
    /// The Series Instance UID.
    pub uid: &'a str,
    /// Its mapped part, including its contribution to the study's lists.
    pub part: SeriesPart,
    /// The distinct values of its files, in order.
    pub stored: Vec<&'a StoredValues>,
    /// The number of distinct instances.
    pub number_of_instances: u32,
    /// The SOP Instance UIDs of instances left out, because they are rejected.
    pub rejected: Vec<String>,
    /// The SOP Instance UIDs of manifests, where they are left out.
    pub manifests: Vec<String>,
    /// The SOP Instance UIDs of instances left out, because another has the UID and other content.
    pub conflicts: Vec<String>,
    /// Issues and differences between instances.
    pub issues: Vec<FoundIssue>,
    /// Its instances, by number and then UID.
    pub instances: Box<dyn Instances + 'a>,
}

impl<'a> ResolvedStudy<'a> {
    /// The series of which instances are left: the others were emptied by rejections.
    pub fn listed(&self) -> impl Iterator<Item = &ResolvedSeries<'a>> {
        self.series.iter().filter(|series| series.number_of_instances > 0)
    }
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
    /// The Series Instance UID of the document.
    pub series_uid: Box<str>,
    /// The hash of all wanted values.
    pub fingerprint: u64,
}

/// The instances of one study that are rejected, by series.
#[derive(Debug, Clone, Default)]
pub struct Rejected(BTreeMap<Box<str>, BTreeSet<Box<str>>>);

impl Rejected {
    /// Whether an instance of a series is rejected.
    pub fn has(&self, series_uid: &str, uid: &str) -> bool {
        self.0.get(series_uid).is_some_and(|uids| uids.contains(uid))
    }

    /// Whether nothing is rejected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether anything of a series is rejected.
    pub fn any_in(&self, series_uid: &str) -> bool {
        self.0.contains_key(series_uid)
    }

    /// Adds what else is rejected.
    pub fn merge(&mut self, other: Rejected) {
        for (series, uids) in other.0 {
            self.0.entry(series).or_default().extend(uids);
        }
    }

    /// All rejected instances, each with its series, in no order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(series, uids)| uids.iter().map(move |uid| (&**series, &**uid)))
    }

    /// Adds an instance.
    pub fn add(&mut self, series_uid: &str, uid: &str) {
        self.0.entry(series_uid.into()).or_default().insert(uid.into());
    }
}

/// An issue, and a file in which it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundIssue {
    /// The issue.
    pub issue: Issue,
    /// The file.
    pub name: Option<Name>,
}
