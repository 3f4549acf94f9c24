//! Random histories instead of cases: `DCM2FHIR_HISTORIES=10000 cargo test --release --test upload histories` plays more.
//! One that fails is shrunk and printed; it is mended, and kept below under a name.

use std::env;

use dcm2fhir::upload::capability::Mode;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::history::{Edit, Event, Fault, How, STUDIES, Stage};
use crate::store::Rules;

/// Histories that are played in every test run.
const HISTORIES: u32 = 200;

fn edit() -> impl Strategy<Value = Edit> {
    (0..8_u8, 0..STUDIES).prop_map(|(what, study)| match what {
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
        1 => any::<bool>().prop_map(|is_done| Fault::Kill { is_done }),
        1 => prop::sample::select(vec!["ImagingStudy", "Patient", "Device"]).prop_map(Fault::Fails),
        3 => edit().prop_map(Fault::Edit),
        3 => Just(Fault::Second),
    ]
}

fn how() -> impl Strategy<Value = How> {
    let mode = prop::sample::select(vec![Mode::Transaction, Mode::Transaction, Mode::Batch, Mode::Put]);
    (mode, prop::bool::weighted(0.25), prop::bool::weighted(0.3), prop::bool::weighted(0.2))
        .prop_map(|(mode, conditional, journal, alone)| How { mode, conditional, journal, alone })
}

fn event() -> impl Strategy<Value = Event> {
    let files = (0..STUDIES, 0..=3_usize, 0..3_usize);
    prop_oneof![
        3 => files.prop_map(|(study, instances, version)| Event::Files { study, instances, version }),
        4 => (how(), vec((0..14_usize, fault()), 0..4)).prop_map(|(how, faults)| Event::Upload { how, faults }),
        2 => edit().prop_map(Event::Edit),
        1 => (0..STUDIES).prop_map(|study| Event::Edit(Edit::OtherId { study })),
        1 => (1..90_u64).prop_map(Event::Pass),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    (any::<bool>(), prop::bool::weighted(0.7)).prop_map(|(caches, has_integrity)| Rules {
        caches,
        has_integrity,
        ..Rules::default()
    })
}

/// Begins with an archive that is on the server.
fn history() -> impl Strategy<Value = (Rules, Vec<Event>)> {
    let how = How { mode: Mode::Transaction, conditional: false, journal: false, alone: false };
    let begin = move |(rules, mut events): (Rules, Vec<Event>)| {
        let files = (0..STUDIES).map(|study| Event::Files { study, instances: study % 3, version: 0 });
        events.splice(0..0, files.chain([Event::Upload { how, faults: Vec::new() }]));
        (rules, events)
    };
    prop_oneof![
        1 => (rules(), vec(event(), 2..10)),
        1 => (rules(), vec(event(), 1..8)).prop_map(begin),
    ]
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

/// Plays what failed once, on a server that minds no references.
fn play(events: Vec<Event>) {
    let mut all = vec![Event::Files { study: 0, instances: 1, version: 0 }];
    all.extend(events);
    Stage::new().play(Rules::default(), &all).unwrap();
}

fn upload(conditional: bool, journal: bool, alone: bool, faults: Vec<(usize, Fault)>) -> Event {
    Event::Upload { how: How { mode: Mode::Transaction, conditional, journal, alone }, faults }
}

#[test]
fn a_study_that_comes_alone_does_not_refer_to_a_patient_that_was_not_taken() {
    play(vec![upload(false, false, true, vec![(0, Fault::Status(400))])]);
}

#[test]
fn a_study_that_comes_alone_refers_to_its_patient_where_the_journal_has_seen_it() {
    play(vec![upload(true, true, false, Vec::new()), upload(false, true, true, Vec::new())]);
}

#[test]
fn a_study_that_was_created_on_the_servers_id_is_not_created_again_on_ours() {
    play(vec![upload(true, false, false, Vec::new()), Event::Pass(1), upload(false, false, false, Vec::new())]);
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
            upload(false, false, false, Vec::new()),
            Event::Files { study: 0, instances: 2, version: 1 },
            upload(false, false, false, vec![(1, Fault::Edit(edit))]),
        ]);
    }
}

#[test]
fn two_uploaders_at_once_make_one_of_each() {
    for conditional in [false, true] {
        for request in 0..2 {
            play(vec![upload(conditional, false, false, vec![(request, Fault::Second)])]);
        }
    }
}
