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

#[test]
fn standard_input_is_a_file_or_an_archive() {
    let image = std::fs::read(case("ct-two-series/1-1.dcm")).unwrap();
    let mut gzipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzipped, &image).unwrap();
    for (bytes, want) in [
        (image, "-: CT Image Storage"),
        (gzipped.finish().unwrap(), "standard input: 1 DICOM file, 1 study, 1 series"),
        (b"a text".to_vec(), ""),
    ] {
        let output = dcm2fhir().args(["explain", "-"]).write_stdin(bytes).output().unwrap();
        assert_eq!(stdout(&output).lines().next().unwrap_or_default(), want, "{}", stderr(&output));
        assert_eq!(code(&output), if want.is_empty() { 2 } else { 0 });
    }
}

fn survey(arguments: &[&std::ffi::OsStr]) -> Value {
    let output = dcm2fhir().arg("explain").args(arguments).arg("--json").output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    serde_json::from_str(stdout(&output)).unwrap()
}

fn row<'s>(survey: &'s Value, element: &str, keyword: &str) -> &'s Value {
    let has = |row: &&Value| {
        let attributes = row["attributes"].as_array().unwrap();
        row["element"] == element && attributes.iter().any(|attribute| attribute["keyword"] == keyword)
    };
    survey["rows"].as_array().unwrap().iter().find(has).unwrap_or_else(|| panic!("{element}: {survey}"))
}

#[test]
fn of_a_folder_it_says_which_attributes_fill_what_in_how_many_files() {
    let survey = survey(&[case("ct-two-series").as_os_str()]);
    assert_eq!([&survey["files"], &survey["studies"], &survey["series"]], [5, 1, 2]);
    let number = row(&survey, "series.number", "SeriesNumber");
    assert_eq!(number["filledFiles"], 5);
    let attribute = &number["attributes"][0];
    assert_eq!((&attribute["files"], &attribute["differentValues"]), (&5.into(), &2.into()));
    assert_eq!(attribute["values"], serde_json::json!(["1", "2"]));
    assert_eq!(attribute["tags"], serde_json::json!(["(0020,0011)"]));
}

#[test]
fn it_says_in_how_many_files_a_value_was_dropped_and_where_files_differ() {
    let survey = survey(&[case("two-patients").as_os_str(), case("series-number-negative").as_os_str()]);
    let subject = row(&survey, "subject", "PatientID");
    assert_eq!(subject["differs"]["count"], 1, "{subject}");
    assert!(subject["differs"]["places"][0].as_str().unwrap().starts_with("study 2.25."), "{subject}");
    let number = row(&survey, "series.number", "SeriesNumber");
    let dropped = number["issues"].as_object().unwrap();
    assert_eq!(dropped.len(), 1);
    assert!(dropped.iter().all(|(reason, files)| reason.contains("negative") && *files == 1), "{number}");
}

#[test]
fn one_study_of_an_archive_can_be_picked_and_the_order_does_not_matter() {
    let all = survey(&[case("").as_os_str()]);
    assert_eq!(all, survey(&[case("").as_os_str()]));
    let study = all["rows"][0]["attributes"][0]["values"][3].as_str().unwrap();
    let rule = format!("study={study}");
    let one = survey(&[case("").as_os_str(), "--include".as_ref(), rule.as_ref()]);
    assert_eq!((&one["studies"], one["rows"][0]["attributes"][0]["values"].as_array().unwrap().len()), (&1.into(), 1));
}

#[test]
fn a_survey_fits_the_terminal_and_names_what_was_left_out() {
    for (columns, width) in [("80", 80), ("160", 160)] {
        let output = explain("missing-uids", &["--exclude", "path=no-match"], columns);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let widest = stdout(&output).lines().skip(3).map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{widest} of {width}: {}", stdout(&output));
        assert!(stdout(&output).contains("FILES LEFT OUT\n1: no SOPInstanceUID"), "{}", stdout(&output));
    }
}
