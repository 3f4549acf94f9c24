//! A number, or its issuer, that stands twice in one data set with different values, or has two where there is one (VM
//! 1): nobody can say which one holds.

use dcm2fhir::Release;
use dcm2fhir::synth::{Attributes, DataSet, Instance, code};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use crate::cases::{SEPARATE, converted, converted_files, everywhere_files, image, of_type, places, searches};
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

/// What stands twice, at the root or in an item. The builder has one of each tag, so that another stands for it until
/// the file is written: the last ones of the group, so that the later value comes later.
const TWICE: [Tag; 20] = [
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
    tags::CODING_SCHEME_UID,
    tags::QUALITY_CONTROL_SUBJECT,
];

/// The tag that stands for a second attribute.
fn mark(tag: Tag) -> Tag {
    Tag(tag.group(), 0xEE00 + TWICE.iter().position(|known| *known == tag).unwrap() as u16)
}

/// How two values stand in a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The attribute stands twice.
    Attributes,
    /// In one attribute, which has one value (VM 1).
    Values,
}

impl Form {
    /// Two values of one attribute.
    fn of<A: Attributes>(self, data_set: A, tag: Tag, [first, later]: [&str; 2]) -> A {
        match self {
            Form::Attributes => again(data_set.text(tag, first), tag, later),
            Form::Values => data_set.text(tag, format!("{first}\\{later}")),
        }
    }
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

/// An image of a study with two values of one attribute, and what the attribute identifies.
fn in_doubt(study: &str, case: usize, form: Form, values: [&str; 2]) -> Option<(&'static str, Instance)> {
    let (image, is_one) = (image(study, 1, &[]), values != ["HOSP", "LAB"]);
    let numbered = |tag| image.clone().text(tag, "N1");
    let issued = |item: DataSet| numbered(tags::ADMISSION_ID).item(tags::ISSUER_OF_ADMISSION_ID_SEQUENCE, item);
    let requested = |tag| image.clone().item(tags::REQUEST_ATTRIBUTES_SEQUENCE, form.of(DataSet::new(), tag, values));
    let sampled = |item: DataSet| image.clone().item(tags::SPECIMEN_DESCRIPTION_SEQUENCE, item);
    let operated = |code: DataSet| {
        let person = DataSet::new().item(tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, code);
        image.clone().item(tags::OPERATOR_IDENTIFICATION_SEQUENCE, person)
    };
    let [one, other] = values.map(|value| issuer(value, ""));
    let two = |image: Instance, sequence: Tag| image.item(sequence, one.clone()).item(mark(sequence), other.clone());
    Some(match case {
        0 => ("Patient", form.of(image.clone(), tags::PATIENT_ID, values)),
        1 => ("Patient", form.of(image.clone(), tags::ISSUER_OF_PATIENT_ID, values)),
        2 => ("Patient", two(image.clone(), tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE)),
        3 => ("Patient", image.clone().items(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, [one, other])),
        4 => ("ServiceRequest", form.of(image.clone(), tags::ACCESSION_NUMBER, values)),
        5 => ("ServiceRequest", two(numbered(tags::ACCESSION_NUMBER), tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE)),
        6 => ("ServiceRequest", requested(tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST)),
        7 => ("ServiceRequest", requested(tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST)),
        8 => ("Encounter", form.of(image.clone(), tags::ADMISSION_ID, values)),
        9 => ("Encounter", two(numbered(tags::ADMISSION_ID), tags::ISSUER_OF_ADMISSION_ID_SEQUENCE)),
        10 => ("Encounter", issued(form.of(issuer("", "1.2.9"), tags::LOCAL_NAMESPACE_ENTITY_ID, values))),
        11 => ("Encounter", issued(form.of(issuer("HOSP", "1.2.9"), tags::UNIVERSAL_ENTITY_ID, values))),
        12 => ("Encounter", issued(form.of(issuer("HOSP", "1.2.9"), tags::UNIVERSAL_ENTITY_ID_TYPE, ["ISO", "DNS"]))),
        13 => ("Specimen", sampled(form.of(DataSet::new(), tags::SPECIMEN_IDENTIFIER, values))),
        14 => ("Specimen", sampled(form.of(DataSet::new(), tags::SPECIMEN_UID, ["1.9.1", "1.9.2"]))),
        15 => ("Practitioner", operated(form.of(code("", "99A", ""), tags::CODE_VALUE, values))),
        16 => ("Practitioner", operated(form.of(code("N1", "", ""), tags::CODING_SCHEME_DESIGNATOR, ["99A", "LN"]))),
        17 => ("Device", form.of(image.clone(), tags::DEVICE_SERIAL_NUMBER, values)),
        18 => ("Practitioner", operated(form.of(code("N1", "99B", ""), tags::CODING_SCHEME_UID, ["1.2.8", "1.2.9"]))),
        19 => (
            "Patient",
            form.of(
                numbered(tags::ADMISSION_ID),
                tags::QUALITY_CONTROL_SUBJECT,
                if is_one { values } else { ["YES", "NO"] },
            ),
        ),
        20 => ("Encounter", issued(form.of(issuer("HOSP", "1.2.9"), tags::UNIVERSAL_ENTITY_ID_TYPE, ["DNS", "ISO"]))),
        _ => return None,
    })
}

/// The cases that have two items of a sequence, and no attribute of two values.
const OF_SEQUENCES: [usize; 4] = [2, 3, 5, 9];

#[test]
fn a_number_that_stands_twice_and_differs_identifies_nothing() {
    identifies_nothing(Form::Attributes);
}

#[test]
fn a_number_of_two_values_identifies_nothing() {
    identifies_nothing(Form::Values);
}

fn identifies_nothing(form: Form) {
    for case in 0.. {
        let [Some((kind, first)), Some((_, second))] =
            ["1", "2"].map(|study| in_doubt(study, case, form, ["HOSP", "LAB"]))
        else {
            assert_eq!(case, 21);
            return;
        };
        let files = [file(&first), file(&second)];
        everywhere_files(&files, &SYSTEMS, |run, way, release| {
            let what = format!("case {case}, {form:?}, {way:?}, {release:?}");
            assert_eq!((run.exit_code, run.issues.contains_key("repeated-identity")), (1, true), "{what}");
            let is_twice = (form == Form::Attributes || OF_SEQUENCES.contains(&case)) && case != 3;
            assert_eq!(run.issues.contains_key("repeated"), is_twice, "{what}: {:?}", run.issues);
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
    for (form, values) in [
        (Form::Attributes, ["HOSP", "HOSP "]),
        (Form::Values, ["HOSP", "HOSP "]),
        (Form::Values, [" HOSP ", "HOSP"]),
        (Form::Values, ["HOSP", ""]),
        (Form::Values, ["", "HOSP"]),
    ] {
        for case in 0.. {
            let Some((kind, image)) = in_doubt("1", case, form, values) else { break };
            if [12, 14, 16, 18, 20].contains(&case) {
                continue;
            }
            let run = converted_files(&[file(&image)], Release::R4, Way::Bundles, &SYSTEMS);
            assert_eq!(run.exit_code, 0, "case {case}, {form:?} {values:?}, {kind}: {:?}", run.issues);
            assert!(!run.issues.contains_key("repeated-identity"), "case {case}");
            let is_one_value = form == Form::Attributes || OF_SEQUENCES.contains(&case);
            assert_ne!(run.issues.contains_key("several-values"), is_one_value, "case {case}, {values:?}");
        }
    }
}

/// A value of each character set in which a byte of a character is a backslash, and a number of two in the same set.
const WITH_A_BACKSLASH: [(&str, &[u8], &[u8]); 5] = [
    ("GBK", b"\x81\x5C1", b"\xCD\xF51\\\xCD\xF52"),
    ("GB18030", b"\x81\x5C1", b"\xCD\xF51\\\xCD\xF52"),
    ("\\ISO 2022 IR 87", b"\x1B$B@\x5C\x1B(B1", b"\x1B$B;3\x1B(B1\\\x1B$B;3\x1B(B2"),
    ("\\ISO 2022 IR 159", b"\x1B$(D1\x5C\x1B(B1", b"\x1B$(D02\x1B(B1\\\x1B$(D02\x1B(B2"),
    ("ISO_IR 192", b"\xC2\xA51", b"\xC3\x841\\\xC3\x842"),
];

#[test]
fn a_backslash_inside_of_a_character_divides_nothing() {
    for (set, whole, two) in WITH_A_BACKSLASH {
        for (number, exit_code) in [(whole, 0), (two, 1)] {
            let declared = |study: &str| {
                let set = (tags::SPECIFIC_CHARACTER_SET, set.as_bytes());
                image(study, 1, &[set, (tags::PATIENT_ID, number), (tags::ACCESSION_NUMBER, number)])
            };
            let run = converted(&["1", "2"].map(declared), Release::R4, SEPARATE, &SYSTEMS);
            assert_eq!(run.exit_code, exit_code, "{set}: {:?}", run.issues);
            assert_eq!(run.issues.contains_key("repeated-identity"), exit_code == 1, "{set}");
            assert!(!run.issues.contains_key("undecodable"), "{set}: {:?}", run.issues);
            for kind in ["Patient", "ServiceRequest"] {
                assert_eq!(of_type(&run, kind).len(), 1 + usize::from(exit_code), "{set}: {kind}");
            }
        }
    }
}

/// The only image of a study in DICOM JSON.
fn in_json(study: &str, id: &str, accession: &str) -> String {
    format!(
        r#"{{"00080018":{{"vr":"UI","Value":["1.2.{study}.1.1"]}},"00080050":{{"vr":"SH","Value":{accession}}},
        "0020000D":{{"vr":"UI","Value":["1.2.{study}"]}},"0020000E":{{"vr":"UI","Value":["1.2.{study}.1"]}},
        "00080016":{{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.2"]}},"00100020":{{"vr":"LO","Value":{id}}}}}"#
    )
}

#[test]
fn halves_of_characters_in_dicom_json_are_compared_as_they_are_told() {
    for (ids, is_several) in [
        ([r#"["\ud800-1"]"#, r#"["\udfff-1"]"#], true),
        ([r#"["\ud800-1"]"#, r#"["\uD800-1"]"#], false),
        ([r#"["\ud800\n1"]"#, r#"["\ud800\t1"]"#], true),
        ([r#"["\ud800-1"]"#, r#"["\ufffd-1"]"#], true),
    ] {
        let second = in_json("1", ids[1], "[]").replace("1.2.1.1.1", "1.2.1.1.2");
        let both = format!("[{},{second},{}]", in_json("1", ids[0], "[]"), in_json("2", ids[0], "[]"));
        let run = converted_files(&[both.into_bytes()], Release::R4, SEPARATE, &SYSTEMS);
        assert_eq!(run.issues.contains_key("several-patients"), is_several, "{ids:?}: {:?}", run.issues);
        assert_eq!((run.exit_code, of_type(&run, "Patient").len()), (u8::from(is_several), 2), "{ids:?}");
        assert!(run.issues.contains_key("undecodable"), "{ids:?}: {:?}", run.issues);
    }
}

#[test]
fn two_values_of_dicom_json_identify_nothing() {
    for (id, accession, patients, orders) in [
        (r#"["PID1","PID2"]"#, r#"["A1"]"#, 2, 2),
        (r#"["PID1\\PID2"]"#, r#"["A1"]"#, 2, 2),
        (r#"["PID1"]"#, r#"["A1","A2"]"#, 1, 2),
        (r#"["PID1","PID1"]"#, r#"["A1",null]"#, 1, 1),
        (r#"["PID1","PID1\u3000"]"#, r#"["A1"]"#, 2, 2),
        (r#"["PID1"],"Value":["PID2"]"#, r#"["A1"]"#, 2, 2),
        (r#"["PID1"],"InlineBinary":"UElEMg==""#, r#"["A1"]"#, 2, 2),
        (r#"["PID1"],"Value":["PID1"]"#, r#"["A1"]"#, 1, 1),
    ] {
        let both = format!("[{},{}]", in_json("1", id, accession), in_json("2", id, accession));
        let run = converted_files(&[both.into_bytes()], Release::R4, SEPARATE, &SYSTEMS);
        assert_eq!(run.exit_code, u8::from(patients + orders > 2), "{id} {accession}: {:?}", run.issues);
        let found = ["ImagingStudy", "Patient", "ServiceRequest"].map(|kind| of_type(&run, kind).len());
        assert_eq!(found, [2, patients, orders], "{id} {accession}");
    }
}

#[test]
fn both_values_are_shown_and_none_is_taken_for_the_other_patients() {
    for form in [Form::Attributes, Form::Values] {
        let mixed = form.of(image("1", 1, &[]), tags::PATIENT_ID, ["PID1", "PID2"]);
        both_are_shown(&[
            file(&mixed),
            image("2", 1, &[]).bytes(),
            image("3", 1, &[(tags::PATIENT_ID, b"PID2")]).bytes(),
        ]);
    }
}

fn both_are_shown(files: &[Vec<u8>]) {
    everywhere_files(files, &SYSTEMS, |run, _, _| {
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
    let both = Form::Attributes.of(image("1", 1, &[]), tags::STUDY_INSTANCE_UID, ["1.2.1", "1.2.2"]);
    everywhere_files(&[file(&both), image("3", 1, &[]).bytes()], &SYSTEMS, |run, _, _| {
        assert_eq!((run.exit_code, run.issues.contains_key("repeated")), (0, true));
        let studies = of_type(run, "ImagingStudy").into_iter().map(|study| study["id"].to_string());
        assert_eq!(studies.collect::<Vec<_>>(), ["\"1.2.2\"", "\"1.2.3\""]);
    });
}

#[test]
fn a_study_of_two_uids_is_of_neither() {
    let both = Form::Values.of(image("1", 1, &[]), tags::STUDY_INSTANCE_UID, ["1.2.1", "1.2.2"]);
    let files = [both.bytes(), image("1", 2, &[]).bytes(), image("2", 1, &[]).bytes()];
    everywhere_files(&files, &SYSTEMS, |run, _, _| {
        let studies = of_type(run, "ImagingStudy");
        let ids: Vec<&str> = studies.iter().map(|study| text(&study["id"])).collect();
        assert_eq!(ids.len(), 3);
        assert!(ids.contains(&"1.2.1") && ids.contains(&"1.2.2"), "{ids:?}");
        assert!(run.issues.contains_key("not-an-oid") && run.issues.contains_key("not-an-id"), "{:?}", run.issues);
    });
    let by_identifier = converted_files(&files, Release::R4, Way::BundlesOf("transaction", true), &SYSTEMS);
    let urls = by_identifier.documents.iter().flat_map(|bundle| list(&bundle["entry"]));
    let urls: Vec<&str> = urls.map(|entry| text(&entry["request"]["url"])).collect();
    assert!(urls.iter().all(|url| !url.contains("%5C")), "{urls:?}");
}
