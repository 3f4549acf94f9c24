//! Counts of files and values by reason, and the places of the reasons for exit code 1.

use std::collections::{BTreeMap, BTreeSet};

use super::Where;
use crate::issue::{Issue, Reason, Skip};
use crate::source::Name;

/// What was left out, dropped or changed.
///
/// ```
/// use dcm2fhir::{Conversion, Release};
///
/// # fn main() -> Result<(), dcm2fhir::Error> {
/// let counts = Conversion::new(Release::R4).input("testdata/dicom/not-dicom").run(|_| Ok(()))?.counts;
/// assert_eq!((counts.skipped_files() > 0, counts.lost_files()), (true, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// By code and in words.
    skipped: BTreeMap<(&'static str, String), u64>,
    issues: BTreeMap<Reason, u64>,
    /// Coding schemes that are not known.
    schemes: BTreeSet<String>,
    /// DICOM files that are missing from the output.
    lost_files: u64,
    /// The places of each reason for exit code 1: the first few in order.
    places: BTreeMap<Cause, BTreeSet<String>>,
}

/// The most coding schemes that are named.
const MAX_SCHEMES: usize = 8;
/// The most places that are named for each reason.
const MAX_PLACES: usize = 3;

/// A reason for exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// Files that are missing from the output.
    LostFiles,
    /// An issue.
    Issue(Reason),
}

impl Counts {
    pub(super) fn skip(&mut self, name: &Name, skip: &Skip) {
        *self.skipped.entry((skip.code(), words(skip))).or_default() += 1;
        if skip.is_loss() {
            self.lost_files += 1;
            self.place(Cause::LostFiles, || format!("{name}: {skip}"));
        }
    }

    pub(super) fn issue(&mut self, place: Where<'_>, issue: &Issue) {
        let reason = issue.reason;
        if let Some(name) = issue.value.as_deref().filter(|name| reason.tells_value() && !name.trim().is_empty()) {
            self.scheme(name.trim());
        }
        *self.issues.entry(reason).or_default() += 1;
        if reason.is_loss() {
            self.place(Cause::Issue(reason), || place.place().to_string());
        }
    }

    /// Keeps the first few names in order.
    fn scheme(&mut self, name: &str) {
        if !self.schemes.contains(name) {
            self.schemes.insert(name.to_string());
        }
        if self.schemes.len() > MAX_SCHEMES {
            self.schemes.pop_last();
        }
    }

    /// Keeps the first few places in order, so that they do not depend on threads.
    fn place(&mut self, cause: Cause, place: impl FnOnce() -> String) {
        let places = self.places.entry(cause).or_default();
        places.insert(place());
        if places.len() > MAX_PLACES {
            places.pop_last();
        }
    }

    /// The reasons for exit code 1, each with its count and the first places.
    pub(super) fn causes(&self) -> impl Iterator<Item = (Cause, u64, &BTreeSet<String>)> {
        let number = |cause| match cause {
            Cause::LostFiles => self.lost_files,
            Cause::Issue(reason) => self.issues.get(&reason).copied().unwrap_or_default(),
        };
        self.places.iter().map(move |(cause, places)| (*cause, number(*cause), places))
    }

    /// Files that were left out.
    pub fn skipped_files(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// Files missing from the output that are DICOM or could be.
    pub fn lost_files(&self) -> u64 {
        self.lost_files
    }

    /// Values that were dropped or changed.
    pub fn issues(&self) -> u64 {
        self.issues.values().sum()
    }

    /// Studies with more than one patient.
    pub fn mixed_studies(&self) -> u64 {
        self.issues.get(&Reason::SeveralPatients).copied().unwrap_or_default()
    }

    /// Documents that were held back.
    pub fn held_back(&self) -> u64 {
        self.issues.get(&Reason::HeldBack).copied().unwrap_or_default()
    }

    /// Files left out, by code.
    pub fn skipped_by_code(&self) -> BTreeMap<&'static str, u64> {
        summed(self.skipped.iter().map(|((code, _), files)| (*code, *files)))
    }

    /// Values dropped or changed, by code.
    pub fn issues_by_code(&self) -> BTreeMap<&'static str, u64> {
        summed(self.issues.iter().map(|(reason, values)| (reason.code(), *values)))
    }

    /// Files left out, by code and words of the reason, the most frequent first.
    pub(super) fn skipped_reasons(&self) -> Vec<(&str, &str, u64)> {
        sorted(self.skipped.iter().map(|((code, words), files)| (*code, words.as_str(), *files)), |(_, _, files)| {
            *files
        })
    }

    /// Values dropped or changed, by reason, the most frequent first.
    pub(super) fn issue_reasons(&self) -> Vec<(Reason, u64)> {
        sorted(self.issues.iter().map(|(reason, values)| (*reason, *values)), |(_, values)| *values)
    }

    /// Files left out, by reason in words, the most frequent first.
    pub fn skipped_in_words(&self) -> Vec<(String, u64)> {
        self.skipped_reasons().into_iter().map(|(_, words, files)| (words.to_string(), files)).collect()
    }

    /// The reason for which every file was left out, if it is one, and says more than that they are no DICOM.
    pub(crate) fn only_reason(&self) -> Option<&str> {
        match self.skipped_reasons()[..] {
            [(code, words, _)] if code != Skip::NotDicom.code() => Some(words),
            _ => None,
        }
    }

    /// Values dropped or changed, by reason in words: mixed patients first, then the most frequent.
    pub fn issues_in_words(&self) -> Vec<(String, u64)> {
        let mut issues = self.issue_reasons();
        issues.sort_by_key(|(reason, _)| *reason != Reason::SeveralPatients);
        issues.into_iter().map(|(reason, values)| (self.in_words(reason), values)).collect()
    }

    /// The reason in words, with names.
    fn in_words(&self, reason: Reason) -> String {
        let names: Vec<&str> = self.schemes.iter().map(String::as_str).collect();
        match names[..] {
            [first, _, ..] if reason.tells_value() => {
                format!(
                    "coding schemes are not known: {}; give --system scheme:{first}=URI and so on",
                    names.join(", ")
                )
            }
            [name] => reason.in_words(Some(name)),
            _ => reason.to_string(),
        }
    }
}

/// The reason in words, without details of single files.
pub(super) fn words(skip: &Skip) -> String {
    match skip {
        Skip::Unreadable(_) => "cannot be read".to_string(),
        Skip::NotDelivered(_) => "not delivered".to_string(),
        Skip::NotJson(_) => "no JSON any more from some place on".to_string(),
        Skip::Compressed(_) => "the compressed data cannot be read".to_string(),
        _ => skip.to_string(),
    }
}

/// The most frequent first.
fn sorted<T>(counts: impl Iterator<Item = T>, count: impl Fn(&T) -> u64) -> Vec<T> {
    let mut counts: Vec<T> = counts.collect();
    counts.sort_by_key(|one| std::cmp::Reverse(count(one)));
    counts
}

/// The numbers of each code, added up.
fn summed(counts: impl Iterator<Item = (&'static str, u64)>) -> BTreeMap<&'static str, u64> {
    let mut codes = BTreeMap::new();
    counts.for_each(|(code, count)| *codes.entry(code).or_default() += count);
    codes
}
