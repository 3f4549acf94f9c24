//! Compares the output of a few cases of `testdata/dicom` in each profile with `testdata/golden-profiles/<profile>/`.
//!
//! `UPDATE_GOLDENS=1 cargo test --test golden_profiles` updates them. Review every change before committing it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dcm2fhir::synth::{Attributes, DataSet, Instance, code};
use dicom_core::dictionary::DataDictionary;
use dicom_core::header::Header;
use dicom_dictionary_std::{StandardDataDictionary, tags, uids};
use dicom_object::{InMemDicomObject, OpenFileOptions};

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
    String::from_utf8(written(&[options, &["--pretty"]].concat(), &testdata().join("dicom").join(case))).unwrap()
}

/// The one file that a study becomes.
fn written(options: &[&str], source: &Path) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"))
        .args(["convert", "--quiet"])
        .args(OPTIONS)
        .args(options)
        .arg("--output")
        .arg(folder.path())
        .arg(source)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{options:?} {source:?}: {:?}\n{errors}", output.status);
    let paths: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [path] = paths.as_slice() else { panic!("{options:?} {source:?}: {paths:?}") };
    fs::read(path).unwrap()
}

/// A study with all that a manifest in DICOM describes: an image, a clip, and a note on both.
fn everything() -> [Instance; 3] {
    let issuer = |local: &str, oid: &str| {
        DataSet::new()
            .text(tags::LOCAL_NAMESPACE_ENTITY_ID, local)
            .text(tags::UNIVERSAL_ENTITY_ID, oid)
            .text(tags::UNIVERSAL_ENTITY_ID_TYPE, "ISO")
    };
    let order = |accession: &str| {
        DataSet::new()
            .text(tags::ACCESSION_NUMBER, accession)
            .item(tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE, issuer("RIS", "1.2.9.1"))
            .text(tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, "P1")
            .item(tags::ORDER_PLACER_IDENTIFIER_SEQUENCE, issuer("HIS", "1.2.9.2"))
            .item(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, code("24627-2", "LN", "CT Chest"))
    };
    let of = |modality: &str, class: &str, series: u32| {
        Instance::new(modality, class, "everything", series, 1)
            .text(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 192")
            .text(tags::PATIENT_ID, "4711")
            .text(tags::PATIENT_NAME, "Müller^Jürgen^^Dr.")
            .text(tags::PATIENT_BIRTH_DATE, "19700101")
            .text(tags::PATIENT_SEX, "M")
            .text(tags::STUDY_DATE, "20240229")
            .text(tags::STUDY_TIME, "101530.5")
            .text(tags::STUDY_DESCRIPTION, "CT of the chest")
            .text(tags::REFERRING_PHYSICIAN_NAME, "Bauer^Ingrid")
            .text(tags::SERIES_NUMBER, series.to_string())
            .text(tags::SERIES_DATE, "20240701")
            .text(tags::SERIES_TIME, "1020")
            .text(tags::SERIES_DESCRIPTION, format!("Series {series}"))
            .text(tags::INSTANCE_NUMBER, "1")
            .item(tags::PROCEDURE_CODE_SEQUENCE, code("24627-2", "LN", "CT Chest"))
            .items(tags::REQUEST_ATTRIBUTES_SEQUENCE, [order("A1"), order("A2")])
    };
    let described = DataSet::new()
        .text(tags::RELATIONSHIP_TYPE, "CONTAINS")
        .text(tags::VALUE_TYPE, "TEXT")
        .item(tags::CONCEPT_NAME_CODE_SEQUENCE, code("113012", "DCM", "Key Object Description"))
        .text(tags::TEXT_VALUE, "See the left lung");
    [
        of("CT", uids::CT_IMAGE_STORAGE, 1).text(tags::BODY_PART_EXAMINED, "CHEST"),
        of("US", uids::ULTRASOUND_MULTI_FRAME_IMAGE_STORAGE, 2)
            .text(tags::BODY_PART_EXAMINED, "HEART")
            .text(tags::NUMBER_OF_FRAMES, "30"),
        of("KO", uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE, 3)
            .item(tags::CONCEPT_NAME_CODE_SEQUENCE, code("113000", "DCM", "Of Interest"))
            .item(tags::CONTENT_SEQUENCE, described),
    ]
}

/// A manifest in DICOM as text: a line an attribute.
fn dump(object: &InMemDicomObject, indent: usize, out: &mut String) {
    for element in object.iter() {
        let tag = element.tag();
        let name = StandardDataDictionary.by_tag(tag).map_or("", |entry| entry.alias);
        let _ = write!(out, "{:indent$}{tag} {} {name}", "", element.vr());
        match element.items() {
            Some(items) => {
                let _ = writeln!(out, ": {} items", items.len());
                for item in items {
                    dump(item, indent + 4, out);
                    let _ = writeln!(out, "{:1$}-", "", indent + 4);
                }
            }
            None => {
                let text = element.to_str().unwrap();
                let _ = writeln!(out, ": {}", text.trim_matches(['\0', ' ']));
            }
        }
    }
}

#[test]
fn every_manifest_in_dicom_is_as_its_golden() {
    let is_updating = std::env::var_os("UPDATE_GOLDENS").is_some();
    let folder = testdata().join("golden-profiles/mado-kos");
    fs::create_dir_all(&folder).unwrap();
    let sources = tempfile::tempdir().unwrap();
    for (at, instance) in everything().iter().enumerate() {
        fs::write(sources.path().join(format!("{at}.dcm")), instance.bytes()).unwrap();
    }
    for (case, source) in
        [("full-identity", testdata().join("dicom/full-identity")), ("everything", sources.path().into())]
    {
        let bytes = written(&[PROFILES[0].1, &["--format", "kos"]].concat(), &source);
        let file = OpenFileOptions::new().from_reader(&bytes[..]).unwrap();
        let mut text = String::new();
        dump(&file, 0, &mut text);
        let path = folder.join(format!("{case}.txt"));
        if is_updating {
            fs::write(&path, &text).unwrap();
        }
        let advice = "UPDATE_GOLDENS=1 cargo test --test golden_profiles, and read the difference";
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "{case}: {advice}");
    }
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
