//! DICOM JSON in all its forms gives the same documents as the files it was made of.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use dcm2fhir::synth::Instance;
use dicom_core::header::Header;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::uids;
use dicom_object::file::ReadPreamble;
use dicom_object::mem::InMemElement;
use dicom_object::{InMemDicomObject, OpenFileOptions};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::run::{code, convert, converted, dcm2fhir, files, resources, stderr, stdout};

/// Of the cases, what dicom-rs reads as we do and can write as JSON: what another reader makes of damaged text and
/// numbers is its own, and JSON has no file meta information.
const OTHERWISE: [&str; 12] = [
    "control-characters",
    "dicomdir",
    "duplicate-other-content",
    "names-japanese",
    "names-korean",
    "names-undeclared",
    "missing-uids",
    "not-dicom",
    "rejected",
    "sop-class-missing",
    "truncated",
    "without-preamble",
];

/// The files of the cases in a folder, and each as DICOM JSON by dicom-rs.
pub fn cases(folder: &Path) -> Vec<String> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom");
    let mut all = Vec::new();
    for (path, bytes) in files(&cases) {
        if OTHERWISE.iter().any(|case| path.starts_with(case)) {
            continue;
        }
        let read = OpenFileOptions::new().read_preamble(ReadPreamble::Auto).from_reader(bytes.as_slice());
        let Ok(object) = read else { continue };
        let json = json(&object).to_string();
        fs::write(folder.join(format!("{}.dcm", all.len())), bytes).unwrap();
        all.push(json);
    }
    assert!(all.len() > 60, "{}", all.len());
    all
}

/// A data set as PS3.18 F has it.
fn json(object: &InMemDicomObject) -> Value {
    let members = object.iter().map(|element| {
        let Tag(group, number) = element.tag();
        (format!("{group:04X}{number:04X}"), attribute(element))
    });
    Value::Object(members.collect())
}

fn attribute(element: &InMemElement) -> Value {
    let vr = element.vr().to_string();
    if let Some(items) = element.items() {
        return json!({"vr": vr, "Value": items.iter().map(json).collect::<Vec<_>>()});
    }
    let Ok(values) = element.to_multi_str() else { return json!({"vr": vr}) };
    let value = |text: &String| match (element.vr(), text.parse::<i64>()) {
        (VR::PN, _) => {
            let groups = ["Alphabetic", "Ideographic", "Phonetic"].into_iter().zip(text.split('='));
            json!(groups.collect::<BTreeMap<_, _>>())
        }
        (VR::IS, Ok(number)) => json!(number),
        _ if text.is_empty() => Value::Null,
        _ => json!(text),
    };
    match element.vr() {
        VR::OB | VR::OW | VR::UN => json!({"vr": vr, "InlineBinary": "AAAA"}),
        _ => json!({"vr": vr, "Value": values.iter().map(value).collect::<Vec<_>>()}),
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn json_of_files_gives_the_documents_of_the_files() {
    let (folder, texts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let all = cases(folder.path());
    let input = |name: &str, bytes: &[u8]| {
        let path = texts.path().join(name);
        fs::write(&path, bytes).unwrap();
        vec![path]
    };
    let array = format!("[{}]", all.join(",\n"));
    let single: Vec<PathBuf> =
        all.iter().enumerate().flat_map(|(at, one)| input(&format!("{at}.json"), one.as_bytes())).collect();
    let mut tar = tar::Builder::new(Vec::new());
    for (at, one) in all.iter().enumerate() {
        let mut header = tar::Header::new_gnu();
        header.set_size(one.len() as u64);
        tar.append_data(&mut header, format!("{at}.json"), one.as_bytes()).unwrap();
    }
    let tar = tar.into_inner().unwrap();
    for options in [["--fhir", "r5", "--references", "contained"], ["--fhir", "r4", "--timezone", "+01:00"]] {
        let want = converted(&[folder.path().to_path_buf()], &options);
        for (form, inputs) in [
            ("an array", input("all.json", array.as_bytes())),
            ("compressed", input("all.json.gz", &gzip(&array))),
            ("one a line", input("all.ndjson", all.join("\n").as_bytes())),
            ("a file each", single.clone()),
            ("in a tar", input("all.tar", &tar)),
        ] {
            let found = converted(&inputs, &options);
            for (found, want) in found.iter().zip(&want) {
                let lines = |study| serde_json::to_string_pretty(study).unwrap();
                let (found, want) = (lines(found), lines(want));
                let differs = found.lines().zip(want.lines()).find(|(found, want)| found != want);
                assert_eq!(differs, None, "{form}: {want}");
            }
            assert_eq!(found.len(), want.len(), "{form}");
        }
    }
}

fn instance(number: u32) -> Value {
    let bytes = Instance::new("CT", uids::CT_IMAGE_STORAGE, "json", 1, number).bytes();
    json(&dicom_object::from_reader(bytes.as_slice()).unwrap())
}

#[test]
fn what_stands_before_broken_json_is_kept_and_the_rest_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.json");
    let whole = format!("[{},{},{}]", instance(1), instance(2), instance(3));
    let cut = &whole[..whole.len() - 2];
    for (text, reason) in [
        (cut.to_string(), "ends early"),
        (format!("{cut}oops]"), "no JSON from byte"),
        (format!("{whole},"), "no JSON"),
    ] {
        fs::write(&path, text).unwrap();
        let output = convert([path.as_os_str(), "--fhir".as_ref(), "r5".as_ref(), "-v".as_ref()]);
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        assert_eq!(resources(&output)[0]["numberOfInstances"], 3, "{reason} {}", stderr(&output));
        assert!(stderr(&output).contains(&format!("study.json: {reason}")), "{}", stderr(&output));
    }
}

#[test]
fn an_instance_that_cannot_be_grouped_is_named_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.json");
    let mut second = instance(2);
    second["0020000E"] = serde_json::json!({"vr": "UI"});
    fs::write(&path, format!("[{},{second},7]", instance(1))).unwrap();
    let output = convert([path.as_os_str(), "--fhir".as_ref(), "r5".as_ref(), "-v".as_ref()]);
    assert_eq!((code(&output), resources(&output).len()), (1, 1));
    let said = stderr(&output);
    assert!(said.contains("study.json!/2: no SeriesInstanceUID"), "{said}");
    assert!(said.contains("study.json!/3: not a DICOM file"), "{said}");
}

#[test]
fn json_comes_through_standard_input_and_other_json_is_no_dicom() {
    let output =
        dcm2fhir().args(["convert", "-", "--fhir", "r5"]).write_stdin(instance(1).to_string()).output().unwrap();
    assert_eq!((code(&output), resources(&output).len()), (0, 1), "{}", stderr(&output));
    let output = dcm2fhir().args(["convert", "-", "--fhir", "r5"]).write_stdin("[{\"EchoTime\":1}]").output().unwrap();
    assert_eq!((code(&output), stdout(&output)), (1, ""), "{}", stderr(&output));
}
