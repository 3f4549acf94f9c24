//! Others write too: what they wrote stays, and nothing that we refer to gets lost.

use dcm2fhir::internals::upload::End;
use dcm2fhir::internals::upload::Mode;
use serde_json::{Value, json};

use crate::server::{Act, Seen, TestServer, statement};
use crate::session::{Session, bundle, patient_id, studies, study};
use crate::store::Rules;

fn calm() -> TestServer {
    TestServer::new(|_| Act::Serve)
}

fn with(rules: Rules) -> TestServer {
    let server = calm();
    server.with_store(|store| store.rules = rules);
    server
}

fn is_write(seen: &Seen) -> bool {
    seen.method != "GET" && !seen.body.contains("\"GET\"")
}

fn references(server: &TestServer) -> Vec<String> {
    server.store().values().flat_map(|(_, value)| crate::store::references(value)).collect()
}

#[test]
fn after_a_conflict_a_study_refers_to_what_was_resolved_before() {
    for status in [409, 412] {
        let mut left = 2;
        let server = TestServer::new(move |seen| match is_write(seen) && left > 0 {
            true => {
                left -= 1;
                Act::Answer(status, String::new(), String::new())
            }
            false => Act::Serve,
        });
        let patient = json!({"resourceType": "Patient", "id": "mpi-7",
            "identifier": [{"system": "urn:test", "value": "1"}]});
        server.put(patient);
        assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [1, 0, 0, 0], "{status}");
        assert_eq!(references(&server), ["Patient/mpi-7"], "{status}");
    }
}

#[test]
fn a_patient_that_was_corrected_stays_whatever_searches_say() {
    for mode in [Mode::Transaction, Mode::Batch, Mode::Put] {
        for rules in
            [Rules { caches: true, ..Rules::default() }, Rules { knows_if_none_match: false, ..Rules::default() }]
        {
            let server = with(rules);
            let mut session = Session::to(&server);
            session.options.sending.send_as = Some(mode);
            session.upload(&[bundle(1, &["a"])]);
            let patient = format!("Patient/{}", patient_id(1));
            server.with_store(|store| {
                let mut corrected = store.get(&patient).unwrap().clone();
                corrected["name"] = json!([{"family": "Corrected"}]);
                store.put(&patient, corrected);
            });
            let before = server.store();
            assert_eq!(studies(&session.upload(&[bundle(1, &["a"]), bundle(4, &["a"])])), [1, 0, 1, 0]);
            assert_eq!(server.store()[&patient], before[&patient], "{mode:?}");
        }
    }
}

#[test]
fn a_patient_whose_number_was_corrected_is_not_taken_for_the_old_one() {
    let server = calm();
    Session::to(&server).upload(&[bundle(1, &["a"])]);
    let patient = format!("Patient/{}", patient_id(1));
    server.with_store(|store| {
        let mut corrected = store.get(&patient).unwrap().clone();
        corrected["identifier"][0]["value"] = "99".into();
        store.put(&patient, corrected);
    });
    let counts = Session::to(&server).upload(&[bundle(4, &["a"])]);
    assert_eq!((studies(&counts), counts.exit_code()), ([0, 0, 0, 1], 1));
    server.put(json!({"resourceType": "Patient", "id": "new",
        "identifier": [{"system": "urn:test", "value": "1"}]}));
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(4, &["a"])])), [1, 0, 0, 0]);
    assert_eq!(server.store()["ImagingStudy/1.2.4"].1["subject"]["reference"], "Patient/new");
}

#[test]
fn a_patient_who_lost_the_identifier_is_known_by_name_or_birth_date() {
    let named = |name: &str, date: &str| {
        let mut bundle = bundle(1, &["a"]);
        bundle["entry"][0]["resource"]["name"] = json!([{"family": name}]);
        bundle["entry"][0]["resource"]["birthDate"] = date.into();
        bundle
    };
    let patient = format!("Patient/{}", patient_id(1));
    for (name, date, is_same) in [
        ("Doe", "1970-01-02", true),
        ("Doe", "", true),
        ("", "1970-01-02", true),
        ("Doe", "1971-01-02", false),
        ("Roe", "1970-01-02", false),
        ("", "", false),
    ] {
        let server = calm();
        Session::to(&server).upload(&[named("Doe", "1970-01-02")]);
        server.with_store(|store| {
            let mut edited = json!({"resourceType": "Patient", "id": patient_id(1)});
            if !name.is_empty() {
                edited["name"] = json!([{"family": name}]);
            }
            if !date.is_empty() {
                edited["birthDate"] = date.into();
            }
            store.put(&patient, edited);
        });
        let mut more = named("Doe", "1970-01-02");
        more["entry"][2]["resource"]["description"] = "again".into();
        let counts = Session::to(&server).upload(&[more]);
        let want = if is_same { ([0, 1, 0, 0], 0) } else { ([0, 0, 0, 1], 1) };
        assert_eq!((studies(&counts), counts.exit_code()), want, "{name} {date} {:?}", counts.refused);
        assert_eq!(server.store()[&patient].0, 2, "the patient stays as edited");
        server
            .put(json!({"resourceType": "Patient", "id": "new", "identifier": [{"system": "urn:test", "value": "1"}]}));
        Session::to(&server).upload(&[bundle(4, &["a"])]);
        assert_eq!(server.store()["ImagingStudy/1.2.4"].1["subject"]["reference"], "Patient/new", "who has it now");
    }
}

#[test]
fn a_create_that_finds_one_is_read_again_and_not_counted_as_created() {
    let statement = statement("4.0.1", json!({"updateCreate": false})).to_string();
    for mode in [Mode::Transaction, Mode::Put] {
        let mut hides = true;
        // The search of the first study sees nothing, as where an index lags behind.
        let server = TestServer::with(statement.clone(), move |seen| {
            match seen.body.contains("\"GET\"") && std::mem::take(&mut hides) {
                true => {
                    let empty = json!({"resource": {"resourceType": "Bundle", "type": "searchset"},
                        "response": {"status": "200"}});
                    let answer = json!({"resourceType": "Bundle", "entry": [empty, empty]});
                    Act::Answer(200, String::new(), answer.to_string())
                }
                false => Act::Serve,
            }
        });
        server.put(json!({"resourceType": "Patient", "id": "p1", "gender": "female",
            "identifier": [{"system": "urn:test", "value": "1"}]}));
        server.put(study(1, &["a", "b"]));
        let mut session = Session::to(&server);
        session.options.sending.send_as = Some(mode);
        let mut ours = bundle(1, &["a", "b"]);
        ours["entry"][0]["resource"]["gender"] = "male".into();
        ours["entry"][2]["resource"]["description"] = "new".into();
        let counts = session.upload(&[ours]);
        assert_eq!((studies(&counts), counts.companions.of(End::Kept)), ([0, 1, 0, 0], 1), "{mode:?}");
        let store = server.store();
        assert_eq!((store.len(), &store["ImagingStudy/1.2.1"].1["description"]), (2, &json!("new")));
        assert_eq!(store["ImagingStudy/1.2.1"].1["subject"]["reference"], "Patient/p1");
    }
}

#[test]
fn a_study_that_has_another_id_is_updated_there() {
    for conditional in [false, true] {
        let server = calm();
        let mut there = study(1, &["a"]);
        there["id"] = "from-a-pacs".into();
        server.put(there);
        let mut session = Session::to(&server);
        session.options.sending.conditional = conditional;
        assert_eq!(studies(&session.upload(&[bundle(1, &["a", "b"])])), [0, 1, 0, 0]);
        assert_eq!(studies(&session.upload(&[bundle(1, &["a", "b"])])), [0, 0, 1, 0]);
        let keys: Vec<String> = server.store().into_keys().filter(|key| key.starts_with("ImagingStudy")).collect();
        assert_eq!(keys, ["ImagingStudy/from-a-pacs"]);
        server.put(study(1, &["a"]));
        let counts = session.upload(&[bundle(1, &["a", "b", "c"])]);
        assert_eq!((studies(&counts), counts.exit_code()), ([0, 0, 0, 1], 1), "two of them: which one is it?");
    }
}

#[test]
fn fhir_input_is_created_on_the_servers_ids_where_it_is_asked_for() {
    let server = calm();
    let mut session = Session::to(&server);
    session.options.sending.conditional = true;
    assert_eq!(studies(&session.upload(&[study(1, &["a"]), bundle(2, &["a"])])), [2, 0, 0, 0]);
    assert_eq!(studies(&session.upload(&[study(1, &["a"]), bundle(2, &["a"])])), [0, 0, 2, 0]);
    assert!(server.store().keys().filter(|key| key.starts_with("ImagingStudy")).all(|key| key.contains("/s")));
}

#[test]
fn what_others_added_to_a_study_stays() {
    let server = calm();
    let session = Session::to(&server);
    session.upload(&[bundle(1, &["a"])]);
    let added = json!({
        "meta": {"tag": [{"code": "teaching"}], "security": [{"code": "R"}]},
        "note": [{"text": "seen", "time": "2026-01-01"}],
        "reasonCode": [{"text": "fall"}],
        "procedureCode": [{"text": "x-ray"}],
        "extension": [{"url": "urn:x", "valueDecimal": 1.5}],
    });
    server.with_store(|store| {
        let mut value = store.get("ImagingStudy/1.2.1").unwrap().clone();
        value.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
        value["series"][0]["extension"] = json!([{"url": "urn:s"}]);
        value["series"][0]["instance"][0]["title"] = "key image".into();
        store.put("ImagingStudy/1.2.1", value);
    });
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"])])), [0, 0, 1, 0]);
    assert_eq!(studies(&session.upload(&[bundle(1, &["a", "b"])])), [0, 1, 0, 0]);
    let now = server.store()["ImagingStudy/1.2.1"].1.clone();
    for (name, value) in added.as_object().unwrap() {
        assert_eq!(&now[name], value, "{name}");
    }
    assert_eq!(now["series"][0]["extension"][0]["url"], "urn:s");
    assert_eq!(now["series"][0]["instance"], json!([{"uid": "a", "title": "key image"}, {"uid": "b"}]));
}

#[test]
fn what_was_withdrawn_or_deleted_comes_back_only_if_the_user_wants_it() {
    let withdraw = |server: &TestServer| {
        server.with_store(|store| {
            let mut value = store.get("ImagingStudy/1.2.1").unwrap().clone();
            value["status"] = "entered-in-error".into();
            store.put("ImagingStudy/1.2.1", value);
        });
    };
    let delete = |server: &TestServer| assert!(server.with_store(|store| store.delete("ImagingStudy/1.2.1")));
    for (is_deletion, change) in [(false, &withdraw as &dyn Fn(&TestServer)), (true, &delete)] {
        let server = calm();
        let mut session = Session::to(&server);
        session.upload(&[bundle(1, &["a"])]);
        change(&server);
        let before = server.store();
        for instances in [&["a"][..], &["a", "b"]] {
            let counts = session.upload(&[bundle(1, instances)]);
            assert_eq!((counts.studies.of(End::Held), counts.exit_code()), (1, 1));
            assert_eq!(server.store(), before);
        }
        session.options.sending.restore = true;
        let want = if is_deletion { [1, 0, 0, 0] } else { [0, 1, 0, 0] };
        assert_eq!(studies(&session.upload(&[bundle(1, &["a"])])), want);
        assert_eq!(server.store()["ImagingStudy/1.2.1"].1["status"], "available");
    }
}

#[test]
fn a_journal_is_not_believed_about_what_a_new_study_refers_to() {
    let server = with(Rules { has_integrity: true, ..Rules::default() });
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::to(&server);
    session.options.sending.journal = Some(folder.path().join("journal"));
    session.upload(&[bundle(1, &["a"])]);
    let patient = format!("Patient/{}", patient_id(1));
    server.with_store(|store| assert!(store.delete("ImagingStudy/1.2.1") && store.delete(&patient)));
    let counts = session.upload(&[bundle(4, &["a"])]);
    assert_eq!((counts.studies.of(End::Held), counts.exit_code()), (1, 1));
    assert!(!server.store().contains_key("ImagingStudy/1.2.4"));
}

#[test]
fn a_search_is_read_to_its_end() {
    let mpi =
        |id: &str| json!({"resourceType": "Patient", "id": id, "identifier": [{"system": "urn:test", "value": "1"}]});
    let server = with(Rules { page: Some(0), ..Rules::default() });
    server.put(mpi("mpi-7"));
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
    assert_eq!(references(&server), ["Patient/mpi-7"], "on the second page");
    let server = with(Rules { page: Some(1), ..Rules::default() });
    server.put(mpi("mpi-7"));
    server.put(mpi("twin"));
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [0, 0, 0, 1], "one a page are two");
}

#[test]
fn reads_ask_no_cache_and_writes_say_what_they_replace() {
    let server = calm();
    let session = Session::to(&server);
    session.upload(&[bundle(1, &["a"])]);
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.headers["cache-control"] == "no-cache"));
    let sent: Value = serde_json::from_str(&seen.last().unwrap().body).unwrap();
    for entry in sent["entry"].as_array().unwrap() {
        assert_eq!(entry["request"]["ifNoneMatch"], "*");
    }
    session.upload(&[bundle(1, &["a", "b"])]);
    assert_eq!(server.seen().last().unwrap().headers["if-match"], "W/\"1\"");
}

#[test]
fn a_server_that_refuses_conditions_gets_none() {
    let server = with(Rules { refuses_conditions: true, ..Rules::default() });
    let session = Session::to(&server);
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"]), bundle(2, &["a"])])), [2, 0, 0, 0]);
    assert_eq!(server.seen().iter().filter(|seen| is_write(seen)).count(), 3, "one refusal is enough");
    assert_eq!(studies(&session.upload(&[bundle(1, &["a", "b"])])), [0, 1, 0, 0]);
    let strict = statement("4.0.1", json!({"versioning": "versioned-update"})).to_string();
    let server = TestServer::with(strict, |_| Act::Serve);
    server.with_store(|store| store.rules.refuses_conditions = true);
    assert_eq!(
        studies(&Session::to(&server).upload(&[bundle(1, &["a"])])),
        [1, 0, 0, 0],
        "it did not speak of creates"
    );
    let more = bundle(1, &["a", "b"]);
    assert_eq!(studies(&Session::to(&server).upload(&[more])), [0, 0, 0, 1], "it said that it takes If-Match");
}

#[test]
fn a_server_that_breaks_transactions_is_not_believed_about_a_study_without_its_patient() {
    let mut fails = true;
    let server = TestServer::new(move |seen| match is_write(seen) && std::mem::take(&mut fails) {
        true => Act::FailEntries("Patient", 422),
        false => Act::Serve,
    });
    let counts = Session::to(&server).upload(&[bundle(1, &["a"])]);
    assert_eq!((studies(&counts), counts.exit_code()), ([0, 0, 0, 1], 1));
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [0, 0, 1, 0], "the patient came later");
}

#[test]
fn what_refers_to_nothing_is_not_sent() {
    let mut lonely = study(1, &["a"]);
    lonely["subject"]["reference"] = "urn:uuid:00000000-0000-5000-8000-000000000001".into();
    let server = calm();
    assert_eq!(studies(&Session::to(&server).upload(&[lonely])), [0, 0, 0, 1]);
    assert!(server.store().is_empty());
}

#[test]
fn too_many_entries_are_sent_in_parts_whatever_the_status() {
    let why = json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "too-costly",
        "diagnostics": "Transaction bundle has 3 entries, the maximum is 2"}]});
    for status in [400, 413, 422, 500] {
        let answer = if status == 413 { "<html>413 Request Entity Too Large".to_string() } else { why.to_string() };
        let server = TestServer::new(move |seen| match seen.body.contains("\"transaction\"") {
            true => Act::Answer(status, String::new(), answer.clone()),
            false => Act::Serve,
        });
        let counts = Session::to(&server).upload(&[bundle(1, &["a"]), bundle(2, &["a"])]);
        assert_eq!((studies(&counts), counts.too_large), ([2, 0, 0, 0], 1), "{status}: the limit is remembered");
    }
}
