//! Resources and Bundles of other programs: a study that refers to an order of another patient is not sent, wherever
//! the order is.

use serde_json::{Value, json};

use crate::checker::{check, text};
use crate::server::{Act, TestServer};
use crate::session::{Session, studies};

pub fn patient(id: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "identifier": [{"system": "urn:p", "value": id}]})
}

pub fn subject(id: &str) -> Value {
    json!({"reference": format!("Patient/{id}"), "identifier": {"system": "urn:p", "value": id}})
}

pub fn order(id: &str, patient: &str) -> Value {
    json!({"resourceType": "ServiceRequest", "id": id, "status": "active", "intent": "order",
        "identifier": [{"system": "urn:a", "value": "A7"}], "subject": subject(patient)})
}

pub fn study(patient: &str) -> Value {
    json!({"resourceType": "ImagingStudy", "id": "1.2.1", "status": "available",
        "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.1"}],
        "basedOn": [{"reference": "ServiceRequest/o"}], "subject": subject(patient)})
}

/// As `convert` says that nobody knows the patient.
pub fn unknown() -> Value {
    let reason = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
    json!({"extension": [{"url": reason, "valueCode": "unknown"}], "type": "Patient"})
}

pub fn with(mut resource: Value, member: &str, value: Value) -> Value {
    resource[member] = value;
    resource
}

/// A Bundle that puts all to their ids, with these names for what refers to them.
pub fn bundle(resources: &[Value], full_url: fn(&str) -> String) -> Value {
    let entry = |resource: &Value| {
        let place = format!("{}/{}", text(&resource["resourceType"]), text(&resource["id"]));
        json!({"fullUrl": full_url(&place), "resource": resource, "request": {"method": "PUT", "url": place}})
    };
    let entries: Vec<Value> = resources.iter().map(entry).collect();
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

pub fn as_it_is(place: &str) -> String {
    format!("http://other.example/{place}")
}

/// What is on the server, what is sent, and whether the study gets there; and the invariant.
pub fn case(there: &[Value], sent: &[Value], is_taken: bool) {
    for server in uploaded(there, sent, is_taken) {
        check(&server.store().into_values().map(|(_, resource)| resource).collect::<Vec<_>>());
    }
}

/// The same on our ids, and on those that the server gives.
pub fn uploaded(there: &[Value], sent: &[Value], is_taken: bool) -> [TestServer; 2] {
    [false, true].map(|server_ids| {
        let server = TestServer::new(|_| Act::Serve);
        there.iter().for_each(|one| server.put(one.clone()));
        let mut session = Session::to(&server);
        session.options.sending.conditional = server_ids;
        let counts = session.upload(sent);
        let studies = studies(&counts);
        assert_eq!((studies[0], studies[3]), (u64::from(is_taken), u64::from(!is_taken)), "{there:?} {sent:?}");
        assert_eq!(counts.exit_code(), u8::from(!is_taken), "{there:?} {sent:?}");
        assert_eq!(server.store().keys().any(|key| key.starts_with("ImagingStudy/")), is_taken);
        server
    })
}

#[test]
fn a_study_that_refers_to_an_order_of_another_patient_is_not_sent() {
    let (p1, p2, of_1, of_2) = (patient("p1"), patient("p2"), order("o", "p1"), order("o", "p2"));
    for (there, sent, is_taken) in [
        // A resource a line.
        (vec![], vec![&p1, &of_1], true),
        (vec![], vec![&p1, &p2, &of_2], false),
        (vec![&p1, &of_1], vec![], true),
        (vec![&p1, &p2, &of_2], vec![], false),
        (vec![&p2, &of_2], vec![&p1, &of_1], false),
    ] {
        let owned = |all: Vec<&Value>| all.into_iter().cloned().collect::<Vec<Value>>();
        let (there, sent) = (owned(there), owned(sent));
        case(&there, &[sent.clone(), vec![study("p1")]].concat(), is_taken);
        case(&there, &[bundle(&[sent, vec![study("p1")]].concat(), as_it_is)], is_taken);
    }
}

#[test]
fn a_subject_is_compared_however_it_is_told() {
    let server = [patient("p1"), patient("p2")];
    let reference = |to: &str| json!({"reference": to});
    let number = |id: &str| json!({"identifier": {"system": "urn:p", "value": id}});
    for (of_order, of_study, is_taken) in [
        (reference("Patient/p1"), reference("Patient/p1"), true),
        (reference("Patient/p1/_history/2"), reference("Patient/p1"), true),
        (reference("Patient/p2"), reference("Patient/p1"), false),
        (number("p1"), number("p1"), true),
        (number("p2"), number("p1"), false),
        (subject("p1"), number("p1"), true),
        (subject("p2"), number("p1"), false),
        (json!(null), reference("Patient/p1"), true),
        (unknown(), unknown(), true),
        (unknown(), reference("Patient/p1"), true),
        (reference("Patient/p1"), unknown(), false),
        (reference("Patient/p1"), json!(null), false),
        // Nothing shows that they are one.
        (json!({"display": "Jane Doe"}), reference("Patient/p1"), false),
        (json!({"display": "Jane Doe"}), json!({"display": "Jane Doe"}), false),
        (json!({"identifier": {"value": "7"}}), json!({"identifier": {"value": "7"}}), false),
        (reference("Patient/p1"), number("p1"), false),
        (reference("Group/p1"), reference("Patient/p1"), false),
    ] {
        let (order, study) = (with(order("o", ""), "subject", of_order), with(study(""), "subject", of_study));
        uploaded(&[server.to_vec(), vec![order.clone()]].concat(), std::slice::from_ref(&study), is_taken);
        for malformed in [json!([subject("p1")]), json!("Patient/p1")] {
            let order = with(order.clone(), "subject", malformed);
            uploaded(&[server.to_vec(), vec![order]].concat(), std::slice::from_ref(&study), false);
        }
        // What one Bundle says in the same words is one.
        let is_taken = is_taken || order["subject"] == study["subject"];
        uploaded(&server, &[bundle(&[order, study], as_it_is)], is_taken);
    }
}

#[test]
fn what_a_bundle_calls_by_two_names_is_one_patient() {
    let by_url = |place: &str| json!({"reference": as_it_is(place)});
    for (of_order, is_taken) in [("Patient/p1", true), ("Patient/p2", false)] {
        let order = with(order("o", ""), "subject", by_url(of_order));
        let study = with(study("p1"), "basedOn", json!([by_url("ServiceRequest/o")]));
        case(&[], &[bundle(&[patient("p1"), patient("p2"), order, study], as_it_is)], is_taken);
    }
}

#[test]
fn every_resource_of_a_patient_is_looked_at() {
    let other = |kind: &str| json!({"resourceType": kind, "id": "o", "subject": subject("p2")});
    for kind in ["ServiceRequest", "Encounter", "Procedure", "Specimen"] {
        let reference = json!({"reference": format!("{kind}/o")});
        for study in [
            with(study("p1"), "basedOn", json!([reference])),
            with(study("p1"), "basedOn", json!([{"extension": [{"url": "urn:x", "valueReference": reference}]}])),
        ] {
            case(&[patient("p1"), patient("p2"), other(kind)], &[study], false);
        }
    }
}
