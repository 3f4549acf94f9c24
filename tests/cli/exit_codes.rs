//! 0: converted. 1: a DICOM file was left out. 2: could not run.

use crate::run::{case, code, convert, dcm2fhir, stderr, stdout};

#[test]
fn each_case_ends_with_the_code_that_the_design_has_for_it() {
    let cases = [
        ("ct-two-series", 0),
        ("duplicates", 0),
        ("series-number-negative", 0),
        ("body-part-unknown", 0),
        ("same-instance-in-two-series", 0),
        ("names-undeclared", 0),
        ("dicomdir", 0),
        ("study-uid-not-an-id", 0),
        ("not-dicom", 1),
        ("missing-uids", 1),
        ("truncated", 1),
        ("two-patients", 1),
        ("duplicate-other-content", 1),
        ("series-uid-unusable", 1),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|(name, want)| (name, want, convert([case(name)])))
        .filter(|(_, want, output)| code(output) != **want)
        .map(|(name, want, output)| format!("{name}: {} instead of {want}: {}", code(&output), stderr(&output)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn strict_makes_a_dropped_value_1() {
    // With a zone, for a time without one is a dropped value too.
    for (name, want) in [("ct-two-series", 0), ("series-number-negative", 1)] {
        let strict = ["--strict", "--timezone", "+01:00"].map(std::ffi::OsString::from);
        let output = convert([case(name).into()].into_iter().chain(strict));
        assert_eq!(code(&output), want, "{name}: {}", stderr(&output));
    }
}

#[test]
fn what_cannot_run_is_2_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere").into_os_string().into_string().unwrap();
    let ct = case("ct-two-series").into_os_string().into_string().unwrap();
    let runs: [(&[&str], &str); 8] = [
        (&["convert"], "INPUT"),
        (&["convert", &nowhere], "nowhere"),
        (&["convert", &ct, "--fhir", "r3"], "r4"),
        (&["convert", &ct, "--fihr", "r4"], "--fhir"),
        (&["convert", &ct, "--timezone", "Mars/Olympus"], "Mars/Olympus"),
        (&["convert", &ct, "--endpoint", "wado-rs=https://example.org/studies/"], "wado-rs"),
        (&["convert", &ct, "--endpoint", "wado-rs=ftp://example.org"], "http"),
        (&["convert", &ct, "--threads", "none"], "threads"),
    ];
    for (arguments, want) in runs {
        let output = dcm2fhir().args(arguments).output().unwrap();
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(want), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_output_that_cannot_be_written_is_2_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let output = convert([case("ct-two-series").as_os_str(), "-o".as_ref(), file.join("sub/").as_os_str()]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot write"), "{}", stderr(&output));
}

#[test]
fn help_and_version_are_success() {
    for arguments in [&["--help"][..], &["--version"], &["convert", "--help"]] {
        let output = dcm2fhir().args(arguments).output().unwrap();
        assert_eq!(code(&output), 0, "{arguments:?}");
        assert!(stdout(&output).contains("dcm2fhir"), "{arguments:?}");
    }
}
