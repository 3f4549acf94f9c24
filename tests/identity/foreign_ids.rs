//! What other programs call their resources: an id or a name that others give out too joins nothing, on servers that
//! take ids and on those that give their own.

use std::process::Output;

use assert_cmd::Command;
use dicom_dictionary_std::tags;
use serde_json::{Value, json};

use crate::cases::image;
use crate::checker::{check, text};
use crate::companions::{as_it_is, bundle, order, patient, study, subject, with};
use crate::foreign::{LOCAL, OTHER, created, put, reference, transaction};
use crate::server::{Act, TestServer};
use crate::session::{Session, studies};

#[test]
fn a_name_that_two_bundles_give_to_two_patients_joins_nothing() {
    let of = |number: &str, uid: &str| {
        let order = with(order("", ""), "subject", reference(LOCAL));
        let study = with(with(study(""), "subject", reference(LOCAL)), "basedOn", json!([reference(OTHER)]));
        let study = with(with(study, "id", uid.into()), "identifier", json!([]));
        let strip = |mut resource: Value| {
            resource.as_object_mut().unwrap().remove("id");
            resource
        };
        let search = format!("identifier=urn:p%7C{number}");
        transaction(&[
            created(LOCAL, strip(patient(number)), Some(&search)),
            created(OTHER, strip(order), Some("identifier=urn:a%7CA7")),
            put(study),
        ])
    };
    for (bare, server_ids) in [(false, false), (false, true), (true, false), (true, true)] {
        let server = TestServer::new(|_| Act::Serve);
        let mut documents = [of("p1", "1.2.1"), of("p2", "1.2.2")];
        if bare {
            // Whom only a name tells.
            for (document, name) in documents.iter_mut().zip(["Jane", "Joan"]) {
                let entries = document["entry"].as_array_mut().unwrap();
                entries.remove(0);
                entries.iter_mut().for_each(|entry| entry["resource"]["subject"] = json!({"display": name}));
            }
        }
        let mut session = Session::to(&server);
        session.options.sending.conditional = server_ids;
        let counts = session.upload(&documents);
        let (studies, code) = (studies(&counts), counts.exit_code());
        assert_eq!((studies[0], studies[3], code), (1, 1, 1), "{bare} {:?}", counts.refused);
        check(&server.store().into_values().map(|(_, resource)| resource).collect::<Vec<_>>());
    }
}

fn tool(arguments: &[&str], folder: &std::path::Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    command.args(arguments).args(["--system", "accession=urn:a"]).arg(folder).output().unwrap()
}

#[test]
fn studies_of_a_patient_whom_nobody_knows_are_sent_again_without_change() {
    let (folder, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for study in ["1", "2"] {
        let image =
            image(study, 1, &[(tags::PATIENT_ID, b""), (tags::PATIENT_NAME, b""), (tags::ACCESSION_NUMBER, b"A7")]);
        std::fs::write(folder.path().join(study), image.bytes()).unwrap();
    }
    for format in [&["--format", "bundle"][..], &["--references", "separate"], &[]] {
        let server = TestServer::new(|_| Act::Serve);
        let upload = ["upload", "--to", &server.base];
        let mut input = folder.path().to_owned();
        if !format.is_empty() {
            input = out.path().join(format[1]);
            let convert = [&["convert", "--fhir", "r4", "-o", input.to_str().unwrap()][..], format].concat();
            assert_eq!(tool(&convert, folder.path()).status.code(), Some(0));
        }
        for again in [false, true] {
            let output = tool(&upload, &input);
            assert_eq!(output.status.code(), Some(0), "{format:?} {again} {output:?}");
        }
        let orders = server.store().into_keys().filter(|key| key.starts_with("ServiceRequest/")).count();
        assert_eq!(orders, 2, "each has its own");
        assert!(server.store().values().all(|(version, _)| *version == 1), "{format:?}");
    }
}

fn upload(server: &TestServer, sent: &[Value], change: impl Fn(&mut Session)) -> (u64, u8, Vec<String>) {
    let mut session = Session::to(server);
    change(&mut session);
    let counts = session.upload(sent);
    (studies(&counts)[0], counts.exit_code(), counts.refused.clone())
}

#[test]
fn an_id_that_every_server_gives_out_is_no_identity() {
    let person = |number: &str, name: &str| {
        with(
            with(patient("1"), "identifier", json!([{"system": "urn:p", "value": number}])),
            "name",
            json!([{"family": name}]),
        )
    };
    let tagged = |tags: [&str; 2]| {
        let tags = tags.map(|tag| json!({"code": tag}));
        json!({"resourceType": "Patient", "id": "1", "meta": {"tag": tags}, "active": true})
    };
    let nameless = |name: &str| json!({"resourceType": "Patient", "id": "1", "name": [{"family": name}]});
    let order = |number: &str| {
        with(
            with(order("1", ""), "subject", reference("Patient/1")),
            "identifier",
            json!([{"system": "urn:a", "value": number}]),
        )
    };
    let study = with(study(""), "subject", reference("Patient/1"));
    let study = with(study, "basedOn", json!([]));
    let ordered = with(study.clone(), "basedOn", json!([reference("ServiceRequest/1")]));
    for (there, sent, is_taken) in [
        (vec![person("X", "Doe")], vec![person("X", "Doe"), study.clone()], true),
        (vec![person("X", "Doe")], vec![person("X", "Smith"), study.clone()], true),
        (vec![person("X", "Doe")], vec![person("Y", "Roe"), study.clone()], false),
        (vec![person("X", "Doe")], vec![person("Y", "Doe"), study.clone()], false),
        (vec![nameless("Doe")], vec![nameless("Doe"), study.clone()], true),
        (vec![nameless("Doe")], vec![nameless("Roe"), study.clone()], false),
        (vec![person("X", "Doe")], vec![nameless("Roe"), study.clone()], false),
        (vec![person("X", "Doe")], vec![nameless("Doe"), study.clone()], true),
        (vec![person("X", "Doe")], vec![with(nameless("Doe"), "gender", "male".into()), study.clone()], true),
        (vec![tagged(["a", "b"])], vec![tagged(["a", "c"]), study.clone()], true),
        (vec![person("X", "Doe")], vec![json!({"resourceType": "Patient", "id": "1"}), study.clone()], true),
        (vec![person("X", "Doe")], vec![json!({"resourceType": "Patient", "id": "1", "active": true}), study], false),
        (vec![person("X", "Doe"), order("A")], vec![person("X", "Doe"), order("A"), ordered.clone()], true),
        (vec![person("X", "Doe"), order("A")], vec![person("X", "Doe"), order("B"), ordered], false),
    ] {
        for overwrite in [false, true] {
            for documents in [sent.clone(), vec![bundle(&sent, as_it_is)]] {
                let server = TestServer::new(|_| Act::Serve);
                there.iter().for_each(|one| server.put(one.clone()));
                let (created, code, why) =
                    upload(&server, &documents, |session| session.options.sending.overwrite_companions = overwrite);
                assert_eq!((created, code), (u64::from(is_taken), u8::from(!is_taken)), "{there:?} {sent:?} {why:?}");
                if !is_taken {
                    assert!(server.store().values().all(|(version, _)| *version == 1), "{there:?} {sent:?}");
                }
            }
        }
    }
}

#[test]
fn a_server_that_gives_ids_itself_gets_no_reference_to_an_id_of_another_one() {
    let metadata = crate::server::statement("4.0.1", json!({"updateCreate": false})).to_string();
    let there = [
        with(patient("p1"), "identifier", json!([{"system": "urn:p", "value": "else"}])),
        with(order("o", "p1"), "subject", reference("Patient/p1")),
    ];
    let mine = with(patient("p1"), "identifier", json!([]));
    let study = with(study(""), "subject", reference("Patient/p1"));
    let lonely = with(study.clone(), "basedOn", json!([]));
    let numbered = with(study.clone(), "subject", subject("p1"));
    for (sent, is_one_bundle) in [
        (vec![mine.clone(), lonely.clone()], true),
        (vec![mine.clone(), lonely], false),
        (vec![mine.clone(), study.clone()], true),
        (vec![mine.clone(), study], false),
        (vec![mine.clone(), numbered.clone()], true),
        (vec![mine, numbered], false),
    ] {
        for bare in [false, true] {
            let server = TestServer::with(metadata.clone(), |_| Act::Serve);
            there.iter().for_each(|one| server.put(one.clone()));
            let mut documents = if is_one_bundle { vec![bundle(&sent, as_it_is)] } else { sent.clone() };
            if bare && is_one_bundle {
                documents[0]["entry"]
                    .as_array_mut()
                    .unwrap()
                    .iter_mut()
                    .for_each(|entry| drop(entry.as_object_mut().unwrap().remove("fullUrl")));
            }
            let (_, code, why) = upload(&server, &documents, |_| {});
            let studies = server.store().into_iter().filter(|(key, _)| key.starts_with("ImagingStudy/"));
            let joined: Vec<Value> = studies
                .map(|(_, (_, study))| study)
                .filter(|study| study["subject"]["reference"] == "Patient/p1" || !study["basedOn"][0].is_null())
                .collect();
            assert!(joined.is_empty() && code == 1, "{sent:?} {joined:?} {code} {why:?}");
        }
    }
}

#[test]
fn a_name_that_one_bundle_gives_means_nothing_in_the_next() {
    let metadata = crate::server::statement("4.0.1", json!({"updateCreate": false})).to_string();
    let server = TestServer::with(metadata, |_| Act::Serve);
    let device = json!({"resourceType": "Device", "id": "d"});
    let own = json!({"fullUrl": OTHER, "resource": device, "request": {"method": "PUT", "url": "Device/d"}});
    let of = |uid: &str, entries: &[Value]| {
        let study = with(study("p1"), "basedOn", json!([{"reference": OTHER, "display": "x"}]));
        let number = json!([{"system": "urn:dicom:uid", "value": format!("urn:oid:{uid}")}]);
        let study = put(with(with(study, "id", uid.into()), "identifier", number));
        transaction(&[entries, &[study]].concat())
    };
    let (created, code, why) = upload(&server, &[of("1.2.1", &[own]), of("1.2.2", &[])], |_| {});
    assert_eq!((created, code), (1, 1), "{why:?}");
}

#[test]
fn a_server_that_gives_ids_itself_finds_resources_by_their_numbers() {
    let metadata = crate::server::statement("4.0.1", json!({"updateCreate": false})).to_string();
    let people = [patient("p1"), order("o", "p1"), study("p1")];
    let other = |id: &str, number: &str| with(patient(id), "identifier", json!([{"system": "urn:p", "value": number}]));
    let owned = |owner: &str| {
        with(with(order("7", ""), "subject", reference(owner)), "identifier", order("o", "p1")["identifier"].clone())
    };
    for (there, is_taken) in [
        (vec![], true),
        (vec![other("p1", "else")], true),
        (vec![other("p1", "else"), other("5", "p1"), owned("Patient/5")], true),
        (vec![other("p1", "else"), other("5", "p1"), owned("Patient/p1")], false),
    ] {
        for documents in [people.to_vec(), vec![bundle(&people, as_it_is)]] {
            let server = TestServer::with(metadata.clone(), |_| Act::Serve);
            there.iter().for_each(|one| server.put(one.clone()));
            for _again in [false, true] {
                let (_, code, why) = upload(&server, &documents, |_| {});
                assert_eq!(code, u8::from(!is_taken), "{there:?} {documents:?} {why:?}");
                let all: Vec<Value> = server.store().into_values().map(|(_, resource)| resource).collect();
                check(&all);
                let study = all.iter().find(|resource| resource["resourceType"] == "ImagingStudy");
                assert_eq!(study.is_some(), is_taken, "{there:?}");
                let Some(study) = study else { continue };
                let patient = server.store()[text(&study["subject"]["reference"])].1.clone();
                assert_eq!(patient["identifier"][0]["value"], "p1", "{there:?}");
                let order = server.store()[text(&study["basedOn"][0]["reference"])].1.clone();
                assert_eq!(order["subject"]["reference"], study["subject"]["reference"], "{there:?}");
                assert_eq!(all.len(), 3 + usize::from(!there.is_empty()), "{all:?}");
            }
        }
    }
}
