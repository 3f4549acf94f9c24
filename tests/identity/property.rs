//! The invariant over random archives, written in every way: a few hundred of them, or as many as `IDENTITY_CASES`
//! says; and over the files of the folder `IDENTITY_CORPUS`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dcm2fhir::{References, Release};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use crate::archive::{self, ISSUERS, Image, NUMBERS, Number, SETS, Twice};
use crate::checker::{check, list, text};
use crate::ways::{ALL_WAYS, Run, WAYS, Way, run};

/// Gives the same archives each time.
pub fn runner(cases: u32) -> TestRunner {
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

pub fn image() -> impl Strategy<Value = Image> {
    let whose = (0..4_usize, 0..2_usize, 0..SETS.len(), number(), 0..4_usize);
    let what =
        (number(), number(), number(), number(), number(), prop::option::of(0..2_usize), prop::bool::weighted(0.05));
    let all = [Twice::Patient, Twice::Accession, Twice::Admission, Twice::Specimen, Twice::Issuer];
    let twice = prop_oneof![15 => Just(None), 1 => prop::sample::select(all.to_vec()).prop_map(Some)];
    let more = (prop_oneof![4 => Just(None), 1 => number()], 0..5_usize, twice, any::<bool>());
    (whose, what, more).prop_map(|(whose, what, (other, operator, twice, is_one_attribute))| {
        let (study, series, set, patient, name) = whose;
        let (accession, placer, admission, specimen, person, step, species) = what;
        let whose = Image { study, series, set, patient, name, other, operator, ..Image::default() };
        Image { accession, placer, admission, specimen, person, step, species, twice, is_one_attribute, ..whose }
    })
}

/// Most images of a study are of the patient of its first.
pub fn images() -> impl Strategy<Value = Vec<Image>> {
    (prop::collection::vec(image(), 2..7), prop::bool::weighted(0.8)).prop_map(|(mut images, is_tidy)| {
        for at in 0..images.len() {
            let first = images.iter().position(|image| image.study == images[at].study).unwrap();
            if is_tidy && first != at {
                images[at] =
                    Image { patient: images[first].patient, set: images[first].set, other: None, ..images[at].clone() };
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
        ("Patient/", |image| image.patient.filter(|_| !matches!(image.twice, Some(Twice::Patient | Twice::Issuer)))),
        ("Encounter/", |image| image.admission.filter(|_| image.twice != Some(Twice::Admission))),
        ("Specimen/", |image| image.specimen.filter(|_| image.twice != Some(Twice::Specimen))),
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
                        .flat_map(|image| {
                            [number(image), image.other.filter(|_| kind == "Patient/")].map(|one| image.says(one))
                        })
                        .flatten()
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

/// A study whose files have Patient IDs that cannot be one is named.
fn mixed_studies_are_named(images: &[Image], run: &Run) {
    let of = |study: usize| images.iter().filter(move |image| image.study == study);
    let patients = |study: usize| of(study).flat_map(Image::patients).collect::<BTreeSet<String>>().len();
    let mixed = (0..4).filter(|study| patients(*study) > 1).count() as u64;
    let named = run.issues.get("several-patients").copied().unwrap_or_default();
    assert!(named >= mixed && (mixed == 0 || run.exit_code == 1), "{named} of {mixed} are named");
}

/// The numbers of systems that a run may be told, and the issuers.
pub const SYSTEMS: [&str; 8] = [
    "patient=urn:p",
    "accession=urn:a",
    "visit=urn:v",
    "placer=urn:o",
    "specimen=urn:s",
    "issuer:HOSP=urn:h",
    "issuer:LAB=urn:oid:1.2.3",
    "scheme:99B=urn:99b",
];

#[test]
fn no_random_archive_joins_what_belongs_to_two() {
    let cases = std::env::var("IDENTITY_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    let mut runner = runner(cases);
    let (shared, contested) = (Cell::new(0), Cell::new(0));
    let strategy =
        (images(), 0..5_usize, 0..ALL_WAYS.len(), prop::sample::subsequence(SYSTEMS.to_vec(), 0..=SYSTEMS.len()));
    let result = runner.run(&strategy, |(images, release, way, systems)| {
        let folder = tempfile::tempdir().unwrap();
        archive::write(folder.path(), &images);
        let run = run(folder.path(), Release::ALL[release], ALL_WAYS[way], &systems);
        mixed_studies_are_named(&images, &run);
        let Run { documents, issues, .. } = run;
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
