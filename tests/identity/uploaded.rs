//! The invariant over what a server has after uploads, with answers that get lost on the way: of random archives one
//! after the other, of which the later ones have the numbers and the studies of the earlier.

use dcm2fhir::Release;
use proptest::prelude::*;
use serde_json::Value;

use dicom_dictionary_std::tags;

use crate::archive;
use crate::cases::{SEPARATE, converted_files, image};
use crate::checker::{check, text};
use crate::property::{SYSTEMS, images, runner};
use crate::server::{Act, TestServer};
use crate::session::Session;
use crate::store::{Rules, Store};
use crate::twice;
use crate::ways::{Way, run};

/// Everything that the server has.
fn stored(server: &TestServer) -> Vec<Value> {
    server.store().into_values().map(|(_, resource)| resource).collect()
}

#[test]
fn a_patient_id_that_stands_twice_finds_nobody_on_the_server() {
    let server = TestServer::new(|_| Act::Serve);
    let of = |files: &[Vec<u8>]| converted_files(files, Release::R4, Way::Bundles, &["patient=urn:p"]).documents;
    let in_doubt = twice::again(image("2", 1, &[]), tags::PATIENT_ID, "PID2");
    for files in [[image("1", 1, &[]).bytes()], [twice::file(&in_doubt)]] {
        let _ = Session::to(&server).upload(&of(&files));
    }
    let subjects: Vec<Value> = stored(&server)
        .into_iter()
        .filter(|resource| resource["resourceType"] == "ImagingStudy")
        .map(|study| study["subject"]["reference"].clone())
        .collect();
    assert_eq!(subjects.len(), 2);
    assert_ne!(subjects[0], subjects[1]);
    let patients = stored(&server).into_iter().filter(|resource| resource["resourceType"] == "Patient");
    assert_eq!(patients.count(), 2);
}

/// Companions first: the order in which `upload` sends lines.
fn rank(resource: &Value) -> usize {
    let ranks = [&["Encounter", "ServiceRequest", "Specimen", "Procedure"] as &[&str], &["ImagingStudy"]];
    ranks.iter().position(|kinds| kinds.contains(&text(&resource["resourceType"]))).map_or(0, |rank| rank + 1)
}

/// Another program made one of the companions another patient's.
fn give_to_another(documents: &mut [Value], place: prop::sample::Index) {
    let subjects: Vec<Value> =
        documents.iter().filter(|one| rank(one) == 2).map(|study| study["subject"].clone()).collect();
    let mut companions: Vec<&mut Value> = documents.iter_mut().filter(|one| rank(one) == 1).collect();
    if let (false, false) = (subjects.is_empty(), companions.is_empty()) {
        place.get_mut(&mut companions)["subject"] = place.get(&subjects).clone();
    }
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
    let ways = [Way::Bundles, Way::BundlesOf("transaction", true), Way::BundlesOf("batch", false), SEPARATE];
    let uploads =
        prop::collection::vec((images(), 0..ways.len(), prop::option::of(any::<prop::sample::Index>())), 2..4);
    let strategy = (uploads, prop::sample::subsequence(SYSTEMS.to_vec(), 0..=SYSTEMS.len()), any::<bool>());
    let mut runner = runner((cases / 10).max(30));
    let result = runner.run(&strategy, |(uploads, systems, server_ids)| {
        server.with_store(|store| *store = Store::with(Rules::default()));
        for (images, way, of_another) in &uploads {
            let folder = tempfile::tempdir().unwrap();
            archive::write(folder.path(), images);
            let mut documents = run(folder.path(), Release::R4, ways[*way], &systems).documents;
            if ways[*way] == SEPARATE {
                documents.sort_by_key(rank);
                of_another.iter().for_each(|place| give_to_another(&mut documents, *place));
            }
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
