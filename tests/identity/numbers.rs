//! Numbers of one thing that are told in several ways, and of two things that are told in one.

use dcm2fhir::Release;
use dcm2fhir::synth::{Attributes, DataSet, Instance};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use crate::cases::{SEPARATE, SYSTEMS, converted, everywhere, image, of_type, searches};
use crate::checker::list;
use crate::ways::Way;

const PLACER: [&str; 3] = ["patient=urn:p", "accession=urn:a", "placer=urn:o"];

/// An image of a patient with a request item and a specimen item.
fn of_patient(study: &str, patient: &str, request: DataSet, specimen: DataSet) -> Instance {
    image(study, 1, &[(tags::PATIENT_ID, patient.as_bytes())])
        .item(tags::REQUEST_ATTRIBUTES_SEQUENCE, request)
        .item(tags::SPECIMEN_DESCRIPTION_SEQUENCE, specimen)
}

pub fn with(attributes: &[(Tag, &str)]) -> DataSet {
    attributes.iter().fold(DataSet::new(), |item, (tag, value)| item.text(*tag, *value))
}

#[test]
fn every_number_of_an_order_or_specimen_is_looked_at_and_not_the_first_alone() {
    const PLACED: Tag = tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST;
    let both = with(&[(tags::ACCESSION_NUMBER, "A1"), (PLACED, "P1")]);
    let specimen = with(&[(tags::SPECIMEN_IDENTIFIER, "S1"), (tags::SPECIMEN_UID, "1.9.9")]);
    let images = |other: &str| {
        let (order, uid) = (with(&[(PLACED, "P1")]), with(&[(tags::SPECIMEN_UID, "1.9.9")]));
        [of_patient("1", "PID1", both.clone(), specimen.clone()), of_patient("2", other, order, uid)]
    };
    everywhere(&images("PID2"), &PLACER, |run, _, _| {
        assert_eq!((run.exit_code, run.issues.get("other-patient")), (1, Some(&4)));
        assert_eq!(searches(run, "ServiceRequest").len() + searches(run, "Specimen").len(), 0);
    });
    everywhere(&images("PID1"), &PLACER, |run, _, _| assert_eq!(run.exit_code, 0));
}

#[test]
fn an_issuer_whose_name_the_user_knows_is_the_one_with_the_universal_id_within_a_study_and_across_studies() {
    let told = |study: &str, place: u32, local: &str, id: &str| {
        let image =
            image(study, place, &[(tags::ISSUER_OF_PATIENT_ID, local.as_bytes()), (tags::ACCESSION_NUMBER, b"A1")]);
        match id {
            "" => image,
            id => {
                let of = [(tags::UNIVERSAL_ENTITY_ID, id), (tags::UNIVERSAL_ENTITY_ID_TYPE, "ISO")];
                image.item(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, with(&of))
            }
        }
    };
    for (first, second, is_one) in [
        (("HOSP", ""), ("HOSP", "1.2.3"), true),
        (("HOSP", ""), ("", "1.2.3"), false),
        (("HOSP", ""), ("LAB", "1.2.3"), false),
        (("HOSP", "1.2.4"), ("HOSP", "1.2.3"), false),
        (("LAB", ""), ("", "1.2.9"), true),
        (("HOSP", ""), ("SAME", ""), true),
    ] {
        let systems = ["accession=urn:a", "issuer:HOSP=urn:h", "issuer:SAME=urn:h", "issuer:LAB=urn:oid:1.2.9"];
        let images = |study| [told("1", 1, first.0, first.1), told(study, 2, second.0, second.1)];
        everywhere(&images("1"), &systems, |run, _, _| {
            assert_eq!(run.issues.contains_key("several-patients"), !is_one, "{first:?} {second:?}");
        });
        everywhere(&images("2"), &systems, |run, _, _| {
            assert_eq!(run.issues.contains_key("other-patient"), !is_one, "{first:?} {second:?}");
            assert_eq!(run.exit_code, u8::from(!is_one), "{first:?} {second:?}");
        });
    }
}

#[test]
fn a_phantom_and_a_patient_of_one_number_share_nothing() {
    let numbered = |study| image(study, 1, &[(tags::ACCESSION_NUMBER, b"A1"), (tags::ADMISSION_ID, b"V1")]);
    let images = [numbered("1").text(tags::QUALITY_CONTROL_SUBJECT, "YES"), numbered("2")];
    everywhere(&images, &SYSTEMS, |run, _, _| {
        assert_eq!((run.exit_code, run.issues.get("other-patient")), (1, Some(&4)));
        assert_eq!(searches(run, "ServiceRequest").len() + searches(run, "Encounter").len(), 0);
    });
}

#[test]
fn another_id_without_an_issuer_is_not_the_users() {
    let other = with(&[(tags::PATIENT_ID, "PID2")]);
    let images = [
        image("1", 1, &[]).item(tags::OTHER_PATIENT_I_DS_SEQUENCE, other),
        image("2", 1, &[(tags::PATIENT_ID, b"PID2")]),
    ];
    let run = converted(&images, Release::R4, Way::Bundles, &SYSTEMS);
    let first = &of_type(&run, "Patient")[0];
    assert_eq!(first["identifier"][1]["value"], "PID2");
    assert!(first["identifier"][1]["system"].is_null(), "a server would find it as the other patient");
}

#[test]
fn numbers_of_another_kind_are_not_of_the_users_system() {
    let typed = |study, code| {
        image(study, 1, &[])
            .item(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, with(&[(tags::IDENTIFIER_TYPE_CODE, code)]))
    };
    for (codes, count) in [(["SS", "DL"], 2), (["SS", "MR"], 2), (["MR", "PI"], 1)] {
        let images = [typed("1", codes[0]), typed("2", codes[1])];
        let run = converted(&images, Release::R4, SEPARATE, &SYSTEMS);
        assert_eq!(of_type(&run, "Patient").len(), count, "{codes:?}");
    }
}

#[test]
fn one_of_another_patient_is_seen_behind_more_parts_than_are_kept() {
    let described = |place: u32, patient: &'static [u8]| {
        image("1", place, &[(tags::PATIENT_ID, patient)]).text(tags::STUDY_DESCRIPTION, place.to_string())
    };
    for (other, exit_code) in [(&b"PID2"[..], 1), (b"PID1 ", 0), (b"PID\xC4", 1)] {
        for others_place in [10, 20, 40] {
            let mut images: Vec<Instance> =
                (11..40).filter(|place| *place != others_place).map(|place| described(place, b"PID1")).collect();
            images.push(described(others_place, other));
            for order in [false, true] {
                if order {
                    images.reverse();
                }
                let run = converted(&images, Release::R5, Way::Bundles, &SYSTEMS);
                assert_eq!(run.exit_code, exit_code, "{other:?} {others_place}");
                assert_eq!(run.issues.contains_key("several-patients"), exit_code == 1);
            }
        }
    }
}

#[test]
fn a_document_of_two_studies_makes_two_selections_also_in_two_runs() {
    let reference = |uid: Tag, value: &str| with(&[(uid, value)]);
    let note = |study: &str| {
        let instance = reference(tags::REFERENCED_SOP_INSTANCE_UID, "1.2.7.1.1");
        let series = reference(tags::SERIES_INSTANCE_UID, "1.2.7.1").item(tags::REFERENCED_SOP_SEQUENCE, instance);
        let evidence = reference(tags::STUDY_INSTANCE_UID, "1.2.7").item(tags::REFERENCED_SERIES_SEQUENCE, series);
        image(study, 1, &[])
            .text(tags::SOP_CLASS_UID, uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE)
            .text(tags::SOP_INSTANCE_UID, "1.9.9")
            .item(tags::CONCEPT_NAME_CODE_SEQUENCE, dcm2fhir::synth::code("113000", "DCM", "Of Interest"))
            .item(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, evidence)
    };
    let id = |study: &str| {
        let run = converted(&[note(study)], Release::R5, SEPARATE, &SYSTEMS);
        let selections = of_type(&run, "ImagingSelection");
        assert_eq!(selections.len(), 1);
        selections[0]["id"].to_string()
    };
    assert_ne!(id("1"), id("2"));
}

#[test]
fn without_a_patient_id_the_other_ids_say_whether_images_are_of_one() {
    let of = |place: usize, (id, others): &(&str, &[&str])| {
        let others = others.iter().map(|other| with(&[(tags::PATIENT_ID, other)]));
        let image = image("1", place as u32 + 1, &[]).items(tags::OTHER_PATIENT_I_DS_SEQUENCE, others);
        image.text(tags::PATIENT_ID, id)
    };
    for (subjects, is_several) in [
        (&[("", &["A"] as &[&str]), ("", &["B"])] as &[(&str, &[&str])], true),
        (&[("", &["A"]), ("", &["A"])], false),
        (&[("", &["A"]), ("", &["B", "A"])], false),
        (&[("", &["A"]), ("", &["C"]), ("", &["A", "B"]), ("", &["B", "C"])], false),
        (&[("", &["A"]), ("", &[])], false),
        (&[("1", &["A"]), ("", &["A"])], false),
        (&[("1", &["A"]), ("", &["1"])], false),
        (&[("1", &["A"]), ("", &["B"])], true),
        (&[("1", &["A"]), ("1", &["B"])], false),
        (&[("1", &["A"]), ("", &[])], false),
    ] {
        for reversed in [false, true] {
            let mut images: Vec<Instance> = subjects.iter().enumerate().map(|(place, one)| of(place, one)).collect();
            if reversed {
                images = subjects.iter().rev().enumerate().map(|(place, one)| of(place, one)).collect();
            }
            everywhere(&images, &SYSTEMS, |run, _, _| {
                assert_eq!(run.issues.contains_key("several-patients"), is_several, "{subjects:?}");
                assert_eq!(run.exit_code, u8::from(is_several), "{subjects:?}");
            });
        }
    }
}

#[test]
fn two_contents_of_a_patient_who_is_known_by_another_id_alone_are_reported() {
    let issuer = with(&[(tags::UNIVERSAL_ENTITY_ID, "1.2.9"), (tags::UNIVERSAL_ENTITY_ID_TYPE, "ISO")]);
    let other = with(&[(tags::PATIENT_ID, "A")]).item(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, issuer);
    let of = |study, name: &str| {
        let image = image(study, 1, &[(tags::PATIENT_ID, b""), (tags::PATIENT_NAME, name.as_bytes())]);
        image.item(tags::OTHER_PATIENT_I_DS_SEQUENCE, other.clone())
    };
    everywhere(&[of("1", "Doe^Jane"), of("2", "Roe^Joan")], &SYSTEMS, |run, _, _| {
        assert_eq!(run.issues.get("patient-differs"), Some(&1));
    });
}

#[test]
fn a_phantom_and_a_patient_in_one_study_are_several() {
    for order in [false, true] {
        let phantom = |place, is_one| match is_one {
            true => image("1", place, &[(tags::QUALITY_CONTROL_SUBJECT, b"YES")]),
            false => image("1", place, &[]),
        };
        let images = [phantom(1, order), phantom(2, !order)];
        everywhere(&images, &SYSTEMS, |run, _, _| {
            assert_eq!((run.exit_code, run.issues.get("several-patients")), (1, Some(&1)));
        });
    }
}

#[test]
fn another_id_of_another_patient_is_seen_behind_more_parts_than_are_kept() {
    let described = |place: u32, other: &str| {
        let other = with(&[(tags::PATIENT_ID, other)]);
        let image = image("1", place, &[]).text(tags::STUDY_DESCRIPTION, place.to_string());
        image.text(tags::PATIENT_ID, "").item(tags::OTHER_PATIENT_I_DS_SEQUENCE, other)
    };
    for (other, exit_code) in [("B", 1), ("A", 0)] {
        let images: Vec<Instance> =
            (11..40).map(|place| described(place, if place == 38 { other } else { "A" })).collect();
        assert_eq!(converted(&images, Release::R4, SEPARATE, &SYSTEMS).exit_code, exit_code, "{other}");
    }
}

#[test]
fn a_coding_scheme_whose_name_lost_bytes_is_none_that_the_user_named() {
    let operator = |scheme: &[u8]| {
        let code = dcm2fhir::synth::code("D1", "", "").text(tags::CODING_SCHEME_DESIGNATOR, scheme);
        let person = DataSet::new().item(tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, code);
        image("1", 1, &[]).item(tags::OPERATOR_IDENTIFICATION_SEQUENCE, person)
    };
    for (scheme, system) in [(&b"99\xC4"[..], None), (b"99\xEF\xBF\xBD", None), (b"99A", Some("urn:s"))] {
        everywhere(&[operator(scheme)], &["scheme:99\u{FFFD}=urn:x", "scheme:99A=urn:s"], |run, _, _| {
            let study = &of_type(run, "ImagingStudy")[0];
            let mut actors = list(&study["series"][0]["performer"]).map(|one| &one["actor"]);
            let operator = actors.find(|actor| actor["identifier"]["value"] == "D1").unwrap();
            assert_eq!(operator["identifier"]["system"].as_str(), system, "{scheme:?}");
        });
    }
}

#[test]
fn one_patient_id_of_two_types_and_one_issuer_is_one() {
    let typed = |place, code, issuer| {
        let of = [
            (tags::IDENTIFIER_TYPE_CODE, code),
            (tags::UNIVERSAL_ENTITY_ID, issuer),
            (tags::UNIVERSAL_ENTITY_ID_TYPE, "ISO"),
        ];
        image("1", place, &[]).item(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, with(&of))
    };
    for (issuers, is_several) in [(["1.2.3", "1.2.3"], false), (["1.2.3", "1.2.4"], true)] {
        let images = [typed(1, "MR", issuers[0]), typed(2, "PI", issuers[1])];
        everywhere(&images, &SYSTEMS, |run, _, _| {
            assert_eq!(run.issues.contains_key("several-patients"), is_several, "{issuers:?}");
        });
    }
}

#[test]
fn what_an_image_lacks_of_its_patient_comes_from_no_other_persons_image() {
    let born = |attributes: &[(Tag, &[u8])]| image("1", 2, attributes).text(tags::PATIENT_BIRTH_DATE, "19700102");
    let (id, name) = (tags::PATIENT_ID, tags::PATIENT_NAME);
    for (first, second, is_completed) in [
        (&[] as &[(Tag, &[u8])], &[] as &[(Tag, &[u8])], true),
        (&[(name, b"Doe^Jane")], &[(name, b"Doe^Jane")], true),
        (&[(name, b"Doe^Jane")], &[], true),
        (&[], &[(name, b"Doe^Jane")], true),
        (&[(name, b"Doe^Jane")], &[(name, b"Roe^Joan")], false),
        (&[(name, b"Doe^Jane")], &[(name, b"Doe^Jane"), (id, b"PID2")], false),
        (&[(id, b""), (name, b"Doe^Jane")], &[(id, b""), (name, b"Doe^Jane")], true),
        (&[(id, b""), (name, b"Doe^Jane")], &[(id, b""), (name, b"Roe^Joan")], false),
        (&[(name, b"Doe^Jane")], &[(id, b""), (name, b"Doe^Jane")], false),
    ] {
        let run = converted(&[image("1", 1, first), born(second)], Release::R4, SEPARATE, &SYSTEMS);
        let patient = of_type(&run, "Patient").remove(0);
        assert_eq!(!patient["birthDate"].is_null(), is_completed, "{first:?} {second:?}");
    }
}

#[test]
fn of_two_visits_of_one_study_the_first_is_taken_and_it_is_reported() {
    let images = [(1, b"V1"), (2, b"V2")].map(|(place, visit)| image("1", place, &[(tags::ADMISSION_ID, visit)]));
    everywhere(&images, &SYSTEMS, |run, _, _| {
        assert_eq!(run.issues.get("differs"), Some(&1));
        for visit in of_type(run, "Encounter") {
            assert_eq!((visit["identifier"][0]["value"].as_str(), visit["identifier"][1].as_str()), (Some("V1"), None));
            assert_eq!(list(&visit["identifier"]).count(), 1);
        }
    });
}

#[test]
fn devices_of_one_serial_number_and_other_makers_are_two_resources() {
    for (makers, count) in [([&b"ACME"[..], b"Other"], 2), ([b"M\xFC", b"M\xF6"], 2), ([b"ACME", b"ACME "], 1)] {
        let made =
            |place: u32, maker| image("1", place, &[(tags::DEVICE_SERIAL_NUMBER, b"7"), (tags::MANUFACTURER, maker)]);
        let run = converted(&[made(1, makers[0]), made(2, makers[1])], Release::R4, SEPARATE, &SYSTEMS);
        assert_eq!(of_type(&run, "Device").len(), count, "{makers:?}");
    }
}
