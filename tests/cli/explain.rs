//! `explain` shows one file, as a table and as JSON.

use serde_json::Value;

use crate::run::{case, code, dcm2fhir, stderr, stdout};

fn explain(file: &str, arguments: &[&str], columns: &str) -> std::process::Output {
    dcm2fhir().arg("explain").arg(case(file)).args(arguments).env("COLUMNS", columns).output().unwrap()
}

#[test]
fn a_ct_a_key_object_selection_and_a_report_fit_the_terminal() {
    for file in ["ct-two-series/1-1.dcm", "key-objects/ko.dcm", "sr-report/1.dcm"] {
        for (columns, width) in [("80", 80), ("160", 160)] {
            let output = explain(file, &[], columns);
            assert_eq!(code(&output), 0, "{}", stderr(&output));
            // The first line has the path, which may be long.
            let widest = stdout(&output).lines().skip(3).map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= width, "{file}: {widest} of {width}");
            assert!(stdout(&output).contains("PatientName"));
        }
    }
}

#[test]
fn json_has_every_row_of_the_release() {
    let output = explain("key-objects/ko.dcm", &["--json", "--fhir", "r5"], "80");
    let explanation: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(explanation["releases"], serde_json::json!(["r5"]));
    let rows = explanation["rows"].as_array().unwrap();
    let code = rows.iter().find(|row| row["element"] == "ImagingSelection.code").unwrap();
    assert_eq!(code["read"][0]["value"], "113000");
    assert_eq!(code["written"][0]["values"][0]["value"], "113000");
}

#[test]
fn what_is_no_dicom_file_is_refused() {
    for file in ["not-dicom/notes.txt", "not-dicom/empty.dcm", "nowhere", "not-dicom"] {
        let output = explain(file, &[], "80");
        assert_eq!(code(&output), 2, "{file}");
        assert!(stdout(&output).is_empty() && stderr(&output).starts_with("error: "), "{file}: {}", stderr(&output));
    }
}
