//! `--profile` and `--meta-*`: what is refused, what a study that cannot conform becomes, and what stands in each
//! resource.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{case, code, dcm2fhir, files, stderr, stdout};

const MADO: [&str; 8] = [
    "--profile",
    "mado",
    "--creator",
    "City Hospital",
    "--retrieve-location",
    "1.2.3.4",
    "--creation-time",
    "2026-11-26T15:00:00Z",
];

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn convert(name: &str, options: &[&str]) -> (i32, Vec<Value>, String) {
    let output = dcm2fhir().arg("convert").arg(case(name)).args(options).output().unwrap();
    (code(&output), lines(stdout(&output)), stderr(&output))
}

#[test]
fn a_profile_without_what_it_needs_is_refused_with_advice() {
    for (options, advice) in [
        (vec!["--profile", "mado"], "give --creator NAME"),
        (vec!["--profile", "mado", "--creator", "X"], "--retrieve-location OID"),
        ([&MADO as &[_], &["--fhir", "r5"]].concat(), "mado is for r4"),
        ([&MADO as &[_], &["--format", "ndjson"]].concat(), "document Bundles"),
        ([&MADO as &[_], &["--bundle-type", "batch"]].concat(), "document Bundles"),
        ([&MADO as &[_], &["--subject", "Patient/1"]].concat(), "leave --subject out"),
        ([&MADO as &[_], &["--endpoint", "wado-rs=Endpoint/1"]].concat(), "give --endpoint TYPE=URL"),
        ([&MADO as &[_], &["--detail", "series"]].concat(), "leave --detail out"),
        (vec!["--profile", "imr"], "--endpoint wado-rs=URL or --endpoint iid=URL"),
        (vec!["--profile", "imr", "--endpoint", "qido-rs=https://h"], "--endpoint wado-rs=URL"),
        (vec!["--profile", "imr", "--endpoint", "wado-rs=https://h", "--endpoint-level", "series"], "the study's"),
        (vec!["--profile", "ips", "--references", "logical"], "--references contained or separate"),
        (vec!["--profile", "eu-imaging", "--fhir", "r6"], "eu-imaging is for r4 and r5"),
        (vec!["--profile", "eu-imaging", "--subject", "Group/1"], "--subject Patient/ID"),
        (vec!["--profile", "mii", "--format", "csv"], "leave --profile out"),
        (vec!["--fhir", "r4", "--creator", "X"], "--creator needs --profile"),
        (vec!["--profile", "mii", "--viewer", "https://h/{study}"], "--viewer needs --profile mado"),
        (vec!["--profile", "mdo"], "mado"),
        (vec!["--meta-tag", "batch"], "want SYSTEM|CODE"),
        (vec!["--meta-source", "pacs"], "absolute URI"),
    ] {
        let (code, documents, errors) = convert("ct-two-series", &options);
        assert_eq!((code, documents.len()), (2, 0), "{options:?}");
        assert!(errors.contains(advice), "{options:?}: {errors}");
    }
}

#[test]
fn a_document_is_the_same_whenever_it_is_made_at_the_same_time() {
    let (code, first, errors) = convert("ct-two-series", &MADO);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(convert("ct-two-series", &MADO).1, first);
    assert_eq!((&first[0]["type"], &first[0]["timestamp"]), (&"document".into(), &"2026-11-26T15:00:00+00:00".into()));
    let by_environment = |epoch: &str| {
        let mut run = dcm2fhir();
        run.arg("convert").arg(case("ct-two-series")).args(&MADO[..6]).env("SOURCE_DATE_EPOCH", epoch);
        run.output().unwrap()
    };
    let document = lines(stdout(&by_environment("86400")))[0].clone();
    assert_eq!(document["timestamp"], "1970-01-02T00:00:00+00:00");
    assert_eq!(document["identifier"], first[0]["identifier"]);
    assert_eq!(code_and_advice(&by_environment("tomorrow")), (2, true));
}

fn code_and_advice(output: &std::process::Output) -> (i32, bool) {
    (code(output), stderr(output).contains("SOURCE_DATE_EPOCH: want seconds"))
}

#[test]
fn a_study_that_cannot_conform_is_written_without_the_profile_and_named() {
    for (case, options, reason) in [
        ("quality-control-phantom", &MADO as &[_], "the subject is a phantom"),
        ("two-patients", &MADO, "several patients"),
        ("no-patient", &["--profile", "mii"], "no patient is known"),
        ("no-patient", &["--profile", "eu-imaging"], "birth date is not known"),
        ("modality-missing", &["--profile", "mii"], "no modality of PS3.16 CID 33"),
    ] {
        let (code, documents, errors) = convert(case, options);
        assert_eq!(code, 1, "{case}: {errors}");
        assert!(errors.contains(reason), "{case}: {errors}");
        let text = documents[0].to_string();
        assert!(!text.contains("StructureDefinition/Mado") && !text.contains("\"profile\""), "{case}: {text}");
        assert!(documents[0]["type"] == Value::Null || documents[0]["type"] == "collection", "{case}");
    }
}

#[test]
fn a_status_that_a_summary_does_not_know_and_a_manifest_alone_conform_to_nothing() {
    let rejected = ["--profile", "ips", "--status", "entered-in-error"];
    let (code, documents, errors) = convert("ct-two-series", &rejected);
    assert_eq!((code, &documents[0]["meta"]), (1, &Value::Null), "{errors}");
    assert!(errors.contains("its status is entered-in-error"), "{errors}");
    let folder = tempfile::tempdir().unwrap();
    let kos = ["--format", "kos", "--timezone", "+01:00", "--system", "patient=urn:oid:1.2.9"];
    let source = case("full-identity");
    let made =
        dcm2fhir().arg("convert").arg(source).args(MADO).args(kos).arg("-o").arg(folder.path()).output().unwrap();
    assert_eq!(files(folder.path()).len(), 1, "{}", stderr(&made));
    let output = dcm2fhir().arg("convert").arg(folder.path()).args(MADO).output().unwrap();
    assert_eq!((crate::run::code(&output), &lines(stdout(&output))[0]["type"]), (1, &"collection".into()));
    assert!(stderr(&output).contains("it holds manifests alone"), "{}", stderr(&output));
}

#[test]
fn orders_that_the_study_is_not_based_on_stand_in_a_section() {
    use dcm2fhir::synth::{Attributes, DataSet, Instance};
    use dicom_dictionary_std::{tags, uids};
    let order = |number: &str| DataSet::new().text(tags::ACCESSION_NUMBER, number);
    let image = Instance::new("CT", uids::CT_IMAGE_STORAGE, "orders", 1, 1)
        .text(tags::PATIENT_ID, "1")
        .items(tags::REQUEST_ATTRIBUTES_SEQUENCE, [order("A2"), order("A<3>"), order("A1")]);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("1.dcm"), image.bytes()).unwrap();
    let system = ["--system", "accession=urn:oid:1.2.9"];
    let output = dcm2fhir().arg("convert").arg(folder.path()).args(MADO).args(system).output().unwrap();
    let document = &lines(stdout(&output))[0];
    let section = &document["entry"][0]["resource"]["section"][0];
    let all = document["entry"].as_array().unwrap();
    let orders = all.iter().filter(|entry| entry["resource"]["resourceType"] == "ServiceRequest");
    let urls: Vec<&Value> = orders.map(|entry| &entry["fullUrl"]).collect();
    let others: Vec<&Value> = section["entry"].as_array().unwrap().iter().map(|one| &one["reference"]).collect();
    assert_eq!((urls.len(), others.len()), (3, 2), "{document}");
    assert!(others.iter().all(|url| urls.contains(url)), "{section}");
    assert!(section["text"]["div"].as_str().unwrap().contains("<p>A2, A&lt;3&gt;</p>"), "{section}");
}

#[test]
fn a_companion_that_no_conforming_study_has_claims_no_profile() {
    let folder = tempfile::tempdir().unwrap();
    let output = dcm2fhir()
        .arg("convert")
        .args([case("ct-two-series"), case("no-patient")])
        .args(["--profile", "eu-imaging", "--references", "separate", "--format", "ndjson", "-o"])
        .arg(folder.path().join("out/"))
        .output()
        .unwrap();
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let of = |name: &str| lines(&fs::read_to_string(folder.path().join("out").join(name)).unwrap_or_default());
    let claims = |all: Vec<Value>| all.iter().filter(|one| one["meta"]["profile"].is_array()).count();
    assert_eq!((of("ImagingStudy.ndjson").len(), claims(of("ImagingStudy.ndjson"))), (2, 1));
    assert_eq!(claims(of("Patient.ndjson")), 1);
}

#[test]
fn labels_stand_in_every_resource_of_every_format() {
    let meta = ["--meta-source", "urn:pacs:1", "--meta-tag", "urn:b|7", "--meta-security", "urn:s|R"];
    for (options, want) in [
        (vec!["--fhir", "r5"], 1),
        (vec!["--fhir", "r6", "--references", "contained"], 1),
        (vec!["--fhir", "r4", "--references", "separate"], 2),
        (vec!["--fhir", "r5", "--format", "bundle"], 1),
        (MADO.to_vec(), 1),
    ] {
        let (code, documents, errors) = convert("full-identity", &[&options, &meta as &[_]].concat());
        assert_eq!(code, 0, "{options:?}: {errors}");
        assert!(documents.len() >= want, "{options:?}");
        let entries = documents.iter().flat_map(|document| document["entry"].as_array().into_iter().flatten());
        let inside = entries.map(|entry| &entry["resource"]);
        for resource in documents.iter().chain(inside) {
            let meta = &resource["meta"];
            let found = (&meta["source"], &meta["tag"][0]["code"], &meta["security"][0]["code"]);
            assert_eq!(found, (&"urn:pacs:1".into(), &"7".into(), &"R".into()), "{options:?}: {resource}");
        }
    }
}

#[test]
fn labels_stand_in_every_file_of_a_folder() {
    let meta = ["--meta-source", "urn:pacs:1", "--meta-tag", "urn:b|7", "--meta-security", "urn:s|R"];
    for options in [
        vec!["--fhir", "r4"],
        vec!["--fhir", "r5", "--references", "separate"],
        vec!["--fhir", "r6", "--references", "separate", "--format", "ndjson"],
        vec!["--fhir", "r4b", "--format", "bundle"],
        vec!["--profile", "eu-imaging", "--references", "separate"],
        vec!["--profile", "ips"],
        MADO.to_vec(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut run = dcm2fhir();
        run.arg("convert").args([case("full-identity"), case("key-objects")]).args(&options).args(meta);
        let output = run.arg("-o").arg(folder.path()).output().unwrap();
        assert_eq!(code(&output), 0, "{options:?}: {}", stderr(&output));
        let mut resources = 0;
        for (path, bytes) in files(folder.path()) {
            for document in lines(&String::from_utf8(bytes).unwrap()) {
                let entries = document["entry"].as_array().into_iter().flatten().map(|entry| &entry["resource"]);
                for resource in entries.chain([&document]) {
                    resources += 1;
                    let meta = &resource["meta"];
                    let found = (&meta["source"], &meta["tag"][0], &meta["security"][0]["code"]);
                    let tag = serde_json::json!({"system": "urn:b", "code": "7"});
                    assert_eq!(found, (&"urn:pacs:1".into(), &tag, &"R".into()), "{options:?} {path:?}: {resource}");
                }
                let contained = document["contained"].as_array().into_iter().flatten();
                assert!(contained.into_iter().all(|inside| inside["meta"].is_null()), "{options:?}");
            }
        }
        assert!(resources >= 2, "{options:?}");
    }
}

#[test]
fn a_hostile_name_is_text_of_the_narrative() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "</td><script>x</script>&";
    write_image(&folder.path().join("1.dcm"), hostile);
    let output = dcm2fhir().arg("convert").arg(folder.path()).args(MADO).output().unwrap();
    let document = &lines(stdout(&output))[0];
    let div = document["entry"][0]["resource"]["text"]["div"].as_str().unwrap();
    assert!(div.contains("&lt;script&gt;x&lt;/script&gt;&amp;") && !div.contains("<script"), "{div}");
}

/// An image with this Study Description and Patient's Name.
fn write_image(path: &Path, text: &str) {
    use dcm2fhir::synth::{Attributes, Instance};
    use dicom_dictionary_std::{tags, uids};
    let image = Instance::new("CT", uids::CT_IMAGE_STORAGE, "hostile", 1, 1)
        .text(tags::PATIENT_ID, "1")
        .text(tags::PATIENT_NAME, text)
        .text(tags::STUDY_DESCRIPTION, text);
    fs::write(path, image.bytes()).unwrap();
}

#[test]
fn explain_says_what_a_profile_takes_and_what_it_misses() {
    let explain = |file: &str, more: &[&str]| {
        let output = dcm2fhir().arg("explain").arg(case(file)).args(["--profile", "mado"]).args(more).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stdout(&output).to_string()
    };
    let text = explain("full-identity/1-1.dcm", &[]);
    for want in ["does not conform", "give --creator NAME", "--retrieve-location OID", "67734004"] {
        assert!(text.contains(want), "{want}: {text}");
    }
    let given = ["--creator", "X", "--retrieve-location", "1.2"];
    let text = explain("full-identity/1-1.dcm", &given);
    assert!(text.contains("a study of this file conforms") && !text.contains("missing"), "{text}");
    let phantom = explain("quality-control-phantom/1.dcm", &[&given as &[_], &["--json"]].concat());
    let json: Value = serde_json::from_str(&phantom).unwrap();
    assert!(json["profile"]["missing"][0].as_str().unwrap().contains("phantom"), "{json}");
    let options = json["profile"]["fromOptions"].as_array().unwrap();
    let from = |option: &str| options.iter().any(|one| one["from"].as_str().unwrap().contains(option));
    for option in ["--creator", "--retrieve-location", "--viewer", "--endpoint"] {
        assert!(from(option), "{option}: {json}");
    }
    let bare = explain("names-latin1/1.dcm", &given);
    for want in ["missing for --format kos: no region", "give --timezone", "give --system patient=URI", "from --viewer"]
    {
        assert!(bare.contains(want), "{want}: {bare}");
    }
}
