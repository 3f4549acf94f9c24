//! Everything at once, from many threads: each study ends once, and none is lost.

use dcm2fhir::internals::upload::End;

use crate::server::{Act, TestServer};
use crate::session::{Session, bundle};

const STUDIES: usize = 60;

/// A server whose every act follows from a seed.
fn moody(seed: u64) -> TestServer {
    let mut state = seed;
    TestServer::new(move |seen| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let status = |code| Act::Answer(code, String::new(), String::new());
        let is_write = seen.body.contains("\"PUT\"");
        match (state >> 33) % 16 {
            0 => Act::CutBefore,
            1 => Act::CutAfter,
            2 => Act::CutInside,
            3 => status(503),
            4 => status(504),
            5 => Act::Answer(429, "retry-after: 3\r\n".to_string(), String::new()),
            6 if is_write => status(409),
            7 if is_write => status(422),
            8 if is_write => Act::FailEntries("ImagingStudy", 422),
            9 if is_write => status(413),
            10 => Act::Answer(502, String::new(), "<html>".to_string()),
            _ => Act::Serve,
        }
    })
}

#[test]
fn every_study_ends_once_whatever_the_server_does() {
    let documents: Vec<_> = (0..STUDIES).map(|number| bundle(number, &["a"])).collect();
    for seed in 1..=6 {
        let server = moody(seed);
        let mut session = Session::to(&server);
        session.jobs = 8;
        let counts = session.upload(&documents);
        let there = counts.studies.of(End::Created) + counts.studies.of(End::Unchanged);
        assert_eq!(there + counts.studies.of(End::Rejected), STUDIES as u64, "{seed}");
        assert_eq!(counts.studies.all(), STUDIES as u64, "{seed}");
        let stored = server.store().keys().filter(|key| key.starts_with("ImagingStudy/")).count() as u64;
        // What was cut off and given up may be there although it counts as rejected; never the other way round.
        assert!(stored >= there, "{seed}: {stored} {there}");
        assert_eq!(server.store().keys().filter(|key| key.starts_with("Patient/")).count(), 3, "{seed}");
    }
}

#[test]
fn no_resource_is_in_two_requests_at_once() {
    let server = TestServer::new(|_| Act::Serve);
    let mut session = Session::to(&server);
    session.jobs = 8;
    let mut documents: Vec<_> = (0..STUDIES).map(|number| bundle(number, &["a"])).collect();
    documents.extend(documents.clone());
    let counts = session.upload(&documents);
    assert_eq!((counts.studies.of(End::Created), counts.studies.of(End::Unchanged)), (60, 60));
    assert_eq!(server.collisions(), Vec::<String>::new());
    assert!(server.store().values().all(|(version, _)| *version == 1));
}
