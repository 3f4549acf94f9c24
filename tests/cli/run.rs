//! Runs the binary and reads what it wrote.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use dcm2fhir::synth::{Attributes, Instance};
use dicom_dictionary_std::tags;
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

/// `dcm2fhir convert` of these inputs, which can be done, as the resources of its stream.
pub fn converted(inputs: &[PathBuf], options: &[&str]) -> Vec<Value> {
    let arguments = inputs.iter().map(OsString::from).chain(options.iter().map(OsString::from));
    let output = convert(arguments);
    assert!(code(&output) < 2, "{}", stderr(&output));
    resources(&output)
}

/// `Type/id` of a resource.
pub fn name(resource: &Value) -> String {
    format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap())
}

/// An instance with its study, series and own UID.
pub fn instance(modality: &str, sop_class: &str, [study, series, own]: [&str; 3]) -> Instance {
    Instance::new(modality, sop_class, study, 1, 1)
        .text(tags::STUDY_INSTANCE_UID, study)
        .text(tags::SERIES_INSTANCE_UID, series)
        .text(tags::SOP_INSTANCE_UID, own)
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
