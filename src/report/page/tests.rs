//! Tests of the page as text; tests/page looks at it in a browser.

use base64::Engine as _;
use sha2::{Digest, Sha256};

use super::*;
use crate::issue::Reason;
use crate::options::RunOptions;
use crate::report::Report;

const HOSTILE: &str = "a</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&.dcm";

fn page(fill: impl Fn(&Report)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.HTML");
    let options = RunOptions { report: Some(path.clone()), ..RunOptions::default() };
    let report = Report::open(&options, std::sync::Arc::new(crate::progress::Silent)).unwrap();
    fill(&report);
    let totals = Totals { release: "r4", fhir_version: "4.0.1", files: 4, ..Totals::default() };
    report.finish(&totals, None).unwrap();
    std::fs::read_to_string(path).unwrap()
}

fn issue(reason: Reason) -> Issue {
    Issue {
        element: "started",
        tags: vec![dicom_dictionary_std::tags::STUDY_DATE],
        reason,
        value: Some("secret".into()),
    }
}

#[test]
fn the_policy_names_the_pages_own_style_and_script() {
    let hash = |text: &str| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes()));
    assert_eq!([STYLE_HASH, SCRIPT_HASH], [hash(STYLE), hash(SCRIPT)]);
    for text in [STYLE, SCRIPT] {
        assert!(!text.contains("</") && !text.contains("url(") && !text.contains("innerHTML"));
    }
}

#[test]
fn a_hostile_name_is_a_text_everywhere() {
    let html = page(|report| {
        report.skip(&Name::file(HOSTILE), &Skip::Unreadable(HOSTILE.into()));
        report.issue(Where { study: Some(HOSTILE), ..Where::default() }, &issue(Reason::NotADate));
    });
    assert_eq!(html.matches("<script").count(), 2, "the rows, and the page's own");
    assert_eq!(html.matches("</script>").count(), 2);
    assert!(!html.contains("<img") && !html.contains("secret"), "{html}");
    for request in ["http://", "https://", "src=x onerror=alert(2)>"] {
        let own =
            html.replace("a\\u003c/script>\\u003cscript>alert(1)\\u003c/script>\\u003cimg src=x onerror=alert(2)>", "");
        assert!(!own.contains(request), "{request}");
    }
}

#[test]
fn what_was_left_out_has_its_share_and_its_rows() {
    let html = page(|report| {
        report.skip(&Name::file("a.txt"), &Skip::NotDicom);
        (0..3).for_each(|_| report.issue(Where::default(), &issue(Reason::NoZone)));
    });
    assert!(html.contains("href=\"#files?why=not-dicom%3A%20not%20a%20DICOM%20file\""), "{html}");
    assert!(html.contains("25.0 %") && html.contains("No study was found."), "{html}");
    assert!(html.contains("{\"why\":\"not-dicom: not a DICOM file\",\"entry\":{\"path\":\"a.txt\""), "{html}");
    assert!(html.contains(">not said</th><td>a time without a zone"), "{html}");
}

#[test]
fn the_page_is_the_same_in_any_order_and_has_some_of_many_rows() {
    let all: Vec<u32> = (0..3000).map(|number| number * 7919 % 3001).collect();
    let of = |all: &mut dyn Iterator<Item = u32>| {
        let all: Vec<u32> = all.collect();
        page(|report| {
            for number in &all {
                report.skip(&Name::file(format!("IM{number:05}")), &Skip::NotDicom);
                let name = Name::file(format!("XX{number:05}"));
                report.issue(Where { name: Some(&name), ..Where::default() }, &issue(Reason::NotADate));
            }
        })
    };
    let html = of(&mut all.iter().copied());
    assert_eq!(html, of(&mut all.iter().rev().copied()));
    assert_eq!((html.matches("\"path\":\"IM").count(), html.matches("\"path\":\"XX").count()), (1000, 50));
    assert!(html.contains("1,000 of 3,000 files") && html.contains("50 of 3,000 values"), "{html}");
}

#[test]
fn what_a_server_said_is_text_and_not_too_much_of_it() {
    let write = |out: &mut dyn Write| write!(out, "{{\"issue\":\"{HOSTILE}{}\"}}", "x".repeat(100_000));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload.html");
    let options = RunOptions { report: Some(path.clone()), ..RunOptions::default() };
    let report = Report::open(&options, std::sync::Arc::new(crate::progress::Silent)).unwrap();
    report.finish(&Totals::default(), Some(&Section { name: "server", write: &write })).unwrap();
    let html = std::fs::read_to_string(path).unwrap();
    assert!(html.contains("What the server said") && html.matches("<script").count() == 2 && !html.contains("<img"));
    assert!(html.len() < 90_000, "{}", html.len());
}
