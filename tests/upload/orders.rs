//! One accession number of two patients, in two runs: no study leads to the order of another patient, however it gets
//! onto the server.

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use dcm2fhir::synth::{Attributes, Instance};
use dicom_dictionary_std::{tags, uids};
use serde_json::{Value, json};

use crate::server::{Act, TestServer};

const SYSTEMS: [&str; 4] = ["--system", "patient=urn:p", "--system", "accession=urn:a"];

/// A folder with one study of a patient, ordered under the accession number A7.
fn archive(patient: &str, study: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let image = Instance::new("CT", uids::CT_IMAGE_STORAGE, study, 1, 1)
        .text(tags::STUDY_INSTANCE_UID, study)
        .text(tags::PATIENT_ID, patient)
        .text(tags::ACCESSION_NUMBER, "A7");
    fs::write(folder.path().join("1.dcm"), image.bytes()).unwrap();
    folder
}

fn tool(arguments: &[&str], input: &Path, stdin: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    command.args(arguments).args(SYSTEMS).arg(input).write_stdin(stdin).output().unwrap()
}

fn bundles(archive: &Path) -> Vec<u8> {
    let output = tool(&["convert", "--fhir", "r4", "--format", "bundle", "--quiet"], archive, b"");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    output.stdout
}

/// How a study gets onto a server.
#[derive(Debug, Clone, Copy)]
enum Way {
    Dicom,
    Piped,
    /// By any other program.
    Posted,
}

const WAYS: [Way; 3] = [Way::Dicom, Way::Piped, Way::Posted];

fn send(server: &TestServer, way: Way, archive: &Path) -> Option<i32> {
    let upload = ["upload", "--to", &server.base];
    match way {
        Way::Dicom => tool(&upload, archive, b"").status.code(),
        Way::Piped => tool(&upload, Path::new("-"), &bundles(archive)).status.code(),
        Way::Posted => {
            let bundle: Value = serde_json::from_slice(&bundles(archive)).unwrap();
            server.with_store(|store| (store.bundle(&bundle, false, None).status == 200).then_some(0))
        }
    }
}

/// The subjects of a study and of its orders.
fn subjects(server: &TestServer, study: &str) -> Option<(String, Vec<String>)> {
    let all = server.store();
    let reference = |value: &Value| value["reference"].as_str().unwrap_or_default().to_string();
    let subject = |key: &str| all.get(key).map(|(_, resource)| reference(&resource["subject"]));
    let orders = all.get(&format!("ImagingStudy/{study}"))?.1["basedOn"].as_array()?.iter().map(reference);
    Some((subject(&format!("ImagingStudy/{study}"))?, orders.filter_map(|order| subject(&order)).collect()))
}

#[test]
fn no_study_leads_to_the_order_of_another_patient() {
    let (first, second) = (archive("P1", "1.2.1"), archive("P2", "1.2.2"));
    for way in WAYS {
        for then in WAYS {
            let server = TestServer::new(|_| Act::Serve);
            assert_eq!(send(&server, way, first.path()), Some(0), "{way:?}");
            let code = send(&server, then, second.path());
            assert_eq!(subjects(&server, "1.2.1").map(|(subject, orders)| orders == [subject]), Some(true), "{way:?}");
            let found = subjects(&server, "1.2.2").map(|(subject, orders)| orders == [subject]);
            let want = if matches!(then, Way::Posted) { (Some(0), Some(true)) } else { (Some(1), None) };
            assert_eq!((code, found), want, "{way:?} {then:?}");
        }
    }
}

#[test]
fn the_order_that_the_server_has_of_the_patient_is_referred_to() {
    for way in [Way::Dicom, Way::Piped] {
        let server = TestServer::new(|_| Act::Serve);
        let patient =
            json!({"resourceType": "Patient", "id": "mpi-1", "identifier": [{"system": "urn:p", "value": "P1"}]});
        server.put(patient);
        server.put(json!({"resourceType": "ServiceRequest", "id": "ris-7", "status": "active", "intent": "order",
            "identifier": [{"system": "urn:a", "value": "A7"}], "subject": {"reference": "Patient/mpi-1"}}));
        assert_eq!(send(&server, way, archive("P1", "1.2.1").path()), Some(0), "{way:?}");
        let study = server.store()["ImagingStudy/1.2.1"].1.clone();
        assert_eq!(study["basedOn"][0]["reference"], "ServiceRequest/ris-7", "{way:?}");
        assert_eq!(study["subject"]["reference"], "Patient/mpi-1", "{way:?}");
    }
}

#[test]
fn bundles_of_an_order_that_is_there_change_nothing() {
    let archive = archive("P1", "1.2.1");
    let server = TestServer::new(|_| Act::Serve);
    assert_eq!(send(&server, Way::Dicom, archive.path()), Some(0));
    let before = server.store();
    for way in [Way::Piped, Way::Dicom] {
        assert_eq!(send(&server, way, archive.path()), Some(0), "{way:?}");
        assert_eq!(server.store(), before, "{way:?}");
    }
}
