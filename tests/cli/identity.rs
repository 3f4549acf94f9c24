//! Subjects: identifiers of patients, and phantoms.

use std::ffi::OsString;

use dcm2fhir::synth::Attributes;
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use crate::run::{case, convert, converted, instance, resources, stderr};

/// A folder with one image for each study, each of the patient with these attributes.
pub fn patients(all: &[&[(Tag, &str)]]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, attributes) in all.iter().enumerate() {
        let mut image =
            instance("CT", uids::CT_IMAGE_STORAGE, [&format!("1.2.{number}"), "1.2.3", &format!("1.2.3.{number}")]);
        for (tag, value) in *attributes {
            image = image.text(*tag, *value);
        }
        std::fs::write(folder.path().join(number.to_string()), image.bytes()).unwrap();
    }
    folder
}

#[test]
fn a_number_without_issuer_is_a_patient_of_its_study_only() {
    let bare: &[_] = &[(tags::PATIENT_ID, "4711")];
    let issued: &[_] = &[(tags::PATIENT_ID, "4711"), (tags::ISSUER_OF_PATIENT_ID, "NORTH")];
    let placeholder: &[_] = &[(tags::PATIENT_ID, "ANON"), (tags::ISSUER_OF_PATIENT_ID, "NORTH")];
    for (attributes, options, count) in [
        (bare, &[] as &[&str], 2),
        (issued, &[], 2),
        (bare, &["--system", "patient=urn:oid:1.2.3"], 1),
        (issued, &["--issuer", "NORTH=urn:oid:1.2.3"], 1),
        (placeholder, &["--issuer", "NORTH=urn:oid:1.2.3"], 2),
    ] {
        let folder = patients(&[attributes, attributes]);
        let options = [&["--fhir", "r4", "--references", "separate"], options].concat();
        let all = converted(&[folder.path().into()], &options);
        let patients = all.iter().filter(|resource| resource["resourceType"] == "Patient").count();
        assert_eq!(patients, count, "{attributes:?} {options:?}");
    }
}

#[test]
fn what_two_studies_say_differently_of_one_patient_is_reported() {
    let of = |sex| [(tags::PATIENT_ID, "4711"), (tags::PATIENT_SEX, sex)];
    let folder = patients(&[&of("F"), &of("M")]);
    let options = ["--references", "separate", "--system", "patient=urn:oid:1.2.3"];
    let arguments: Vec<OsString> = [folder.path().into()].into_iter().chain(options.map(OsString::from)).collect();
    let output = convert(arguments);
    assert!(stderr(&output).contains("studies differ in what they say of it"), "{}", stderr(&output));
    let patient = resources(&output).into_iter().find(|resource| resource["resourceType"] == "Patient").unwrap();
    assert_eq!(patient["gender"], "female", "the first Study Instance UID decides");
}

#[test]
fn an_animal_is_no_person_and_a_human_is() {
    let of = |species| {
        [
            (tags::PATIENT_ID, "1"),
            (tags::PATIENT_NAME, "Owner^Rex"),
            (tags::PATIENT_SPECIES_DESCRIPTION, species),
            (tags::PATIENT_SEX_NEUTERED, "ALTERED"),
        ]
    };
    for (species, is_animal) in [("Canine species", true), ("Homo sapiens", false), ("HUMAN", false)] {
        let folder = patients(&[&of(species)]);
        let all = converted(&[folder.path().into()], &["--fhir", "r4", "--references", "separate"]);
        let patient = all.iter().find(|resource| resource["resourceType"] == "Patient").unwrap();
        assert_eq!(patient["name"][0].get("family").is_none(), is_animal, "{patient}");
        let parts = &patient["extension"][0]["extension"];
        assert_eq!(parts[0]["valueCodeableConcept"]["text"] == species, is_animal);
        assert_eq!(parts[1]["valueCodeableConcept"]["coding"][0]["code"] == "neutered", is_animal);
    }
}

#[test]
fn a_phantom_is_a_device() {
    let all = converted(&[case("quality-control-phantom")], &["--fhir", "r4", "--references", "separate"]);
    assert!(all.iter().all(|resource| resource["resourceType"] != "Patient"));
    assert_eq!(all[0]["subject"]["type"], "Device");
}
