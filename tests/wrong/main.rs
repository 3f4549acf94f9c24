//! Wrong command lines: `lines.txt` lists them, `messages.txt` has the message and exit code of each, reviewed by a
//! person. After a change, `DCM2FHIR_BLESS=1 cargo test --test wrong` updates it: review the difference.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

#[path = "../readme/server.rs"]
mod server;

const LINES: &str = include_str!("lines.txt");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with an image in `ct`, another study in `two`, what cannot be converted in `lost`, an empty folder, a file, and
/// a study of R5.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copy = |case: &str, to: &str| {
        fs::create_dir(folder.path().join(to)).unwrap();
        let files = walkdir::WalkDir::new(root().join("testdata/dicom").join(case)).into_iter().flatten();
        for file in files.filter(|entry| entry.file_type().is_file()) {
            fs::copy(file.path(), folder.path().join(to).join(file.file_name())).unwrap();
        }
    };
    copy("series-number-negative", "ct");
    copy("ct-two-series", "two");
    copy("missing-uids", "lost");
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::write(folder.path().join("file"), "a text\n").unwrap();
    let study =
        r#"{"resourceType":"ImagingStudy","id":"1","status":"available","modality":[{"coding":[{"code":"CT"}]}]}"#;
    fs::write(folder.path().join("r5.json"), study).unwrap();
    folder
}

/// Whether a line differs from run to run.
fn is_of_this_run(line: &str) -> bool {
    line.starts_with("files ")
        || line.contains(" received")
        || line.starts_with("requests")
        || line.starts_with("time ")
}

/// The program's message for a line, and its exit code. `$FHIR` is the address of an R4 server.
fn answer(line: &str, folder: &Path, server: &str) -> String {
    let binary = env!("CARGO_BIN_EXE_dcm2fhir");
    let typed = line.strip_prefix("dcm2fhir").unwrap();
    let mut command = Command::new("sh");
    command.args(["-fc", &format!("exec \"$0\"{typed}"), binary]).current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DCM2FHIR_")) {
        command.env_remove(name);
    }
    let output = command.env("COLUMNS", "80").env("FHIR", server).env("NO_PROXY", "*").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap().replace(server, "$FHIR");
    assert!(!said.contains("panicked"), "{line}: {said}");
    let kept = said.lines().filter(|line| !is_of_this_run(line));
    let mut answer = format!("$ {line}\n");
    kept.for_each(|line| writeln!(answer, "{line}").unwrap());
    write!(answer, "=> {}\n\n", output.status.code().unwrap()).unwrap();
    answer
}

#[cfg(target_os = "linux")]
#[test]
fn every_wrong_line_is_answered_as_it_was_read() {
    let server = server::start();
    let answers: String = LINES.lines().map(|line| answer(line, folder().path(), &server)).collect();
    let path = root().join("tests/wrong/messages.txt");
    if std::env::var_os("DCM2FHIR_BLESS").is_some() {
        return fs::write(path, answers).unwrap();
    }
    let read = fs::read_to_string(path).unwrap();
    let (answers, read): (Vec<&str>, Vec<&str>) = (answers.split("\n\n$").collect(), read.split("\n\n$").collect());
    for (answer, read) in answers.iter().zip(&read) {
        assert_eq!(answer, read);
    }
    assert_eq!(answers.len(), read.len());
}
