//! The first request waits for a server that starts, as long as the deadline says, and understands what it finds.

use std::time::Duration;

use serde_json::json;

use crate::server::{Act, TestServer, statement};
use crate::session::{Session, bundle, studies};

#[test]
fn a_server_that_is_starting_is_waited_for() {
    let server = TestServer::new(|_| Act::Serve);
    server.unready(15);
    let session = Session::to(&server);
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
    assert_eq!(session.clock.sleeps().len(), 15, "more than one request is tried later");
}

#[test]
fn the_deadline_ends_the_waiting() {
    let server = TestServer::new(|_| Act::Serve);
    server.unready(usize::MAX);
    for seconds in [0, 60, 900, 3600] {
        let mut session = Session::to(&server);
        session.options.policy.deadline = Duration::from_secs(seconds);
        let reason = session.refusal();
        assert!(reason.contains("status 503"), "{reason}");
        let waited: Duration = session.clock.sleeps().iter().sum();
        let least = Duration::from_secs(seconds).saturating_sub(session.options.policy.longest_pause);
        assert!((least..=Duration::from_secs(seconds + 60)).contains(&waited), "{seconds} {waited:?}");
    }
}

#[test]
fn nobody_who_listens_is_waited_for_too() {
    let server = TestServer::new(|_| Act::Serve);
    let mut session = Session::to(&server);
    session.options.connection.base = "http://127.0.0.1:1/fhir".to_string();
    let reason = session.refusal();
    assert!(reason.contains("after"), "{reason}");
    assert!(session.clock.sleeps().iter().sum::<Duration>() > Duration::from_secs(700));
}

#[test]
fn a_release_that_is_not_written_is_answered_with_advice() {
    for (version, advice) in [
        ("3.0.2", "r4, r4b, r5"),
        ("4.1.0", "--fhir r4b"),
        ("4.3.0-cibuild", "--fhir r4b"),
        ("4.6.0", "--fhir r5"),
        ("4.5.0", "--fhir r5"),
        ("5.0.0-ballot", "--fhir r5"),
        ("5.0.0-snapshot3", "--fhir r5"),
        ("5.0.0-draft-final", "--fhir r5"),
        ("6.0.0-ballot1", "--fhir r6-ballot2"),
        ("6.0.0-ballot3", "--fhir r6-ballot2"),
        ("6.0.0-ballot4", "r6-ballot5"),
        ("6.0.0-snapshot1", "r6-ballot5"),
        ("6.0.0-cibuild", "r6-ballot5"),
        ("6.0.0", "r6-ballot5"),
        ("six", "r4, r4b, r5"),
    ] {
        let server = TestServer::with(statement(version, json!({})).to_string(), |_| Act::Serve);
        let reason = Session::to(&server).refusal();
        assert!(reason.contains(version) && reason.contains(advice), "{version}: {reason}");
    }
}
