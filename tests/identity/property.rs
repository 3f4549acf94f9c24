//! The invariant over random archives: a few hundred of them, or as many as `IDENTITY_CASES` says; and over the files of
//! the folder `IDENTITY_CORPUS`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dcm2fhir::internals::report::causes;
use dcm2fhir::{Conversion, References, Release};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use crate::archive::{self, ISSUERS, Image, NUMBERS, Number, SETS};
use crate::checker::{check, list, text};

/// How a run writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Refer(References),
    Bundles,
}

pub const WAYS: [Way; 4] = [
    Way::Refer(References::Logical),
    Way::Refer(References::Contained),
    Way::Refer(References::Separate),
    Way::Bundles,
];

/// What came of a run.
#[derive(Debug, PartialEq)]
pub struct Run {
    pub documents: Vec<Value>,
    /// Issues by their codes.
    pub issues: BTreeMap<&'static str, u64>,
    pub exit_code: u8,
}

/// Converts a folder.
pub fn run(folder: &Path, release: &'static Release, way: Way, systems: &[&str]) -> Run {
    let mut conversion = Conversion::new(release).input(folder).threads(1);
    for system in systems {
        conversion = conversion.system(system.parse().unwrap());
    }
    conversion = match way {
        Way::Refer(references) => conversion.references(references),
        Way::Bundles => conversion.bundles(),
    };
    let mut documents = Vec::new();
    let outcome = conversion.run(|document| {
        documents.push(serde_json::from_str(document.json).unwrap());
        Ok(())
    });
    let counts = outcome.unwrap().counts;
    Run { documents, issues: counts.issues_by_code(), exit_code: causes(&counts).exit_code() }
}

/// Gives the same archives each time.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn number() -> impl Strategy<Value = Number> {
    // Few numbers, so that they collide.
    prop_oneof![
        1 => Just(None),
        3 => (0..NUMBERS.len(), 0..ISSUERS.len()).prop_map(Some),
        8 => (0..2_usize, 0..1_usize).prop_map(Some),
    ]
}

fn image() -> impl Strategy<Value = Image> {
    let whose = (0..4_usize, 0..2_usize, 0..SETS.len(), number(), 0..4_usize);
    let what =
        (number(), number(), number(), number(), number(), prop::option::of(0..2_usize), prop::bool::weighted(0.05));
    (whose, what).prop_map(|(whose, what)| {
        let (study, series, set, patient, name) = whose;
        let (accession, placer, admission, specimen, person, step, species) = what;
        Image { study, series, set, patient, name, accession, placer, admission, specimen, person, step, species }
    })
}

/// Most images of a study are of the patient of its first.
fn images() -> impl Strategy<Value = Vec<Image>> {
    (prop::collection::vec(image(), 2..7), prop::bool::weighted(0.8)).prop_map(|(mut images, is_tidy)| {
        for at in 0..images.len() {
            let first = images.iter().position(|image| image.study == images[at].study).unwrap();
            if is_tidy && first != at {
                (images[at].patient, images[at].set) = (images[first].patient, images[first].set);
            }
        }
        images
    })
}

/// A number of an image.
type NumberOf = fn(&Image) -> Number;

/// What several studies share says the same in the files of each.
fn shared_is_the_same(images: &[Image], documents: &[Value], referring: &BTreeMap<String, BTreeSet<String>>) {
    let kinds: [(&str, NumberOf); 3] = [
        ("Patient/", |image| image.patient),
        ("Encounter/", |image| image.admission),
        ("Specimen/", |image| image.specimen),
    ];
    for (kind, number) in kinds {
        for (name, studies) in referring.iter().filter(|(name, _)| name.starts_with(kind)) {
            let said: Vec<BTreeSet<String>> = studies
                .iter()
                .filter_map(|study| study.strip_prefix("ImagingStudy/1.2.")?.parse::<usize>().ok())
                .map(|study| {
                    images
                        .iter()
                        .filter(|image| image.study == study)
                        .filter_map(|image| image.says(number(image)))
                        .collect()
                })
                .collect();
            let common = said.iter().cloned().reduce(|one, other| one.intersection(&other).cloned().collect());
            assert!(
                said.len() < 2 || common.is_some_and(|common| !common.is_empty()),
                "{name}: {said:?} {documents:?}"
            );
        }
    }
}

#[test]
fn no_random_archive_joins_what_belongs_to_two() {
    let cases = std::env::var("IDENTITY_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    let all = ["patient=urn:p", "accession=urn:a", "visit=urn:v", "placer=urn:o", "specimen=urn:s"];
    let mut runner = runner(cases);
    let (shared, contested) = (Cell::new(0), Cell::new(0));
    let strategy = (images(), 0..5_usize, 0..WAYS.len(), prop::sample::subsequence(all.to_vec(), 0..=5));
    let result = runner.run(&strategy, |(images, release, way, systems)| {
        let folder = tempfile::tempdir().unwrap();
        archive::write(folder.path(), &images);
        let Run { documents, issues, .. } = run(folder.path(), Release::ALL[release], WAYS[way], &systems);
        let referring = check(&documents);
        shared_is_the_same(&images, &documents, &referring);
        shared.set(shared.get() + usize::from(referring.values().any(|studies| studies.len() > 1)));
        contested.set(contested.get() + usize::from(issues.contains_key("other-patient")));
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    let (shared, contested) = (shared.get(), contested.get());
    assert!(
        shared > 10 && contested > 10,
        "archives that share: {shared}, with a number of several patients: {contested}"
    );
}

#[test]
fn the_order_of_the_files_and_threads_decide_nothing() {
    let mut runner = runner(20);
    let result = runner.run(&images(), |images| {
        let once = |reversed: bool| {
            let folder = tempfile::tempdir().unwrap();
            archive::write(folder.path(), &images);
            if reversed {
                (0..images.len()).for_each(|at| {
                    let to = format!("x{}", images.len() - at);
                    std::fs::rename(folder.path().join(at.to_string()), folder.path().join(to)).unwrap();
                });
            }
            run(folder.path(), Release::R4, Way::Refer(References::Separate), &["patient=urn:p", "accession=urn:a"])
        };
        prop_assert_eq!(once(false), once(true));
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

/// `.ci/run` gives the corpus; by itself it takes the files of the tests.
#[test]
fn no_real_archive_joins_what_belongs_to_two() {
    let corpus = std::env::var("IDENTITY_CORPUS").unwrap_or_else(|_| "testdata/dicom".to_string());
    let systems = ["patient=urn:p", "accession=urn:a", "visit=urn:v", "placer=urn:o", "filler=urn:f", "specimen=urn:s"];
    for release in Release::ALL {
        for way in WAYS {
            for systems in [&systems[..], &[]] {
                let documents = run(Path::new(&corpus), release, way, systems).documents;
                let kinds: BTreeSet<&str> = documents.iter().map(|document| text(&document["resourceType"])).collect();
                assert!(!kinds.is_empty(), "{corpus} has no study");
                check(&documents);
                assert!(
                    documents
                        .iter()
                        .flat_map(|bundle| list(&bundle["entry"]))
                        .all(|entry| entry["resource"].is_object())
                );
            }
        }
    }
}
