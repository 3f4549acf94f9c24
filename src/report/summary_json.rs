//! The end of a run as one line of JSON, for scripts.

use serde_json::{Value, json};

use super::document::totals_json;
use super::{CauseInWords, Causes, Summary};
use crate::source::printable_path;

/// The summary as JSON, with the exit code and its causes.
pub fn summary_json(summary: &Summary<'_>, causes: &Causes) -> Value {
    let Summary { totals, counts, .. } = summary;
    json!({
        "tool": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "fhir": { "release": totals.release, "version": totals.fhir_version },
        "partial": totals.partial,
        "totals": totals_json(totals, counts),
        "skippedByReason": counts.skipped_by_code(),
        "issuesByReason": counts.issues_by_code(),
        "unmetRules": summary.unmet_rules,
        "olderFiles": summary.stale_files,
        "seconds": (summary.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        "report": summary.report.map(printable_path),
        "exitCode": causes.exit_code(),
        "causes": causes.to_json(),
    })
}

impl Causes {
    /// A list of the causes.
    pub fn to_json(&self) -> Value {
        self.0.iter().map(cause).collect()
    }
}

fn cause(CauseInWords { message, places, more }: &CauseInWords) -> Value {
    json!({ "message": message, "places": places, "more": more })
}
