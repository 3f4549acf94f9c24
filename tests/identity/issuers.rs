//! Issuers that are told by a local name, a universal id, or both.

use dcm2fhir::Release;
use dcm2fhir::synth::{Attributes, DataSet};
use dicom_dictionary_std::tags;
use serde_json::Value;

use crate::cases::{SEPARATE, SYSTEMS, converted, everywhere, image, of_type};
use crate::checker::{list, text};
use crate::numbers::with;

fn issuer(local: &str, universal: &str) -> DataSet {
    let item = DataSet::new().text(tags::LOCAL_NAMESPACE_ENTITY_ID, local);
    match universal {
        "" => item,
        _ => item.text(tags::UNIVERSAL_ENTITY_ID, universal).text(tags::UNIVERSAL_ENTITY_ID_TYPE, "ISO"),
    }
}

#[test]
fn an_issuer_told_in_two_degrees_is_one_and_told_in_full() {
    let numbers = [
        (tags::ACCESSION_NUMBER, tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE),
        (tags::ADMISSION_ID, tags::ISSUER_OF_ADMISSION_ID_SEQUENCE),
        (tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, tags::ORDER_PLACER_IDENTIFIER_SEQUENCE),
        (tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, tags::ORDER_FILLER_IDENTIFIER_SEQUENCE),
    ];
    let told = |place: u32, local: &str, universal: &str| {
        let mut image = image("1", place, &[]).text(tags::ISSUER_OF_PATIENT_ID, local);
        if !universal.is_empty() {
            image = image.item(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, issuer("", universal));
        }
        image = numbers.iter().fold(image, |image, (number, sequence)| {
            image.text(*number, "N1").item(*sequence, issuer(local, universal))
        });
        let specimen = DataSet::new()
            .text(tags::SPECIMEN_IDENTIFIER, "S1")
            .item(tags::ISSUER_OF_THE_SPECIMEN_IDENTIFIER_SEQUENCE, issuer(local, universal));
        image.item(tags::SPECIMEN_DESCRIPTION_SEQUENCE, specimen)
    };
    for tellings in [
        [("HOSP", ""), ("HOSP", "1.2.9")],
        [("HOSP", "1.2.9"), ("HOSP", "")],
        [("", "1.2.9"), ("HOSP", "1.2.9")],
        [("HOSP", "1.2.9"), ("", "1.2.9")],
    ] {
        let images = [1, 2].map(|place| {
            let (local, universal) = tellings[place as usize - 1];
            told(place, local, universal)
        });
        for systems in [&SYSTEMS[..], &[]] {
            everywhere(&images, systems, |run, way, release| {
                assert_eq!(run.exit_code, 0, "{tellings:?}");
                assert!(!run.issues.contains_key("differs"), "{tellings:?} {:?}", run.issues);
                let study = of_type(run, "ImagingStudy").remove(0);
                let is_full = |number: &Value| {
                    let (system, assigner) = (&number["system"], &number["assigner"]["display"]);
                    assert_eq!(
                        (text(system), text(assigner)),
                        ("urn:oid:1.2.9", "HOSP"),
                        "{tellings:?} {way:?} {number}"
                    );
                };
                is_full(&study["subject"]["identifier"]);
                is_full(&study["encounter"]["identifier"]);
                assert_eq!(list(&study["basedOn"]).count(), 1, "{tellings:?}");
                is_full(&study["basedOn"][0]["identifier"]);
                assert_eq!(list(&study["series"][0]["specimen"]).count(), 1, "{tellings:?}");
                is_full(&study["series"][0]["specimen"][0]["identifier"]);
                for kind in ["Patient", "Encounter", "ServiceRequest", "Specimen"] {
                    for resource in of_type(run, kind) {
                        list(&resource["identifier"]).for_each(is_full);
                        let count = if kind == "ServiceRequest" { 3 } else { 1 };
                        assert_eq!(list(&resource["identifier"]).count(), count, "{kind} {} {resource}", release.name);
                    }
                }
            });
        }
    }
}

#[test]
fn a_local_name_alone_and_a_universal_id_alone_are_two_issuers() {
    let images = [
        image("1", 1, &[(tags::ISSUER_OF_PATIENT_ID, b"HOSP")]),
        image("1", 2, &[]).item(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, issuer("", "1.2.9")),
    ];
    let run = converted(&images, Release::R4, SEPARATE, &[]);
    assert_eq!((run.exit_code, run.issues.contains_key("several-patients")), (1, true));
}

#[test]
fn an_issuer_told_in_three_degrees_is_one() {
    let full = |place, study: &str, local: &[u8], universal: &str| {
        let image = image(study, place, &[(tags::ISSUER_OF_PATIENT_ID, local), (tags::ACCESSION_NUMBER, b"ACC1")]);
        match universal {
            "" => image,
            _ => image.item(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, issuer("", universal)),
        }
    };
    let tellings: [(&[u8], &str); 3] = [(b"HOSP", ""), (b"", "1.2.9"), (b"HOSP", "1.2.9")];
    let in_studies = [0, 1, 2].map(|at| full(1, &at.to_string(), tellings[at].0, tellings[at].1));
    let in_one = [0, 1, 2].map(|at| full(at as u32 + 1, "1", tellings[at].0, tellings[at].1));
    // What the user says of a local name is no universal id that another could contradict.
    everywhere(&in_one, &["patient=urn:p", "issuer:HOSP=urn:h"], |run, _, _| {
        assert_eq!(run.exit_code, 0, "{:?}", run.issues);
    });
    for images in [in_studies, in_one] {
        everywhere(&images, &SYSTEMS, |run, _, _| assert_eq!(run.exit_code, 0, "{:?}", run.issues));
    }
}

#[test]
fn issuers_of_one_name_and_two_universal_ids_are_two_also_where_no_uri_says_these() {
    let issued = |place: u32, local: &str, id: &str, id_type: &str| {
        let of = [(tags::UNIVERSAL_ENTITY_ID, id), (tags::UNIVERSAL_ENTITY_ID_TYPE, id_type)];
        image("1", place, &[(tags::ISSUER_OF_PATIENT_ID, local.as_bytes())])
            .item(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, with(&of))
    };
    for (first, second, is_several) in [
        (("HOSP", "a.example", "DNS"), ("HOSP", "b.example", "DNS"), true),
        (("HOSP", "a.example", "DNS"), ("HOSP", "1.2.9", "ISO"), true),
        (("HOSP", "a.example", "DNS"), ("HOSP", "a.example", "DNS"), false),
        (("HOSP", "a.example", "DNS"), ("", "a.example", "DNS"), false),
        (("HOSP", "1.2.8", "ISO"), ("HOSP", "1.2.9", "ISO"), true),
    ] {
        let images = [issued(1, first.0, first.1, first.2), issued(2, second.0, second.1, second.2)];
        everywhere(&images, &SYSTEMS, |run, _, _| {
            assert_eq!(run.issues.contains_key("several-patients"), is_several, "{first:?} {second:?}");
            let study = &of_type(run, "ImagingStudy")[0];
            assert_eq!(study["subject"]["identifier"]["assigner"]["display"], "HOSP");
        });
    }
}
