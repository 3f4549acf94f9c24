//! `dcm2fhir mapping`, and the page that is made of it.

use std::fs;
use std::path::Path;

use crate::run::{code, dcm2fhir, stderr, stdout};

/// `UPDATE_DOCS=1 cargo test --test cli` writes the page anew.
#[test]
fn the_page_on_the_mapping_is_what_the_program_prints() {
    let output = dcm2fhir().args(["mapping", "--format", "markdown"]).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mapping.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, stdout(&output)).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(page == stdout(&output), "docs/mapping.md: run UPDATE_DOCS=1 cargo test --test cli");
}

#[test]
fn the_mapping_is_printed_as_text_and_as_json() {
    let print = |arguments: &[&str]| dcm2fhir().arg("mapping").args(arguments).output().unwrap();
    let text = print(&[]);
    assert_eq!((code(&text), stderr(&text).as_str()), (0, ""));
    assert!(stdout(&text).contains("(0020,0060) Laterality"));
    let json: serde_json::Value = serde_json::from_slice(&print(&["--format", "json"]).stdout).unwrap();
    assert!(json["rows"].as_array().unwrap().len() > 25);
    assert_eq!(code(&print(&["--format", "xml"])), 2);
}
