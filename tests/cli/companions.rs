//! Companion resources: every reference resolves, and ids are stable.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{case, code, convert, converted, files, name, stderr};

const RELEASES: [&str; 5] = ["r4", "r4b", "r5", "r6-ballot2", "r6-ballot5"];

/// All `Reference.reference`.
fn literals(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => {
            let own = members.get("reference").and_then(Value::as_str);
            own.into_iter().chain(members.values().flat_map(literals)).collect()
        }
        Value::Array(items) => items.iter().flat_map(literals).collect(),
        _ => Vec::new(),
    }
}

/// Where all cases are.
fn testdata() -> [PathBuf; 1] {
    [case("")]
}

/// The resources of a folder, with their paths.
fn folder(options: &[&str]) -> BTreeMap<PathBuf, Vec<Value>> {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments: Vec<OsString> = vec![case("").into(), "-o".into(), folder.path().into()];
    arguments.extend(options.iter().map(OsString::from));
    assert!(code(&convert(arguments)) < 2);
    let parsed = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    files(folder.path()).into_iter().map(|(path, bytes)| (path, parsed(bytes))).collect()
}

fn all_resolve(resources: &[Value]) {
    let there: BTreeSet<String> = resources.iter().map(name).collect();
    for resource in resources {
        for literal in literals(resource) {
            assert!(there.contains(literal), "{literal} of {}", name(resource));
        }
    }
}

#[test]
fn every_reference_of_a_folder_or_stream_leads_to_a_resource_in_it() {
    for release in RELEASES {
        let stream = converted(&testdata(), &["--fhir", release, "--references", "separate"]);
        all_resolve(&stream);
        let names: BTreeSet<String> = stream.iter().map(name).collect();
        assert_eq!(names.len(), stream.len(), "each resource stands once");
        for format in ["json", "ndjson"] {
            let folder = folder(&["--fhir", release, "--references", "separate", "--format", format]);
            let resources: Vec<Value> = folder.values().flatten().cloned().collect();
            all_resolve(&resources);
            assert_eq!(resources.iter().map(name).collect::<BTreeSet<_>>(), names, "{release} {format}");
        }
    }
}

#[test]
fn a_bulk_folder_has_a_file_for_each_type_and_a_json_folder_a_file_for_each_resource() {
    let kinds = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_string();
    for (path, resources) in folder(&["--fhir", "r5", "--references", "separate", "--format", "ndjson"]) {
        assert!(resources.iter().all(|resource| resource["resourceType"] == kinds(&path).as_str()), "{path:?}");
    }
    for (path, resources) in folder(&["--fhir", "r5", "--references", "separate"]) {
        let [resource] = resources.as_slice() else { panic!("{path:?}") };
        let kind = resource["resourceType"].as_str().unwrap();
        assert_eq!(path.parent().unwrap(), Path::new(if kind == "ImagingStudy" { "" } else { kind }));
    }
}

#[test]
fn every_reference_of_a_bundle_leads_to_an_entry() {
    for release in RELEASES {
        for options in [
            &[] as &[&str],
            &["--conditional"],
            &["--overwrite-companions"],
            &["--bundle-type", "batch"],
            &["--bundle-type", "collection"],
        ] {
            let options = [&["--fhir", release, "--format", "bundle"], options].concat();
            for bundle in converted(&testdata(), &options) {
                let entries = bundle["entry"].as_array().unwrap();
                let targets = |entry: &Value| [entry["fullUrl"].clone(), entry["request"]["url"].clone()];
                let there: Vec<Value> = entries.iter().flat_map(targets).collect();
                for literal in literals(&bundle) {
                    assert!(there.iter().any(|target| target == literal), "{release} {options:?}: {literal}");
                }
            }
        }
    }
}

#[test]
fn what_is_contained_is_referred_to_and_the_other_way_round() {
    for release in RELEASES {
        for study in converted(&testdata(), &["--fhir", release, "--references", "contained"]) {
            let contained = study["contained"].as_array().into_iter().flatten();
            let ids: BTreeSet<String> =
                contained.map(|resource| format!("#{}", resource["id"].as_str().unwrap())).collect();
            let referred: BTreeSet<String> = literals(&study).into_iter().map(str::to_owned).collect();
            assert_eq!(ids, referred, "{release} {}", study["id"]);
        }
    }
}

#[test]
fn a_logical_run_has_no_literal_references() {
    for release in ["r5", "r6-ballot2", "r6-ballot5"] {
        let all = converted(&testdata(), &["--fhir", release, "--selections"]);
        assert!(all.iter().any(|resource| resource["resourceType"] == "ImagingSelection"));
        assert!(all.iter().all(|resource| literals(resource).is_empty()), "{release}");
    }
    let output = convert([case("key-objects").as_os_str(), "--selections".as_ref(), "--fhir".as_ref(), "r4".as_ref()]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("ImagingSelection"));
}

#[test]
fn the_subject_that_the_user_gives_is_that_of_everything() {
    let options = ["--fhir", "r5", "--references", "separate", "--subject", "Patient/p-1"];
    for resource in converted(&testdata(), &options) {
        assert_ne!(resource["resourceType"], "Patient");
        if let Some(subject) = resource.get("subject") {
            assert_eq!(subject["reference"], "Patient/p-1", "{}", name(&resource));
        }
    }
}

#[test]
fn a_salt_changes_the_ids_of_companions_and_of_nothing_else() {
    let ids = |salt: &str| -> BTreeSet<String> {
        let options = ["--fhir", "r5", "--references", "separate", "--id-salt", salt];
        converted(&[case("full-identity"), case("key-objects")], &options).iter().map(name).collect()
    };
    let (one, other) = (ids("a"), ids("b"));
    assert_eq!(one, ids("a"));
    assert_eq!(one.len(), other.len());
    let same: Vec<&String> = one.intersection(&other).collect();
    assert!(
        same.iter().all(|name| name.starts_with("ImagingStudy/") || name.starts_with("ImagingSelection/")),
        "{same:?}"
    );
    assert_eq!(same.len(), 3);
}

#[test]
fn two_halves_of_an_archive_give_the_ids_of_the_whole() {
    let cases: Vec<PathBuf> =
        ["full-identity", "key-objects", "placer-only", "mr-enhanced", "whole-slide", "rejected"].map(case).into();
    let options = ["--fhir", "r5", "--references", "separate", "--system", "patient=urn:oid:1.2.3"];
    let ids = |inputs: &[PathBuf]| -> BTreeSet<String> { converted(inputs, &options).iter().map(name).collect() };
    let (first, second) = cases.split_at(3);
    let halves: BTreeSet<String> = ids(first).union(&ids(second)).cloned().collect();
    assert_eq!(halves, ids(&cases));
}
