//! The result of a run.

use super::NightCounts;
use crate::report::{Counts, Totals};

/// The result of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// What was read and written.
    pub totals: Totals,
    /// What was left out, dropped or changed.
    pub counts: Counts,
    /// Files in the output folder that look like documents of another run.
    pub stale_files: u64,
    /// Counts of a run with an index.
    pub night: Option<NightCounts>,
    /// Rules of `include` and `exclude` that no file matched.
    pub unmet_rules: Vec<String>,
    /// Inputs that are FHIR, for uploads.
    pub(super) fhir_files: u64,
}
