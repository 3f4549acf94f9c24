//! `dcm2fhir mapping` and `docs/mapping.md`; and that they are complete.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dcm2fhir::synth::{Attributes, DataSet, Instance};
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags, uids};
use serde_json::Value;

use crate::explained::each_leaf;
use crate::run::{code, converted, dcm2fhir, stderr, stdout};

/// `UPDATE_DOCS=1 cargo test --test cli` writes the page anew.
#[test]
fn the_page_on_the_mapping_is_what_the_program_prints() {
    let output = dcm2fhir().args(["mapping", "--format", "markdown"]).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mapping.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, stdout(&output)).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(page == stdout(&output), "docs/mapping.md: run UPDATE_DOCS=1 cargo test --test cli");
}

#[test]
fn the_mapping_is_printed_as_text_and_as_json() {
    let print = |arguments: &[&str]| dcm2fhir().arg("mapping").args(arguments).output().unwrap();
    let text = print(&[]);
    assert_eq!((code(&text), stderr(&text).as_str()), (0, ""));
    assert!(stdout(&text).contains("(0020,0060) Laterality"));
    let json: serde_json::Value = serde_json::from_slice(&print(&["--format", "json"]).stdout).unwrap();
    assert!(json["rows"].as_array().unwrap().len() > 25);
    assert_eq!(code(&print(&["--format", "xml"])), 2);
}

#[test]
fn one_element_is_answered_at_any_width() {
    for columns in ["40", "80", "200"] {
        let output =
            dcm2fhir().env("COLUMNS", columns).args(["mapping", "Laterality", "--fhir", "r4"]).output().unwrap();
        let text = stdout(&output);
        assert!(code(&output) == 0 && text.contains("(0020,0060) Laterality") && !text.contains("r5"), "{text}");
        assert!(!text.contains("bodySite"), "{text}");
        let width: usize = columns.parse().unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= width.max(44)), "{columns}: {text}");
    }
}

#[test]
fn an_element_that_is_not_there_is_told_what_is() {
    for (arguments, advice) in [
        (&["latrality"][..], "did you mean series.laterality?"),
        (&["Patient.brithDate"], "did you mean Patient.birthDate?"),
        (&["partOf", "--fhir", "r4"], "r4 has no partOf: it is in r5, r6-ballot2"),
        (&["xyzzy", "--format", "json"], "dcm2fhir mapping lists all"),
        (&["basedOn", "--fhir", "r3"], "did you mean r4?"),
    ] {
        let output = dcm2fhir().arg("mapping").args(arguments).output().unwrap();
        assert_eq!((code(&output), stdout(&output)), (2, ""), "{arguments:?}");
        assert!(stderr(&output).contains(advice), "{arguments:?}: {}", stderr(&output));
    }
}

/// The mapping as the program says it.
fn mapping() -> Value {
    serde_json::from_slice(&dcm2fhir().args(["mapping", "--format", "json"]).output().unwrap().stdout).unwrap()
}

/// The tag that is written `(0010,0020)`.
fn tag(text: &Value) -> Tag {
    let digits = text.as_str().unwrap().trim_matches(['(', ')']).replace(',', "");
    let number = u32::from_str_radix(&digits, 16).unwrap();
    Tag((number >> 16) as u16, number as u16)
}

/// Every attribute that a row names, with what a sequence of codes, persons or issuers holds.
fn paths(mapping: &Value) -> BTreeSet<Vec<Tag>> {
    let mut found = BTreeSet::new();
    let rows = mapping["rows"].as_array().unwrap().iter();
    for attribute in rows.flat_map(|row| row["attributes"].as_array().unwrap()) {
        let path: Vec<Tag> = attribute["path"].as_array().unwrap().iter().map(tag).collect();
        let code = [tags::CODE_VALUE, tags::CODING_SCHEME_DESIGNATOR, tags::CODE_MEANING];
        let person = |tag: &Tag| vec![tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, *tag];
        let endings: Vec<Vec<Tag>> = match attribute["items"].as_str() {
            Some("code") => code.iter().map(|tag| vec![*tag]).collect(),
            Some("person") => code.iter().map(person).collect(),
            Some("issuer") => vec![vec![tags::UNIVERSAL_ENTITY_ID], vec![tags::UNIVERSAL_ENTITY_ID_TYPE]],
            _ => vec![Vec::new()],
        };
        found.extend(endings.into_iter().map(|ending| [path.clone(), ending].concat()));
    }
    found.retain(|path| path[0].group() > 2 && !KEPT.contains(&path[0]));
    found
}

/// What the instances have in any case, and what would hide something else.
const KEPT: [Tag; 6] = [
    tags::SOP_CLASS_UID,
    tags::SOP_INSTANCE_UID,
    tags::STUDY_INSTANCE_UID,
    tags::SERIES_INSTANCE_UID,
    tags::QUALITY_CONTROL_SUBJECT,
    tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE,
];

/// A value that is taken.
fn value(tag: Tag) -> &'static str {
    match tag {
        tags::CODE_VALUE => "7771000",
        tags::CODING_SCHEME_DESIGNATOR => "SCT",
        tags::LATERALITY | tags::IMAGE_LATERALITY | tags::FRAME_LATERALITY => "L",
        tags::PATIENT_SEX => "F",
        tags::PATIENT_SEX_NEUTERED => "ALTERED",
        tags::UNIVERSAL_ENTITY_ID => "1.2.9",
        tags::UNIVERSAL_ENTITY_ID_TYPE => "ISO",
        tags::IDENTIFIER_TYPE_CODE => "SS",
        tags::TIMEZONE_OFFSET_FROM_UTC => "+0100",
        tags::REFERENCED_SOP_INSTANCE_UID => "1.2.1.1.1",
        tags::MODALITY => "CT",
        _ => match StandardDataDictionary.by_tag(tag).and_then(|entry| entry.vr().exact()) {
            Some(VR::DA) => "20240229",
            Some(VR::TM) => "101530",
            Some(VR::IS) => "1",
            Some(VR::UI) => "1.2.9",
            _ => StandardDataDictionary.by_tag(tag).map_or("text", |entry| entry.alias),
        },
    }
}

/// The attributes of these paths, each sequence with one item.
fn filled<A: Attributes>(mut into: A, paths: &BTreeSet<Vec<Tag>>) -> A {
    let firsts: BTreeSet<Tag> = paths.iter().map(|path| path[0]).collect();
    for first in firsts {
        let rest = paths.iter().filter(|path| path[0] == first && path.len() > 1);
        let rest: BTreeSet<Vec<Tag>> = rest.map(|path| path[1..].to_vec()).collect();
        into = match rest.is_empty() {
            true => into.text(first, value(first)),
            false => into.item(first, filled(DataSet::new(), &rest)),
        };
    }
    into
}

/// A study with everything that the mapping names: an image, a phantom's image in a study of its own, and a selection.
fn maximal(mapping: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let paths = paths(mapping);
    let image = |class, study: &str, series: &str| {
        filled(Instance::new("CT", class, study, 1, 1), &paths)
            .text(tags::STUDY_INSTANCE_UID, study)
            .text(tags::SERIES_INSTANCE_UID, series)
            .text(tags::SOP_INSTANCE_UID, format!("{series}.1"))
    };
    let reference = DataSet::new()
        .text(tags::REFERENCED_SOP_CLASS_UID, uids::CT_IMAGE_STORAGE)
        .text(tags::REFERENCED_SOP_INSTANCE_UID, "1.2.1.1.1");
    let series =
        DataSet::new().text(tags::SERIES_INSTANCE_UID, "1.2.1.1").item(tags::REFERENCED_SOP_SEQUENCE, reference);
    let evidence =
        DataSet::new().text(tags::STUDY_INSTANCE_UID, "1.2.1").item(tags::REFERENCED_SERIES_SEQUENCE, series);
    let selection = image(uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE, "1.2.1", "1.2.1.2")
        .item(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, evidence);
    let phantom = image(uids::CT_IMAGE_STORAGE, "1.2.2", "1.2.2.1").text(tags::QUALITY_CONTROL_SUBJECT, "YES");
    let shared = Instance::new("CT", uids::CT_IMAGE_STORAGE, "1.2.3", 1, 1).text(tags::PATIENT_ID, "PID1");
    let first = image(uids::CT_IMAGE_STORAGE, "1.2.1", "1.2.1.1");
    for (name, instance) in [("image", first), ("selection", selection), ("phantom", phantom), ("shared", shared)] {
        fs::write(folder.path().join(name), instance.bytes()).unwrap();
    }
    folder
}

/// Whether a path is an element or lies in it.
fn is_of(path: &str, element: &str) -> bool {
    if let Some(part) = element.strip_prefix('*') {
        return format!(".{path}.").contains(&format!("{part}."));
    }
    path.strip_prefix(element).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[test]
fn what_is_written_has_a_row_and_what_a_row_claims_is_written_in_every_release() {
    let mapping = mapping();
    let folder = maximal(&mapping);
    let rows = mapping["rows"].as_array().unwrap();
    let rules: Vec<&str> = mapping["rules"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|rule| rule["element"].as_str().unwrap().split(", "))
        .collect();
    for release in ["r4", "r4b", "r5", "r6-ballot2", "r6-ballot5"] {
        let claimed: Vec<&str> = rows.iter().filter_map(|row| row["releases"][release].as_str()).collect();
        let mut written = BTreeSet::new();
        for how in [["--references", "separate"], ["--references", "contained"], ["--format", "bundle"]] {
            let endpoint = ["--endpoint", "wado-rs=https://pacs.example.org/dicom-web", "--endpoint-level", "both"];
            let options = ["--fhir", release, "--meta-source", "urn:a", "--system", "patient=urn:p"];
            let options = [&options, &how[..], &endpoint].concat();
            let all = converted(&[folder.path().into()], &options);
            // What a primitive value lacks stands under its name with a line in front.
            let mut see = |path: &str, _: &Value| {
                written.insert(path.replace('_', ""));
            };
            all.iter().for_each(|resource| each_leaf(resource, "", &mut see));
        }
        let without_row: Vec<&String> =
            written.iter().filter(|path| !claimed.iter().chain(&rules).any(|element| is_of(path, element))).collect();
        assert_eq!(without_row, [""; 0], "{release}: no row");
        let not_written: Vec<&&str> = claimed
            .iter()
            .filter(|element| **element != "contained" && !written.iter().any(|path| is_of(path, element)))
            .collect();
        assert_eq!(not_written, [&""; 0], "{release}: not written");
    }
}

#[test]
fn a_value_that_is_always_the_same_is_what_the_mapping_says() {
    let mapping = mapping();
    let folder = maximal(&mapping);
    let options = ["--fhir", "r4", "--references", "separate", "--endpoint", "wado-rs=https://pacs.example.org"];
    let all = converted(&[folder.path().into()], &options);
    for row in mapping["rows"].as_array().unwrap() {
        let Some(want) = row["source"].as_str().and_then(|source| source.strip_prefix("always ")) else { continue };
        let (kind, element) = row["element"].as_str().unwrap().split_once('.').unwrap();
        let of_kind = all.iter().filter(|resource| resource["resourceType"] == kind);
        for resource in of_kind {
            assert!(resource[element].to_string().contains(want.trim_matches('`')), "{kind}.{element}: {resource}");
        }
    }
}

#[test]
fn each_option_that_the_mapping_names_is_one() {
    let help = dcm2fhir().args(["convert", "--help"]).output().unwrap();
    let has = |option: &str| {
        let mut words = stdout(&help).split_whitespace().map(|word| word.trim_end_matches(','));
        words.any(|word| word == option)
    };
    let profiles = ["mado", "eu-imaging", "imr", "mii", "ips"].map(|name| vec!["--profile", name]);
    let mut checked = BTreeSet::new();
    for arguments in profiles.into_iter().chain([vec![]]) {
        let output = dcm2fhir().arg("mapping").args(["--format", "json"]).args(arguments).output().unwrap();
        let words = stdout(&output).split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        for option in words.filter(|word| word.starts_with("--")) {
            assert!(has(option), "{option}");
            checked.insert(option.to_owned());
        }
    }
    assert!(checked.len() > 10, "{checked:?}");
}
