//! `explain` is the whole truth: each value that `convert` writes stands in a row of it, and each value of a row is
//! written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dcm2fhir::synth::{Attributes, DataSet};
use dicom_dictionary_std::{tags, uids};
use serde_json::Value;

use crate::run::{case, code, convert, dcm2fhir, files, instance, resources, stderr, stdout};

const RELEASES: [&str; 5] = ["r4", "r4b", "r5", "r6-ballot2", "r6-ballot5"];

/// An element by its path, and its value.
type Told = BTreeSet<(String, String)>;

/// A value as it is compared: what a terminal shows otherwise is not.
fn shown(value: &str) -> String {
    if value.contains(|c: char| c == '\\' || c.is_control()) { "…".to_owned() } else { value.to_owned() }
}

/// The values of a resource, and of those in it by their own types.
fn leaves(resource: &Value, found: &mut Told) {
    each_leaf(resource, "", &mut |path, value| {
        let text = value.as_str().map_or_else(|| value.to_string(), shown);
        found.insert((path.to_owned(), text));
    });
}

/// Calls `each` with every value of a resource and its path; those of a resource inside it go by its own type.
pub fn each_leaf(value: &Value, path: &str, each: &mut dyn FnMut(&str, &Value)) {
    let path = match value["resourceType"].as_str() {
        Some("ImagingStudy") => "",
        other => other.unwrap_or(path),
    };
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| *name != "resourceType") {
                each_leaf(member, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, each);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_leaf(item, path, each)),
        value => each(path, value),
    }
}

/// What `convert` writes of a file; nothing of one that it leaves out.
fn written(file: &Path, options: &[&str]) -> Told {
    let output = convert([&[file.to_str().unwrap()], options].concat());
    assert!(code(&output) < 2, "{options:?}: {}", stderr(&output));
    let mut found = Told::new();
    resources(&output).iter().for_each(|resource| leaves(resource, &mut found));
    found
}

/// What `explain` says of a file.
fn explanation(file: &Path, options: &[&str]) -> Value {
    let output = dcm2fhir().arg("explain").arg(file).arg("--json").args(options).output().unwrap();
    assert_eq!(code(&output), 0, "{options:?}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The values that it says a release writes: under `with` alone those that an option is needed for.
fn told(explanation: &Value, release: &str, with: bool) -> Told {
    let mut found = Told::new();
    for row in explanation["rows"].as_array().unwrap() {
        let attributes = row["reads"].as_array().unwrap();
        assert!(!attributes.is_empty() || !row["source"].as_str().unwrap().is_empty(), "from nowhere: {row}");
        if row["with"].is_string() && !with {
            continue;
        }
        let groups = row["written"].as_array().unwrap().iter();
        for group in groups.filter(|group| group["releases"].as_array().unwrap().contains(&release.into())) {
            for leaf in group["values"].as_array().unwrap() {
                let text = |name: &str| leaf[name].as_str().unwrap();
                found.insert((text("element").to_owned(), shown(text("value"))));
            }
        }
    }
    found
}

fn same(file: &Path, options: &[&str], explained: &Told, written: &Told) {
    let only = |one: &Told, other: &Told| one.difference(other).cloned().collect::<Vec<_>>();
    assert_eq!(only(written, explained), [], "{} {options:?}: written and not told", file.display());
    assert_eq!(only(explained, written), [], "{} {options:?}: told and not written", file.display());
}

/// Holds `explain` of a file to `convert`.
fn check(file: &Path, releases: &[&str], options: &[&str]) {
    let explained = explanation(file, options);
    for release in releases {
        let named = if options.contains(&"--fhir") { vec![] } else { vec!["--fhir", release] };
        let written = written(file, &[&named[..], options].concat());
        if written.is_empty() {
            assert!(explained["leftOut"].is_string(), "{}", file.display());
            continue;
        }
        assert!(explained["leftOut"].is_null(), "{}", file.display());
        same(file, &[options, &[release]].concat(), &told(&explained, release, false), &written);
    }
}

/// All DICOM files of the cases.
fn all_files() -> Vec<PathBuf> {
    let root = case("");
    let paths = files(&root).into_iter().filter(|(_, bytes)| bytes.len() > 200);
    let is_instance =
        |path: &PathBuf| dcm2fhir().arg("explain").arg(path).args(["--json", "--fhir", "r4"]).output().unwrap();
    let paths = paths.map(|(path, _)| root.join(path));
    paths.filter(|path| stdout(&is_instance(path)).starts_with("{\n  \"file\"")).collect()
}

/// An image of an animal or phantom with much in it that the cases lack.
fn full(folder: &Path, name: &str, subject: &str) -> PathBuf {
    let code = |value: &str| {
        let item = DataSet::new().text(tags::CODE_VALUE, value).text(tags::CODING_SCHEME_DESIGNATOR, "SCT");
        item.text(tags::CODE_MEANING, "Meaning")
    };
    let specimen = DataSet::new().text(tags::SPECIMEN_IDENTIFIER, "S-1").text(tags::SPECIMEN_UID, "1.2.77");
    let step = DataSet::new().text(tags::REFERENCED_SOP_INSTANCE_UID, "1.2.88");
    let image = instance("CT", uids::CT_IMAGE_STORAGE, ["1.2.1", "1.2.1.1", "1.2.1.1.1"])
        .text(tags::PATIENT_ID, "1")
        .text(tags::QUALITY_CONTROL_SUBJECT, subject)
        .item(tags::PATIENT_SPECIES_CODE_SEQUENCE, code("448771007"))
        .item(tags::INSTITUTION_CODE_SEQUENCE, code("22232009"))
        .item(tags::SPECIMEN_DESCRIPTION_SEQUENCE, specimen.item(tags::SPECIMEN_TYPE_CODE_SEQUENCE, code("119376003")))
        .item(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, step)
        .item(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, code("77477000"))
        .text(tags::REQUESTING_PHYSICIAN, "Ray^Ruth")
        .text(tags::ACCESSION_NUMBER, "A1")
        .text(tags::ADMISSION_ID, "V1")
        .text(tags::STATION_NAME, "CT1")
        .text(tags::SOFTWARE_VERSIONS, "1.0")
        .text(tags::NUMBER_OF_FRAMES, "3")
        .text(tags::LATERALITY, "L")
        .text(tags::STUDY_DATE, "20240229")
        .text(tags::SERIES_DATE, "20240228")
        .text(tags::SERIES_TIME, "101530")
        .text(tags::TIMEZONE_OFFSET_FROM_UTC, "+0100");
    let path = folder.join(name);
    std::fs::write(&path, image.bytes()).unwrap();
    path
}

/// Files that have much to tell.
fn rich(folder: &Path) -> [PathBuf; 5] {
    let [identity, ko, note] = ["full-identity/1-1.dcm", "key-objects/ko.dcm", "rejected/ko.dcm"].map(case);
    [full(folder, "animal", "NO"), full(folder, "phantom", "YES"), identity, ko, note]
}

const ENDPOINTS: [&str; 6] = [
    "--endpoint",
    "wado-rs=https://pacs.example.org/dicom-web",
    "--endpoint",
    "iid=Endpoint/7",
    "--endpoint-level",
    "both",
];

/// How resources are referred to.
const REFERENCES: [&[&str]; 4] =
    [&["--references", "separate"], &["--references", "contained"], &["--references", "logical"], &[]];

#[test]
fn of_every_case_all_is_told_that_is_written_and_nothing_else() {
    // Each file in some releases and ways, and all of these together in each.
    for (place, file) in all_files().iter().enumerate() {
        for way in 0..3 {
            let (release, references) = (RELEASES[(place + way) % 5], REFERENCES[(place + 3 * way) % 4]);
            check(file, &[release], &[references, &["--fhir", release]].concat());
        }
    }
}

#[test]
fn it_holds_in_every_release_however_resources_are_referred_to() {
    let folder = tempfile::tempdir().unwrap();
    for file in rich(folder.path()) {
        REFERENCES.iter().for_each(|references| check(&file, &RELEASES, references));
    }
}

#[test]
fn it_holds_under_each_option_that_changes_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let meta = ["--meta-source", "urn:a", "--meta-tag", "urn:b|7", "--meta-security", "urn:c|R"];
    for (place, file) in rich(folder.path()).iter().enumerate() {
        let release = ["--fhir", RELEASES[place % 5]];
        for options in [
            &["--references", "separate", "--id-salt", "secret"][..],
            &["--detail", "series"],
            &["--detail", "study", "--status", "registered"],
            &["--subject", "Patient/7", "--references", "separate"],
            &["--system", "patient=urn:p", "--timezone", "Europe/Berlin", "--references", "contained"],
            &["--apply-rejections"],
            &ENDPOINTS,
            &[&ENDPOINTS[..], &["--references", "separate"]].concat(),
            &meta,
            &[&meta[..], &["--references", "contained"]].concat(),
        ] {
            check(file, &release[1..], &[options, &release].concat());
        }
        check(file, &["r6-ballot5"], &["--selections", "--fhir", "r6-ballot5"]);
    }
}

#[test]
fn it_holds_in_every_profile() {
    let folder = tempfile::tempdir().unwrap();
    let (animal, phantom) = (full(folder.path(), "animal", "NO"), full(folder.path(), "phantom", "YES"));
    let cases = ["full-identity/1-1.dcm", "key-objects/ko.dcm", "sr-report/1.dcm", "mg-both-sides/1-1.dcm"].map(case);
    let creator = ["--creator", "X", "--creator-id", "urn:x|1"];
    for file in cases.iter().chain(&[animal, phantom]) {
        let time = ["--retrieve-location", "1.2", "--creation-time", "2026-11-26T15:00:00Z"];
        let mado = [&["--profile", "mado"], &creator[..], &time[..]].concat();
        let viewer = ["--viewer", "https://viewer.example/?study={study}"];
        for options in [
            &mado[..],
            &[&mado[..], &viewer[..], &ENDPOINTS[..2]].concat(),
            &["--profile", "eu-imaging", "--references", "separate"],
            &[&["--profile", "eu-imaging"], &creator[..]].concat(),
            &[&["--profile", "eu-imaging", "--references", "separate"], &creator[..]].concat(),
            &[&["--profile", "imr", "--references", "separate"], &ENDPOINTS[..4]].concat(),
            &[&["--profile", "imr"], &ENDPOINTS[..2]].concat(),
            &["--profile", "mii"],
            &["--profile", "mii", "--references", "separate"],
            &["--profile", "ips"],
        ] {
            let explained = explanation(file, options);
            let release = explained["releases"][0].as_str().unwrap();
            same(file, options, &told(&explained, release, false), &written(file, options));
        }
    }
}

#[test]
fn each_line_of_a_manifest_that_a_profile_adds_is_told_of_it() {
    let options =
        ["--creator", "X", "--creator-id", "urn:x|1", "--retrieve-location", "1.2", "--viewer", "https://v/{study}"];
    let explained = explanation(&case("full-identity/1-1.dcm"), &[&["--profile", "mado"], &options[..]].concat());
    let told: BTreeSet<&str> =
        explained["rows"].as_array().unwrap().iter().map(|row| row["element"].as_str().unwrap()).collect();
    let output = dcm2fhir().args(["mapping", "--profile", "mado", "--format", "json"]).output().unwrap();
    let mapping: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines = mapping["differences"].as_array().unwrap().iter().map(|line| line["element"].as_str().unwrap());
    let elements = lines.flat_map(|line| line.split(", ")).filter(|element| element.starts_with(char::is_uppercase));
    // What a rule says of every type stands at the elements that have it.
    let own = elements.filter(|element| !["Bundle", "Reference", "Identifier.type"].contains(element));
    let untold: Vec<&str> = own.filter(|element| !told.contains(element)).collect();
    assert_eq!(untold, [""; 0]);
}

#[test]
fn what_an_option_says_is_told_of_no_attribute() {
    let options = ["--profile", "mado", "--creator", "X", "--retrieve-location", "1.2"];
    let explained = explanation(&case("full-identity/1-1.dcm"), &options);
    let rows = explained["rows"].as_array().unwrap().iter();
    for row in rows.filter(|row| row["element"] == "Organization.name" || row["element"] == "Device.manufacturer") {
        let values = row["written"].as_array().unwrap().iter().flat_map(|group| group["values"].as_array().unwrap());
        let of_option = values.filter(|leaf| leaf["value"] == "X" || leaf["value"] == "dcm2fhir").count();
        assert_eq!(of_option > 0, row["reads"] == Value::Array(vec![]), "{row}");
    }
}

#[test]
fn a_constant_is_what_a_row_says_it_is_always() {
    let explained = explanation(&case("full-identity/1-1.dcm"), &["--references", "separate"]);
    let rows = explained["rows"].as_array().unwrap();
    let constants = rows.iter().filter_map(|row| Some((row, row["source"].as_str()?.strip_prefix("always ")?)));
    let mut checked = 0;
    for (row, constant) in constants {
        let groups = row["written"].as_array().unwrap().iter().filter(|group| group["values"] != Value::Array(vec![]));
        for group in groups {
            let mut values = group["values"].as_array().unwrap().iter();
            assert!(values.any(|leaf| leaf["value"] == constant.trim_matches('`')), "{row}");
            checked += 1;
        }
    }
    assert!(checked > 3);
}

#[test]
fn in_a_bundle_it_tells_of_the_entries_and_their_requests_too() {
    let folder = tempfile::tempdir().unwrap();
    let systems = ["--format", "bundle", "--system", "patient=urn:p", "--system", "accession=urn:a"];
    let endpoint = ["--endpoint", "wado-rs=https://pacs.example.org/dicom-web"];
    for file in rich(folder.path()).into_iter().chain([case("ct-two-series/1-1.dcm")]) {
        check(&file, &RELEASES, &systems[..2]);
        check(&file, &RELEASES[..1], &[&systems[..], &endpoint, &["--conditional"]].concat());
        check(&file, &RELEASES[2..3], &[&systems[..], &["--overwrite-companions"]].concat());
        check(&file, &RELEASES[4..], &[&systems[..], &["--bundle-type", "batch"]].concat());
        check(
            &file,
            &RELEASES[..1],
            &[&systems[..], &["--bundle-type", "collection", "--profile", "eu-imaging"]].concat(),
        );
    }
    let explained = explanation(&case("full-identity/1-1.dcm"), &systems);
    let told = told(&explained, "r4", false);
    assert!(told.iter().any(|(element, _)| element == "Bundle.entry.request.ifNoneExist"), "{told:?}");
}

#[test]
fn options_of_bundles_need_one() {
    let file = case("full-identity/1-1.dcm");
    let folder = case("full-identity");
    for (input, options) in [
        (&file, &["--conditional"][..]),
        (&file, &["--format", "bundle", "--references", "logical"]),
        (&folder, &["--format", "bundle"]),
    ] {
        let output = dcm2fhir().arg("explain").arg(input).args(options).output().unwrap();
        assert_eq!(code(&output), 2, "{options:?}");
    }
}

#[test]
fn without_options_it_tells_besides_what_separate_resources_say() {
    for file in ["full-identity/1-1.dcm", "key-objects/ko.dcm", "ct-two-series/1-1.dcm"].map(case) {
        let explained = explanation(&file, &[]);
        for release in RELEASES {
            let separate = written(&file, &["--fhir", release, "--references", "separate"]);
            same(&file, &[release], &told(&explained, release, true), &separate);
        }
    }
}

#[test]
fn the_table_has_every_element_that_the_json_has() {
    for (file, options) in [
        ("full-identity/1-1.dcm", &["--references", "separate"][..]),
        ("key-objects/ko.dcm", &[]),
        ("ct-two-series/1-1.dcm", &["--profile", "ips"]),
    ] {
        let file = case(file);
        let output = dcm2fhir().arg("explain").arg(&file).args(options).env("COLUMNS", "600").output().unwrap();
        let lines: BTreeSet<&str> = stdout(&output).split_whitespace().collect();
        let explained = explanation(&file, options);
        for release in RELEASES {
            for (element, _) in told(&explained, release, true) {
                // The members of a Coding are one line.
                let coding = element.rsplit_once('.').map_or("", |(parent, _)| parent);
                assert!(lines.contains(&*element) || lines.contains(coding), "{element}: {}", stdout(&output));
            }
        }
    }
}

/// The name that a release has for an element, as the mapping says it.
fn name<'m>(mapping: &'m Value, element: &'m str, release: &str) -> Option<&'m str> {
    let mut rows = mapping["rows"].as_array().unwrap().iter().filter(|row| row["element"] == element).peekable();
    if rows.peek().is_none() { Some(element) } else { rows.find_map(|row| row["releases"][release].as_str()) }
}

fn is_of(path: &str, element: &str) -> bool {
    let path = path.replace('_', "");
    match element.strip_prefix('*') {
        Some(part) => format!(".{path}.").contains(&format!("{part}.")),
        None => path.strip_prefix(element).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
    }
}

/// Holds the summary of these inputs to what `convert` writes of them: each element that it writes is of a row that is
/// filled, and each row that is filled is written.
fn check_summary(mapping: &Value, inputs: &[PathBuf], release: &str, options: &[&str], with: bool) {
    let inputs: Vec<&str> = inputs.iter().map(|input| input.to_str().unwrap()).collect();
    let options = [&inputs[..], &["--fhir", release], options].concat();
    let output = dcm2fhir().arg("explain").args(&options).arg("--json").output().unwrap();
    assert_eq!(code(&output), 0, "{options:?}: {}", stderr(&output));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let filled = |row: &&Value| row["filledStudies"] != 0 && (with || row["with"].is_null());
    let rows = summary["rows"].as_array().unwrap().iter().filter(filled);
    let told: BTreeSet<&str> =
        rows.map(|row| name(mapping, row["element"].as_str().unwrap(), release).unwrap_or("no such element")).collect();
    let more = if with { &["--references", "separate"][..] } else { &[] };
    let output = convert([&options[..], more].concat());
    assert!(code(&output) < 2, "{options:?}: {}", stderr(&output));
    let mut found = Told::new();
    resources(&output).iter().for_each(|resource| leaves(resource, &mut found));
    let paths: BTreeSet<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    let untold: Vec<_> = paths.iter().filter(|path| !told.iter().any(|element| is_of(path, element))).collect();
    assert_eq!(untold, [&""; 0], "{options:?}: written and not told");
    let unwritten: Vec<_> = told.iter().filter(|element| !paths.iter().any(|path| is_of(path, element))).collect();
    assert_eq!(unwritten, [&""; 0], "{options:?}: told and not written");
}

#[test]
fn the_summary_of_many_files_tells_what_is_written_of_them() {
    let mapping = dcm2fhir().args(["mapping", "--format", "json"]).output().unwrap();
    let mapping: Value = serde_json::from_slice(&mapping.stdout).unwrap();
    let synthetic = tempfile::tempdir().unwrap();
    let synth = ["synth", "--quiet", "--studies", "9", "--instances", "3", "-o"];
    assert!(dcm2fhir().args(synth).arg(synthetic.path()).output().unwrap().status.success());
    let cases =
        ["", "ct-two-series", "key-objects", "no-patient", "rejected", "two-patients", "sr-report", "whole-slide"];
    let folders = cases.map(case).into_iter().chain([synthetic.path().to_owned()]);
    for folder in folders.map(|folder| [folder]) {
        check_summary(&mapping, &folder, "r4", &[], true);
        check_summary(&mapping, &folder, "r4b", &["--apply-rejections", "--detail", "series"], false);
        check_summary(&mapping, &folder, "r5", &["--references", "contained"], false);
        check_summary(&mapping, &folder, "r6-ballot2", &ENDPOINTS, false);
        check_summary(&mapping, &folder, "r6-ballot5", &[], false);
    }
}
