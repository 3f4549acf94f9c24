//! DICOM in, FHIR on the server.

use assert_cmd::Command;
use dcm2fhir::synth::{SynthOptions, write_archive};

use crate::server::{Act, TestServer, statement};

#[test]
fn an_archive_is_uploaded_once() {
    let folder = tempfile::tempdir().unwrap();
    write_archive(&SynthOptions::new(12, 2), folder.path()).unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let upload = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
        let output =
            command.args(["upload", "--to", &server.base, "--requests", "4"]).arg(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let _ = server.seen();
        server.store()
    };
    let first = upload();
    assert_eq!(first.keys().filter(|key| key.starts_with("ImagingStudy/")).count(), 12);
    assert_eq!(upload(), first, "nothing is written again");
    for (key, (version, resource)) in &first {
        assert_eq!(*version, 1, "{key}");
        assert!(!resource.to_string().contains("\"reference\":\"urn:uuid:"), "{key}");
    }
    assert_eq!(server.collisions(), Vec::<String>::new());
}

#[test]
fn a_profile_and_labels_stand_in_every_resource_that_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    write_archive(&SynthOptions::new(6, 1), folder.path()).unwrap();
    let labels = ["--meta-source", "urn:pacs:1", "--meta-tag", "urn:b|7", "--meta-security", "urn:s|R"];
    for more in [vec![], vec!["--references", "contained"], vec!["--conditional"], vec!["--profile", "eu-imaging"]] {
        let server = TestServer::new(|_| Act::Serve);
        let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
        let run = command.args(["upload", "--to", &server.base]).args(&more).args(labels).arg(folder.path());
        let output = run.output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
        let store = server.store();
        assert!(store.len() > 5, "{more:?}");
        for (key, (_, resource)) in &store {
            let meta = &resource["meta"];
            let found = (&meta["source"], &meta["tag"][0]["code"], &meta["security"][0]["code"]);
            assert_eq!(found, (&"urn:pacs:1".into(), &"7".into(), &"R".into()), "{more:?} {key}: {resource}");
        }
        let claims = store.values().filter(|(_, resource)| resource["meta"]["profile"].is_array()).count();
        assert_eq!(claims > 0, more.contains(&"--profile"), "{more:?}");
    }
}

#[test]
fn every_profile_that_writes_resources_is_uploaded_in_every_way_of_sending() {
    let folder = tempfile::tempdir().unwrap();
    write_archive(&SynthOptions::new(3, 1), folder.path()).unwrap();
    let wado = ["--endpoint", "wado-rs=https://pacs.example/dicomweb"];
    let profiles: [(&[&str], &str); 5] = [
        (&["--profile", "eu-imaging"], "http://hl7.eu/fhir/imaging/StructureDefinition/ImagingStudyEuImaging"),
        (
            &["--profile", "eu-imaging", "--fhir", "r5"],
            "http://hl7.eu/fhir/imaging-r5/StructureDefinition/ImagingStudyEuImaging",
        ),
        (&["--profile", "imr"], "https://profiles.ihe.net/RAD/IMR/StructureDefinition/imr-imagingstudy"),
        (&["--profile", "mii"], "/modul-bildgebung/StructureDefinition/mii-pr-bildgebung-bildgebungsstudie"),
        (&["--profile", "ips"], "http://hl7.org/fhir/uv/ips/StructureDefinition/ImagingStudy-uv-ips"),
    ];
    for (profile, claim) in profiles {
        for way in
            [&["--send-as", "put"] as &[_], &["--send-as", "batch"], &["--send-as", "transaction"], &["--conditional"]]
        {
            let version = if profile.contains(&"r5") { "5.0.0" } else { "4.0.1" };
            let speaks = statement(version, serde_json::json!({"updateCreate": true})).to_string();
            let server = TestServer::with(speaks, |_| Act::Serve);
            let upload = || {
                let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
                let run = command.args(["upload", "--to", &server.base]).args(profile).args(wado).args(way);
                let output = run.arg(folder.path()).output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert_eq!(output.status.code(), Some(0), "{profile:?} {way:?}: {said}");
                server.store()
            };
            let first = upload();
            let studies: Vec<_> = first.iter().filter(|(key, _)| key.starts_with("ImagingStudy/")).collect();
            assert_eq!(studies.len(), 3, "{profile:?} {way:?}");
            for (key, (_, study)) in studies {
                let found = study["meta"]["profile"][0].as_str().unwrap_or_default();
                assert!(found.ends_with(claim), "{profile:?} {way:?} {key}: {study}");
            }
            assert_eq!(upload(), first, "{profile:?} {way:?}: nothing is written again");
        }
    }
    let mut mado = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    mado.args([
        "upload",
        "--to",
        "http://127.0.0.1:9",
        "--profile",
        "mado",
        "--creator",
        "X",
        "--retrieve-location",
        "1.2",
    ]);
    let output = mado.arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("write them with convert"), "{said}");
}
