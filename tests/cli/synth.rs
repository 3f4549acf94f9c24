//! The synthetic archive, created and converted.

use serde_json::Value;

use crate::run::{code, convert, dcm2fhir, files, resources, stderr, stdout};

#[test]
fn the_archive_converts_to_as_many_studies_and_instances_as_its_manifest_says() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, manifest) = (folder.path().join("archive"), folder.path().join("m.json"));
    let options = ["--studies", "12", "--instances", "2", "--modalities", "ct, MR"];
    let synth = dcm2fhir().arg("synth").args(options).arg("-o").arg(&archive).arg("--manifest").arg(&manifest).output();
    let synth = synth.unwrap();
    assert_eq!((code(&synth), stdout(&synth)), (0, ""), "{}", stderr(&synth));
    assert!(stderr(&synth).contains("studies               12"), "{}", stderr(&synth));
    let manifest: Value = serde_json::from_slice(&std::fs::read(manifest).unwrap()).unwrap();
    let output = convert([archive.as_os_str()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let studies = resources(&output);
    let total = |name: &str| studies.iter().map(|study| study[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!(studies.len(), 12);
    assert_eq!(manifest["made"]["series"], total("numberOfSeries"));
    assert_eq!(manifest["made"]["instances"], total("numberOfInstances"));
}

#[test]
fn the_same_seed_gives_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, seed: &str| {
        let path = folder.path().join(name);
        let run = dcm2fhir().args(["synth", "--studies", "2", "--seed", seed, "-q", "-o"]).arg(&path).output().unwrap();
        assert_eq!((code(&run), stderr(&run).as_str()), (0, ""));
        files(&path)
    };
    let first = made("a", "7");
    assert!(first == made("b", "7") && first != made("c", "8"));
}

#[test]
fn an_unknown_modality_is_an_error_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let output = dcm2fhir().args(["synth", "--modalities", "XX", "-o"]).arg(folder.path()).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("want one of CT, MR"), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn files_folders_and_the_manifest_get_the_permissions_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut command = dcm2fhir();
    command.args(["synth", "--studies", "1", "--mode", "640", "-q", "-o"]).arg(at("archive"));
    let output = command.arg("--manifest").arg(at("made.json")).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for entry in walkdir::WalkDir::new(folder.path()).min_depth(1) {
        let entry = entry.unwrap();
        let want = if entry.file_type().is_dir() { 0o750 } else { 0o640 };
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, want, "{}", entry.path().display());
    }
}
