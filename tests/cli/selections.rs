//! Key Object Selections: what they select, and what rejection notes leave out.

use dcm2fhir::synth::{Attributes, DataSet, code as coded};
use dicom_dictionary_std::{tags, uids};
use serde_json::Value;

use crate::identity::patients;
use crate::run::{case, converted, instance};

const RELEASES: [&str; 5] = ["r4", "r4b", "r5", "r6-ballot2", "r6-ballot5"];

/// A Key Object Selection in study 1.2.1 of instances of a study, with their frames.
fn selection(study: &str, title: &str, frames: &[(&str, &str)]) -> Vec<u8> {
    document("1.2.5", study, title, frames)
}

fn document(uid: &str, study: &str, title: &str, frames: &[(&str, &str)]) -> Vec<u8> {
    let reference = |uid: &str| {
        DataSet::new()
            .text(tags::REFERENCED_SOP_CLASS_UID, uids::CT_IMAGE_STORAGE)
            .text(tags::REFERENCED_SOP_INSTANCE_UID, uid)
    };
    let series = DataSet::new()
        .text(tags::SERIES_INSTANCE_UID, "1.2.3")
        .items(tags::REFERENCED_SOP_SEQUENCE, frames.iter().map(|(uid, _)| reference(uid)));
    let evidence = DataSet::new().text(tags::STUDY_INSTANCE_UID, study).item(tags::REFERENCED_SERIES_SEQUENCE, series);
    let item = |(uid, frames): &(&str, &str)| {
        let reference = reference(uid);
        let reference =
            if frames.is_empty() { reference } else { reference.text(tags::REFERENCED_FRAME_NUMBER, *frames) };
        DataSet::new().text(tags::VALUE_TYPE, "IMAGE").item(tags::REFERENCED_SOP_SEQUENCE, reference)
    };
    instance("KO", uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE, ["1.2.1", "1.2.4", uid])
        .text(tags::ACCESSION_NUMBER, "A1")
        .text(tags::CONTENT_DATE, "20240301")
        .text(tags::CONTENT_TIME, "080000")
        .item(tags::CONCEPT_NAME_CODE_SEQUENCE, coded(title, "DCM", "Title"))
        .item(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, evidence)
        .items(tags::CONTENT_SEQUENCE, frames.iter().map(item))
        .bytes()
}

fn selected(document: &[u8], options: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    for copy in ["a", "b"] {
        std::fs::write(folder.path().join(copy), document).unwrap();
    }
    let all = converted(&[folder.path().into()], &[&["--references", "separate"], options].concat());
    let [selection] = all.iter().filter(|r| r["resourceType"] == "ImagingSelection").collect::<Vec<_>>()[..] else {
        panic!("one ImagingSelection of two copies: {all:?}")
    };
    selection.clone()
}

#[test]
fn frames_are_selected_in_the_shape_of_the_release() {
    let document = selection("1.2.1", "113000", &[("1.2.3.1", "3\\1\\0"), ("1.2.3.2", ""), ("1.2.3.1", "2")]);
    let five = selected(&document, &["--fhir", "r5", "--timezone", "+01:00"]);
    assert_eq!(five["instance"][0]["subset"], serde_json::json!(["1", "2", "3"]));
    assert_eq!(five["instance"][0]["sopClass"]["code"], "urn:oid:1.2.840.10008.5.1.4.1.1.2");
    assert!(five["instance"][1].get("subset").is_none(), "all of it");
    assert_eq!(five["issued"], "2024-03-01T08:00:00+01:00");
    assert_eq!(five["basedOn"][0]["identifier"]["value"], "A1");
    assert_eq!(five["derivedFrom"][0]["reference"], "ImagingStudy/1.2.1");
    let six = selected(&document, &["--fhir", "r6-ballot5"]);
    assert_eq!(six["instance"][0]["frameNumber"], serde_json::json!([1, 2, 3]));
    assert_eq!(six["instance"][0]["sopClass"], "urn:oid:1.2.840.10008.5.1.4.1.1.2");
    assert_eq!(six["derivedFrom"]["reference"], "ImagingStudy/1.2.1");
    assert!(six.get("issued").is_none(), "no instant without a zone");
}

#[test]
fn what_another_study_is_selected_of_is_referred_to_by_its_uid() {
    let selection = selected(&selection("1.2.9", "113000", &[("1.2.3.1", "")]), &["--fhir", "r5"]);
    assert_eq!(selection["studyUid"], "1.2.9");
    let study = &selection["derivedFrom"][0];
    assert!(study.get("reference").is_none());
    assert_eq!(study["identifier"]["value"], "urn:oid:1.2.9");
}

#[test]
fn rejected_instances_are_left_out_on_request_and_an_empty_study_is_entered_in_error() {
    for release in RELEASES {
        let kept = converted(&[case("rejected")], &["--fhir", release]);
        assert_eq!((&kept[0]["status"], &kept[0]["numberOfInstances"]), (&"available".into(), &3.into()));
        let applied = converted(&[case("rejected")], &["--fhir", release, "--apply-rejections"]);
        assert_eq!((&applied[0]["status"], &applied[0]["numberOfInstances"]), (&"entered-in-error".into(), &0.into()));
        assert!(applied[0].get("series").is_none() && applied[0].get("modality").is_none());
    }
}

#[test]
fn a_note_rejects_what_it_names_and_no_more() {
    let folder = patients(&[&[], &[], &[]]);
    std::fs::write(folder.path().join("note"), selection("1.2.1", "113037", &[("1.2.3.1", "")])).unwrap();
    std::fs::write(folder.path().join("elsewhere"), selection("1.2.2", "113000", &[("1.2.3.2", "")])).unwrap();
    let studies = converted(&[folder.path().into()], &["--fhir", "r5", "--apply-rejections"]);
    let counts: Vec<&Value> = studies.iter().map(|study| &study["numberOfInstances"]).collect();
    assert_eq!(counts, [&Value::from(1), &Value::from(0), &Value::from(1)]);
}

#[test]
fn what_a_note_rejects_is_selected_by_nobody_and_the_note_selects_nothing() {
    let folder = patients(&[&[], &[]]);
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("more", instance("CT", uids::CT_IMAGE_STORAGE, ["1.2.1", "1.2.3", "1.2.3.9"]).bytes());
    write("note", document("1.2.5", "1.2.1", "113037", &[("1.2.3.1", "")]));
    write("two", document("1.2.6", "1.2.1", "113000", &[("1.2.3.1", ""), ("1.2.3.9", "")]));
    write("elsewhere", document("1.2.7", "1.2.9", "113000", &[("1.2.3.1", "")]));
    for (options, want, reason) in [
        (&["--apply-rejections"] as &[&str], &["1.2.3.1", "1.2.3.9"] as &[&str], "applied-note"),
        (&[], &["1.2.3.1", "1.2.3.1", "1.2.3.1 1.2.3.9"], "rejection-note"),
    ] {
        let report = folder.path().join("report.json");
        let more = ["--fhir", "r5", "--references", "separate", "--report", report.to_str().unwrap()];
        let inputs = ["0", "1", "more", "note", "two", "elsewhere"].map(|name| folder.path().join(name));
        let all = converted(&inputs, &[&more, options].concat());
        let uids = |selection: &Value| {
            let instances = selection["instance"].as_array().unwrap().iter();
            instances.map(|one| one["uid"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
        };
        let selections = all.iter().filter(|one| one["resourceType"] == "ImagingSelection");
        let mut selected: Vec<String> = selections.map(uids).collect();
        selected.sort();
        assert_eq!(selected, want);
        assert!(std::fs::read_to_string(report).unwrap().contains(&format!("\"{reason}\"")), "{reason}");
    }
}
