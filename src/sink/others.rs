//! What an earlier run, or somebody else, left in the folder of the output.

use std::fs;
use std::path::Path;

/// How many files with this extension stand in a folder beside the report and those that are ours.
pub fn others(folder: &Path, extension: &str, report: Option<&Path>, is_ours: impl Fn(&Path) -> bool) -> u64 {
    let report = report.and_then(|report| fs::canonicalize(report).ok());
    let is_report = |path: &Path| report.is_some() && fs::canonicalize(path).ok() == report;
    let is_other = |path: &Path| path.extension().is_some_and(|own| own == extension) && !is_ours(path);
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    paths.filter(|path| is_other(path) && !is_report(path)).count() as u64
}
