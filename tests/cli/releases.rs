//! What differs between the releases, of headers that are made here.

use dcm2fhir::synth::{Attributes, Instance};
use dicom_dictionary_std::{tags, uids};
use serde_json::{Value, json};

use crate::run::{case, converted, instance};

const RELEASES: [&str; 5] = ["r4", "r4b", "r5", "r6-ballot2", "r6-ballot5"];

/// The resources of a study with a series for each of these images, in one release.
fn study(images: impl IntoIterator<Item = Instance>, options: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    for (number, image) in images.into_iter().enumerate() {
        std::fs::write(folder.path().join(number.to_string()), image.bytes()).unwrap();
    }
    converted(&[folder.path().into()], options)
}

/// An object in a series of its own.
fn object(number: usize, modality: &str, sop_class: &str) -> Instance {
    instance(modality, sop_class, ["1.2.1", &format!("1.2.1.{number}"), &format!("1.2.1.{number}.1")])
        .text(tags::SERIES_NUMBER, number.to_string())
}

/// Images of these modalities.
fn images(modalities: &[&str]) -> Vec<Instance> {
    modalities.iter().zip(1..).map(|(modality, number)| object(number, modality, uids::CT_IMAGE_STORAGE)).collect()
}

/// The codes or texts of modalities, as Coding or as CodeableConcept.
fn terms(modalities: &Value) -> Vec<String> {
    let term = |modality: &Value| {
        let found = [&modality["code"], &modality["coding"][0]["code"], &modality["text"]];
        found.into_iter().find_map(Value::as_str).unwrap().to_string()
    };
    modalities.as_array().into_iter().flatten().map(term).collect()
}

/// What a study lists, and what its series say.
fn modalities(images: Vec<Instance>, release: &str) -> (Vec<String>, Vec<String>) {
    let study = study(images, &["--fhir", release]).remove(0);
    let series = study["series"].as_array().unwrap().iter().map(|series| series["modality"].clone()).collect();
    (terms(&study["modality"]), terms(&Value::Array(series)))
}

#[test]
fn a_study_of_r4_lists_the_modalities_that_acquire_and_later_ones_list_all() {
    let objects = || {
        vec![
            object(1, "CT", uids::CT_IMAGE_STORAGE),
            object(2, "SR", uids::X_RAY_RADIATION_DOSE_SR_STORAGE),
            object(3, "KO", uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE),
            object(4, "PR", uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE),
            object(5, "SEG", uids::SEGMENTATION_STORAGE),
        ]
    };
    for release in RELEASES {
        let (listed, series) = modalities(objects(), release);
        assert_eq!(series, ["CT", "SR", "KO", "PR", "SEG"], "{release}");
        let want: &[&str] = if release.starts_with("r4") { &["CT"] } else { &["CT", "KO", "PR", "SEG", "SR"] };
        assert_eq!(listed, want, "{release}");
    }
}

#[test]
fn waveforms_are_acquired_and_a_study_of_reports_alone_lists_nothing_in_r4() {
    for (objects, want) in [
        (&["ECG", "RESP", "SR"] as &[&str], &["ECG", "RESP"] as &[&str]),
        (&["SR", "DOC"], &[]),
        (&["OT", "AU", "REG", "RTPLAN"], &[]),
        (&["RTIMAGE", "RTDOSE"], &["RTIMAGE"]),
        (&["XX"], &[]),
    ] {
        assert_eq!(modalities(images(objects), "r4").0, want, "{objects:?}");
        assert_eq!(modalities(images(objects), "r4").1, *objects, "the series keep theirs");
        let empty = study(images(objects), &["--fhir", "r4", "--detail", "study"]).remove(0);
        assert_eq!(terms(&empty["modality"]), want, "{objects:?}");
    }
}

#[test]
fn a_modality_in_small_letters_is_the_code_and_two_in_one_value_are_text() {
    for release in RELEASES {
        let (listed, series) = modalities(images(&["ct", "Mr", "US"]), release);
        for found in [listed, series] {
            assert_eq!(found, ["CT", "MR", "US"], "{release}");
        }
        let (listed, series) = modalities(images(&["PT\\CT"]), release);
        assert_eq!(series, ["PT\\CT"], "{release}");
        assert_eq!(listed.is_empty(), release.starts_with("r4"), "{release}");
    }
}

/// The only resource of a type.
fn only(resources: &[Value], kind: &str) -> Value {
    let found: Vec<&Value> = resources.iter().filter(|resource| resource["resourceType"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind}");
    found[0].clone()
}

#[test]
fn a_device_has_the_name_and_version_of_its_release() {
    let image = || {
        object(1, "CT", uids::CT_IMAGE_STORAGE)
            .text(tags::STATION_NAME, "CT1")
            .text(tags::SOFTWARE_VERSIONS, "1.0")
            .text(tags::MANUFACTURER, "ACME")
    };
    let code = "user-friendly-name";
    let concept = |system: &str| json!([{"value": "CT1", "type": {"coding": [{"system": system, "code": code, "display": "User Friendly name"}]}}]);
    for (release, element, name, version) in [
        ("r4", "deviceName", json!([{"name": "CT1", "type": code}]), "version"),
        ("r4b", "deviceName", json!([{"name": "CT1", "type": code}]), "version"),
        ("r5", "name", json!([{"value": "CT1", "type": code}]), "version"),
        ("r6-ballot2", "name", concept("http://hl7.org/fhir/device-nametype"), "deviceVersion"),
        ("r6-ballot5", "name", concept("http://terminology.hl7.org/CodeSystem/device-nametype"), "deviceVersion"),
    ] {
        let device = only(&study([image()], &["--fhir", release, "--references", "separate"]), "Device");
        assert_eq!(device[element], name, "{release}");
        assert_eq!(device[version], json!([{"value": "1.0"}]), "{release}");
        let other = if version == "version" { "deviceVersion" } else { "version" };
        assert!(device.get(other).is_none(), "{release}");
    }
}

#[test]
fn a_selection_names_classes_as_its_release_does_and_frames_as_before() {
    let urn = "urn:oid:1.2.840.10008.5.1.4.1.1.2";
    for (release, class, is_list) in [
        ("r5", json!({"system": "urn:ietf:rfc:3986", "code": urn}), true),
        ("r6-ballot2", json!(urn), true),
        ("r6-ballot5", json!(urn), false),
    ] {
        let all = converted(&[case("key-objects")], &["--fhir", release, "--references", "separate"]);
        let selection = only(&all, "ImagingSelection");
        assert_eq!(selection["instance"][0]["sopClass"], class, "{release}");
        assert_eq!(selection["derivedFrom"].is_array(), is_list, "{release}");
    }
}

#[test]
fn what_a_selection_of_a_bundle_is_derived_from_is_an_entry_or_an_identifier() {
    for release in ["r5", "r6-ballot2", "r6-ballot5"] {
        for target in [&[] as &[&str], &["--conditional"]] {
            for kind in ["transaction", "batch", "collection"] {
                let options = [&["--fhir", release, "--format", "bundle", "--bundle-type", kind], target].concat();
                let bundle = converted(&[case("key-objects")], &options).remove(0);
                let entry = |kind: &str| {
                    let mut entries = bundle["entry"].as_array().unwrap().iter();
                    entries.find(|entry| entry["resource"]["resourceType"] == kind).cloned().unwrap()
                };
                let derived = entry("ImagingSelection")["resource"]["derivedFrom"].clone();
                let derived = if derived.is_array() { derived[0].clone() } else { derived };
                let full_url = entry("ImagingStudy")["fullUrl"].clone();
                let want = if kind == "batch" { Value::Null } else { full_url };
                assert_eq!(derived["reference"], want, "{options:?}");
                assert_eq!(derived["identifier"]["system"], "urn:dicom:uid", "{options:?}");
                let own = entry("ImagingSelection");
                let id = own["resource"]["id"].as_str().unwrap();
                assert_eq!(own["fullUrl"], format!("urn:uuid:{id}"), "{options:?}");
                let put = json!({"method": "PUT", "url": format!("ImagingSelection/{id}")});
                assert_eq!(own["request"], if kind == "collection" { Value::Null } else { put }, "{options:?}");
            }
        }
    }
}
