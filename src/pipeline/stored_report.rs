//! Counts and issues of a study, as an index stores them: a later run repeats them without loading the study.

use serde::{Deserialize, Serialize};

use super::counts::StudyCounts;
use crate::report::{KeptIssue, Report};

/// Counts and issues of a study.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct StoredReport {
    /// Its counts.
    pub counts: StudyCounts,
    /// Its issues.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<KeptIssue>,
}

impl StoredReport {
    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and numbers are always JSON")
    }

    /// Parses stored bytes; `None` if they are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<StoredReport> {
        serde_json::from_slice(bytes).ok()
    }

    /// Repeats the issues in a report.
    pub fn repeat(&self, study: &str, report: &Report) {
        self.issues.iter().for_each(|issue| issue.repeat(study, report));
    }
}
