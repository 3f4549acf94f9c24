//! DICOM in, FHIR on the server.

use std::fs;

use dcm2fhir::synth::{SynthOptions, write_archive};
use serde_json::json;

use crate::binary::upload;
use crate::server::{Act, TestServer, statement};

/// An archive of so many studies of one image each.
fn archive(studies: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_archive(&SynthOptions::new(studies, 1), folder.path()).unwrap();
    folder
}

#[test]
fn an_archive_is_uploaded_once() {
    let folder = tempfile::tempdir().unwrap();
    write_archive(&SynthOptions::new(12, 2), folder.path()).unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let run = || {
        let output = upload(&server).args(["--requests", "4"]).arg(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let _ = server.seen();
        server.store()
    };
    let first = run();
    assert_eq!(first.keys().filter(|key| key.starts_with("ImagingStudy/")).count(), 12);
    assert_eq!(run(), first, "nothing is written again");
    for (key, (version, resource)) in &first {
        assert_eq!(*version, 1, "{key}");
        assert!(!resource.to_string().contains("\"reference\":\"urn:uuid:"), "{key}");
    }
    assert_eq!(server.collisions(), Vec::<String>::new());
}

#[test]
fn a_profile_and_labels_stand_in_every_resource_that_is_sent() {
    let folder = archive(6);
    let labels = ["--meta-source", "urn:pacs:1", "--meta-tag", "urn:b|7", "--meta-security", "urn:s|R"];
    for more in [vec![], vec!["--references", "contained"], vec!["--conditional"], vec!["--profile", "eu-imaging"]] {
        let server = TestServer::new(|_| Act::Serve);
        let output = upload(&server).args(&more).args(labels).arg(folder.path()).output().unwrap();
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
    let folder = archive(3);
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
            let speaks = statement(version, json!({"updateCreate": true})).to_string();
            let server = TestServer::with(speaks, |_| Act::Serve);
            let run = || {
                let output = upload(&server).args(profile).args(wado).args(way).arg(folder.path()).output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert_eq!(output.status.code(), Some(0), "{profile:?} {way:?}: {said}");
                server.store()
            };
            let first = run();
            let studies: Vec<_> = first.iter().filter(|(key, _)| key.starts_with("ImagingStudy/")).collect();
            assert_eq!(studies.len(), 3, "{profile:?} {way:?}");
            for (key, (_, study)) in studies {
                let found = study["meta"]["profile"][0].as_str().unwrap_or_default();
                assert!(found.ends_with(claim), "{profile:?} {way:?} {key}: {study}");
            }
            assert_eq!(run(), first, "{profile:?} {way:?}: nothing is written again");
        }
    }
    let mado = ["--profile", "mado", "--creator", "X", "--retrieve-location", "1.2"];
    let server = TestServer::new(|_| Act::Serve);
    let output = upload(&server).args(mado).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("write them with convert"), "{said}");
}

/// The files of an archive, in order.
fn files(archive: &tempfile::TempDir) -> Vec<std::path::PathBuf> {
    let entries = walkdir::WalkDir::new(archive.path()).sort_by_file_name().into_iter().flatten();
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// How many studies the server has.
fn studies(server: &TestServer) -> usize {
    server.store().keys().filter(|name| name.starts_with("ImagingStudy/")).count()
}

#[test]
fn dicom_comes_from_a_pipe() {
    let archive = archive(2);
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_dir_all("archive", archive.path()).unwrap();
    for (bytes, want) in [(fs::read(&files(&archive)[0]).unwrap(), 1), (tar.into_inner().unwrap(), 2)] {
        let server = TestServer::new(|_| Act::Serve);
        let output = upload(&server).arg("-").write_stdin(bytes).output().unwrap();
        assert_eq!((output.status.code(), studies(&server)), (Some(0), want), "{output:?}");
    }
}

#[test]
fn several_studies_are_sent_with_every_way_to_refer() {
    let archive = archive(3);
    for references in ["logical", "contained", "separate"] {
        let server = TestServer::new(|_| Act::Serve);
        let output = upload(&server).arg(archive.path()).args(["--references", references]).output().unwrap();
        assert_eq!((output.status.code(), studies(&server)), (Some(0), 3), "{references}: {output:?}");
        let patients = server.store().keys().any(|name| name.starts_with("Patient/"));
        assert_eq!(patients, references == "separate", "{references}");
    }
}

#[test]
fn the_summary_as_json_has_the_servers_part_and_is_the_last_line() {
    let archive = archive(2);
    let refusing = || {
        TestServer::new(|seen| match seen.body.contains("\"PUT\"") {
            true => Act::Answer(422, String::new(), String::new()),
            false => Act::Serve,
        })
    };
    for (server, created, code) in [(TestServer::new(|_| Act::Serve), 2, 0), (refusing(), 0, 1)] {
        let output = upload(&server).arg(archive.path()).args(["--summary", "json"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let json: serde_json::Value = serde_json::from_str(said.trim_end()).unwrap_or_else(|_| panic!("{said}"));
        assert_eq!((output.status.code(), &json["exitCode"]), (Some(code), &json!(code)), "{said}");
        assert_eq!((&json["totals"]["studies"], &json["server"]["studies"]["created"]), (&json!(2), &json!(created)));
        assert_eq!(json["server"]["fhir"]["release"], "r4");
        assert!(json["server"]["traffic"]["requests"].as_u64() > Some(1), "{said}");
        assert_eq!(json["causes"].as_array().unwrap().is_empty(), code == 0, "{said}");
    }
}
