//! A second run changes nothing, and what the server has is not lost.

use dcm2fhir::internals::upload::End;
use serde_json::json;

use crate::server::{Act, TestServer, statement};
use crate::session::{Session, bundle, patient_id, studies, study};

fn calm() -> TestServer {
    TestServer::new(|_| Act::Serve)
}

#[test]
fn a_second_run_only_reads() {
    let server = calm();
    let documents: Vec<_> = (0..6).map(|number| bundle(number, &["a", "b"])).collect();
    assert_eq!(studies(&Session::to(&server).upload(&documents)), [6, 0, 0, 0]);
    let before = server.store();
    assert_eq!(before.len(), 6 + 6 + 3);
    let counts = Session::to(&server).upload(&documents);
    assert_eq!(studies(&counts), [0, 0, 6, 0]);
    assert_eq!(server.store(), before);
    assert_eq!(before["ImagingStudy/1.2.4"].1["subject"]["reference"], format!("Patient/{}", patient_id(1)));
}

#[test]
fn one_more_instance_writes_one_study_and_one_less_is_held_back() {
    let server = calm();
    let session = Session::to(&server);
    session.upload(&[bundle(1, &["a", "b"]), bundle(2, &["c"])]);
    let _ = server.seen();
    assert_eq!(studies(&session.upload(&[bundle(1, &["a", "b", "x"]), bundle(2, &["c"])])), [0, 1, 1, 0]);
    let writes: Vec<_> = server.seen().into_iter().filter(|seen| seen.method == "PUT").collect();
    assert_eq!((writes.len(), writes[0].path.as_str()), (1, "ImagingStudy/1.2.1"));
    let counts = session.upload(&[bundle(1, &["a", "x"])]);
    assert_eq!((counts.studies.of(End::Held), counts.exit_code()), (1, 1));
    assert_eq!(server.store()["ImagingStudy/1.2.1"].1["numberOfInstances"], 3);
    let mut replacing = Session::to(&server);
    replacing.options.sending.replace = true;
    assert_eq!(studies(&replacing.upload(&[bundle(1, &["a", "x"])])), [0, 1, 0, 0]);
}

#[test]
fn a_patient_of_the_server_is_used_and_not_changed() {
    let server = calm();
    server.put(json!({"resourceType": "Patient", "id": "mpi-7", "gender": "female",
        "identifier": [{"system": "urn:test", "value": "1"}]}));
    server.put(json!({"resourceType": "Device", "id": "d1", "manufacturer": "corrected by hand"}));
    let before = server.store();
    let mut ours = [bundle(1, &["a"]), bundle(4, &["a"])];
    ours[0]["entry"][0]["resource"]["gender"] = "male".into();
    ours[0]["entry"][1]["resource"]["manufacturer"] = "as in the header".into();
    let counts = Session::to(&server).upload(&ours);
    assert_eq!(studies(&counts), [2, 0, 0, 0]);
    assert_eq!((counts.companions.of(End::Kept), counts.exit_code()), (2, 0));
    assert_eq!(server.store()["ImagingStudy/1.2.4"].1["subject"]["reference"], "Patient/mpi-7");
    for key in ["Patient/mpi-7", "Device/d1"] {
        assert_eq!(server.store()[key], before[key], "{key}");
    }
    server.put(json!({"resourceType": "Patient", "id": "twin", "identifier": [{"system": "urn:test", "value": "1"}]}));
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(7, &["a"])])), [0, 0, 0, 1], "which one is it?");
}

#[test]
fn a_journal_sends_only_what_is_new_changed_or_failed() {
    let server = TestServer::new({
        let mut refused = false;
        move |seen| match seen.body.contains("\"PUT\"") && seen.body.contains("1.2.2.1") && !refused {
            true => {
                refused = true;
                Act::Answer(422, String::new(), String::new())
            }
            false => Act::Serve,
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::to(&server);
    session.options.sending.journal = Some(folder.path().join("journal"));
    let documents: Vec<_> = (1..=3).map(|number| bundle(number, &["a"])).collect();
    assert_eq!(studies(&session.upload(&documents)), [2, 0, 0, 1]);
    let journal = std::fs::read_to_string(folder.path().join("journal")).unwrap();
    assert!(!journal.contains("urn:test"), "an identifier of a patient");
    let _ = server.seen();
    let changed = [bundle(1, &["a"]), bundle(2, &["a"]), bundle(3, &["a", "b"]), bundle(4, &["a"])];
    let counts = session.upload(&changed);
    assert_eq!(studies(&counts), [2, 1, 0, 0]);
    assert_eq!(counts.studies.of(End::Journaled), 1);
    assert!(server.seen().iter().all(|seen| !seen.body.contains("1.2.1.1")), "the first is not asked for");
    let _ = session.upload(&changed);
    assert!(server.seen().is_empty(), "nothing is left to do");
}

#[test]
fn a_journal_knows_a_patient_by_the_servers_name_also_from_a_study_that_was_held_back() {
    let server = calm();
    server.put(json!({"resourceType": "Patient", "id": "mpi-7", "identifier": [{"system": "urn:test", "value": "1"}]}));
    let mut session = Session::to(&server);
    session.upload(&[bundle(1, &["a", "b"])]);
    let folder = tempfile::tempdir().unwrap();
    session.options.sending.journal = Some(folder.path().join("journal"));
    assert_eq!(session.upload(&[bundle(1, &["a"])]).studies.of(End::Held), 1);
    assert_eq!(studies(&session.upload(&[bundle(4, &["a"])])), [1, 0, 0, 0]);
    assert_eq!(server.store()["ImagingStudy/1.2.4"].1["subject"]["reference"], "Patient/mpi-7");
}

#[test]
fn a_version_that_was_replaced_meanwhile_is_looked_at_again() {
    let statement = statement("4.0.1", json!({"versioning": "versioned-update"})).to_string();
    let mut meanwhile = true;
    let server =
        TestServer::with(statement, move |seen| match seen.method == "PUT" && std::mem::take(&mut meanwhile) {
            true => Act::Answer(412, String::new(), String::new()),
            false => Act::Serve,
        });
    server.put(study(1, &["a"]));
    let counts = Session::to(&server).upload(&[study(1, &["a", "b"])]);
    assert_eq!(studies(&counts), [0, 1, 0, 0]);
    let put = server.seen().into_iter().rfind(|seen| seen.method == "PUT").unwrap();
    assert_eq!(put.headers["if-match"], "W/\"1\"");
}

#[test]
fn a_server_that_gives_the_ids_has_each_study_once() {
    let statement = statement("4.0.1", json!({"updateCreate": false})).to_string();
    let server = TestServer::with(statement, |_| Act::Serve);
    let documents: Vec<_> = (0..4).map(|number| bundle(number, &["a"])).collect();
    assert_eq!(studies(&Session::to(&server).upload(&documents)), [4, 0, 0, 0]);
    assert_eq!(studies(&Session::to(&server).upload(&documents)), [0, 0, 4, 0]);
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a", "b"])])), [0, 1, 0, 0]);
    let store = server.store();
    assert_eq!(store.len(), 4 + 3);
    assert!(store.keys().all(|key| key.contains("/s")), "{:?}", store.keys());
}
