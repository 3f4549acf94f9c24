//! Statements of docs/upload.md that no other test covers.

use std::fs;

use dcm2fhir::internals::upload::{End, Mode};
use serde_json::{Value, json};

use crate::binary::upload;
use crate::server::{Act, Seen, TestServer, statement};
use crate::session::{Session, bundle, patient_id, studies, study};
use crate::store::{Rules, references};

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
    session.options.sending.restore = true;
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
    session.options.sending.conditional = true;
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

#[test]
fn a_study_at_our_id_without_its_identifier_is_updated_there_and_one_with_another_uid_is_not() {
    let server = TestServer::new(|_| Act::Serve);
    let mut there = study(1, &["a"]);
    there.as_object_mut().unwrap().remove("identifier");
    server.put(there);
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a", "b"])])), [0, 1, 0, 0]);
    let mut other = study(2, &["a"]);
    other["identifier"][0]["value"] = "urn:oid:1.2.99".into();
    server.put(other);
    let before = server.store();
    let counts = Session::to(&server).upload(&[bundle(2, &["a", "b"])]);
    assert_eq!((studies(&counts), counts.exit_code()), ([0, 0, 0, 1], 1));
    assert_eq!(server.store(), before);
}

#[test]
fn what_a_search_finds_without_the_identifier_is_not_referred_to() {
    // A server that ignores what it is asked for, and gives all patients.
    let somebody =
        json!({"resourceType": "Patient", "id": "somebody", "identifier": [{"system": "urn:test", "value": "9"}]});
    let set = json!({"resourceType": "Bundle", "type": "searchset",
        "entry": [{"resource": somebody, "search": {"mode": "match"}}]});
    let server = TestServer::new(move |seen| match seen.method == "GET" && seen.path.starts_with("Patient?") {
        true => Act::Answer(200, String::new(), set.to_string()),
        false if seen.body.contains("\"GET\"") => status(501),
        false => Act::Serve,
    });
    let counts = Session::to(&server).upload(&[bundle(1, &["a"])]);
    assert_eq!((studies(&counts), counts.exit_code()), ([0, 0, 0, 1], 1), "{:?}", counts.refused);
    assert!(server.store().is_empty());
}

#[test]
fn a_study_is_named_by_its_uid_also_where_the_server_gives_the_ids() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("archive");
    let options = dcm2fhir::synth::SynthOptions::new(2, 1);
    dcm2fhir::synth::write_archive(&options, &archive).unwrap();
    let refusing = TestServer::new(|seen| if is_write(seen) { status(422) } else { Act::Serve });
    let taking = TestServer::new(|_| Act::Serve);
    let journal = folder.path().join("journal");
    let run = |server: &TestServer, more: &[&str]| {
        upload(server).arg("--conditional").arg(&archive).args(more).output().unwrap()
    };
    let said = String::from_utf8(run(&refusing, &[]).stderr).unwrap();
    assert!(said.contains("ImagingStudy/2.25.") && !said.contains('~'), "{said}");
    let output = run(&taking, &["--journal", journal.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let lines = fs::read_to_string(&journal).unwrap();
    assert_eq!(lines.matches("\"resource\":\"ImagingStudy/2.25.").count(), 2, "{lines}");
    let report = folder.path().join("report.json");
    fs::remove_dir_all(&archive).unwrap();
    fs::create_dir(&archive).unwrap();
    let options = [journal.to_str().unwrap(), "--report", report.to_str().unwrap(), "--summary", "json"];
    let output = run(&taking, &[&["--journal"], &options[..]].concat());
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let gone = report["server"]["inJournalOnly"].as_array().unwrap();
    assert!(
        gone.len() == 2 && gone.iter().all(|one| one.as_str().unwrap().starts_with("ImagingStudy/2.25.")),
        "{gone:?}"
    );
    let said = String::from_utf8(output.stderr).unwrap();
    let summary: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(summary["server"]["inJournalOnly"], 2, "{said}");
}

#[test]
fn dicom_archives_bundles_and_resources_come_in_any_mixture() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let write = |name: &str, seed, studies| {
        let mut options = dcm2fhir::synth::SynthOptions::new(studies, 1);
        options.seed = seed;
        dcm2fhir::synth::write_archive(&options, &at(name)).unwrap();
    };
    write("mixture/dicom", 1, 2);
    write("packed", 2, 3);
    let mut tar = tar::Builder::new(fs::File::create(at("mixture/packed.tar")).unwrap());
    tar.append_dir_all("packed", at("packed")).unwrap();
    tar.finish().unwrap();
    let mut alone = study(2, &["a"]);
    alone.as_object_mut().unwrap().remove("subject");
    fs::write(at("mixture/bundle.json"), bundle(1, &["a"]).to_string()).unwrap();
    fs::write(at("mixture/studies.ndjson"), format!("{alone}\n")).unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let stdin = bundle(4, &["a"]).to_string();
    let output = upload(&server).arg("-").arg(at("mixture")).write_stdin(stdin).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(server.store().keys().filter(|key| key.starts_with("ImagingStudy/")).count(), 2 + 3 + 3);
}

#[test]
fn a_journal_that_is_damaged_further_up_ends_the_run_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let mut session = Session::to(&server);
    let journal = folder.path().join("journal");
    session.options.sending.journal = Some(journal.clone());
    session.upload(&[bundle(1, &["a"])]);
    let mut lines: Vec<String> = fs::read_to_string(&journal).unwrap().lines().map(str::to_string).collect();
    lines[2].truncate(10);
    let damaged = lines.join("\n") + "\n";
    fs::write(&journal, &damaged).unwrap();
    let error = session.try_upload(&[bundle(1, &["a"])]).unwrap_err().to_string();
    assert!(error.contains("is damaged in line 3"), "{error}");
    assert_eq!(fs::read_to_string(&journal).unwrap(), damaged);
}

#[test]
fn a_profile_and_what_the_user_says_of_meta_reach_the_server_and_the_diff() {
    let folder = tempfile::tempdir().unwrap();
    let options = dcm2fhir::synth::SynthOptions::new(2, 1);
    dcm2fhir::synth::write_archive(&options, folder.path()).unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let run = |more: &[&str]| {
        let output = upload(&server).arg(folder.path()).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let meta = ["--meta-tag", "urn:t|night", "--meta-source", "urn:archive:1"];
    let dry = run(&[&meta[..], &["--dry-run"]].concat());
    assert_eq!((dry.matches("create ImagingStudy/").count(), server.store().len()), (2, 0), "{dry}");
    run(&meta);
    let of_studies = || {
        let all = server.store();
        all.into_iter()
            .filter(|(key, _)| key.starts_with("ImagingStudy/"))
            .map(|(_, (_, study))| study)
            .collect::<Vec<_>>()
    };
    assert!(
        of_studies().iter().all(|study| study["meta"]["tag"][0]["code"] == "night"),
        "{:?}",
        of_studies()[0]["meta"]
    );
    assert!(of_studies().iter().all(|study| study["meta"]["source"] == "urn:archive:1"));
    let diff = run(&["--meta-tag", "urn:t|second", "--meta-source", "urn:archive:1", "--dry-run", "--diff"]);
    assert_eq!(diff.matches("update ImagingStudy/").count(), 2, "{diff}");
    assert!(diff.contains("meta.tag") && diff.contains("second"), "{diff}");
    let before = server.store();
    run(&meta);
    assert_eq!(server.store(), before, "a second upload changes nothing");
}

#[test]
fn an_id_that_the_server_gives_though_it_was_given_one_is_believed() {
    let server = TestServer::new(|_| Act::Serve);
    server.with_store(|store| store.rules = Rules { gives_other_ids: true, has_integrity: true, ..Rules::default() });
    let mut session = Session::to(&server);
    for mode in [Mode::Put, Mode::Batch] {
        session.options.sending.send_as = Some(mode);
        let number = if mode == Mode::Put { 1 } else { 2 };
        let mut ours = bundle(number, &["a"]);
        ours["entry"][2]["resource"]["series"][0]["performer"] =
            json!([{"actor": {"reference": format!("Device/d{number}")}}]);
        assert_eq!(studies(&session.upload(&[ours])), [1, 0, 0, 0], "{mode:?}");
        assert_eq!(studies(&session.upload(&[study_alone(number)])), [0, 0, 1, 0], "{mode:?}");
    }
    let all = server.store();
    assert!(all.keys().all(|key| key.contains("/s")), "{:?}", all.keys());
    assert_eq!(all.keys().filter(|key| key.starts_with("ImagingStudy/")).count(), 2);
}

#[test]
fn a_reference_to_what_got_another_id_in_a_transaction_leads_to_it() {
    let server = TestServer::new(|_| Act::Serve);
    server.with_store(|store| store.rules = Rules { gives_other_ids: true, ..Rules::default() });
    let mut session = Session::to(&server);
    session.options.sending.send_as = Some(Mode::Transaction);
    let mut ours = bundle(1, &["a"]);
    ours["entry"][2]["resource"]["series"][0]["performer"] = json!([{"actor": {"reference": "Device/d1"}}]);
    let counts = session.upload(&[ours]);
    assert_eq!((studies(&counts), counts.exit_code()), ([1, 0, 0, 0], 0));
    let all = server.store();
    assert!(all.values().flat_map(|(_, value)| references(value)).all(|to| all.contains_key(&to)), "{all:?}");
    assert_eq!(all.keys().filter(|key| key.starts_with("ImagingStudy/")).count(), 1);
}

/// A study as its Bundle has it, without what it refers to.
fn study_alone(number: usize) -> Value {
    let mut study = study(number, &["a"]);
    study.as_object_mut().unwrap().remove("subject");
    study
}
