//! The layers that `src/lib.rs` draws: which module may know which.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

use std::fs;
use std::path::Path;

/// A module, and what must not stand in its code.
const FORBIDDEN: [(&str, &[&str]); 9] = [
    ("dicom", &["crate::fhir", "crate::mapping", "crate::group", "crate::config", "crate::cli"]),
    (
        "fhir",
        &["crate::dicom", "dicom_core", "dicom_dictionary_std", "dicom_object", "crate::mapping", "crate::config"],
    ),
    ("mapping", &["crate::config", "crate::cli", "crate::report", "crate::output", "crate::pipeline", "clap::"]),
    ("study", &["crate::config", "crate::cli", "crate::report", "crate::output", "crate::pipeline", "clap::"]),
    ("source", &["crate::fhir", "crate::mapping", "crate::group", "crate::cli", "clap::"]),
    ("sink", &["crate::dicom", "crate::mapping", "crate::group", "crate::cli", "clap::"]),
    ("report", &["crate::cli", "crate::pipeline", "clap::"]),
    (
        "http",
        &[
            "crate::dicom",
            "crate::fhir",
            "crate::upload",
            "crate::source",
            "crate::config",
            "crate::cli",
            "crate::progress",
        ],
    ),
    ("config", &["crate::dicom", "crate::mapping", "crate::group", "crate::output", "crate::pipeline"]),
];

#[test]
fn no_module_knows_more_than_its_neighbours() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (module, forbidden) in FORBIDDEN {
        let paths = [source.join(module), source.join(format!("{module}.rs"))];
        let files = paths.iter().flat_map(walkdir::WalkDir::new).filter_map(Result::ok);
        for file in files.filter(|file| file.path().extension().is_some_and(|extension| extension == "rs")) {
            let text = fs::read_to_string(file.path()).unwrap();
            // A group of options describes itself to the command line where there is one.
            let is_code = |line: &str| !line.trim_start().starts_with("//") && !line.contains("feature = \"cli\"");
            for (line, number) in text.lines().zip(1..).filter(|(line, _)| is_code(line)) {
                let found = forbidden.iter().find(|name| line.contains(**name));
                assert_eq!(found, None, "{}:{number}: {line}", file.path().display());
            }
        }
    }
}
