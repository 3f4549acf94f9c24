//! Statements of docs/upload.md that no other test covers.

use dcm2fhir::internals::upload::End;
use serde_json::{Value, json};

use crate::server::{Act, Seen, TestServer, statement};
use crate::session::{Session, bundle, patient_id, studies, study};

fn is_write(seen: &Seen) -> bool {
    seen.method != "GET" && !seen.body.contains("\"GET\"")
}

fn status(code: u16) -> Act {
    Act::Answer(code, String::new(), String::new())
}

#[test]
fn a_server_without_transactions_gets_one_request_for_each_resource() {
    let mut metadata: Value = statement("4.0.1", json!({}));
    metadata["rest"][0]["interaction"] = json!([{"code": "batch"}]);
    let server = TestServer::with(metadata.to_string(), |_| Act::Serve);
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
    assert_eq!(server.seen().iter().filter(|seen| is_write(seen)).count(), 3);
}

#[test]
fn several_with_the_identifier_are_rejected() {
    let second = |kind: &str, identifier: Value| {
        let server = TestServer::new(|_| Act::Serve);
        for id in ["x", "y"] {
            server.put(json!({"resourceType": kind, "id": id, "identifier": [identifier]}));
        }
        let counts = Session::to(&server).upload(&[bundle(1, &["a"])]);
        assert_eq!((studies(&counts), counts.exit_code()), ([0, 0, 0, 1], 1), "{kind}");
        assert_eq!(server.store().len(), 2, "{kind}: nothing of it is sent");
    };
    second("Patient", json!({"system": "urn:test", "value": "1"}));
    second("ImagingStudy", json!({"system": "urn:dicom:uid", "value": "urn:oid:1.2.1"}));
}

#[test]
fn a_companion_that_was_deleted_holds_its_study_back() {
    let server = TestServer::new(|_| Act::Serve);
    let patient = format!("Patient/{}", patient_id(1));
    server.with_store(|store| {
        store.put(&patient, json!({"resourceType": "Patient", "id": patient_id(1)}));
        assert!(store.delete(&patient));
    });
    let mut session = Session::to(&server);
    let counts = session.upload(&[bundle(1, &["a"])]);
    assert_eq!((counts.studies.of(End::Held), counts.exit_code()), (1, 1));
    assert!(server.store().is_empty());
    session.options.restore = true;
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
    assert!(server.store().contains_key(&patient));
}

#[test]
fn what_is_gone_when_it_is_updated_is_looked_at_again() {
    for code in [404, 410] {
        let mut is_first = true;
        let server = TestServer::new(move |seen| match seen.method == "PUT" && std::mem::take(&mut is_first) {
            true => status(code),
            false => Act::Serve,
        });
        server.put(study(1, &["a"]));
        let counts = Session::to(&server).upload(&[study(1, &["a", "b"])]);
        assert_eq!((studies(&counts), counts.exit_code()), ([0, 1, 0, 0], 0), "{code}");
    }
}

#[test]
fn conditions_are_left_out_where_they_are_answered_by_400_or_501() {
    for code in [400, 501] {
        let has_condition =
            |seen: &Seen| seen.body.contains("ifNoneMatch") || seen.headers.contains_key("if-none-match");
        let server = TestServer::new(move |seen| if has_condition(seen) { status(code) } else { Act::Serve });
        assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [1, 0, 0, 0], "{code}");
    }
}

#[test]
fn an_id_of_digits_alone_may_be_refused_and_conditional_helps() {
    let is_digits = |seen: &Seen| seen.body.contains("\"url\":\"ImagingStudy/111\"") || seen.path == "ImagingStudy/111";
    let server = TestServer::new(move |seen| if is_digits(seen) && is_write(seen) { status(400) } else { Act::Serve });
    let mut digits = study(1, &["a"]);
    digits["id"] = "111".into();
    digits["identifier"][0]["value"] = "urn:oid:111".into();
    digits.as_object_mut().unwrap().remove("subject");
    let mut session = Session::to(&server);
    assert_eq!(studies(&session.upload(&[digits.clone()])), [0, 0, 0, 1]);
    session.options.conditional = true;
    assert_eq!(studies(&session.upload(&[digits])), [1, 0, 0, 0]);
}

#[test]
fn the_servers_sentence_is_told_of_the_first_ten() {
    let why = json!({"resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "invalid", "diagnostics": "no such thing"}]});
    let server =
        TestServer::new(
            move |seen| if is_write(seen) { Act::Answer(422, String::new(), why.to_string()) } else { Act::Serve },
        );
    let documents: Vec<Value> = (0..15).map(|number| study(number, &["a"])).collect();
    let counts = Session::to(&server).upload(&documents);
    assert_eq!((counts.studies.of(End::Rejected), counts.refused.len()), (15, 10));
    assert!(counts.refused.iter().all(|why| why.ends_with("422: invalid: no such thing")), "{:?}", counts.refused);
}
