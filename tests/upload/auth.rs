//! Headers and tokens: what goes to which server, and what is done when it is refused.

use std::sync::{Arc, Mutex};

use dcm2fhir::internals::error::Error;
use dcm2fhir::internals::http::ClientCredentials;
use dcm2fhir::internals::http::Header;
use dcm2fhir::internals::http::{Credentials, Secret};
use serde_json::json;

use crate::server::{Act, Seen, TestServer};
use crate::session::{Session, bundle, studies};

fn answer(status: u16, body: serde_json::Value) -> Act {
    Act::Answer(status, String::new(), body.to_string())
}

/// A token server that numbers its tokens, and a FHIR server that takes only the newest.
struct Pair {
    newest: Arc<Mutex<usize>>,
    tokens: TestServer,
    fhir: TestServer,
    folder: tempfile::TempDir,
}

impl Pair {
    fn new(mut script: impl FnMut(&Seen, usize) -> Act + Send + 'static) -> Pair {
        let newest = Arc::new(Mutex::new(0));
        let (issued, counter) = (Arc::clone(&newest), Arc::clone(&newest));
        let tokens = TestServer::new(move |seen| {
            let mut issued = issued.lock().unwrap();
            *issued += 1;
            script(seen, *issued)
        });
        let endpoint = format!("{}/token", tokens.base);
        let fhir = TestServer::new(move |seen| {
            if seen.path == ".well-known/smart-configuration" {
                return answer(200, json!({"token_endpoint": endpoint}));
            }
            match seen.headers.get("authorization") == Some(&format!("Bearer t{}", newest.lock().unwrap())) {
                true => Act::Serve,
                false => answer(401, json!({})),
            }
        });
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "\u{FEFF}s3:crét\r\n").unwrap();
        Pair { newest: counter, tokens, fhir, folder }
    }

    fn issued(&self) -> usize {
        *self.newest.lock().unwrap()
    }

    fn revoke(&self) {
        *self.newest.lock().unwrap() += 1;
    }

    fn session(&self) -> Session {
        let mut session = Session::to(&self.fhir);
        session.options.credentials = Credentials::OAuth2(ClientCredentials {
            token_url: None,
            client_id: "me".to_string(),
            secret: Secret::File(self.folder.path().join("secret")),
            scope: Some("system/*.cruds".to_string()),
        });
        session
    }
}

fn token(number: usize) -> Act {
    answer(200, json!({"access_token": format!("t{number}"), "token_type": "bearer", "expires_in": 600}))
}

#[test]
fn a_token_comes_from_the_server_that_the_fhir_server_names() {
    let pair = Pair::new(|_, number| token(number));
    assert_eq!(studies(&pair.session().upload(&[bundle(1, &["a"]), bundle(2, &["a"])])), [2, 0, 0, 0]);
    let asked = pair.tokens.seen();
    assert_eq!(asked.len(), 1, "the token is kept");
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "token"));
    assert_eq!(asked[0].headers["content-type"], "application/x-www-form-urlencoded");
    // RFC 6749 2.3.1: both parts are encoded as in a form, and then joined.
    assert_eq!(asked[0].headers["authorization"], "Basic bWU6czMlM0FjciVDMyVBOXQ=");
    assert_eq!(asked[0].body, "grant_type=client_credentials&scope=system%2F*.cruds");
    assert!(pair.fhir.seen().iter().all(|seen| !seen.body.contains("s3")));
}

#[test]
fn a_token_that_expires_or_is_revoked_is_fetched_again() {
    let pair = Pair::new(|_, number| token(number));
    let session = pair.session();
    let server = session.open().unwrap();
    server.text("test", &bundle(1, &["a"]).to_string()).unwrap();
    for (seconds, tokens) in [(560, 1), (20, 2)] {
        session.clock.jump(std::time::Duration::from_secs(seconds));
        server.text("test", &bundle(seconds as usize, &["a"]).to_string()).unwrap();
        assert_eq!(pair.issued(), tokens, "{seconds}");
    }
    // Somebody else gets a token, and ours counts no more.
    pair.revoke();
    server.text("test", &bundle(3, &["a"]).to_string()).unwrap();
    assert_eq!((studies(&server.counts()), pair.issued()), ([4, 0, 0, 0], 4));
}

#[test]
fn a_token_server_that_wants_the_secret_in_the_body_gets_it_there() {
    let pair = Pair::new(|seen, number| match seen.body.contains("client_secret=s3%3Acr%C3%A9t") {
        true => token(number),
        false => answer(401, json!({"error": "invalid_client"})),
    });
    assert_eq!(studies(&pair.session().upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
}

#[test]
fn a_token_server_that_is_busy_is_asked_again() {
    let pair = Pair::new(|_, number| if number <= 3 { answer(503, json!({})) } else { token(number) });
    let session = pair.session();
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
    assert_eq!(session.clock.sleeps().len(), 3);
}

#[test]
fn a_refused_client_ends_the_run_without_its_secret() {
    let pair = Pair::new(|_, _| answer(401, json!({"error": "invalid_client", "error_description": "s3:crét"})));
    match pair.session().open().err() {
        Some(Error::Server { reason, .. }) => {
            assert!(reason.contains("invalid_client") && !reason.contains("s3"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_names_no_token_server_is_told_so() {
    let server = TestServer::new(|_| Act::Answer(404, String::new(), String::new()));
    let mut session = Session::to(&server);
    session.options.credentials = Pair::new(|_, number| token(number)).session().options.credentials;
    let Some(Error::Server { reason, .. }) = session.open().err() else { panic!("it opened") };
    assert!(reason.contains("--oauth-token-url"), "{reason}");
}

#[test]
fn headers_of_the_user_are_on_every_request_to_the_server_and_on_none_to_the_token_server() {
    let pair = Pair::new(|_, number| token(number));
    let mut session = pair.session();
    session.options.connection.headers = vec![Header { name: "X-Tenant".to_string(), value: "north".to_string() }];
    session.upload(&[bundle(1, &["a"])]);
    assert!(pair.fhir.seen().iter().all(|seen| seen.headers["x-tenant"] == "north"));
    assert!(pair.tokens.seen().iter().all(|seen| !seen.headers.contains_key("x-tenant")));
    assert!(!format!("{:?}", session.options).contains("north"));
}

#[test]
fn a_server_that_takes_no_gzip_gets_plain_bodies() {
    for status in [400, 415, 501] {
        let server = TestServer::new(move |seen| match seen.headers.contains_key("content-encoding") {
            true => Act::Answer(status, String::new(), String::new()),
            false => Act::Serve,
        });
        let mut session = Session::to(&server);
        session.options.connection.gzip = true;
        let documents: Vec<_> = (1..=3).map(|number| bundle(number, &["a"])).collect();
        assert_eq!(studies(&session.upload(&documents)), [3, 0, 0, 0], "{status}");
        let compressed = server.seen().iter().filter(|seen| seen.headers.contains_key("content-encoding")).count();
        assert_eq!(compressed, 1, "{status}: it is asked once");
    }
}

#[test]
fn what_is_refused_as_such_stays_refused_and_gzip_stays() {
    let server = TestServer::new(|seen| match seen.body.contains("1.2.1\"") && seen.body.contains("\"PUT\"") {
        true => Act::Answer(422, String::new(), String::new()),
        false => Act::Serve,
    });
    let mut session = Session::to(&server);
    session.options.connection.gzip = true;
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"]), bundle(2, &["a"])])), [1, 0, 0, 1]);
    let bodies: Vec<bool> = server.seen().iter().map(|seen| seen.headers.contains_key("content-encoding")).collect();
    assert!(bodies.iter().all(|compressed| *compressed), "{bodies:?}");
}
