//! Runs the binary and reads what it wrote.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// Where the case of this name is.
pub fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom").join(name)
}

/// The binary, not yet run, without variables of the environment that are options.
pub fn dcm2fhir() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DCM2FHIR_")) {
        command.env_remove(name);
    }
    command
}

/// `dcm2fhir convert` with these arguments.
pub fn convert<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    dcm2fhir().arg("convert").args(arguments).output().unwrap()
}

/// A run that must not have been stopped by a signal or a panic.
pub fn code(output: &Output) -> i32 {
    assert!(!stderr(output).contains("panicked"), "{}", stderr(output));
    output.status.code().unwrap_or_else(|| panic!("{:?}: {}", output.status, stderr(output)))
}

pub fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The resources of an NDJSON stream.
pub fn resources(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every file below a folder, by its path there.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(|entry| entry.ok().filter(|entry| entry.file_type().is_file()))
        .map(|entry| (entry.path().strip_prefix(folder).unwrap().to_owned(), fs::read(entry.path()).unwrap()))
        .collect()
}

/// The SOP Instance UIDs of all resources, sorted.
pub fn instances(resources: &[Value]) -> Vec<String> {
    let mut uids: Vec<String> = resources
        .iter()
        .flat_map(|study| study["series"].as_array().into_iter().flatten())
        .flat_map(|series| series["instance"].as_array().into_iter().flatten())
        .map(|instance| instance["uid"].as_str().unwrap().to_owned())
        .collect();
    uids.sort();
    uids
}
