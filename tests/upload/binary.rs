//! The command as a user runs it.

use std::fs;

use assert_cmd::Command;
use serde_json::json;

use crate::server::{Act, TestServer};
use crate::session::{bundle, study};

fn upload(server: &TestServer) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DCM2FHIR_")) {
        command.env_remove(name);
    }
    command.args(["upload", "--to", &server.base]);
    command
}

#[test]
fn bundles_come_from_standard_input() {
    let server = TestServer::new(|_| Act::Serve);
    let text = format!("{}\n{}\n", bundle(1, &["a"]), bundle(2, &["b"]));
    let output = upload(&server).arg("-").write_stdin(text).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let summary = String::from_utf8(output.stderr).unwrap();
    assert!(summary.contains("2  created") && summary.contains("(r4, 4.0.1)"), "{summary}");
    assert_eq!(server.store().len(), 6);
}

#[test]
fn a_folder_of_resources_is_sent_in_the_order_of_its_references() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("ImagingStudy.ndjson"), format!("{}\n\n{}\n", study(1, &["a"]), study(2, &["a"]))).unwrap();
    fs::write(at("Patient.ndjson"), json!({"resourceType": "Patient", "id": "p"}).to_string()).unwrap();
    fs::create_dir(at("Device")).unwrap();
    let device = json!({"resourceType": "Device", "id": "d"});
    fs::write(at("Device/d.json"), serde_json::to_string_pretty(&device).unwrap()).unwrap();
    fs::write(at("torn.ndjson"), format!("{}\n{{\"resourceType\":\"Pati\n", study(3, &["a"]))).unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let output = upload(&server).arg(folder.path()).output().unwrap();
    let summary = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "one line is torn: {summary}");
    assert!(summary.contains("torn.ndjson: line 2: no FHIR resource"), "{summary}");
    let puts: Vec<String> =
        server.seen().into_iter().filter(|seen| seen.method == "PUT").map(|seen| seen.path).collect();
    let first_study = puts.iter().position(|path| path.starts_with("ImagingStudy")).unwrap();
    assert_eq!((puts.len(), first_study), (5, 2), "{puts:?}");
}

#[test]
fn a_dry_run_says_what_it_would_do_and_writes_nothing() {
    let server = TestServer::new(|_| Act::Serve);
    server.put(study(2, &["a"]));
    let text = format!("{}\n{}\n", bundle(1, &["a"]), study(2, &["a", "b"]));
    let before = server.store();
    let output = upload(&server).args(["-", "--dry-run"]).write_stdin(text).output().unwrap();
    assert_eq!((output.status.code(), server.store()), (Some(0), before));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("create ImagingStudy/1.2.1") && text.contains("update ImagingStudy/1.2.2"), "{text}");
}

#[test]
fn exit_codes_say_how_it_went() {
    let refusing = TestServer::new(|seen| match seen.body.contains("\"PUT\"") {
        true => Act::Answer(422, String::new(), String::new()),
        false => Act::Serve,
    });
    let output = upload(&refusing).arg("-").write_stdin(bundle(1, &["a"]).to_string()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let nobody = TestServer::with("<html>".to_string(), |_| Act::Serve);
    let output = upload(&nobody).arg("-").write_stdin("").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn secrets_are_in_no_output() {
    let server = TestServer::new(|_| Act::Answer(401, String::new(), String::new()));
    let output = upload(&server)
        .args(["-", "--token-env", "THE_TOKEN"])
        .env("THE_TOKEN", "open-sesame")
        .write_stdin(bundle(1, &["a"]).to_string())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let all = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!all.contains("open-sesame") && all.contains("401"), "{all}");
}

#[test]
fn fhir_of_another_release_is_refused_before_anything_is_written() {
    let archive = tempfile::tempdir().unwrap();
    let options = dcm2fhir::synth::Options { studies: 3, instances: 2, ..Default::default() };
    dcm2fhir::synth::write_archive(&options, archive.path()).unwrap();
    let convert = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
        command.arg("convert").arg(archive.path()).args(arguments).output().unwrap().stdout
    };
    for release in ["r4", "r4b", "r5", "r6-ballot2", "r6-ballot5"] {
        for format in [&["--format", "bundle"][..], &[]] {
            let text = convert(&[&["--fhir", release], format].concat());
            let server = TestServer::new(|_| Act::Serve);
            let output = upload(&server).arg("-").write_stdin(text).output().unwrap();
            let (fits, error) = (release.starts_with("r4"), String::from_utf8_lossy(&output.stderr).to_string());
            assert_eq!(output.status.code(), Some(if fits { 0 } else { 2 }), "{release} {format:?}: {error}");
            assert_eq!(server.store().is_empty(), !fits, "{release} {format:?}");
            assert!(fits || error.contains("convert with --fhir r4"), "{error}");
        }
    }
}

#[test]
fn a_dry_run_shows_each_element_that_would_change() {
    let server = TestServer::new(|_| Act::Serve);
    let mut there = study(1, &["a"]);
    there["description"] = "before".into();
    there["note"] = json!([{"text": "of a reader"}]);
    server.put(there);
    let mut ours = study(1, &["a", "b"]);
    ours["description"] = "after".into();
    let output = upload(&server).args(["-", "--dry-run", "--diff"]).write_stdin(ours.to_string()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let want = "\
update ImagingStudy/1.2.1
  description: \"before\" -> \"after\"
  numberOfInstances: 1 -> 2
  series[1.2.1.1].instance[b]: nothing -> {\"uid\":\"b\"}
";
    assert_eq!(text, want);
}
