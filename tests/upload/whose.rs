//! Whose the server's resources are: nothing refers to another patient's, and who contradicts ours is named.

use serde_json::{Value, json};

use crate::server::{Act, TestServer};
use crate::session::{Session, bundle, patient_id, studies};

fn calm() -> TestServer {
    TestServer::new(|_| Act::Serve)
}

/// A study with an order, which is created unless the search finds one.
fn ordered(number: usize) -> Value {
    let mut bundle = bundle(number, &["a"]);
    let subject = json!({"reference": format!("urn:uuid:{}", patient_id(number % 3))});
    let order = json!({"resourceType": "ServiceRequest", "status": "unknown", "intent": "order", "subject": subject,
        "identifier": [{"system": "urn:a", "value": "ACC7"}]});
    let full_url = format!("urn:uuid:{}", patient_id(2000 + number % 3));
    let request = json!({"method": "POST", "url": "ServiceRequest", "ifNoneExist": "identifier=urn:a%7CACC7"});
    let entries = bundle["entry"].as_array_mut().unwrap();
    for entry in entries.iter_mut().filter(|entry| entry["resource"]["resourceType"] == "ImagingStudy") {
        entry["resource"]["basedOn"] = json!([{"reference": full_url}]);
    }
    entries.insert(1, json!({"fullUrl": full_url, "resource": order, "request": request}));
    bundle
}

#[test]
fn an_order_of_another_patient_is_not_referred_to() {
    for server_ids in [false, true] {
        for order in [vec![ordered(1), ordered(2)], vec![ordered(1), ordered(4), ordered(2), ordered(5)]] {
            let server = calm();
            let mut session = Session::to(&server);
            session.options.sending.conditional = server_ids;
            let counts = session.upload(&order);
            let of_first = order.len() as u64 / 2;
            assert_eq!((studies(&counts), counts.exit_code()), ([of_first, 0, 0, of_first], 1));
            let again = Session::to(&server).upload(&[ordered(2)]);
            assert_eq!((studies(&again), again.exit_code()), ([0, 0, 0, 1], 1), "nor in another run");
        }
    }
}

#[test]
fn the_order_of_the_same_patient_is_referred_to() {
    let server = calm();
    let counts = Session::to(&server).upload(&[ordered(1), ordered(4)]);
    assert_eq!((studies(&counts), counts.exit_code()), ([2, 0, 0, 0], 0));
    let orders = server.store().keys().filter(|key| key.starts_with("ServiceRequest/")).count();
    assert_eq!(orders, 1);
    let later = Session::to(&server).upload(&[ordered(7)]);
    assert_eq!((studies(&later), later.exit_code()), ([1, 0, 0, 0], 0));
}

#[test]
fn a_patient_of_whom_the_server_says_otherwise_is_named() {
    let server = calm();
    server.put(json!({"resourceType": "Patient", "id": "mpi-7", "gender": "female", "birthDate": "1970-01-02",
        "identifier": [{"system": "urn:test", "value": "1"}]}));
    let mut ours = bundle(1, &["a"]);
    ours["entry"][0]["resource"]["gender"] = "male".into();
    ours["entry"][0]["resource"]["birthDate"] = "1970-01-02".into();
    let counts = Session::to(&server).upload(&[ours]);
    assert_eq!((studies(&counts), counts.contradicting_patients), ([1, 0, 0, 0], 1));
}

#[test]
fn a_patient_of_whom_two_bundles_of_a_run_say_different_things_is_named() {
    for (sexes, contradicting) in [(["male", "female"], 1), (["male", "male"], 0)] {
        let server = calm();
        let of = |number: usize, sex: &str| {
            let mut bundle = bundle(number, &["a"]);
            bundle["entry"][0]["resource"]["gender"] = sex.into();
            bundle
        };
        let counts = Session::to(&server).upload(&[of(1, sexes[0]), of(4, sexes[1])]);
        assert_eq!((studies(&counts), counts.contradicting_patients), ([2, 0, 0, 0], contradicting), "{sexes:?}");
    }
}
