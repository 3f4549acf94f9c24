//! Studies of instances that agree, differ, repeat and stray, added in any order.

use std::sync::atomic::{AtomicUsize, Ordering};

use dicom_dictionary_std::tags;
use proptest::prelude::*;

use super::reader::{Record, Selections, record};
use super::sample::{CT, FILE, REPORT, add, file, instance, of_study, select, studies};
use super::*;
use crate::dicom::value::plain_number;
use crate::issue::Reason;
use crate::mapping::Options;
use crate::mapping::sample::{Sample, code, header, items, text};

/// All that a resolved study says, as text: what is equal here is written alike.
fn said(study: &mut Study) -> String {
    let resolved = study.resolve(&Options::default());
    let mut said = format!("{} {:?} {:?}\n", resolved.uid, resolved.part, resolved.issues);
    for series in &resolved.series {
        said += &format!("{} {:?} {:?} {:?}\n", series.uid, series.part, series.issues, series.conflicts);
        series.instances.visit(&mut |instance| {
            said += &format!("{instance:?}\n");
            true
        });
    }
    said
}

pub fn all_said(mut studies: Vec<Study>) -> String {
    let places = format!("{:?}", several_places(&studies));
    studies.iter_mut().map(said).collect::<String>() + &places
}

fn described(series: &str, uid: &str, class: &str, description: &str) -> Vec<Sample> {
    instance(series, uid, class, &[text(tags::STUDY_DESCRIPTION, description)])
}

#[test]
fn images_decide_before_other_objects_and_then_the_smaller_uid() {
    for (instances, want) in [
        (vec![("1.9", CT, "a"), ("1.1", REPORT, "b")], "a"),
        (vec![("1.10", CT, "a"), ("1.9", CT, "b")], "a"),
        (vec![("1.9", CT, ""), ("1.1", REPORT, "b")], "b"),
    ] {
        let all: Vec<_> = instances.iter().map(|(uid, class, text)| described("1.2.1", uid, class, text)).collect();
        for order in [all.clone(), all.into_iter().rev().collect()] {
            let mut found = studies(&order);
            assert_eq!(found[0].resolve(&Options::default()).part.description.as_deref(), Some(want), "{instances:?}");
        }
    }
}

#[test]
fn a_row_that_differs_is_reported_once_and_other_rows_are_not() {
    let all =
        [described("1.2.1", "1.1", CT, "a"), described("1.2.1", "1.2", CT, "b"), described("1.2.1", "1.3", CT, "c")];
    let mut found = studies(&all);
    let resolved = found[0].resolve(&Options::default());
    let issues: Vec<_> = resolved.issues.iter().map(|found| (found.issue.element, found.issue.reason)).collect();
    assert_eq!(issues, [("description", Reason::Differs)]);
    assert!(resolved.series[0].issues.is_empty());
}

#[test]
fn lists_join_over_instances_and_series_without_differing() {
    let step = |value: &str| [items(tags::PROCEDURE_CODE_SEQUENCE, [code(value, "LN", value)])];
    let all = [
        instance("1.2.1", "1.1", CT, &step("b")),
        instance("1.2.1", "1.2", CT, &step("a")),
        instance("1.2.2", "1.3", CT, &step("a")),
    ];
    let mut found = studies(&all);
    let resolved = found[0].resolve(&Options::default());
    let codes = |at: usize| -> Vec<&str> {
        resolved.series[at].part.procedure.iter().map(|done| &*done.concept.coding[0].code).collect()
    };
    assert_eq!((codes(0), codes(1)), (vec!["a", "b"], vec!["a"]));
    assert!(resolved.series.iter().all(|series| series.issues.is_empty()));
}

#[test]
fn several_patients_are_told_but_not_one_whose_issuer_only_some_files_name() {
    let patient = |uid: &str, id: &str, issuer: &str| {
        instance("1.2.1", uid, CT, &[text(tags::PATIENT_ID, id), text(tags::ISSUER_OF_PATIENT_ID, issuer)])
    };
    for (ids, want) in [
        (vec![("1", ""), ("1", "")], false),
        (vec![("1", ""), ("2", "")], true),
        (vec![("1", ""), ("", "")], false),
        (vec![("1", ""), ("1", "HOSP")], false),
        (vec![("1", "LAB"), ("1", "HOSP")], true),
        (vec![("1", ""), ("1", "LAB"), ("1", "HOSP")], true),
    ] {
        let all: Vec<_> = (1..).zip(&ids).map(|(n, (id, issuer))| patient(&format!("1.{n}"), id, issuer)).collect();
        let mut found = studies(&all);
        let resolved = found[0].resolve(&Options::default());
        let told = resolved.issues.iter().any(|found| found.issue.reason == Reason::SeveralPatients);
        assert_eq!((resolved.mixes_patients, told), (want, want), "{ids:?}");
    }
}

#[test]
fn an_instance_that_is_found_again_counts_once_and_with_other_content_is_told() {
    let one = || instance("1.2.1", "1.1", CT, &[text(tags::INSTANCE_NUMBER, "1")]);
    let other = || instance("1.2.1", "1.1", CT, &[text(tags::INSTANCE_NUMBER, "2")]);
    let image = || instance("1.2.1", "1.1", CT, &[]);
    let report = || instance("1.2.1", "1.1", REPORT, &[]);
    for (all, conflicts) in [
        (vec![one(), one()], 0),
        (vec![one(), other()], 1),
        (vec![one(), other(), one()], 1),
        (vec![report(), image()], 1),
    ] {
        let mut found = studies(&all);
        let resolved = found[0].resolve(&Options::default());
        assert_eq!((resolved.series[0].number_of_instances, resolved.series[0].conflicts.len()), (1, conflicts));
    }
    let mut found = studies(&[report(), image()]);
    let resolved = found[0].resolve(&Options::default());
    resolved.series[0].instances.visit(&mut |instance| {
        assert_eq!(instance.sop_class, crate::fhir::SopClass::Urn(&format!("urn:oid:{CT}")), "the image stays");
        true
    });
}

#[test]
fn an_instance_in_two_series_or_studies_is_kept_in_both_and_told() {
    let all = [
        instance("1.2.1", "1.1", CT, &[]),
        instance("1.2.2", "1.1", CT, &[]),
        of_study("1.3", instance("1.3.1", "1.1", CT, &[])),
        instance("1.2.1", "1.5", CT, &[]),
    ];
    let mut found = studies(&all);
    let told = several_places(&found);
    let place = |study: &str, series: &str| (study.to_string(), series.to_string());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].sop_instance_uid, "1.1");
    assert_eq!(told[0].places, [place("1.2", "1.2.1"), place("1.2", "1.2.2"), place("1.3", "1.3.1")]);
    let counts = |study: &mut Study| -> Vec<u32> {
        study.resolve(&Options::default()).series.iter().map(|series| series.number_of_instances).collect()
    };
    assert_eq!(found.iter_mut().map(counts).collect::<Vec<_>>(), [vec![2, 1], vec![1]]);
}

#[test]
fn an_instance_in_exactly_two_series_is_told() {
    let all = [instance("1.2.1", "1.1", CT, &[]), instance("1.2.2", "1.1", CT, &[]), instance("1.2.2", "1.2", CT, &[])];
    let told = several_places(&studies(&all));
    assert_eq!(told.iter().map(|told| (&*told.sop_instance_uid, told.places.len())).collect::<Vec<_>>(), [("1.1", 2)]);
    let twice = [instance("1.2.1", "1.1", CT, &[]), instance("1.2.1", "1.1", CT, &[])];
    assert_eq!(several_places(&studies(&twice)), [], "two files of one series");
}

#[test]
fn series_come_by_number_then_uid_and_those_without_a_number_last() {
    let series = |uid: &str, number: &str| instance(uid, &format!("{uid}.1"), CT, &[text(tags::SERIES_NUMBER, number)]);
    let mut found = studies(&[series("1.4", ""), series("1.3", "10"), series("1.5", "2"), series("1.1", "10")]);
    let resolved = found[0].resolve(&Options::default());
    assert_eq!(resolved.series.iter().map(|series| series.uid).collect::<Vec<_>>(), ["1.5", "1.1", "1.3", "1.4"]);
}

/// One of few values for each attribute, so that instances agree, differ and repeat often.
pub fn any_instance() -> impl Strategy<Value = Vec<Sample>> {
    let uids = ("1\\.[2-3]", "1\\.[2-3]\\.[1-2]", "1\\.[1-9]", prop_oneof![Just(CT), Just(REPORT)]);
    (uids, "[ab]?", "[0-2]?", "[123]?", "[LRU]?", "[AB]?", "(2024022[89]|x)?", "[a-d]").prop_map(
        |((study, series, uid, class), description, number, patient, side, physician, date, file)| {
            let more = [
                text(FILE, file),
                text(tags::STUDY_DATE, date.as_str()),
                text(tags::SERIES_DATE, date),
                text(tags::STUDY_DESCRIPTION, description),
                text(tags::PERFORMING_PHYSICIAN_NAME, physician),
                text(tags::PATIENT_ID, patient),
                text(tags::SERIES_NUMBER, number.as_str()),
                text(tags::INSTANCE_NUMBER, number),
                text(tags::LATERALITY, side),
            ];
            of_study(&study, instance(&series, &uid, class, &more))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_comes_out_does_not_depend_on_order_or_threads(
        (all, shuffled) in prop::collection::vec(any_instance(), 1..60)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        threads in 1..5usize,
    ) {
        let want = all_said(studies(&all));
        prop_assert_eq!(&all_said(studies(&shuffled)), &want);
        prop_assert_eq!(&all_said(on_threads(&shuffled, threads)), &want);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_stored_comes_to_the_same_as_what_is_read(all in prop::collection::vec(any_instance(), 1..60)) {
        let (stored, options) = (Studies::default(), Options::default());
        all.iter().for_each(|instance| add_stored(&stored, instance, &options));
        prop_assert_eq!(all_said(stored.finish()), all_said(studies(&all)));
    }
}

/// Adds an instance as it comes out of a store.
fn add_stored(studies: &Studies, instance: &[Sample], options: &Options) {
    let (header, name) = (header(instance), Name::file(file(instance)));
    let again = |level| StoredValues::from_bytes(StoredValues::of(&header, level).as_bytes()).unwrap();
    let (study, series, kind) = (again(Levels::STUDY), again(Levels::SERIES), again(Levels::KIND));
    let notes = FileNotes::from_bytes(&FileNotes::of(&header).to_bytes()).unwrap();
    let number = plain_number(header.root().bytes(tags::INSTANCE_NUMBER).unwrap_or_default());
    let Record { mut record, .. } = record(&header, number, &name).unwrap();
    record.values = Values::Stored { study: &study, series: &series };
    let stored = StoredInstance { record, notes: &notes, kind: &kind, selection: None };
    studies.add_stored(&stored, Selections::All, options, |_| ());
}

/// The studies of instances that several threads add at once.
fn on_threads(all: &[Vec<Sample>], threads: usize) -> Vec<Study> {
    let (studies, next) = (Studies::default(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(instance) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    add(&studies, instance);
                }
            });
        }
    });
    studies.finish()
}

#[test]
fn a_manifest_lists_no_manifest_unless_there_is_nothing_else() {
    const SELECTION: &str = "1.2.840.10008.5.1.4.1.1.88.59";
    let titled = |uid: &str, value: &str, scheme: &str| {
        let title = items(tags::CONCEPT_NAME_CODE_SEQUENCE, [code(value, scheme, "")]);
        instance("1.2.2", uid, SELECTION, &[title])
    };
    let image = instance("1.2.1", "1.1", CT, &[]);
    for (documents, has_image, want) in [
        (vec![titled("1.5", "113030", "DCM"), titled("1.6", "131560", "DCM")], true, vec!["1.1"]),
        (vec![titled("1.5", "MADOTEMP001", "99IHE")], true, vec!["1.1"]),
        (vec![titled("1.5", "113000", "DCM"), titled("1.6", "113031", "DCM")], true, vec!["1.1", "1.5"]),
        (vec![titled("1.5", "113030", "99X")], true, vec!["1.1", "1.5"]),
        (vec![titled("1.5", "113030", "DCM")], false, vec!["1.5"]),
    ] {
        let studies = Studies::default();
        documents.iter().chain(has_image.then_some(&image)).for_each(|one| add(&studies, one));
        documents.iter().for_each(|one| select(&studies, one));
        let mut found = studies.finish();
        leave_out_manifests(&mut found);
        let (resolved, mut uids) = (found[0].resolve(&Options::default()), Vec::new());
        resolved.series.iter().for_each(|series| {
            series.instances.visit(&mut |instance| {
                uids.push(instance.uid.to_string());
                true
            });
        });
        assert_eq!((uids == want, resolved.is_manifest), (true, !has_image), "{documents:?} {uids:?}");
    }
}

#[test]
fn a_difference_names_the_attribute_that_differs_and_not_the_rows_first() {
    let named = |tag, value: &str| text(tag, value);
    let (id, issuer, born) = (tags::PATIENT_ID, tags::ISSUER_OF_PATIENT_ID, tags::PATIENT_BIRTH_DATE);
    let phantom = tags::QUALITY_CONTROL_SUBJECT;
    for (first, second, reason, tag) in [
        (vec![named(id, "1")], vec![named(id, "2")], Reason::SeveralPatients, id),
        (
            vec![named(id, "1"), named(issuer, "A")],
            vec![named(id, "1"), named(issuer, "B")],
            Reason::SeveralPatients,
            issuer,
        ),
        (vec![named(id, "1")], vec![named(id, "1"), named(phantom, "YES")], Reason::SeveralPatients, phantom),
        (vec![named(id, "1")], vec![named(id, "2"), named(phantom, "YES")], Reason::SeveralPatients, id),
        (
            vec![named(id, "1"), named(born, "19700101")],
            vec![named(id, "1"), named(born, "19700102")],
            Reason::Differs,
            born,
        ),
        (
            vec![named(tags::PATIENT_NAME, "Doe"), named(id, "1")],
            vec![named(tags::PATIENT_NAME, "Doe")],
            Reason::Differs,
            id,
        ),
    ] {
        let all = [instance("1.2.1", "1.1", CT, &first), instance("1.2.1", "1.2", CT, &second)];
        let mut found = studies(&all);
        let resolved = found[0].resolve(&Options::default());
        let issue = resolved.issues.iter().find(|found| found.issue.reason == reason).unwrap();
        assert_eq!(issue.issue.tags, [tag], "{first:?} {second:?}");
    }
}

#[test]
fn a_part_has_no_room_only_behind_as_many_as_are_kept() {
    let mut parts = Parts::default();
    let stored = || StoredValues::of(&Header::default(), Levels::STUDY);
    for part in 0..16 {
        assert!(!parts.overflows(part), "{part}");
        let key = Key { is_other: false, sop_instance_uid: "1.2", fingerprint: part };
        parts.merge(part, key, &Name::file("x"), stored);
        assert!(!parts.overflows(part), "{part} is there");
    }
    assert!(parts.overflows(16) && !parts.overflows(15));
}
