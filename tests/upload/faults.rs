//! Temporary failures are retried, rejected resources are not sent again, and requests with unknown results are not
//! repeated.

use std::time::Duration;

use dcm2fhir::internals::error::Error;
use dcm2fhir::internals::upload::{End, Mode};
use serde_json::json;

use crate::server::{Act, Seen, TestServer};
use crate::session::{Session, bundle, studies};

fn is_write(seen: &Seen) -> bool {
    seen.method != "GET" && !seen.body.contains("\"GET\"")
}

/// A server that misbehaves for the first writes.
fn first_writes(number: usize, act: Act) -> TestServer {
    let mut left = number;
    TestServer::new(move |seen| {
        if is_write(seen) && left > 0 {
            left -= 1;
            return act.clone();
        }
        Act::Serve
    })
}

fn status(code: u16) -> Act {
    Act::Answer(code, String::new(), String::new())
}

#[test]
fn the_server_says_when_to_come_back() {
    for (header, at_least) in [("7", 7), ("Wed, 21 Oct 2015 07:28:00 GMT", 40)] {
        let server = first_writes(2, Act::Answer(429, format!("retry-after: {header}\r\n"), String::new()));
        let session = Session::to(&server);
        assert_eq!(studies(&session.upload(&[bundle(1, &["a"])])), [1, 0, 0, 0], "{header}");
        let sleeps = session.clock.sleeps();
        assert_eq!(sleeps.len(), 2, "{sleeps:?}");
        assert!(sleeps.iter().all(|sleep| *sleep >= Duration::from_secs(at_least)), "{sleeps:?}");
        assert_eq!(server.store()["ImagingStudy/1.2.1"].0, 1);
    }
}

#[test]
fn what_passes_is_tried_again_and_done_once() {
    for act in [status(408), status(500), status(502), status(503), status(504), Act::CutBefore] {
        let server = first_writes(3, act.clone());
        assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [1, 0, 0, 0], "{act:?}");
        assert_eq!(server.seen().iter().filter(|seen| is_write(seen)).count(), 4, "{act:?}");
        assert!(server.store().values().all(|(version, _)| *version == 1), "{act:?}");
    }
}

#[test]
fn a_server_error_that_stays_is_a_rejection_after_a_few_tries() {
    let server = first_writes(4, status(500));
    let counts = Session::to(&server).upload(&[bundle(1, &["a"]), bundle(2, &["a"])]);
    assert_eq!(studies(&counts), [1, 0, 0, 1], "the next study is sent all the same");
    assert_eq!(server.seen().iter().filter(|seen| is_write(seen)).count(), 5);
}

#[test]
fn a_lost_answer_makes_no_second_resource() {
    for act in [Act::CutAfter, Act::CutInside] {
        let server = first_writes(2, act.clone());
        assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [1, 0, 0, 0], "{act:?}");
        assert_eq!(server.store().len(), 3, "{act:?}");
    }
}

#[test]
fn a_slow_drip_is_cut_off_and_tried_again() {
    let server = first_writes(1, Act::Drip);
    let mut session = Session::to(&server);
    session.options.connection.timeout = Duration::from_secs(2);
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
}

#[test]
fn what_would_make_a_second_one_is_not_sent_again() {
    let plain = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": {"resourceType": "ImagingStudy"}, "request": {"method": "POST", "url": "ImagingStudy"}},
        {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}},
    ]});
    let folder = tempfile::tempdir().unwrap();
    for (act, sent) in
        [(Act::CutAfter, 1), (Act::CutBefore, 1), (Act::CutInside, 1), (status(502), 1), (status(503), 1)]
    {
        let server = first_writes(1, act.clone());
        let mut session = Session::to(&server);
        session.options.sending.journal = Some(folder.path().join(format!("{act:?}")));
        for run in 1..=2 {
            let counts = session.upload(std::slice::from_ref(&plain));
            assert_eq!(counts.studies.of(End::Unknown), 1, "{act:?} {run}");
            assert_eq!(counts.exit_code(), 1);
        }
        assert_eq!(server.seen().iter().filter(|seen| is_write(seen)).count(), sent, "{act:?}");
    }
    let server = first_writes(2, status(429));
    assert_eq!(Session::to(&server).upload(&[plain]).studies.of(End::Created), 1);
    assert_eq!(server.store().len(), 2);
}

#[test]
fn what_is_refused_is_kept_with_the_reason_and_can_be_sent_later() {
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects.ndjson");
    let outcome = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid"}]}"#;
    for code in [403, 422] {
        let server = first_writes(1, Act::Answer(code, String::new(), outcome.to_string()));
        let mut session = Session::to(&server);
        session.options.sending.rejects = Some(rejects.clone());
        let counts = session.upload(&[bundle(1, &["a"]), bundle(2, &["b"])]);
        assert_eq!(studies(&counts), [1, 0, 0, 1], "{code}");
        assert_eq!((session.clock.sleeps().len(), counts.exit_code()), (0, 1), "{code}");
        let text = std::fs::read_to_string(&rejects).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0]), (2, outcome), "{code}");
        session.options.sending.rejects = None;
        let again = session.open().unwrap();
        lines.iter().for_each(|line| again.text("rejects", line).unwrap());
        assert_eq!(studies(&again.counts()), [1, 0, 0, 0]);
        assert_eq!(server.store().len(), 6, "{code}");
    }
}

#[test]
fn a_failed_entry_inside_a_200_is_not_missed() {
    let mut failing = true;
    let server = TestServer::new(move |seen| match is_write(seen) && std::mem::take(&mut failing) {
        true => Act::FailEntries("ImagingStudy", 422),
        false => Act::Serve,
    });
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::to(&server);
    session.options.sending.rejects = Some(folder.path().join("rejects"));
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"]), bundle(2, &["a"])])), [1, 0, 0, 1]);
    let text = std::fs::read_to_string(folder.path().join("rejects")).unwrap();
    assert!(text.contains("invariant") && text.contains("1.2.1") && !text.contains("1.2.2\""));
}

#[test]
fn an_entry_that_fails_for_a_moment_inside_a_200_is_tried_again() {
    for (code, times, want) in [
        (500, 2, [1, 0, 0, 0]),
        (503, 3, [1, 0, 0, 0]),
        (504, 1, [1, 0, 0, 0]),
        (429, 1, [1, 0, 0, 0]),
        (500, usize::MAX, [0, 0, 0, 1]),
    ] {
        for (mode, is_atomic) in [(Mode::Batch, true), (Mode::Transaction, false)] {
            let mut left = times;
            let server = TestServer::new(move |seen| match is_write(seen) && seen.body.contains("ImagingStudy") {
                true if left == 0 => Act::Serve,
                true if seen.path.is_empty() => {
                    left -= 1;
                    Act::FailEntries("ImagingStudy", code)
                }
                true => {
                    left -= 1;
                    status(code)
                }
                false => Act::Serve,
            });
            server.with_store(|store| store.rules.is_atomic = is_atomic);
            let mut session = Session::to(&server);
            session.options.sending.send_as = Some(mode);
            let counts = session.upload(&[bundle(1, &["a"])]);
            assert_eq!(studies(&counts), want, "{code} {times} {mode:?}");
            let is_told = counts.refused.iter().any(|why| why.contains(&code.to_string()));
            assert_eq!(is_told, want[3] == 1, "{:?}", counts.refused);
        }
    }
}

#[test]
fn what_would_make_a_second_one_is_not_sent_again_for_an_entry_inside_a_200() {
    for (code, want) in [(429, (End::Created, 2)), (500, (End::Rejected, 1)), (504, (End::Unknown, 1))] {
        let mut failing = true;
        let server =
            TestServer::new(move |seen| match seen.body.contains("Observation") && std::mem::take(&mut failing) {
                true => Act::FailEntries("Observation", code),
                false => Act::Serve,
            });
        let mut document = bundle(1, &["a"]);
        document["entry"].as_array_mut().unwrap().push(json!({"fullUrl": "urn:uuid:1",
            "resource": {"resourceType": "Observation"}, "request": {"method": "POST", "url": "Observation"}}));
        let mut session = Session::to(&server);
        session.options.sending.send_as = Some(Mode::Batch);
        let counts = session.upload(&[document]);
        let posts = server.seen().iter().filter(|seen| seen.body.contains("Observation")).count();
        assert_eq!((counts.companions.of(want.0) > 0, posts), (true, want.1), "{code}");
    }
}

#[test]
fn a_connection_that_is_cut_for_a_large_body_leads_to_smaller_ones() {
    let large = |number: usize, kind: &str, bytes: usize| {
        let mut bundle = bundle(number, &["a"]);
        for entry in bundle["entry"].as_array_mut().unwrap() {
            if entry["resource"]["resourceType"] == kind {
                entry["resource"]["text"] = json!({"status": "additional", "div": "x".repeat(bytes)});
            }
        }
        bundle
    };
    let cutting =
        |limit: usize| TestServer::new(move |seen| if seen.body.len() > limit { Act::CutBefore } else { Act::Serve });
    let server = cutting(100_000);
    let session = Session::to(&server);
    let counts = session.upload(&[large(1, "Device", 99_800), large(2, "Device", 99_800)]);
    assert_eq!((studies(&counts), counts.too_large, counts.exit_code()), ([2, 0, 0, 0], 1, 0));
    let cut = server.seen().iter().filter(|seen| seen.body.len() > 100_000).count();
    assert_eq!(cut, 4, "what the server took in parts is not tried as a whole again");

    let server = cutting(100_000);
    let counts = Session::to(&server).upload(&[large(1, "ImagingStudy", 101_000), bundle(2, &["a"])]);
    assert_eq!((studies(&counts), counts.exit_code()), ([1, 0, 0, 1], 1), "{:?}", counts.refused);

    let server = cutting(1000);
    let counts = Session::to(&server).upload(&[large(1, "Device", 2000)]);
    assert_eq!((studies(&counts), counts.too_large), ([0, 0, 0, 1], 0), "a small body is not cut for its size");
}

#[test]
fn a_conflict_is_looked_at_again_a_few_times() {
    let server = first_writes(2, status(409));
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
    let server = first_writes(usize::MAX, status(409));
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [0, 0, 0, 1]);
    assert_eq!(server.seen().iter().filter(|seen| is_write(seen)).count(), 4);
}

#[test]
fn a_page_is_no_answer() {
    let page = || "<html><h1>Welcome</h1></html>".to_string();
    let server = first_writes(1, Act::Answer(200, String::new(), page()));
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [0, 0, 0, 1]);
    let server = first_writes(2, Act::Answer(502, String::new(), page()));
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
}

/// A server that answers the reads of the first studies otherwise, and how many batches of reads it has seen in the
/// end.
fn batches_of_reads(number: usize, act: &Act) -> usize {
    let (mut left, other) = (number, act.clone());
    let server = TestServer::new(move |seen| match seen.body.contains("\"batch\"") && left > 0 {
        true => {
            left -= 1;
            other.clone()
        }
        false => Act::Serve,
    });
    let documents: Vec<_> = (1..=3).map(|number| bundle(number, &["a"])).collect();
    assert_eq!(studies(&Session::to(&server).upload(&documents)), [3, 0, 0, 0], "{act:?}");
    server.seen().iter().filter(|seen| seen.body.contains("\"batch\"")).count()
}

#[test]
fn a_server_that_takes_no_batch_of_reads_is_asked_for_one_once() {
    for code in [400, 404, 405, 415, 422, 501] {
        assert_eq!(batches_of_reads(usize::MAX, &status(code)), 1, "{code}");
    }
    let page = Act::Answer(200, String::new(), "<html>".to_string());
    assert_eq!(batches_of_reads(usize::MAX, &page), 1, "a page");
    assert_eq!(batches_of_reads(usize::MAX, &Act::FailEntries("Patient?", 400)), 1, "a search in a batch");
}

#[test]
fn a_batch_of_reads_that_fails_for_now_is_asked_for_again() {
    for act in [status(413), Act::FailEntries("Patient?", 500), Act::FailEntries("Device", 429)] {
        assert_eq!(batches_of_reads(1, &act), 3, "{act:?}");
    }
    for act in [status(429), status(500), status(503), status(504), Act::CutBefore, Act::CutInside] {
        assert_eq!(batches_of_reads(1, &act), 4, "{act:?}");
    }
}

#[test]
fn a_server_that_does_not_answer_reads_ends_the_run() {
    let server = TestServer::new(|_| status(503));
    let documents: Vec<_> = (0..50).map(|number| bundle(number, &["a"])).collect();
    let error = Session::to(&server).try_upload(&documents).unwrap_err();
    assert!(matches!(&error, Error::Server { reason, .. } if reason.contains("does not answer")), "{error}");
    assert_eq!(server.seen().len(), 3 * 12);
}

#[test]
fn a_server_that_has_gone_ends_the_run() {
    let server = first_writes(usize::MAX, status(503));
    let session = Session::to(&server);
    let documents: Vec<_> = (0..50).map(|number| bundle(number, &["a"])).collect();
    let error = session.try_upload(&documents).unwrap_err();
    assert!(matches!(&error, Error::Server { reason, .. } if reason.contains("does not answer")), "{error}");
    assert!(server.seen().iter().filter(|seen| is_write(seen)).count() <= 3 * 12);
}
