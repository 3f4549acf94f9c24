//! Every error names the path that was typed, as it was typed.

use std::fs;

#[path = "../readme/server.rs"]
mod server;

use crate::run::{code, dcm2fhir, stderr};

/// A folder with a DICOM file `a.dcm`, a text `file`, and an empty folder `empty`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(crate::run::case("ct-two-series").join("1-1.dcm"), folder.path().join("a.dcm")).unwrap();
    fs::write(folder.path().join("file"), "a text\n").unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    folder
}

/// Command lines with `{}` for a path that cannot be used, and `$FHIR` for a server.
const LINES: &[(&str, &str)] = &[
    // Inputs.
    ("convert {}", "./empty/../nowhere"),
    ("convert a.dcm {}", ".//nowhere.zip"),
    ("convert {}", "./empty/../file"),
    ("convert {}", "./empty/"),
    ("convert --files-from {}", "./nowhere.txt"),
    ("convert --files-from {}", "./a.dcm"),
    ("explain {}", "./nowhere.dcm"),
    ("explain {}", "./file"),
    ("explain {}", "./empty"),
    ("scan {}", "./nowhere"),
    ("scan {}", "./empty/"),
    ("scan --files-from {}", "./nowhere.txt"),
    ("assemble {}", "./nowhere"),
    ("assemble {}", "./empty"),
    ("assemble {}", "./file"),
    ("upload {} --to $FHIR", "./nowhere"),
    // Outputs.
    ("convert a.dcm -o {}", "./nowhere/out.json"),
    ("convert a.dcm -o {}", "./file/out/"),
    ("convert a.dcm -o {}", "./out.txt"),
    ("convert a.dcm a.dcm --format kos --profile mado --creator C --retrieve-location 1.2 -o {}", "./nowhere/a.dcm"),
    ("convert a.dcm -o {}", "./nowhere/a.csv"),
    ("convert a.dcm -o {}", "./nowhere/a.parquet"),
    ("convert a.dcm --report {}", "./nowhere/report.json"),
    ("convert a.dcm --report {}", "./empty/../empty"),
    ("convert a.dcm --report {}", "./nowhere/report.html"),
    ("scan a.dcm -o {}", "./nowhere/lines.ndjson"),
    ("scan a.dcm -o {}", "./file/records/"),
    ("synth -o {}", "./file"),
    ("synth -o archive/ --studies 1 --manifest {}", "./nowhere/made.json"),
    ("man -o {}", "./file"),
    // Indexes and configuration.
    ("convert a.dcm --index {}", "./file"),
    ("convert a.dcm --index {}", "./empty"),
    ("convert a.dcm --index {}", "./nowhere/archive.index"),
    ("convert --index {}", "./none.index"),
    ("index check {}", "./nowhere.index"),
    ("index stats {}", "./file"),
    ("index vacuum {}", "./empty"),
    ("convert a.dcm --config {}", "./nowhere.toml"),
    ("convert a.dcm --config {}", "./file"),
    ("convert a.dcm --config {}", "./empty"),
    // Secrets, certificates, journals.
    ("upload a.dcm --to $FHIR --token-file {}", "./nowhere.txt"),
    ("upload a.dcm --to $FHIR --basic-file {}", "./nowhere.txt"),
    ("upload a.dcm --to $FHIR --basic-file {}", "./file"),
    ("upload a.dcm --to $FHIR --oauth-client-id me --oauth-token-url $FHIR --oauth-secret-file {}", "./nowhere.txt"),
    ("upload a.dcm --to $FHIR --header @{}", "./nowhere.txt"),
    ("upload a.dcm --to $FHIR --ca-cert {}", "./nowhere.pem"),
    ("upload a.dcm --to $FHIR --ca-cert {}", "./file"),
    ("upload a.dcm --to $FHIR --client-cert file --client-key {}", "./nowhere.pem"),
    ("upload a.dcm --to $FHIR --journal {}", "./file"),
    ("upload a.dcm --to $FHIR --journal {}", "./nowhere/a.journal"),
    ("upload a.dcm --to $FHIR --rejects {}", "./nowhere/a.ndjson"),
    ("upload a.dcm --to $FHIR --report {}", "./nowhere/report.json"),
    ("convert dicomweb+http://127.0.0.1:9/rs --token-file {}", "./nowhere.txt"),
];

#[test]
fn an_error_names_the_path_as_it_was_typed() {
    let (server, mut nameless) = (server::start(), Vec::new());
    for (line, path) in LINES {
        let folder = folder();
        let words = line.split(' ').map(|word| word.replace("{}", path).replace("$FHIR", &server));
        let output = dcm2fhir().current_dir(folder.path()).args(words).env("NO_PROXY", "*").output().unwrap();
        let said = stderr(&output);
        if code(&output) == 0 || !said.contains(path) {
            nameless.push(format!("{} => {}\n{said}", line.replace("{}", path), code(&output)));
        }
    }
    assert!(nameless.is_empty(), "{}", nameless.join("\n"));
}
