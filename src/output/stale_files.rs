//! Counts files that another run left in the output folder.

use std::fs;
use std::path::{Path, PathBuf};

/// How many files of the same kind stand in the folder and in its folders of resource types, beside the report and
/// those that are ours.
pub fn stale_files(root: &Path, extension: &str, report: Option<&Path>, is_ours: impl Fn(&Path) -> bool) -> u64 {
    let report = report.and_then(|report| fs::canonicalize(report).ok());
    let is_report = |path: &Path| report.is_some() && fs::canonicalize(path).ok() == report;
    let is_document = |path: &PathBuf| {
        let has = |own: &str| path.extension().is_some_and(|extension| extension == own);
        let is_kind = has(extension) || extension == "json" && has("ndjson");
        is_kind && !is_ours(path) && path.is_file()
    };
    let mut folders = vec![root.to_path_buf()];
    folders.extend(entries(root).filter(|path| is_resource_type(path) && path.is_dir()));
    let documents = folders.iter().flat_map(|folder| entries(folder)).filter(is_document);
    documents.filter(|path| !is_report(path)).count() as u64
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// Whether a folder is named like a resource type.
fn is_resource_type(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.first().is_some_and(u8::is_ascii_uppercase) && name.iter().all(u8::is_ascii_alphabetic)
}
