//! Bundles of other programs in all the forms that FHIR has for a reference: none hides an order of another patient,
//! and none makes an order of the same patient look like another's.

use serde_json::{Value, json};

use crate::checker::text;
use crate::companions::{as_it_is, bundle, case, order, patient, study, subject, unknown, uploaded, with};
use crate::server::{Act, TestServer};
use crate::session::{Session, studies};

/// An entry that creates its resource, unless the search finds one.
pub fn created(full_url: &str, resource: Value, search: Option<&str>) -> Value {
    let mut request = json!({"method": "POST", "url": resource["resourceType"]});
    search.into_iter().for_each(|search| request["ifNoneExist"] = search.into());
    json!({"fullUrl": full_url, "resource": resource, "request": request})
}

pub fn put(resource: Value) -> Value {
    let place = format!("{}/{}", text(&resource["resourceType"]), text(&resource["id"]));
    json!({"fullUrl": as_it_is(&place), "resource": resource, "request": {"method": "PUT", "url": place}})
}

pub fn transaction(entries: &[Value]) -> Value {
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

pub fn reference(to: &str) -> Value {
    json!({"reference": to})
}

pub const LOCAL: &str = "urn:uuid:00000000-0000-4000-8000-000000000001";
pub const OTHER: &str = "urn:uuid:00000000-0000-4000-8000-000000000002";

#[test]
fn a_patient_whom_the_bundle_creates_is_the_one_whom_the_server_has() {
    let there = |owner: &str| vec![patient("p1"), patient("p2"), with(order("o", ""), "subject", owner_of(owner))];
    fn owner_of(id: &str) -> Value {
        reference(&format!("Patient/{id}"))
    }
    let of_local = with(study(""), "subject", reference(LOCAL));
    for (search, owner, is_taken) in [
        (Some("identifier=urn:p%7Cp1"), "p1", true),
        (Some("identifier=urn:p%7Cp1"), "p2", false),
        // Who is not there owns nothing that is.
        (Some("identifier=urn:p%7Cp3"), "p1", false),
        (None, "p1", false),
    ] {
        let number = search.map_or("p1", |search| &search[search.len() - 2..]);
        let mut new = patient(number);
        new.as_object_mut().unwrap().remove("id");
        let sent = transaction(&[created(LOCAL, new, search), put(of_local.clone())]);
        uploaded(&there(owner), &[sent], is_taken);
    }
}

#[test]
fn a_conditional_reference_is_followed() {
    let by_number = |number: &str| reference(&format!("ServiceRequest?identifier=urn:a%7C{number}"));
    let by_patient = |id: &str| reference(&format!("Patient?identifier=urn:p%7C{id}"));
    for (owner, study_of, is_taken) in [
        ("p1", subject("p1"), true),
        ("p2", subject("p1"), false),
        ("p1", by_patient("p1"), true),
        ("p2", by_patient("p1"), false),
    ] {
        let study = with(with(study(""), "subject", study_of), "basedOn", json!([by_number("A7")]));
        let people = [patient("p1"), patient("p2")];
        uploaded(
            &[&people[..], &[order("o", owner)]].concat(),
            &[bundle(std::slice::from_ref(&study), as_it_is)],
            is_taken,
        );
        uploaded(&people, &[bundle(&[order("o", owner), study], as_it_is)], is_taken);
    }
    let nowhere = with(study("p1"), "basedOn", json!([by_number("A8")]));
    uploaded(&[patient("p1")], &[nowhere], true);
    // An Encounter of the number is no ServiceRequest, and whose a Practitioner is nobody asks.
    let visit = with(order("v", "p2"), "resourceType", "Encounter".into());
    let study = with(study("p1"), "basedOn", json!([by_number("A7")]));
    let study = with(study, "referrer", reference("Practitioner?identifier=urn:n%7C1"));
    let there = [patient("p1"), patient("p2"), order("o", "p1")];
    let [server, _] = uploaded(&there, &[bundle(&[visit, study], as_it_is)], true);
    assert!(server.seen().iter().all(|seen| !seen.path.contains("Practitioner")));
}

#[test]
fn an_order_inside_the_study_is_looked_at() {
    let inside = |owner: Value| with(with(order("o", ""), "subject", owner), "id", "in".into());
    for (study_of, owner, is_taken) in [
        (subject("p1"), subject("p1"), true),
        (subject("p1"), subject("p2"), false),
        (reference("#p"), reference("#p"), true),
        (subject("p1"), reference("#p"), false),
        (subject("p1"), unknown(), true),
    ] {
        let study = with(study(""), "subject", study_of);
        let study = with(study, "contained", json!([with(patient("p1"), "id", "p".into()), inside(owner)]));
        uploaded(&[patient("p1"), patient("p2")], &[with(study, "basedOn", json!([reference("#in")]))], is_taken);
    }
    // The study says the subject of the order in the same words, but of something inside it.
    let study = with(with(study("p1"), "contained", json!([inside(subject("p2"))])), "encounter", reference("#in"));
    case(&[patient("p1"), patient("p2")], &[bundle(&[order("o", "p2"), study], as_it_is)], false);
}

#[test]
fn a_name_of_an_entry_is_its_url_its_place_or_the_end_of_its_url() {
    for name in ["ServiceRequest/o", "ServiceRequest/o/_history/3", "http://other.example/ServiceRequest/o"] {
        for (owner, is_taken) in [("p1", true), ("p2", false)] {
            let study = with(study("p1"), "basedOn", json!([reference(name)]));
            let created = created(&as_it_is("ServiceRequest/o"), order("o", owner), None);
            let entries = [created, put(study.clone())];
            uploaded(&[patient("p1"), patient("p2")], &[transaction(&entries)], is_taken);
            let mut entries = [put(order("o", owner)), put(study)];
            uploaded(&[patient("p1"), patient("p2")], &[transaction(&entries)], is_taken);
            if !name.starts_with("http") {
                entries.iter_mut().for_each(|entry| drop(entry.as_object_mut().unwrap().remove("fullUrl")));
                uploaded(&[patient("p1"), patient("p2")], &[transaction(&entries)], is_taken);
            }
        }
    }
    // A part of a name is none.
    let study_of_p1 = with(study("p1"), "basedOn", json!([reference("ServiceRequest/o")]));
    let other = created("http://other.example/NoServiceRequest/o", order("", "p2"), None);
    let there = [patient("p1"), patient("p2"), order("o", "p1")];
    uploaded(&there, &[transaction(&[other, put(study_of_p1)])], true);
    // Another entry of that name is another's, and the server has one of its own.
    let study = with(study("p1"), "basedOn", json!([reference("ServiceRequest/o")]));
    let renamed = created(&as_it_is("ServiceRequest/o"), order("new", "p1"), None);
    let there = [patient("p1"), patient("p2"), order("o", "p2")];
    uploaded(&there, &[transaction(&[renamed, put(study)])], false);
}

#[test]
fn whatever_has_a_subject_is_looked_at() {
    let other =
        |kind: &str, member: &str, owner: &str| json!({"resourceType": kind, "id": "o", member: subject(owner)});
    for (kind, member) in [
        ("Condition", "subject"),
        ("Observation", "subject"),
        ("DiagnosticReport", "subject"),
        ("CarePlan", "subject"),
        ("RelatedPerson", "patient"),
        ("EpisodeOfCare", "patient"),
        ("Task", "for"),
        ("ImagingStudy", "subject"),
    ] {
        for (owner, is_taken) in [("p1", true), ("p2", false)] {
            let resource = other(kind, member, owner);
            let study = with(study("p1"), "basedOn", json!([reference(&format!("{kind}/o"))]));
            let people = [patient("p1"), patient("p2")];
            let there = [&people[..], std::slice::from_ref(&resource)].concat();
            if kind != "ImagingStudy" {
                uploaded(&people, &[bundle(&[resource, study.clone()], as_it_is)], is_taken);
                uploaded(&there, &[study], is_taken);
            }
        }
    }
    // What belongs to nobody, to another server or to the Bundle is not read.
    let based_on =
        json!([reference("Device/o"), reference("http://h.example/ServiceRequest/9"), reference("ServiceRequest/o")]);
    let sent = bundle(&[order("o", "p1"), with(study("p1"), "basedOn", based_on)], as_it_is);
    let [server, _] = uploaded(&[patient("p1")], &[sent], true);
    let read: Vec<String> =
        server.seen().into_iter().filter(|seen| seen.method == "GET").map(|seen| seen.path).collect();
    assert_eq!(read, [""; 0]);
}

#[test]
fn a_selection_is_of_the_patient_of_its_study() {
    for (owner, code) in [("p1", 0), ("p2", 1)] {
        let selection = json!({"resourceType": "ImagingSelection", "id": "s", "subject": subject(owner),
            "derivedFrom": [reference("ImagingStudy/1.2.1")]});
        let lonely = with(study("p1"), "basedOn", json!([]));
        for documents in
            [vec![bundle(&[lonely.clone(), selection.clone()], as_it_is)], vec![lonely.clone(), selection.clone()]]
        {
            let server = TestServer::new(|_| Act::Serve);
            [patient("p1"), patient("p2")].into_iter().for_each(|one| server.put(one));
            assert_eq!(Session::to(&server).upload(&documents).exit_code(), code, "{owner}");
            assert_eq!(server.store().contains_key("ImagingSelection/s"), code == 0);
        }
    }
}

/// Sends a text as it is; the exit code.
fn sent(server: &TestServer, text: &str) -> u8 {
    let session = Session::to(server).open().unwrap();
    session.text("test", text).unwrap();
    session.counts().exit_code()
}

#[test]
fn neither_escapes_nor_a_second_subject_hide_another_patient() {
    let study = study("p1").to_string();
    let twice = study.replace(r#""subject":{"#, r#""subject":{"reference":"Patient/p2"},"subject":{"#);
    assert_ne!(twice, study);
    for (text, of_p1, of_p2) in [
        (study.clone(), 0, 1),
        (study.replace('/', "\\/"), 0, 1),
        (study.replace("ServiceRequest", "\\u0053erviceRequest"), 0, 1),
        (study.replace("\"reference\"", "\"refer\\u0065nce\""), 0, 1),
        (twice, 1, 1),
    ] {
        for (owner, want) in [("p1", of_p1), ("p2", of_p2)] {
            let server = TestServer::new(|_| Act::Serve);
            [patient("p1"), patient("p2"), order("o", owner)].into_iter().for_each(|one| server.put(one));
            assert_eq!(sent(&server, &text), want, "{owner} {text}");
            assert_eq!(server.store().contains_key("ImagingStudy/1.2.1"), want == 0, "{owner} {text}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_not_referred_to() {
    for (status, code) in [(403, 1), (404, 0), (410, 0)] {
        let server =
            TestServer::new(move |seen| match seen.path.contains("ServiceRequest") || seen.body.contains("GET") {
                true if seen.path.contains("ServiceRequest") => Act::Answer(status, String::new(), String::new()),
                _ => Act::Serve,
            });
        [patient("p1"), order("o", "p1")].into_iter().for_each(|one| server.put(one));
        let counts = Session::to(&server).upload(&[study("p1")]);
        assert_eq!((studies(&counts)[0], counts.exit_code()), (u64::from(code == 0), code), "{status}");
    }
}

#[test]
fn all_that_a_study_refers_to_is_read_at_once() {
    let names: Vec<String> = (0..20).map(|number| format!("o{number}")).collect();
    for (owner_of_last, code) in [("p1", 0), ("p2", 1)] {
        let server = TestServer::new(|_| Act::Serve);
        [patient("p1"), patient("p2")].into_iter().for_each(|one| server.put(one));
        names.iter().for_each(|name| server.put(order(name, if name == "o19" { owner_of_last } else { "p1" })));
        let all = names.iter().map(|name| reference(&format!("ServiceRequest/{name}"))).collect();
        assert_eq!(Session::to(&server).upload(&[with(study("p1"), "basedOn", all)]).exit_code(), code);
        assert!(server.seen().len() <= 4);
    }
}

#[test]
fn what_has_no_subject_refers_to_whom_it_likes() {
    let list = json!({"resourceType": "List", "id": "l", "entry": [{"item": reference("ImagingStudy/1.2.1")}]});
    let report = json!({"resourceType": "DiagnosticReport", "id": "r", "subject": subject("p2"),
        "imagingStudy": [reference("ImagingStudy/1.2.1")]});
    uploaded(&[patient("p1"), patient("p2"), order("o", "p1")], &[bundle(&[report, study("p1")], as_it_is)], false);
    let worn = json!({"resourceType": "Device", "id": "d", "patient": subject("p2")});
    let study =
        with(with(study("p1"), "basedOn", json!([reference("ServiceRequest/o")])), "device", reference("Device/d"));
    let there = [patient("p1"), patient("p2"), order("o", "p1")];
    uploaded(&there, &[bundle(&[list, worn, study], as_it_is)], true);
}

#[test]
fn a_patient_of_the_bundle_owns_what_is_on_the_server_by_its_id_or_by_nothing() {
    let there = [patient("p1"), patient("p2"), with(order("o", ""), "subject", reference("Patient/p1"))];
    for (owner, is_taken) in [("p1", true), ("p2", false)] {
        let study = with(study(""), "subject", reference(&format!("Patient/{owner}")));
        uploaded(&there, &[bundle(&[patient(owner), study], as_it_is)], is_taken);
    }
    // A patient who is created, by two names.
    let (id, mut new) = (LOCAL.trim_start_matches("urn:uuid:"), patient("p3"));
    new.as_object_mut().unwrap().remove("id");
    let order = with(order("new", ""), "subject", reference(LOCAL));
    let study = with(
        with(study(""), "subject", reference(&format!("Patient/{id}"))),
        "basedOn",
        json!([reference("ServiceRequest/new")]),
    );
    let entries = [created(LOCAL, new, Some("identifier=urn:p%7Cp3")), put(order), put(study)];
    uploaded(&there, &[transaction(&entries)], true);
}

#[test]
fn a_server_that_answers_no_more_ends_the_run() {
    let server = TestServer::new(|seen| match seen.path.contains("ServiceRequest") {
        true => Act::CutBefore,
        false => Act::Serve,
    });
    let study = |uid: &str| with(with(study("p1"), "id", uid.into()), "identifier", json!([]));
    let sent = ["1.2.1", "1.2.2", "1.2.3", "1.2.4"].map(study);
    assert!(Session::to(&server).try_upload(&sent).unwrap_err().to_string().contains("does not answer"));
    assert!(server.store().is_empty());
}
