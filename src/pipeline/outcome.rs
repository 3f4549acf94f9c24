//! What a run came to.

use super::NightCounts;
use crate::report::{Counts, Totals};

/// What a run came to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// What was read and written.
    pub totals: Totals,
    /// What was left out, dropped or changed.
    pub counts: Counts,
    /// Files beside the output's that look like documents and are of another run.
    pub stale_files: u64,
    /// Inputs that are FHIR already, where these are wanted.
    pub(super) fhir_files: u64,
    /// What a run with an index did.
    pub(super) night: Option<NightCounts>,
    /// Rules of `--include` and `--exclude` that no file met.
    pub(super) unmet_rules: Vec<String>,
}
