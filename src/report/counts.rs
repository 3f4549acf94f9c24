//! How many files and values, by reason, and the exit code that follows from them.

use std::collections::BTreeMap;

use super::code::{reason_code, skip_code};
use crate::config::Choice;
use crate::issue::{Reason, Skip};

/// What was left out, dropped or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// By code and in words.
    skipped: BTreeMap<(String, String), u64>,
    issues: BTreeMap<Reason, u64>,
    /// DICOM files that are missing from the output.
    lost_files: u64,
}

impl Counts {
    pub(super) fn skip(&mut self, skip: &Skip) {
        *self.skipped.entry((skip_code(skip), words(skip))).or_default() += 1;
        self.lost_files += u64::from(skip.is_loss());
    }

    pub(super) fn issue(&mut self, reason: Reason) {
        *self.issues.entry(reason).or_default() += 1;
    }

    /// Files that were left out.
    pub fn skipped_files(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// DICOM files that are missing from the output, or files that could be some.
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

    /// Files left out, by code.
    pub fn skipped_by_code(&self) -> BTreeMap<&str, u64> {
        let mut codes = BTreeMap::new();
        self.skipped.iter().for_each(|((code, _), files)| *codes.entry(code.as_str()).or_default() += files);
        codes
    }

    /// Values dropped or changed, by code.
    pub fn issues_by_code(&self) -> BTreeMap<String, u64> {
        self.issues.iter().map(|(reason, values)| (reason_code(*reason), *values)).collect()
    }

    /// Files left out, by reason in words, the most frequent first.
    pub fn skipped_in_words(&self) -> Vec<(String, u64)> {
        frequent_first(self.skipped.iter().map(|((_, words), files)| (words.clone(), *files)))
    }

    /// Values dropped or changed, by reason in words: mixed patients first, then the most frequent.
    pub fn issues_in_words(&self) -> Vec<(String, u64)> {
        let weight =
            |(reason, values): &(Reason, u64)| (*reason != Reason::SeveralPatients, std::cmp::Reverse(*values));
        let mut issues: Vec<(Reason, u64)> = self.issues.iter().map(|(reason, values)| (*reason, *values)).collect();
        issues.sort_by_key(weight);
        issues.into_iter().map(|(reason, values)| (reason.to_string(), values)).collect()
    }

    /// 0 if every DICOM file was converted, else 1; a dropped value is 1 only where the user is strict.
    pub fn exit_code(&self, strict: Choice) -> u8 {
        let loss = self.lost_files > 0 || self.issues.keys().any(|reason| reason.is_loss());
        let incomplete = loss || strict.is_yes() && self.issues() > 0;
        u8::from(incomplete)
    }
}

/// The reason in words that are the same for many files.
fn words(skip: &Skip) -> String {
    match skip {
        Skip::Unreadable(_) => "cannot be read".to_string(),
        Skip::Compressed(_) => "the compressed data cannot be read".to_string(),
        _ => skip.to_string(),
    }
}

fn frequent_first(counts: impl Iterator<Item = (String, u64)>) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = counts.collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_tells_a_loss_from_a_dropped_value() {
        let skip = |skip| {
            let mut counts = Counts::default();
            counts.skip(&skip);
            counts
        };
        let issue = |reason| {
            let mut counts = Counts::default();
            counts.issue(reason);
            counts
        };
        for (counts, lenient, strict) in [
            (Counts::default(), 0, 0),
            (skip(Skip::NotDicom), 0, 0),
            (skip(Skip::Unreadable("permission denied".into())), 1, 1),
            (issue(Reason::NotADate), 0, 1),
            (issue(Reason::SeveralPatients), 1, 1),
        ] {
            assert_eq!((counts.exit_code(Choice::No), counts.exit_code(Choice::Yes)), (lenient, strict), "{counts:?}");
        }
    }
}
