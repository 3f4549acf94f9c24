//! Rebuilds `testdata/dicom` in memory and compares it with what is committed, byte for byte.
//!
//! `UPDATE_TESTDATA=1 cargo test --test testdata` writes it anew, with the table of `testdata/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod containers;
mod damage;
mod documents;
mod identity;
mod images;
mod text;
mod values;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dcm2fhir::synth::{Attributes, Instance};
use dicom_dictionary_std::tags;

/// A folder of `testdata/dicom`.
struct Case {
    name: &'static str,
    /// What it proves: the row of `testdata/README.md`.
    purpose: &'static str,
    files: Vec<(String, Vec<u8>)>,
}

fn case<F: AsRef<str>>(
    name: &'static str,
    purpose: &'static str,
    files: impl IntoIterator<Item = (F, Vec<u8>)>,
) -> Case {
    Case { name, purpose, files: files.into_iter().map(|(file, bytes)| (file.as_ref().to_owned(), bytes)).collect() }
}

/// An instance with what most headers have: a patient, dates, descriptions and numbers.
fn instance(modality: &str, sop_class: &str, study: &str, series: u32, number: u32) -> Instance {
    Instance::new(modality, sop_class, &format!("testdata {study}"), series, number)
        .text(tags::STUDY_DATE, "20240229")
        .text(tags::STUDY_TIME, "101530")
        .text(tags::STUDY_DESCRIPTION, "Test study")
        .text(tags::PATIENT_NAME, "Doe^Jane")
        .text(tags::PATIENT_ID, "PAT-0815")
        .text(tags::PATIENT_BIRTH_DATE, "19700101")
        .text(tags::PATIENT_SEX, "F")
        .text(tags::STUDY_ID, "S1")
        .text(tags::SERIES_NUMBER, series.to_string())
        .text(tags::SERIES_DESCRIPTION, format!("Series {series}"))
        .text(tags::INSTANCE_NUMBER, number.to_string())
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        images::cases(),
        documents::cases(),
        identity::cases(),
        text::cases(),
        values::cases(),
        damage::cases(),
        containers::cases(),
    ]
    .into_iter()
    .flatten()
    .collect();
    cases.sort_by_key(|case| case.name);
    cases
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn updating() -> bool {
    std::env::var_os("UPDATE_TESTDATA").is_some()
}

fn built() -> BTreeMap<PathBuf, Vec<u8>> {
    cases()
        .into_iter()
        .flat_map(|case| case.files.into_iter().map(move |(file, bytes)| (Path::new(case.name).join(file), bytes)))
        .collect()
}

fn committed(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(|entry| entry.ok().filter(|entry| entry.file_type().is_file()))
        .map(|entry| (entry.path().strip_prefix(folder).unwrap().to_owned(), fs::read(entry.path()).unwrap()))
        .collect()
}

#[test]
fn the_committed_files_are_those_that_the_code_builds() {
    let folder = testdata().join("dicom");
    let built = built();
    if updating() {
        let _ = fs::remove_dir_all(&folder);
        for (path, bytes) in &built {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    let committed = committed(&folder);
    let names: Vec<_> = built.keys().collect();
    assert_eq!(names, committed.keys().collect::<Vec<_>>(), "run UPDATE_TESTDATA=1 cargo test --test testdata");
    for (path, bytes) in &built {
        assert!(committed[path] == *bytes, "{} differs: run UPDATE_TESTDATA=1", path.display());
    }
}

#[test]
fn the_files_are_small() {
    let bytes: usize = built().values().map(Vec::len).sum();
    assert!(bytes < 2_000_000, "{bytes} bytes");
}

#[test]
fn the_readme_lists_every_case() {
    let path = testdata().join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (head, _) = text.split_once("| case |").expect("the README has the table of cases");
    let rows: String = cases().iter().map(|case| format!("| `{}` | {} |\n", case.name, case.purpose)).collect();
    let want = format!("{head}| case | what it proves |\n|---|---|\n{rows}");
    if updating() {
        fs::write(&path, &want).unwrap();
    }
    assert!(text == want || updating(), "testdata/README.md: run UPDATE_TESTDATA=1 cargo test --test testdata");
}
