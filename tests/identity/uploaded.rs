//! The invariant over what a server has after uploads, with answers that get lost on the way: of random archives one
//! after the other, of which the later ones have the numbers and the studies of the earlier.

use dcm2fhir::Release;
use proptest::prelude::*;
use serde_json::Value;

use crate::archive;
use crate::checker::{check, text};
use crate::property::{SYSTEMS, images, runner};
use crate::server::{Act, TestServer};
use crate::session::Session;
use crate::store::{Rules, Store};
use crate::ways::{Way, run};

/// Everything that the server has.
fn stored(server: &TestServer) -> Vec<Value> {
    server.store().into_values().map(|(_, resource)| resource).collect()
}

#[test]
fn no_upload_of_random_archives_joins_what_belongs_to_two() {
    let cases = std::env::var("IDENTITY_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    let mut calls = 0_usize;
    let server = TestServer::new(move |_| {
        calls += 1;
        match calls % 11 {
            3 => Act::CutAfter,
            7 => Act::CutBefore,
            _ => Act::Serve,
        }
    });
    let ways = [Way::Bundles, Way::BundlesOf("transaction", true), Way::BundlesOf("batch", false)];
    let uploads = prop::collection::vec((images(), 0..ways.len()), 2..4);
    let strategy = (uploads, prop::sample::subsequence(SYSTEMS.to_vec(), 0..=7), any::<bool>());
    let mut runner = runner((cases / 10).max(30));
    let result = runner.run(&strategy, |(uploads, systems, server_ids)| {
        server.with_store(|store| *store = Store::with(Rules::default()));
        for (images, way) in &uploads {
            let folder = tempfile::tempdir().unwrap();
            archive::write(folder.path(), images);
            let documents = run(folder.path(), Release::R4, ways[*way], &systems).documents;
            let mut session = Session::to(&server);
            session.options.sending.conditional = server_ids;
            let _ = session.upload(&documents);
            check(&stored(&server));
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(stored(&server).iter().any(|resource| text(&resource["resourceType"]) == "ImagingStudy"));
}
