//! Patient IDs in every defined term of (0008,0005) (PS3.3 C.12.1.1.2): equal text is one number in whatever set it is
//! written, and a value with a byte that the set does not have is nobody's but its study's.

use std::collections::{BTreeMap, BTreeSet};

use dcm2fhir::Release;
use dicom_dictionary_std::tags;

use crate::cases::{SEPARATE, SYSTEMS, converted, image, of_type, searches};
use crate::checker::text;
use crate::ways::{Run, Way};

/// A term, the text of a number, its bytes, and bytes that are no text of the set: damaged ones, then some of another.
type Row = (&'static str, &'static str, &'static [u8], [&'static [u8]; 2]);

const SETS: [Row; 33] = [
    ("ISO_IR 6", "A1", b"A1", [b"\x851", b"\xC41"]),
    ("ISO_IR 100", "Ä1", b"\xC41", [b"\x851", b"\xC3\x841"]),
    ("ISO_IR 101", "Ä1", b"\xC41", [b"\x851", b"\xC3\x841"]),
    ("ISO_IR 109", "Ä1", b"\xC41", [b"\xA51", b"\x81\x30\x87\x321"]),
    ("ISO_IR 110", "Ä1", b"\xC41", [b"\x851", b"\xC3\x841"]),
    ("ISO_IR 144", "Ж1", b"\xB61", [b"\x851", b"\xD0\x961"]),
    ("ISO_IR 127", "ب1", b"\xC81", [b"\xC01", b"\xA11"]),
    ("ISO_IR 126", "Ω1", b"\xD91", [b"\xD21", b"\xFF1"]),
    ("ISO_IR 138", "ב1", b"\xE11", [b"\xBF1", b"\xC41"]),
    ("ISO_IR 148", "Ä1", b"\xC41", [b"\x851", b"\xC3\x841"]),
    ("ISO_IR 203", "Ä1", b"\xC41", [b"\x851", b"\xC3\x841"]),
    ("ISO_IR 13", "ｱ1", b"\xB11", [b"\xA01", b"\xE11"]),
    ("ISO_IR 166", "ก1", b"\xA11", [b"\xDB1", b"\xFF1"]),
    ("ISO_IR 192", "Ä1", b"\xC3\x841", [b"\xC31", b"\xC41"]),
    ("ISO_IR 192", "Ж1", b"\xD0\x961", [b"\xD01", b"\xB61"]),
    ("GB18030", "Ä1", b"\x81\x30\x87\x321", [b"\x81\x30\x87", b"\xC3 1"]),
    ("GB18030", "Ω1", b"\xA6\xB81", [b"\xA6", b"\xFF1"]),
    ("GBK", "Ж1", b"\xA7\xA81", [b"\xA7", b"\xFF1"]),
    ("\\ISO 2022 IR 6", "A1", b"\x1B(BA1", [b"\x1B(Z1", b"\xC41"]),
    ("ISO 2022 IR 100", "Ä1", b"\xC41", [b"\x851", b"\xC3\x841"]),
    ("\\ISO 2022 IR 100", "Ä1", b"\x1B-A\xC41", [b"\x1B-A\x851", b"\x1B-Z\xC41"]),
    ("\\ISO 2022 IR 101", "Ä1", b"\x1B-B\xC41", [b"\x1B-B\x851", b"\x1B-Z\xC41"]),
    ("\\ISO 2022 IR 109", "Ä1", b"\x1B-C\xC41", [b"\x1B-C\xA51", b"\x1B-Z\xC41"]),
    ("\\ISO 2022 IR 110", "Ä1", b"\x1B-D\xC41", [b"\x1B-D\x851", b"\x1B-Z\xC41"]),
    ("\\ISO 2022 IR 144", "Ж1", b"\x1B-L\xB61", [b"\x1B-L\x851", b"\x1B-Z\xB61"]),
    ("\\ISO 2022 IR 127", "ب1", b"\x1B-G\xC81", [b"\x1B-G\xC01", b"\x1B-Z\xC81"]),
    ("\\ISO 2022 IR 126", "Ω1", b"\x1B-F\xD91", [b"\x1B-F\xD21", b"\x1B-Z\xD91"]),
    ("\\ISO 2022 IR 138", "ב1", b"\x1B-H\xE11", [b"\x1B-H\xBF1", b"\x1B-Z\xE11"]),
    ("\\ISO 2022 IR 148", "Ä1", b"\x1B-M\xC41", [b"\x1B-M\x851", b"\x1B-Z\xC41"]),
    ("\\ISO 2022 IR 203", "Ä1", b"\x1B-b\xC41", [b"\x1B-b\x851", b"\x1B-Z\xC41"]),
    ("\\ISO 2022 IR 13", "ｱ1", b"\x1B)I\xB11", [b"\x1B)I\xA01", b"\x1B)Z\xB11"]),
    ("\\ISO 2022 IR 166", "ก1", b"\x1B-T\xA11", [b"\x1B-T\xDB1", b"\x1B-Z\xA11"]),
    // Two bytes without a character, and one that is half of one.
    ("\\ISO 2022 IR 149", "Ж1", b"\x1B$)C\xAC\xA81", [b"\x1B$)C\xAC", b"\x1B$)C\xC9\xA11"]),
];

const OF_TWO_BYTES: [Row; 4] = [
    ("\\ISO 2022 IR 87", "Ж1", b"\x1B$B'(\x1B(B1", [b"\x1B$B'\x1B(B1", b"\x1B$B/(\x1B(B1"]),
    ("\\ISO 2022 IR 159", "Ä1", b"\x1B$(D*#\x1B(B1", [b"\x1B$(D*\x1B(B1", b"\x1B$(D!!\x1B(B1"]),
    ("\\ISO 2022 IR 58", "Ж1", b"\x1B$)A\xA7\xA81", [b"\x1B$)A\xA7", b"\x1B$)A\xFE\xFE1"]),
    ("\\ISO 2022 IR 149", "Ω1", b"\x1B$)C\xA5\xD81", [b"\x1B$)C\xA5", b"\x1B$)C\xFE\xFF1"]),
];

fn rows() -> impl Iterator<Item = Row> {
    SETS.into_iter().chain(OF_TWO_BYTES)
}

/// A study for each number.
fn studies(numbers: &[(&str, &[u8])], way: Way) -> Run {
    let image = |(place, (set, number)): (usize, &(&str, &[u8]))| {
        let study = (place + 1).to_string();
        image(&study, 1, &[(tags::SPECIFIC_CHARACTER_SET, set.as_bytes()), (tags::PATIENT_ID, number)])
    };
    converted(&numbers.iter().enumerate().map(image).collect::<Vec<_>>(), Release::R4, way, &SYSTEMS)
}

#[test]
fn a_number_of_equal_text_is_one_in_whatever_character_set() {
    let numbers: Vec<(&str, &[u8])> = rows().map(|(set, _, bytes, _)| (set, bytes)).collect();
    let run = studies(&numbers, SEPARATE);
    assert_eq!(run.exit_code, 0, "{:?}", run.issues);
    let subjects: BTreeMap<String, String> = of_type(&run, "ImagingStudy")
        .iter()
        .map(|study| (text(&study["id"]).to_string(), text(&study["subject"]["reference"]).to_string()))
        .collect();
    let mut by_text: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (place, (_, text, ..)) in rows().enumerate() {
        by_text.entry(text).or_default().insert(&subjects[&format!("1.2.{}", place + 1)]);
    }
    assert!(by_text.values().all(|subjects| subjects.len() == 1), "{by_text:?}");
    let all: BTreeSet<&str> = by_text.values().flatten().copied().collect();
    assert_eq!(all.len(), by_text.len(), "{by_text:?}");
}

#[test]
fn a_number_with_a_byte_that_its_set_does_not_have_is_of_its_study_alone() {
    for (set, _, good, broken) in rows() {
        for bytes in broken {
            let numbers = [(set, bytes), (set, bytes), (set, good)];
            let run = studies(&numbers, SEPARATE);
            let what = format!("{set}: {}: {:?}", bytes.escape_ascii(), run.issues);
            assert_eq!(of_type(&run, "Patient").len(), 3, "{what}");
            let codes = ["undecodable", "control-character", "unknown-escape"];
            assert!(codes.iter().any(|code| run.issues.contains_key(code)), "{what}");
            assert_eq!(searches(&studies(&numbers, Way::Bundles), "Patient").len(), 1, "{what}");
        }
    }
}
