//! A number, or its issuer, that stands twice in one data set with different values: nobody can say which one holds.

use dcm2fhir::Release;
use dcm2fhir::synth::{Attributes, DataSet, Instance};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use crate::cases::{SEPARATE, converted_files, everywhere_files, image, of_type, places, searches};
use crate::checker::{list, text};
use crate::ways::Way;

const SYSTEMS: [&str; 9] = [
    "patient=urn:p",
    "accession=urn:a",
    "visit=urn:v",
    "placer=urn:o",
    "filler=urn:f",
    "specimen=urn:s",
    "scheme:99A=urn:99a",
    "issuer:HOSP=urn:h",
    "issuer:LAB=urn:l",
];

/// What stands twice, at the root or in an item. The builder has one of each tag, so that another stands for it until the
/// file is written: the last ones of the group, so that the later value comes later.
const TWICE: [Tag; 18] = [
    tags::PATIENT_ID,
    tags::ISSUER_OF_PATIENT_ID,
    tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE,
    tags::ACCESSION_NUMBER,
    tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE,
    tags::ADMISSION_ID,
    tags::ISSUER_OF_ADMISSION_ID_SEQUENCE,
    tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST,
    tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST,
    tags::SPECIMEN_IDENTIFIER,
    tags::SPECIMEN_UID,
    tags::LOCAL_NAMESPACE_ENTITY_ID,
    tags::UNIVERSAL_ENTITY_ID,
    tags::UNIVERSAL_ENTITY_ID_TYPE,
    tags::CODE_VALUE,
    tags::CODING_SCHEME_DESIGNATOR,
    tags::DEVICE_SERIAL_NUMBER,
    tags::STUDY_INSTANCE_UID,
];

/// The tag that stands for a second attribute.
fn mark(tag: Tag) -> Tag {
    Tag(tag.group(), 0xEE00 + TWICE.iter().position(|known| *known == tag).unwrap() as u16)
}

/// Two values of one attribute.
fn twice<A: Attributes>(data_set: A, tag: Tag, [first, later]: [&str; 2]) -> A {
    again(data_set.text(tag, first), tag, later)
}

/// A second value of an attribute.
pub fn again<A: Attributes>(data_set: A, tag: Tag, later: &str) -> A {
    data_set.text_as(mark(tag), VR::LO, later)
}

/// The file, with the tags that were stood for.
pub fn file(image: &Instance) -> Vec<u8> {
    let number = |tag: Tag| [tag.group().to_le_bytes(), tag.element().to_le_bytes()].concat();
    let mut bytes = image.bytes();
    for tag in TWICE {
        while let Some(at) = bytes.windows(4).position(|four| four == number(mark(tag))) {
            bytes[at..at + 4].copy_from_slice(&number(tag));
        }
    }
    bytes
}

fn issuer(local: &str, universal: &str) -> DataSet {
    let item = DataSet::new().text(tags::LOCAL_NAMESPACE_ENTITY_ID, local);
    match universal {
        "" => item,
        id => item.text(tags::UNIVERSAL_ENTITY_ID, id).text(tags::UNIVERSAL_ENTITY_ID_TYPE, "ISO"),
    }
}

/// An image of a study with one attribute twice, and what the attribute identifies.
fn in_doubt(study: &str, case: usize, values: [&str; 2]) -> Option<(&'static str, Instance)> {
    let image = image(study, 1, &[]);
    let numbered = |tag| image.clone().text(tag, "N1");
    let issued = |item: DataSet| numbered(tags::ADMISSION_ID).item(tags::ISSUER_OF_ADMISSION_ID_SEQUENCE, item);
    let requested = |tag| image.clone().item(tags::REQUEST_ATTRIBUTES_SEQUENCE, twice(DataSet::new(), tag, values));
    let sampled = |item: DataSet| image.clone().item(tags::SPECIMEN_DESCRIPTION_SEQUENCE, item);
    let operated = |code: DataSet| {
        let person = DataSet::new().item(tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, code);
        image.clone().item(tags::OPERATOR_IDENTIFICATION_SEQUENCE, person)
    };
    let [one, other] = values.map(|value| issuer(value, ""));
    let two = |image: Instance, sequence: Tag| image.item(sequence, one.clone()).item(mark(sequence), other.clone());
    Some(match case {
        0 => ("Patient", twice(image.clone(), tags::PATIENT_ID, values)),
        1 => ("Patient", twice(image.clone(), tags::ISSUER_OF_PATIENT_ID, values)),
        2 => ("Patient", two(image.clone(), tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE)),
        3 => ("Patient", image.clone().items(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, [one, other])),
        4 => ("ServiceRequest", twice(image.clone(), tags::ACCESSION_NUMBER, values)),
        5 => ("ServiceRequest", two(numbered(tags::ACCESSION_NUMBER), tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE)),
        6 => ("ServiceRequest", requested(tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST)),
        7 => ("ServiceRequest", requested(tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST)),
        8 => ("Encounter", twice(image.clone(), tags::ADMISSION_ID, values)),
        9 => ("Encounter", two(numbered(tags::ADMISSION_ID), tags::ISSUER_OF_ADMISSION_ID_SEQUENCE)),
        10 => ("Encounter", issued(twice(issuer("", "1.2.9"), tags::LOCAL_NAMESPACE_ENTITY_ID, values))),
        11 => ("Encounter", issued(twice(issuer("HOSP", "1.2.9"), tags::UNIVERSAL_ENTITY_ID, values))),
        12 => ("Encounter", issued(twice(issuer("HOSP", "1.2.9"), tags::UNIVERSAL_ENTITY_ID_TYPE, ["ISO", "DNS"]))),
        13 => ("Specimen", sampled(twice(DataSet::new(), tags::SPECIMEN_IDENTIFIER, values))),
        14 => ("Specimen", sampled(twice(DataSet::new(), tags::SPECIMEN_UID, ["1.9.1", "1.9.2"]))),
        15 => ("Practitioner", operated(twice(dcm2fhir::synth::code("", "99A", ""), tags::CODE_VALUE, values))),
        16 => (
            "Practitioner",
            operated(twice(dcm2fhir::synth::code("N1", "", ""), tags::CODING_SCHEME_DESIGNATOR, ["99A", "LN"])),
        ),
        17 => ("Device", twice(image.clone(), tags::DEVICE_SERIAL_NUMBER, values)),
        _ => return None,
    })
}

#[test]
fn a_number_that_stands_twice_and_differs_identifies_nothing() {
    for case in 0.. {
        let [Some((kind, first)), Some((_, second))] = ["1", "2"].map(|study| in_doubt(study, case, ["HOSP", "LAB"]))
        else {
            assert_eq!(case, 18);
            return;
        };
        let files = [file(&first), file(&second)];
        everywhere_files(&files, &SYSTEMS, |run, way, release| {
            let what = format!("case {case}, {way:?}, {release:?}");
            assert_eq!((run.exit_code, run.issues.contains_key("repeated-identity")), (1, true), "{what}");
            let is_one_sequence = case == 3;
            assert_ne!(run.issues.contains_key("repeated"), is_one_sequence, "{what}: {:?}", run.issues);
            assert_eq!(run.issues.contains_key("several-patients"), kind == "Patient", "{what}");
            assert_eq!(searches(run, kind), Vec::<String>::new(), "{what}");
            for resource in of_type(run, kind) {
                let numbers = list(&resource["identifier"]).filter(|number| number["system"] != "urn:ietf:rfc:3986");
                let known = numbers.filter(|number| number["system"].is_string()).count();
                assert_eq!(known, 0, "{what}: {resource}");
            }
        });
        let ids = of_type(&converted_files(&files, Release::R5, SEPARATE, &SYSTEMS), kind);
        assert_ne!(ids.len(), 1, "case {case}: {ids:?}");
        let put = places(&converted_files(&files, Release::R5, Way::Bundles, &SYSTEMS), kind);
        assert_ne!(put.len(), 1, "case {case}: {put:?}");
    }
}

#[test]
fn a_number_that_stands_twice_and_says_the_same_is_one() {
    for case in 0.. {
        let Some((kind, image)) = in_doubt("1", case, ["HOSP", "HOSP "]) else { return };
        if [12, 14, 16].contains(&case) {
            continue;
        }
        let run = converted_files(&[file(&image)], Release::R4, Way::Bundles, &SYSTEMS);
        assert_eq!(run.exit_code, 0, "case {case}, {kind}: {:?}", run.issues);
        assert!(!run.issues.contains_key("repeated-identity"), "case {case}");
    }
}

#[test]
fn both_values_are_shown_and_none_is_taken_for_the_other_patients() {
    let mixed = twice(image("1", 1, &[]), tags::PATIENT_ID, ["PID1", "PID2"]);
    let files = [file(&mixed), image("2", 1, &[]).bytes(), image("3", 1, &[(tags::PATIENT_ID, b"PID2")]).bytes()];
    everywhere_files(&files, &SYSTEMS, |run, _, _| {
        let subject = |id: &str| {
            let study = of_type(run, "ImagingStudy").into_iter().find(|study| study["id"] == id).unwrap();
            study["subject"].clone()
        };
        assert_eq!(subject("1.2.1")["identifier"]["value"], "PID1\\PID2");
        assert!(subject("1.2.1")["identifier"]["system"].is_null());
        assert_eq!(subject("1.2.2")["identifier"]["system"], "urn:p");
        let literals = ["1.2.1", "1.2.2", "1.2.3"].map(|id| text(&subject(id)["reference"]).to_string());
        let are_told = literals.iter().all(|literal| !literal.is_empty() && !literal.starts_with('#'));
        assert!(!are_told || literals[0] != literals[1] && literals[0] != literals[2], "{literals:?}");
    });
}

#[test]
fn an_instance_with_two_study_uids_is_of_the_later_and_reported() {
    let both = twice(image("1", 1, &[]), tags::STUDY_INSTANCE_UID, ["1.2.1", "1.2.2"]);
    everywhere_files(&[file(&both), image("3", 1, &[]).bytes()], &SYSTEMS, |run, _, _| {
        assert_eq!((run.exit_code, run.issues.contains_key("repeated")), (0, true));
        let studies = of_type(run, "ImagingStudy").into_iter().map(|study| study["id"].to_string());
        assert_eq!(studies.collect::<Vec<_>>(), ["\"1.2.2\"", "\"1.2.3\""]);
    });
}
