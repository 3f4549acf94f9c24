//! How it is sent: modes, sizes, compression, credentials, redirects, releases.

use std::fs;

use dcm2fhir::internals::error::Error;
use dcm2fhir::internals::fhir::Release;
use dcm2fhir::internals::http::{Credentials, Secret};
use dcm2fhir::internals::upload::Mode;
use serde_json::json;

use crate::server::{Act, Seen, TestServer, statement};
use crate::session::{Session, bundle, patient_id, studies};

fn writes(server: &TestServer) -> Vec<String> {
    let is_write = |seen: &Seen| seen.method != "GET" && !seen.body.contains("\"GET\"");
    server.seen().iter().filter(|seen| is_write(seen)).map(|seen| format!("{} {}", seen.method, seen.path)).collect()
}

#[test]
fn each_mode_writes_the_same() {
    let mut stores = Vec::new();
    for (mode, want) in [(Mode::Transaction, 1), (Mode::Batch, 2), (Mode::Put, 3)] {
        let server = TestServer::new(|_| Act::Serve);
        let mut session = Session::to(&server);
        session.options.sending.send_as = Some(mode);
        assert_eq!(studies(&session.upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
        assert_eq!(writes(&server).len(), want, "{mode:?}");
        stores.push(server.store());
    }
    assert!(stores.iter().all(|store| *store == stores[0]));
}

#[test]
fn what_is_too_large_goes_resource_by_resource() {
    let by_server = TestServer::new(|seen| match seen.body.contains("\"PUT\"") {
        true => Act::Answer(413, String::new(), String::new()),
        false => Act::Serve,
    });
    assert_eq!(studies(&Session::to(&by_server).upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
    let by_us = TestServer::new(|_| Act::Serve);
    for (bytes, entries) in [(600, 500), (1 << 20, 1)] {
        let mut session = Session::to(&by_us);
        (session.options.sending.max_bytes, session.options.sending.max_entries) = (bytes, entries);
        session.upload(&[bundle(bytes as usize, &["a"])]);
    }
    let patients = [0, 1].map(|number| format!("PUT Patient/{}", patient_id(number)));
    let want = [
        &patients[0],
        "PUT Device/d600",
        "PUT ImagingStudy/1.2.600",
        &patients[1],
        "PUT Device/d1048576",
        "PUT ImagingStudy/1.2.1048576",
    ];
    assert_eq!(writes(&by_us), want);
    let always = TestServer::new(|seen| match seen.method == "GET" || seen.body.contains("\"GET\"") {
        true => Act::Serve,
        false => Act::Answer(413, String::new(), String::new()),
    });
    assert_eq!(studies(&Session::to(&always).upload(&[bundle(1, &["a"])])), [0, 0, 0, 1]);
}

#[test]
fn a_request_says_what_it_is() {
    let server = TestServer::new(|_| Act::Serve);
    let mut session = Session::to(&server);
    session.options.connection.gzip = true;
    session.upload(&[bundle(1, &["a"])]);
    for seen in server.seen() {
        assert_eq!(seen.headers["accept"], "application/fhir+json");
        assert_eq!(seen.headers["content-type"], "application/fhir+json");
        assert_eq!(
            (seen.headers["prefer"].as_str(), seen.headers["content-encoding"].as_str()),
            ("return=minimal", "gzip")
        );
    }
}

#[cfg(unix)]
#[test]
fn a_token_that_expires_is_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let command = format!("echo x >> {0}; echo token$(wc -l < {0} | tr -d ' ')", count.display());
    let server = TestServer::new(|seen| match seen.headers.get("authorization").map(String::as_str) {
        Some("Bearer token2") => Act::Serve,
        _ => Act::Answer(401, String::new(), String::new()),
    });
    let mut session = Session::to(&server);
    session.options.credentials = Credentials::Token(Secret::Command(command));
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"]), bundle(2, &["a"])])), [2, 0, 0, 0]);
    assert_eq!(fs::read_to_string(count).unwrap().lines().count(), 2);
}

#[test]
fn credentials_that_are_refused_end_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, "user:secret").unwrap();
    let server = TestServer::new(|_| Act::Answer(401, String::new(), String::new()));
    let mut session = Session::to(&server);
    session.options.credentials = Credentials::Basic(Secret::File(file));
    let error = session.try_upload(&[bundle(1, &["a"])]).unwrap_err();
    assert!(matches!(&error, Error::Server { reason, .. } if reason.contains("401")), "{error}");
    assert_eq!(server.seen()[0].headers["authorization"], "Basic dXNlcjpzZWNyZXQ=");
}

#[test]
fn a_redirect_stays_with_the_server() {
    let other = TestServer::new(|_| Act::Serve);
    let elsewhere = format!("location: {}/Patient\r\n", other.base);
    let server = TestServer::new(move |seen| match seen.path.as_str() {
        "" => Act::Answer(307, elsewhere.clone(), String::new()),
        _ => Act::Serve,
    });
    assert_eq!(studies(&Session::to(&server).upload(&[bundle(1, &["a"])])), [0, 0, 0, 1]);
    assert!(other.seen().is_empty());
}

#[test]
fn a_redirect_in_a_circle_rejects_its_study_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    for circle_of_writes in [true, false] {
        let server = TestServer::new(move |seen| {
            let is_write = seen.body.contains("\"PUT\"");
            let is_first = seen.body.contains("ImagingStudy/1.2.1\"") || seen.path == "ImagingStudy/1.2.1";
            match is_first && is_write == circle_of_writes {
                true => Act::Answer(307, format!("location: /fhir/{}\r\n", seen.path), String::new()),
                false => Act::Serve,
            }
        });
        let mut session = Session::to(&server);
        session.options.sending.rejects = Some(folder.path().join("rejects"));
        assert_eq!(studies(&session.upload(&[bundle(1, &["a"]), bundle(2, &["a"])])), [1, 0, 0, 1]);
        let text = fs::read_to_string(folder.path().join("rejects")).unwrap();
        assert!(text.contains("redirects in a circle") && !text.contains("1.2.2\""), "{text}");
    }
}

#[test]
fn the_wrong_server_is_told_before_anything_is_read() {
    for (metadata, release, reason) in [
        (statement("3.0.2", json!({})).to_string(), None, "3.0.2"),
        (statement("4.0.1", json!({})).to_string(), Some("r5"), "cannot read r5"),
        ("<html>login</html>".to_string(), None, "something else than FHIR"),
    ] {
        let server = TestServer::with(metadata, |_| Act::Serve);
        let mut session = Session::to(&server);
        session.options.release = release.and_then(Release::parse);
        match session.open() {
            Err(Error::Server { reason: found, .. }) => assert!(found.contains(reason), "{found}"),
            other => panic!("{:?}", other.map(|server| server.release().name)),
        }
    }
    let server = TestServer::with(statement("5.0.0", json!({})).to_string(), |_| Act::Serve);
    assert_eq!(Session::to(&server).open().unwrap().release().name, "r5");
}
