//! Compares the output of each case of `testdata/dicom` in each FHIR release with `testdata/golden/<release>/`.
//!
//! `UPDATE_GOLDENS=1 cargo test --test golden` updates them. Review every change before committing it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const RELEASES: [&str; 5] = ["r4", "r4b", "r5", "r6-ballot2", "r6-ballot5"];

/// Cases once more with options that change the resource: the name of the golden, the case, the options.
const WITH_OPTIONS: [(&str, &str, &[&str]); 6] = [
    ("with-detail-series", "full-identity", &["--detail", "series"]),
    ("with-detail-study", "full-identity", &["--detail", "study"]),
    (
        "with-endpoints",
        "ct-two-series",
        &[
            "--endpoint",
            "wado-rs=https://pacs.example.org/dicom-web",
            "--endpoint",
            "iid=https://viewer.example.org/open",
            "--endpoint-level",
            "both",
        ],
    ),
    ("with-timezone", "ct-two-series", &["--timezone", "Europe/Berlin"]),
    (
        "with-systems",
        "placer-only",
        &[
            "--system",
            "patient=https://example.org/patients",
            "--system",
            "placer=https://example.org/orders",
            "--system",
            "study-id=https://example.org/studies",
        ],
    ),
    ("with-status", "ct-two-series", &["--status", "registered"]),
];

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// Every case by the name of its golden.
fn cases() -> Vec<(String, String, &'static [&'static str])> {
    let mut cases: Vec<_> = fs::read_dir(testdata().join("dicom"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| (name.clone(), name, &[] as &[&str]))
        .collect();
    cases.extend(WITH_OPTIONS.iter().map(|(name, case, options)| (name.to_string(), case.to_string(), *options)));
    cases.sort();
    cases
}

/// The resources of a case by golden file name: `case.json`, or `case-1.json` and so on where there are several.
fn converted(release: &str, name: &str, case: &str, options: &[&str]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"))
        .args(["convert", "--fhir", release, "--pretty", "--quiet"])
        .args(options)
        .arg("--output")
        .arg(folder.path())
        .arg(testdata().join("dicom").join(case))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{release} {name}: {:?}\n{errors}", output.status);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let alone = paths.len() == 1;
    paths
        .iter()
        .zip(1..)
        .map(|(path, number)| {
            let golden = if alone { format!("{name}.json") } else { format!("{name}-{number}.json") };
            (golden, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn written(release: &str) -> BTreeMap<String, String> {
    let cases = cases();
    cases.iter().flat_map(|(name, case, options)| converted(release, name, case, options)).collect()
}

fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDENS").is_some()
}

fn committed(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

fn compare(release: &str) {
    let folder = testdata().join("golden").join(release);
    let written = written(release);
    if updating() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in &written {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let committed = committed(&folder);
    let differing: Vec<&String> = written
        .keys()
        .chain(committed.keys().filter(|name| !written.contains_key(*name)))
        .filter(|name| written.get(*name) != committed.get(*name))
        .collect();
    assert!(
        differing.is_empty(),
        "{release}: {differing:?} differ; run UPDATE_GOLDENS=1 cargo test --test golden, and read `git diff testdata/golden`"
    );
}

#[test]
fn every_case_is_as_its_golden_in_r4() {
    compare("r4");
}

#[test]
fn every_case_is_as_its_golden_in_r4b() {
    compare("r4b");
}

#[test]
fn every_case_is_as_its_golden_in_r5() {
    compare("r5");
}

#[test]
fn every_case_is_as_its_golden_in_r6_ballot2() {
    compare("r6-ballot2");
}

#[test]
fn every_case_is_as_its_golden_in_r6_ballot5() {
    compare("r6-ballot5");
}

#[test]
fn there_are_goldens_of_every_release_and_no_other() {
    let mut folders: Vec<String> = fs::read_dir(testdata().join("golden"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // What the writer makes of its own sample, for its own test.
        .filter(|name| name != "sample")
        .collect();
    folders.sort();
    // Where they are being written, they come and go meanwhile.
    assert!(folders == RELEASES || updating(), "{folders:?}");
}
