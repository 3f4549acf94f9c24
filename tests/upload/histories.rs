//! Random histories instead of cases: `DCM2FHIR_HISTORIES=10000 cargo test --release --test upload histories` plays
//! more. One that fails is shrunk and printed; it is mended, and kept below under a name.

use std::env;

use dcm2fhir::internals::upload::Mode;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::history::{At, Edit, Event, Fault, From, How, STUDIES, Stage};
use crate::store::Rules;

/// Histories that are played in every test run.
const HISTORIES: u32 = 200;

fn study() -> impl Strategy<Value = usize> {
    prop::sample::select(STUDIES.to_vec())
}

fn edit() -> impl Strategy<Value = Edit> {
    (0..8_u8, study()).prop_map(|(what, study)| match what {
        0 => Edit::Correct { patient: study % 3 },
        1 => Edit::Note { study },
        2 => Edit::Label { study },
        3 => Edit::Withdraw { study },
        4 => Edit::DeleteStudy { study },
        5 => Edit::DeletePatient { patient: study % 3 },
        6 => Edit::Register { patient: study % 3 },
        _ => Edit::Note { study },
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    let status = prop::sample::select(vec![400_u16, 409, 412, 413, 422, 429, 500, 502, 503, 504]);
    let late = prop::sample::select(vec![500_u16, 502, 503, 504]);
    prop_oneof![
        3 => status.prop_map(Fault::Status),
        2 => late.prop_map(Fault::Late),
        1 => Just(Fault::CutBefore),
        1 => Just(Fault::CutAfter),
        1 => Just(Fault::CutInside),
        1 => Just(Fault::Unsaid),
        1 => any::<bool>().prop_map(|is_done| Fault::Kill { is_done }),
        1 => prop::sample::select(vec!["ImagingStudy", "Patient", "Device"]).prop_map(Fault::Fails),
        4 => edit().prop_map(Fault::Edit),
        3 => Just(Fault::Second),
    ]
}

fn how() -> impl Strategy<Value = How> {
    let mode = prop::sample::select(vec![Mode::Transaction, Mode::Transaction, Mode::Batch, Mode::Put]);
    let from =
        prop_oneof![4 => Just(From::Bundles), 2 => Just(From::Alone), 2 => Just(From::Folder), 2 => Just(From::Index)];
    (mode, prop::bool::weighted(0.25), prop::bool::weighted(0.3), from)
        // An index is the journal of its uploads.
        .prop_map(|(mode, conditional, journal, from)| How {
            mode,
            conditional,
            journal: journal && from != From::Index,
            from,
        })
}

fn at() -> impl Strategy<Value = At> {
    prop_oneof![(0..6_usize).prop_map(At::Request), (0..3_usize).prop_map(At::Write)]
}

/// Most uploads have something new.
fn upload_of_news() -> impl Strategy<Value = Vec<Event>> {
    let instances = prop::sample::select(vec![0_usize, 1, 2, 2, 3, 3, 3]);
    let files = (study(), instances, 0..3_usize);
    let files = files.prop_map(|(study, instances, version)| Event::Files { study, instances, version });
    (vec(files, 0..4), how(), vec((at(), fault()), 0..4)).prop_map(|(mut events, how, faults)| {
        events.push(Event::Upload { how, faults });
        events
    })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = |event| vec![event];
    prop_oneof![
        4 => upload_of_news(),
        2 => edit().prop_map(Event::Edit).prop_map(one),
        1 => study().prop_map(|study| vec![Event::Edit(Edit::OtherId { study })]),
        1 => (1..90_u64).prop_map(Event::Pass).prop_map(one),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    (any::<bool>(), prop::bool::weighted(0.7), prop::bool::weighted(0.3)).prop_map(|(caches, has_integrity, other)| {
        Rules { gives_other_ids: other && !has_integrity, caches, has_integrity, ..Rules::default() }
    })
}

/// Begins with an archive, which mostly is on the server.
fn history() -> impl Strategy<Value = (Rules, Vec<Event>)> {
    (rules(), vec(events(), 1..7), prop::bool::weighted(0.7)).prop_map(|(rules, events, is_there)| {
        let mut all: Vec<Event> =
            STUDIES.into_iter().map(|study| Event::Files { study, instances: 1, version: 0 }).collect();
        all.extend(is_there.then(|| upload(false, false, From::Bundles, Vec::new())));
        all.extend(events.into_iter().flatten());
        (rules, all)
    })
}

#[test]
fn histories_harm_nobody_and_lose_nothing() {
    let cases = env::var("DCM2FHIR_HISTORIES").ok().and_then(|number| number.parse().ok()).unwrap_or(HISTORIES);
    let config = Config { cases, max_shrink_iters: 4_000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let stage = Stage::new();
    let result = runner.run(&history(), |(rules, events)| stage.play(rules, &events).map_err(TestCaseError::fail));
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Plays what failed once, on a server that minds no references and answers searches from a cache.
fn play(events: Vec<Event>) {
    let mut all = vec![Event::Files { study: 0, instances: 1, version: 0 }];
    all.extend(events);
    Stage::new().play(Rules { caches: true, ..Rules::default() }, &all).unwrap();
}

fn upload(conditional: bool, journal: bool, from: From, faults: Vec<(At, Fault)>) -> Event {
    Event::Upload { how: How { mode: Mode::Transaction, conditional, journal, from }, faults }
}

#[test]
fn a_study_that_comes_alone_does_not_refer_to_a_patient_that_was_not_taken() {
    play(vec![upload(false, false, From::Alone, vec![(At::Request(0), Fault::Status(400))])]);
}

#[test]
fn a_study_that_comes_alone_refers_to_its_patient_where_the_journal_has_seen_it() {
    play(vec![upload(true, true, From::Bundles, Vec::new()), upload(false, true, From::Alone, Vec::new())]);
}

#[test]
fn a_study_that_was_created_on_the_servers_id_is_not_created_again_on_ours() {
    play(vec![
        upload(true, false, From::Bundles, Vec::new()),
        Event::Pass(1),
        upload(false, false, From::Bundles, Vec::new()),
    ]);
}

#[test]
fn an_editor_between_a_read_and_a_write_is_not_overwritten() {
    let edits = [
        Edit::Note { study: 0 },
        Edit::Label { study: 0 },
        Edit::Withdraw { study: 0 },
        Edit::DeleteStudy { study: 0 },
    ];
    for edit in edits {
        play(vec![
            upload(false, false, From::Bundles, Vec::new()),
            Event::Files { study: 0, instances: 2, version: 1 },
            upload(false, false, From::Bundles, vec![(At::Write(0), Fault::Edit(edit))]),
        ]);
    }
}

#[test]
fn what_is_created_without_a_word_where_is_looked_for_before_a_study_refers_to_it() {
    for mode in [Mode::Batch, Mode::Put, Mode::Transaction] {
        let how = How { mode, conditional: true, journal: false, from: From::Bundles };
        play(vec![Event::Upload { how, faults: vec![(At::Write(0), Fault::Unsaid)] }]);
    }
}

#[test]
fn two_uploaders_at_once_make_one_of_each() {
    for conditional in [false, true] {
        for request in 0..2 {
            play(vec![upload(conditional, false, From::Bundles, vec![(At::Request(request), Fault::Second)])]);
        }
    }
}
