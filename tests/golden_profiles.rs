//! Compares the output of a few cases of `testdata/dicom` in each profile with `testdata/golden-profiles/<profile>/`.
//!
//! `UPDATE_GOLDENS=1 cargo test --test golden_profiles` updates them. Review every change before committing it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A profile by the name of its goldens, with its options.
const PROFILES: [(&str, &[&str]); 6] = [
    (
        "mado",
        &[
            "--profile",
            "mado",
            "--creator",
            "City Hospital",
            "--creator-id",
            "urn:ietf:rfc:3986|urn:oid:1.2.3",
            "--retrieve-location",
            "1.2.3.4",
            "--viewer",
            "https://viewer.example.org/?study={study}",
            "--creation-time",
            "2026-11-26T15:00:00Z",
        ],
    ),
    ("eu-imaging-r4", &["--profile", "eu-imaging", "--creator", "City Hospital"]),
    ("eu-imaging-r5", &["--profile", "eu-imaging", "--fhir", "r5"]),
    ("imr", &["--profile", "imr", "--endpoint-level", "study"]),
    ("mii", &["--profile", "mii", "--meta-source", "https://pacs.example.org"]),
    ("ips", &["--profile", "ips"]),
];

/// What is common to all.
const OPTIONS: &[&str] = &[
    "--endpoint",
    "wado-rs=https://pacs.example.org/dicom-web",
    "--timezone",
    "Europe/Berlin",
    "--system",
    "patient=https://example.org/patients",
    "--system",
    "accession=https://example.org/accession",
];

const CASES: [&str; 4] = ["full-identity", "key-objects", "us-multi-frame", "quality-control-phantom"];

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn converted(options: &[&str], case: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"))
        .args(["convert", "--pretty", "--quiet"])
        .args(OPTIONS)
        .args(options)
        .arg("--output")
        .arg(folder.path())
        .arg(testdata().join("dicom").join(case))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{options:?} {case}: {:?}\n{errors}", output.status);
    let paths: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [path] = paths.as_slice() else { panic!("{options:?} {case}: {paths:?}") };
    fs::read_to_string(path).unwrap()
}

#[test]
fn every_case_is_as_its_golden_in_each_profile() {
    let is_updating = std::env::var_os("UPDATE_GOLDENS").is_some();
    let mut differing = Vec::new();
    for (name, options) in PROFILES {
        let folder = testdata().join("golden-profiles").join(name);
        let written: BTreeMap<_, _> = CASES.iter().map(|case| (*case, converted(options, case))).collect();
        fs::create_dir_all(&folder).unwrap();
        for (case, text) in written {
            let path = folder.join(format!("{case}.json"));
            if is_updating {
                fs::write(&path, &text).unwrap();
            }
            if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                differing.push(path);
            }
        }
    }
    let advice = "UPDATE_GOLDENS=1 cargo test --test golden_profiles, and read `git diff testdata/golden-profiles`";
    assert!(differing.is_empty(), "{differing:?} differ; run {advice}");
}
