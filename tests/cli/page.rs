//! `--report archive.html`: the report as a page. What it looks like, and that nothing in it runs, tests/page sees.

use std::path::Path;

use crate::run::{case, convert, stderr};

fn page(inputs: &[&Path]) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.html");
    let options = ["--report".as_ref(), path.as_os_str()];
    let output = convert(inputs.iter().map(|path| path.as_os_str()).chain(options));
    let html = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no page: {}", stderr(&output)));
    (html, output.status.code())
}

#[test]
fn it_says_what_the_archive_holds_and_what_was_left_out() {
    let (html, code) = page(&[&case("full-identity"), &case("missing-uids"), &case("not-dicom")]);
    assert_eq!(code, Some(1));
    for part in [
        "href=\"#studies?year=2024\"",
        "href=\"#studies?modality=CT\"",
        "href=\"#studies?model=Synthetic%20Imaging%20Scanner%20One\"",
        "href=\"#files?why=no-uid%3A%20no%20StudyInstanceUID\"",
        "no-series.dcm\"",
    ] {
        assert!(html.contains(part), "{part} is missing: {html}");
    }
}

#[test]
fn a_dropped_value_is_laid_to_the_equipment_that_made_its_file() {
    let (html, _) = page(&[&case("full-identity"), &case("series-number-negative")]);
    let (_, table) = html.split_once("By what made the files").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let rows: Vec<&str> = table.split("<tr>").collect();
    let of = |reason: &str| rows.iter().find(|row| row.contains(reason)).unwrap_or_else(|| panic!("{reason}: {table}"));
    assert!(of("negative: want 0").contains("maker=not%20said"), "{table}");
    assert!(table.contains(">Synthetic Imaging Scanner One<"), "{table}");
}

#[test]
fn it_holds_no_patient_data() {
    let (html, _) = page(&[&case("")]);
    for value in ["Doe", "PAT-0815", "Müller", "19700101", "LEFT BIG TOE", "Test study"] {
        assert!(!html.contains(value), "{value} is in the page");
    }
}

#[test]
fn it_is_the_same_each_time_and_changes_no_document() {
    let [one, other] = [(), ()].map(|()| page(&[&case("")]).0);
    assert_eq!(one, other);
    let folder = tempfile::tempdir().unwrap();
    let written = |report: &str| {
        let output =
            convert([case("ct-two-series").as_os_str(), "--report".as_ref(), folder.path().join(report).as_os_str()]);
        output.stdout
    };
    assert_eq!(written("report.html"), written("report.json"));
}

#[test]
fn an_archive_without_a_file_has_a_page_too() {
    let folder = tempfile::tempdir().unwrap();
    let (html, code) = page(&[folder.path()]);
    assert_eq!(code, Some(1));
    assert!(html.contains("No study was found."), "{html}");
}
