//! `--report`: what was read, skipped, dropped and why.

use std::path::Path;

use serde_json::Value;

use crate::run::{case, convert, stderr};

fn report(arguments: &[&Path]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let output = convert(arguments.iter().map(|path| path.as_os_str()).chain(["--report".as_ref(), path.as_os_str()]));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no report: {}", stderr(&output)));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn it_is_json_and_names_each_file_left_out() {
    let text = report(&[&case("missing-uids"), &case("truncated"), &case("not-dicom")]).to_string();
    for name in ["no-study.dcm", "no-series.dcm", "no-instance.dcm", "cut-early.dcm", "notes.txt", "empty.dcm"] {
        assert!(text.contains(name), "{name} is missing: {text}");
    }
    assert!(!text.contains("whole.dcm"), "{text}");
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
    let of = |threads: &str| report(&[&case(""), Path::new("--threads"), Path::new(threads)]);
    let without_time = |mut report: Value| {
        if let Some(report) = report.as_object_mut() {
            report.retain(|key, _| !key.contains("second") && !key.contains("time"));
        }
        report
    };
    assert_eq!(without_time(of("1")), without_time(of("16")));
}
