//! `--report`: what was read, skipped, dropped and why.

use std::path::Path;

use serde_json::Value;

use crate::run::{case, convert, stderr};

fn text(arguments: &[&Path]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let output = convert(arguments.iter().map(|path| path.as_os_str()).chain(["--report".as_ref(), path.as_os_str()]));
    std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no report: {}", stderr(&output)))
}

fn report(arguments: &[&Path]) -> Value {
    serde_json::from_str(&text(arguments)).unwrap()
}

#[test]
fn it_is_json_and_names_each_file_left_out() {
    let report = report(&[&case("missing-uids"), &case("truncated"), &case("not-dicom")]);
    let skipped = report["skipped"].as_array().unwrap();
    let of = |name: &str| skipped.iter().find(|entry| entry["path"].as_str().unwrap().ends_with(name));
    for name in ["no-study.dcm", "no-series.dcm", "no-instance.dcm", "cut-early.dcm", "notes.txt", "empty.dcm"] {
        let entry = of(name).unwrap_or_else(|| panic!("{name} is missing: {report}"));
        assert!(!entry["message"].as_str().unwrap().is_empty(), "{entry}");
    }
    assert_eq!(of("no-study.dcm").unwrap()["keyword"], "StudyInstanceUID");
    assert!(of("whole.dcm").is_none(), "{report}");
}

#[test]
fn it_names_the_attribute_and_the_element_of_a_dropped_value() {
    let text = report(&[&case("series-number-negative")]).to_string();
    for part in ["series.number", "SeriesNumber", "negative"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
}

#[test]
fn it_holds_no_patient_data() {
    let all = case("");
    let text = report(&[&all]).to_string();
    for value in ["Doe", "PAT-0815", "Müller", "19700101", "LEFT BIG TOE"] {
        assert!(!text.contains(value), "{value} is in the report");
    }
}

#[test]
fn it_is_the_same_for_any_number_of_threads() {
    let of = |threads: &str| text(&[&case(""), Path::new("--threads"), Path::new(threads)]);
    assert!(of("1") == of("16"));
}

#[test]
fn its_counts_are_those_of_the_resources() {
    let report = report(&[&case("ct-two-series"), &case("not-dicom")]);
    let totals = ["files", "studies", "series", "instances", "skippedFiles", "lostFiles"];
    assert_eq!(totals.map(|name| report["totals"][name].as_u64()), [8, 1, 2, 5, 3, 0].map(Some), "{report}");
}
