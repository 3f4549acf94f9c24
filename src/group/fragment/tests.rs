//! However the lines of a scan are cut, doubled and shuffled, they give the same studies and issues as the files.

use std::collections::{BTreeMap, BTreeSet};

use dicom_dictionary_std::tags;
use proptest::prelude::*;

use super::line::Instance;
use super::*;
use crate::dicom::value::plain_number;
use crate::dicom::{Levels, StoredValues};
use crate::group::reader::{Record, Selections, record};
use crate::group::sample::{CT, file, instance, of_study};
use crate::group::tests::{all_said, any_instance};
use crate::group::{FileNotes, StoredInstance, Studies, Study, Values, apply_rejections};
use crate::issue::Issue;
use crate::mapping::sample::{Sample, code, header, issuer, items, text};
use crate::mapping::{self, NUMBER, Options, Rejected};

const KOS: &str = "1.2.840.10008.5.1.4.1.1.88.59";
const WANTED: u64 = 7;
/// What lines may have.
const ACCEPTED: [u64; 2] = [WANTED, 8];

/// The issues of files.
type Issues = BTreeSet<String>;

fn said(name: &Name, issue: &Issue) -> String {
    format!("{name}: {issue:?}")
}

/// The first line that two texts do not share.
fn first_difference(found: String, want: String) -> Option<(String, String)> {
    let lines = found.lines().map(str::to_string).zip(want.lines().map(str::to_string));
    let first = lines.into_iter().find(|(found, want)| found != want);
    first.or_else(|| (found.len() != want.len()).then_some((found, want)))
}

/// The studies of the files, and the issues of these.
fn converted(all: &[Vec<Sample>], options: &Options) -> (Vec<Study>, Issues) {
    let (studies, mut issues) = (Studies::default(), Issues::new());
    for instance in all {
        let (header, name) = (header(instance), Name::file(file(instance)));
        let stored = |level| StoredValues::of(&header, level);
        let (kind, notes) = (stored(Levels::KIND), FileNotes::of(&header));
        let number = plain_number(header.root().bytes(tags::INSTANCE_NUMBER).unwrap_or_default());
        let Record { mut record, is_selection } = record(&header, number, &name).unwrap();
        let (study, series, selection) = (stored(Levels::STUDY), stored(Levels::SERIES), stored(Levels::SELECTION));
        record.values = Values::Stored { study: &study, series: &series };
        let selection = is_selection.then_some(&selection);
        let stored = StoredInstance { record, notes: &notes, kind: &kind, selection };
        studies.add_stored(&stored, Selections::Rejections, options, |issue| {
            issues.insert(said(&name, &issue));
        });
    }
    (studies.finish(), issues)
}

/// The lines of a scan of some files.
fn scanned(all: &[Vec<Sample>], max_instances: usize, max_bytes: usize) -> Vec<String> {
    let (studies, kept, options) = (Studies::keeping_files(), Kept::default(), Options::default());
    for instance in all {
        let (header, name) = (header(instance), Name::file(file(instance)));
        let number = mapping::map(NUMBER, header.root(), &options).part.number;
        let record = record(&header, number, &name).unwrap();
        studies.merge(&record.record, Some(crate::group::NewKind::default())).unwrap();
        kept.read(&name, &header, &record);
    }
    let cutter = Cutter { max_instances, max_bytes, ..Cutter::new(WANTED, 1) };
    let mut lines = Vec::new();
    let result: Result<(), ()> = kept.finish(studies).lines(
        &cutter,
        |_| true,
        |line| {
            lines.push(line.to_string());
            Ok(())
        },
    );
    result.unwrap();
    lines
}

/// The studies of lines in any order, and the issues of their files.
fn assembled(lines: &[String], options: &Options) -> (Vec<(Study, Rejected)>, Issues) {
    let (mut builders, mut issues) = (BTreeMap::new(), Issues::new());
    for line in lines {
        let (key, json) = line.split_once('\t').unwrap();
        let uid = study_uid(key).unwrap();
        let builder =
            builders.entry(uid.clone()).or_insert_with(|| Builder::new(&uid, options, Selections::Rejections));
        if !builder.has(json.as_bytes()) {
            let unit = parse::<Instance<'_>>(json.as_bytes(), ACCEPTED).unwrap();
            builder
                .add(unit, |name, issue| {
                    issues.insert(said(name, &issue));
                })
                .unwrap();
        }
    }
    let built = builders.into_values().filter_map(Builder::finish);
    (built.map(|built| (built.study, built.rejected)).collect(), issues)
}

/// An instance with numbers and titles that are wrong in many ways.
fn any_odd_instance() -> impl Strategy<Value = Vec<Sample>> {
    let odd =
        (any_instance(), "(|1|\\+1|x|-3|1\\.0|é)", "(|A\\\\B|É|é\u{7}|C)", prop_oneof![Just("ISO_IR 192"), Just("")]);
    odd.prop_map(|(mut instance, number, title, set)| {
        instance.retain(|(tag, _)| *tag != tags::INSTANCE_NUMBER);
        instance.push(text(tags::INSTANCE_NUMBER, number));
        instance.push(text(tags::IMAGE_TYPE, title));
        instance.push(text(tags::SPECIFIC_CHARACTER_SET, set));
        instance.sort_by_key(|(tag, _)| *tag);
        instance
    })
}

/// A rejection note, or another Key Object Selection.
fn any_selection() -> impl Strategy<Value = Vec<Sample>> {
    let title = prop_oneof![Just("113001"), Just("113000"), Just("113037")];
    let reference = ("1\\.[2-4]", "1\\.[2-3]\\.[1-2]", "1\\.[1-9]");
    let note = ("1\\.[2-3]", "1\\.[2-3]\\.[1-3]", "1\\.[1-9]", "[a-d]");
    (note, title, prop::collection::vec(reference, 0..4)).prop_map(|((study, series, uid, name), title, references)| {
        let evidence = references.iter().map(|(study, series, uid)| {
            let sop = items(tags::REFERENCED_SOP_SEQUENCE, [vec![text(tags::REFERENCED_SOP_INSTANCE_UID, uid)]]);
            let series = vec![text(tags::SERIES_INSTANCE_UID, series), sop];
            vec![text(tags::STUDY_INSTANCE_UID, study), items(tags::REFERENCED_SERIES_SEQUENCE, [series])]
        });
        let more = [
            text(crate::group::sample::FILE, name),
            items(tags::CONCEPT_NAME_CODE_SEQUENCE, [code(title, "DCM", "title")]),
            (
                tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE,
                crate::mapping::sample::Value::Items(evidence.collect()),
            ),
        ];
        of_study(&study, instance(&series, &uid, KOS, &more))
    })
}

fn any_file() -> impl Strategy<Value = Vec<Sample>> {
    prop_oneof![6 => any_odd_instance(), 1 => any_selection()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn lines_that_are_cut_doubled_and_shuffled_come_to_the_same_as_the_files(
        (all, places) in prop::collection::vec(any_file(), 1..60)
            .prop_flat_map(|all| (Just(all.clone()), prop::collection::vec(0..3_usize, all.len()))),
        max_instances in 1..5_usize,
        max_bytes in prop_oneof![Just(1_usize), Just(700), Just(usize::MAX)],
        charset in prop_oneof![Just(None), Just(Some("ISO_IR 100"))],
        doubled in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        shuffle in any::<u64>(),
    ) {
        let mut options = Options { keep_values: true, ..Options::default() };
        options.charset = charset.into_iter().map(|set: &str| set.parse().unwrap()).collect();
        let (mut want, want_issues) = converted(&all, &options);
        // Three scans, of which each has some of the files, and the last one some of them again.
        let mut lines = Vec::new();
        for scan in 0..3 {
            let is_there = |(_, place): &(_, &usize)| **place == scan || scan == 2;
            let some: Vec<_> = all.iter().zip(&places).filter(is_there).map(|(one, _)| one.clone()).collect();
            lines.extend(scanned(&some, max_instances, max_bytes));
        }
        for at in &doubled {
            lines.push(at.get(&lines).clone());
        }
        lines.sort_by_key(|line| joined(&[key_hash(line), shuffle]));
        let (built, issues) = assembled(&lines, &options);
        prop_assert_eq!(issues, want_issues);
        let (mut found, rejected): (Vec<_>, Vec<_>) = built.into_iter().unzip();
        let [found_said, want_said] = [&mut found, &mut want].map(|all| all_said(std::mem::take(all)));
        prop_assert_eq!(first_difference(found_said, want_said), None);

        // The same once more, with what is rejected left out.
        let (mut want, _) = converted(&all, &options);
        apply_rejections(&mut want);
        let (built, _) = assembled(&lines, &options);
        let mut found: Vec<Study> = built.into_iter().map(|(study, _)| study).collect();
        for (study, rejected) in found.iter_mut().zip(rejected) {
            apply_rejections(std::slice::from_mut(study));
            study.reject(rejected);
        }
        prop_assert_eq!(first_difference(all_said(found), all_said(want)), None);
    }

    #[test]
    fn no_line_makes_it_fail(json in ".{0,80}", at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let _ = parse::<Instance<'_>>(json.as_bytes(), ACCEPTED);
        let selection = instance("1.2.1", "1.1", KOS, &[text(tags::INSTANCE_NUMBER, "x")]);
        let mut line = scanned(&[selection], 9, 9999).remove(0).into_bytes();
        let place = at.index(line.len());
        line[place] = byte;
        let json = line.split(|byte| *byte == b'\t').nth(1).unwrap_or_default();
        let options = Options::default();
        if let Ok(unit) = parse::<Instance<'_>>(json, ACCEPTED) {
            let mut builder = Builder::new("1", &options, Selections::All);
            if builder.add(unit, |_, _| ()).is_ok() {
                builder.finish().map(|mut built| built.study.resolve(&options).series.len());
            }
        }
    }
}

#[test]
fn a_line_of_another_version_says_so_and_a_cut_one_too() {
    let line = |json: &str| parse::<Instance<'_>>(json.as_bytes(), ACCEPTED).map(drop).unwrap_err().to_string();
    for (json, want) in [
        (r#"{"v":4,"wanted":["new"],"study":7}"#, "lines of version 4"),
        (r#"{"v":1,"wanted":"AAAAAAAAAAA"}"#, "other attributes"),
        (r#"{"v":1,"wanted":"AAAAAAAAAAA","series":7}"#, "other attributes"),
        (r#"{"v":1,"wanted":"AAAAAAAAAAc","series":[{"uid":"1.2"#, "cut off: eof"),
        ("", "cut off"),
        (r#"{"resourceType":"ImagingStudy"}"#, "not a line of `dcm2fhir scan`"),
    ] {
        assert!(line(json).contains(want), "{json}: {}", line(json));
    }
    let of_earlier_attributes = br#"{"v":2,"wanted":"AAAAAAAAAAg"}"#;
    for (accepted, want) in [(ACCEPTED, None), ([WANTED, WANTED], Some(Malformed::Wanted))] {
        assert_eq!(parse::<Instance<'_>>(of_earlier_attributes, accepted).err(), want);
    }
}

#[test]
fn the_uids_of_a_line_are_uids() {
    let options = Options::default();
    let kind = r#""kinds":[{"f":"AAAAAAAAAAA","x":""}]"#;
    for (instances, is_fine) in [
        (r#"[[0,"1.2",1,0,"AAAAAAAAAAA","AAAAAAAAAAA"],[2,"3",null,0,"AAAAAAAAAAA","AAAAAAAAAAA"]]"#, true),
        (r#"[[1,"1.2",1,0,"AAAAAAAAAAA","AAAAAAAAAAA"]]"#, false),
        (r#"[[0,"é",1,0,"AAAAAAAAAAA","AAAAAAAAAAA"]]"#, false),
        (r#"[[0,"",1,0,"AAAAAAAAAAA","AAAAAAAAAAA"]]"#, false),
        (r#"[[0,"1.2",1,1,"AAAAAAAAAAA","AAAAAAAAAAA"]]"#, false),
        (r#"[[0,"1.2",4294967295,0,"AAAAAAAAAAA","AAAAAAAAAAA"]]"#, false),
        (r#"[[0,"1.2",-1,0,"AAAAAAAAAAA","AAAAAAAAAAA"]]"#, false),
        (&format!(r#"[[0,"{}",1,0,"AAAAAAAAAAA","AAAAAAAAAAA"]]"#, "1".repeat(65)), false),
    ] {
        let json = format!(r#"{{"v":1,"wanted":"AAAAAAAAAAc",{kind},"series":[{{"uid":"1.2","i":{instances}}}]}}"#);
        let unit = parse::<Instance<'_>>(json.as_bytes(), ACCEPTED);
        let added = unit.and_then(|unit| Builder::new("1", &options, Selections::All).add(unit, |_, _| ()));
        assert_eq!(added.is_ok(), is_fine, "{instances}");
    }
}

#[test]
fn another_patient_behind_more_parts_than_are_kept_is_seen_in_lines_too() {
    let options = Options::default();
    let image = |place: usize, issuer_name: String, patient: &str| {
        let universal = issuer("", "1.2.3", "ISO");
        let more = [
            text(tags::STUDY_DESCRIPTION, place.to_string()),
            text(tags::PATIENT_ID, patient),
            text(tags::ISSUER_OF_PATIENT_ID, issuer_name),
            items(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, [universal]),
        ];
        instance("1.2.1", &format!("1.{place}"), CT, &more)
    };
    let one_name = |_| "HOSP".to_string();
    // So many ways to tell one Patient ID that there is no room for the last.
    let many_names = |place: usize| format!("HOSP{place}");
    for (name, last, want) in
        [(&one_name as &dyn Fn(usize) -> String, "PID1", false), (&one_name, "PID2", true), (&many_names, "PID2", true)]
    {
        let all: Vec<_> =
            (11..40).map(|place| image(place, name(place), if place == 39 { last } else { "PID1" })).collect();
        let (mut studies, _) = converted(&all, &options);
        assert_eq!(studies[0].resolve(&options).mixes_patients, want, "{last}");
        for parts in [all.chunks(29), all.chunks(20), all.chunks(1)] {
            let mut lines: Vec<String> = parts.flat_map(|some| scanned(some, usize::MAX, usize::MAX)).collect();
            for _ in 0..2 {
                lines.reverse();
                let (mut studies, _) = assembled(&lines, &options);
                assert_eq!(studies[0].0.resolve(&options).mixes_patients, want, "{last}, of {} lines", lines.len());
            }
        }
    }
}
