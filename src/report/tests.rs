use std::fs;
use std::path::Path;
use std::thread;

use dicom_dictionary_std::tags;

use super::*;
use crate::issue::Reason;
use crate::progress::Silent;

fn totals() -> Totals {
    Totals { release: "r5", fhir_version: "5.0.0", files: 3, ..Totals::default() }
}

fn at(path: &Path) -> RunOptions {
    RunOptions { report: Some(path.to_path_buf()), ..RunOptions::default() }
}

/// The report over some skips and issues, given by threads in an order of their own.
fn report(report_values: bool, turn: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let report = Report::open(&RunOptions { report_values, ..at(&path) }, Arc::new(Silent)).unwrap();
    let issues = [(tags::STUDY_DATE, Reason::NotADate), (tags::LATERALITY, Reason::UnknownTerm)];
    let give = |number: usize| {
        report.skip(&Name::file(format!("b/{number}\n")), &Skip::NoUid(tags::SOP_INSTANCE_UID));
        let name = Name { place: "a.zip".into(), entry: Some(number.to_string()) };
        for (tag, reason) in issues {
            let tags = vec![tags::REQUEST_ATTRIBUTES_SEQUENCE, tag];
            let issue = Issue { element: "started", tags, reason, value: Some("Doe^Jane".to_string()) };
            report.issue(Where { name: Some(&name), study: Some("1.2"), ..Where::default() }, &issue);
        }
    };
    thread::scope(|scope| {
        let give = &give;
        (0..4).for_each(|number| drop(scope.spawn(move || give((number + turn) % 4))));
    });
    report.skip(&Name::file("a"), &Skip::NotDicom);
    report.finish(&totals(), None).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_report_is_the_same_in_whatever_order_things_come() {
    let first = report(false, 0);
    (1..4).for_each(|turn| assert_eq!(report(false, turn), first));
}

#[test]
fn an_entry_says_where_what_and_why() {
    let report: serde_json::Value = serde_json::from_str(&report(false, 0)).unwrap();
    let skipped = &report["skipped"][1];
    assert_eq!(
        [&skipped["path"], &skipped["reason"], &skipped["tag"], &skipped["keyword"]],
        ["b/0\\n", "no-uid", "(0008,0018)", "SOPInstanceUID"]
    );
    let issue = &report["issues"][0];
    assert_eq!(
        [&issue["path"], &issue["study"], &issue["element"], &issue["tag"], &issue["within"][0]["tag"]],
        ["a.zip!/0", "1.2", "started", "(0008,0020)", "(0040,0275)"]
    );
    assert_eq!([&issue["reason"], &issue["expected"]], ["not-a-date", "YYYYMMDD"]);
    assert_eq!(report["skippedByReason"]["no-uid"], 4);
    assert_eq!(report["issuesByReason"]["unknown-term"], 4);
    assert_eq!([&report["totals"]["files"], &report["totals"]["lostFiles"], &report["totals"]["issues"]], [3, 4, 8]);
}

#[test]
fn values_stand_in_a_report_only_if_they_are_asked_for() {
    assert!(!report(false, 0).contains("Doe"));
    assert!(report(true, 0).contains("Doe^Jane"));
}

#[test]
fn an_empty_report_is_a_document_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.json");
    let report = Report::open(&at(&path), Arc::new(Silent)).unwrap();
    report.finish(&totals(), None).unwrap();
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!((&report["skipped"], &report["issues"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[test]
fn a_report_that_cannot_be_written_stops_the_run_at_its_start() {
    let report = Report::open(&at(Path::new("/nowhere/r.json")), Arc::new(Silent));
    assert!(matches!(report, Err(Error::Write { .. })));
}

#[test]
fn things_are_counted_without_a_report_too() {
    let report = Report::open(&RunOptions::default(), Arc::new(Silent)).unwrap();
    report.skip(&Name::file("a"), &Skip::Empty);
    let counts = report.finish(&totals(), None).unwrap();
    assert_eq!((counts.skipped_files(), counts.lost_files(), counts.issues()), (1, 0, 0));
}

#[test]
fn the_documentation_shows_a_real_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.json");
    let report = Report::open(&at(&path), Arc::new(Silent)).unwrap();
    report.skip(&Name::file("archive/readme.txt"), &Skip::NotDicom);
    report.skip(&Name::file("archive/IM2"), &Skip::NoUid(tags::SOP_INSTANCE_UID));
    let issue = Issue::new("started", &[tags::STUDY_DATE], Reason::NotADate);
    report.issue(Where { name: Some(&Name::file("archive/IM1")), study: Some("1.2.3"), ..Where::default() }, &issue);
    let instances_by_modality = [("CT".to_string(), 1)].into();
    let totals = Totals { dicom_files: 2, studies: 1, series: 1, instances: 1, instances_by_modality, ..totals() };
    report.finish(&totals, None).unwrap();
    assert!(include_str!("../../docs/report.md").contains(&fs::read_to_string(path).unwrap()));
}
