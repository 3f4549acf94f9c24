//! `--profile mado --format kos`: the manifest as a DICOM file, read back by dicom-object and by our own scanner.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dcm2fhir::synth::{Attributes, Instance, uid};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{InMemDicomObject, OpenFileOptions, Tag};
use serde_json::Value;

use crate::run::{case, code, dcm2fhir, files, resources, stderr};

const MADO: [&str; 12] = [
    "--profile",
    "mado",
    "--creator",
    "City Hospital",
    "--retrieve-location",
    "1.2.3.4",
    "--creation-time",
    "2026-11-26T23:30:00Z",
    "--timezone",
    "+01:00",
    "--system",
    "patient=https://hospital.example/patients",
];
const KOS: [&str; 2] = ["--format", "kos"];

type Run = (i32, BTreeMap<PathBuf, Vec<u8>>, String);

/// The manifests of some inputs.
fn manifests(inputs: &[PathBuf], options: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    manifests_in(folder.path(), inputs, &[&MADO as &[_], &KOS, options].concat())
}

fn manifests_in(folder: &Path, inputs: &[PathBuf], options: &[&str]) -> Run {
    let output = dcm2fhir().arg("convert").args(inputs).args(options).arg("-o").arg(folder).output().unwrap();
    (code(&output), files(folder), stderr(&output))
}

fn read(bytes: &[u8]) -> InMemDicomObject {
    let file = OpenFileOptions::new().from_reader(bytes).unwrap();
    assert_eq!(file.meta().transfer_syntax().trim_end_matches('\0'), uids::EXPLICIT_VR_LITTLE_ENDIAN);
    file.into_inner()
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    object.element(tag).unwrap_or_else(|_| panic!("{tag}")).to_str().unwrap().trim_matches(['\0', ' ']).to_string()
}

fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object.get(tag).and_then(|element| element.items()).unwrap_or_default()
}

/// The code that names a content item.
fn name(item: &InMemDicomObject) -> String {
    items(item, tags::CONCEPT_NAME_CODE_SEQUENCE).first().map(|code| text(code, tags::CODE_VALUE)).unwrap_or_default()
}

/// The values of the descriptors with this name.
fn described(item: &InMemDicomObject, code: &str) -> Vec<String> {
    let value = |item: &InMemDicomObject| match text(item, tags::VALUE_TYPE).as_str() {
        "CODE" => text(&items(item, tags::CONCEPT_CODE_SEQUENCE)[0], tags::CODE_VALUE),
        "NUM" => text(&items(item, tags::MEASURED_VALUE_SEQUENCE)[0], tags::NUMERIC_VALUE),
        "DATE" => text(item, tags::DATE),
        "TIME" => text(item, tags::TIME),
        "UIDREF" => text(item, tags::UID),
        _ => text(item, tags::TEXT_VALUE),
    };
    items(item, tags::CONTENT_SEQUENCE).iter().filter(|one| name(one) == code).map(value).collect()
}

/// Every instance of the evidence.
fn evidence(manifest: &InMemDicomObject) -> Vec<String> {
    let study = &items(manifest, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE)[0];
    let series = items(study, tags::REFERENCED_SERIES_SEQUENCE).iter();
    let all = series.flat_map(|series| items(series, tags::REFERENCED_SOP_SEQUENCE));
    all.map(|one| text(one, tags::REFERENCED_SOP_INSTANCE_UID)).collect()
}

/// Every instance that content items refer to, at this level.
fn referred(item: &InMemDicomObject) -> Vec<String> {
    let all = items(item, tags::CONTENT_SEQUENCE).iter().flat_map(|item| items(item, tags::REFERENCED_SOP_SEQUENCE));
    all.map(|one| text(one, tags::REFERENCED_SOP_INSTANCE_UID)).collect()
}

fn library(manifest: &InMemDicomObject) -> &InMemDicomObject {
    items(manifest, tags::CONTENT_SEQUENCE).iter().find(|item| name(item) == "111028").unwrap()
}

fn groups(manifest: &InMemDicomObject) -> Vec<&InMemDicomObject> {
    items(library(manifest), tags::CONTENT_SEQUENCE).iter().filter(|item| name(item) == "126200").collect()
}

fn only(run: Run) -> (PathBuf, InMemDicomObject) {
    let (code, mut files, errors) = run;
    assert_eq!((code, files.len()), (0, 1), "{errors}");
    let (path, bytes) = files.pop_first().unwrap();
    (path, read(&bytes))
}

/// An image of a person, with what a manifest wants.
fn image(study: &str, series: u32, instance: u32) -> Instance {
    Instance::new("CT", uids::CT_IMAGE_STORAGE, study, series, instance)
        .text(tags::PATIENT_ID, "4711")
        .text(tags::PATIENT_NAME, "Doe^Jane^Ann^Dr.")
        .text(tags::STUDY_DATE, "20240229")
        .text(tags::STUDY_TIME, "233000.25")
        .text(tags::BODY_PART_EXAMINED, "CHEST")
        .text(tags::SERIES_NUMBER, series.to_string())
        .text(tags::INSTANCE_NUMBER, instance.to_string())
}

fn archive(images: impl IntoIterator<Item = Instance>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (at, image) in images.into_iter().enumerate() {
        fs::write(folder.path().join(format!("{at}.dcm")), image.bytes()).unwrap();
    }
    folder
}

#[test]
fn every_instance_is_listed_in_the_evidence_in_the_content_and_in_its_group() {
    let archive = archive((1..=3).flat_map(|series| (1..=series).map(move |instance| image("s", series, instance))));
    let (path, manifest) = only(manifests(&[archive.path().into()], &[]));
    assert_eq!(path, Path::new(&format!("{}.dcm", uid("s"))));
    let all = evidence(&manifest);
    assert_eq!((all.len(), referred(&manifest)), (6, all.clone()));
    let groups = groups(&manifest);
    assert_eq!(groups.iter().flat_map(|group| referred(group)).collect::<Vec<_>>(), all);
    assert_eq!(groups.iter().flat_map(|group| described(group, "131564")).collect::<Vec<_>>(), ["1", "2", "3"]);
    assert_eq!(described(library(&manifest), "131565"), ["3"]);
    assert!(!all.contains(&text(&manifest, tags::SOP_INSTANCE_UID)));
    assert_eq!(text(&manifest, tags::STUDY_INSTANCE_UID), uid("s"));
}

#[test]
fn a_manifest_is_the_twin_of_the_document() {
    let (_, manifest) = only(manifests(&[case("ct-two-series")], &[]));
    let output = dcm2fhir().arg("convert").arg(case("ct-two-series")).args(MADO).output().unwrap();
    let identifier = resources(&output)[0]["identifier"]["value"].clone();
    assert_eq!(identifier, Value::from(format!("urn:oid:{}", text(&manifest, tags::SOP_INSTANCE_UID))));
}

#[test]
fn names_dates_and_times_are_those_of_the_files_in_one_offset() {
    let other = image("s", 2, 1).text(tags::SERIES_DATE, "20240301").text(tags::SERIES_TIME, "0010");
    let archive = archive([image("s", 1, 1).text(tags::TIMEZONE_OFFSET_FROM_UTC, "-0500"), other]);
    let (_, manifest) = only(manifests(&[archive.path().into()], &[]));
    for (tag, want) in [
        (tags::SPECIFIC_CHARACTER_SET, "ISO_IR 192"),
        (tags::PATIENT_NAME, "Doe^Jane^Ann^Dr."),
        (tags::PATIENT_ID, "4711"),
        (tags::STUDY_DATE, "20240229"),
        (tags::STUDY_TIME, "233000.25"),
        (tags::TIMEZONE_OFFSET_FROM_UTC, "-0500"),
        (tags::CONTENT_DATE, "20261126"),
        (tags::CONTENT_TIME, "183000"),
        (tags::MANUFACTURER, "dcm2fhir"),
        (tags::INSTITUTION_NAME, "City Hospital"),
        (tags::ACCESSION_NUMBER, ""),
    ] {
        assert_eq!(text(&manifest, tag), want, "{tag}");
    }
    let issuer = &items(&manifest, tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE)[0];
    assert_eq!(text(issuer, tags::UNIVERSAL_ENTITY_ID), "https://hospital.example/patients");
    assert_eq!(text(issuer, tags::UNIVERSAL_ENTITY_ID_TYPE), "URI");
    // Ten past midnight in the user's zone, which is that of files without one.
    let second = groups(&manifest)[1];
    assert_eq!(
        (described(second, "131561"), described(second, "131562")),
        (vec!["20240229".into()], vec!["181000".into()])
    );
}

#[test]
fn every_writing_of_a_name_is_carried_over() {
    for (name, want) in
        [("names-japanese", "Yamada^Tarou=山田^太郎=やまだ^たろう"), ("names-korean", "Hong^Gildong=洪^吉洞=홍^길동")]
    {
        let archive = files(&case(name));
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in archive {
            fs::write(folder.path().join(path), bytes).unwrap();
        }
        let (code, written, errors) = manifests(&[folder.path().into()], &[]);
        // The case may lack a region; what it has is to be right.
        let Some(bytes) = written.values().next() else {
            assert!(code == 1 && errors.contains("no manifest is written"), "{name}: {errors}");
            continue;
        };
        assert_eq!(text(&read(bytes), tags::PATIENT_NAME), want, "{name}");
    }
    let archive = archive([image("s", 1, 1)
        .text(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 192")
        .text(tags::PATIENT_NAME, "Yamada^Tarou=山田^太郎=やまだ^たろう")]);
    let (_, manifest) = only(manifests(&[archive.path().into()], &[]));
    assert_eq!(text(&manifest, tags::PATIENT_NAME), "Yamada^Tarou=山田^太郎=やまだ^たろう");
}

#[test]
fn what_a_study_lacks_is_said_and_nothing_is_written_of_it() {
    let bare = |tag| archive([image("s", 1, 1).without(tag)]);
    let uid = archive([image("s", 1, 1).text(tags::SOP_INSTANCE_UID, "1.2.x")]);
    let report = archive([Instance::new("SR", uids::BASIC_TEXT_SR_STORAGE, "s", 1, 1).text(tags::PATIENT_ID, "1")]);
    let zone = &MADO[..8];
    let issuer = &MADO[..10];
    let all = &MADO as &[_];
    for (archive, options, reason) in [
        (bare(tags::PATIENT_ID), all, "the patient's number has no system"),
        (bare(tags::PATIENT_ID), issuer, "the patient's number has no system"),
        (bare(tags::STUDY_ID), issuer, "the patient's number has no system: give --system patient=URI"),
        (bare(tags::STUDY_ID), zone, "its zone, is not known: give --timezone"),
        (bare(tags::STUDY_TIME), all, "its zone, is not known: give --timezone"),
        (bare(tags::BODY_PART_EXAMINED), all, "no region of the body is known"),
        (bare(tags::SOP_CLASS_UID), all, ""),
        (report, all, "none of its modalities acquires images"),
        (uid, all, "a UID is none"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (code, written, errors) = manifests_in(folder.path(), &[archive.path().into()], &[options, &KOS].concat());
        assert!(!errors.contains("no study was found"), "{errors}");
        let is_conforming = reason.is_empty();
        assert_eq!(
            (code, written.len()),
            (i32::from(!is_conforming), usize::from(is_conforming)),
            "{reason}: {errors}"
        );
        assert!(errors.contains(reason) && (is_conforming || errors.contains("no manifest is written")), "{errors}");
    }
    let (code, written, errors) = manifests(&[case("two-patients"), case("quality-control-phantom")], &[]);
    assert_eq!((code, written.len()), (1, 0));
    assert!(errors.contains("several patients") && errors.contains("phantom"), "{errors}");
}

#[test]
fn two_runs_agree_byte_for_byte_whoever_reads_in_whatever_order() {
    let cases = ["ct-two-series", "full-identity", "key-objects", "us-multi-frame", "mr-enhanced"].map(case);
    let (_, want, errors) = manifests(&cases, &[]);
    assert!(want.len() > 2, "{errors}");
    let mut turned = cases.clone();
    turned.reverse();
    assert!(manifests(&turned, &["--threads", "1"]).1 == want);
    let index = tempfile::tempdir().unwrap();
    let file = index.path().join("index");
    let index = ["--index", file.to_str().unwrap()];
    let folder = tempfile::tempdir().unwrap();
    let options = [&MADO as &[_], &KOS, &index].concat();
    assert!(manifests_in(folder.path(), &cases, &options).1 == want);
    let (_, again, errors) = manifests_in(folder.path(), &cases, &options);
    assert!(again == want, "{errors}");
    assert!(errors.contains("0 studies written"), "{errors}");
}

#[test]
fn a_manifest_is_not_replaced_by_one_that_lists_less_nor_is_another_file() {
    let archive = archive((1..=3).map(|instance| image("s", 1, instance)));
    let (inputs, folder) = ([PathBuf::from(archive.path())], tempfile::tempdir().unwrap());
    let options = [&MADO as &[_], &KOS].concat();
    let whole = manifests_in(folder.path(), &inputs, &options).1;
    let (code, again, errors) = manifests_in(folder.path(), &inputs, &options);
    assert!(code == 0 && again == whole, "{errors}");
    fs::remove_file(archive.path().join("0.dcm")).unwrap();
    let (code, held, errors) = manifests_in(folder.path(), &inputs, &options);
    assert!(code == 1 && held == whole, "{code} {errors}");
    assert!(errors.contains("held back"), "{errors}");
    let (code, less, _) = manifests_in(folder.path(), &inputs, &[&options as &[_], &["--replace"]].concat());
    assert_eq!((code, evidence(&read(less.values().next().unwrap())).len()), (0, 2));
    // An image that somebody put there under that name.
    let place = folder.path().join(format!("{}.dcm", uid("s")));
    fs::write(&place, image("s", 1, 1).bytes()).unwrap();
    let (code, held, errors) = manifests_in(folder.path(), &inputs, &options);
    assert!(code == 1 && held.values().next() == Some(&image("s", 1, 1).bytes()), "{code} {errors}");
}

#[test]
fn a_manifest_is_read_as_any_other_file_and_listed_by_no_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = [case("ct-two-series")];
    let (_, written, _) = manifests_in(folder.path(), &inputs, &[&MADO as &[_], &KOS].concat());
    let output = dcm2fhir().arg("convert").arg(folder.path()).args(["--fhir", "r5"]).output().unwrap();
    let study = &resources(&output)[0];
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(study["series"][0]["modality"]["coding"][0]["code"], "KO");
    assert_eq!(study["series"][0]["instance"][0]["title"], "Manifest with Description");
    let (code, again, errors) = manifests(&[inputs[0].clone(), folder.path().into()], &[]);
    assert!(code == 0 && again == written, "{code} {errors}");
}

#[test]
fn three_thousand_instances_are_all_there() {
    let archive = archive((1..=3000).map(|instance| image("s", 1, instance)));
    let (_, manifest) = only(manifests(&[archive.path().into()], &[]));
    let all = evidence(&manifest);
    assert_eq!((all.len(), referred(&manifest) == all), (3000, true));
    assert_eq!(described(groups(&manifest)[0], "131564"), ["3000"]);
}

#[test]
fn what_the_user_says_stands_as_one_value_whatever_its_characters() {
    let archive = archive([image("s", 1, 1).text(tags::STUDY_DESCRIPTION, "a\\b").text(tags::ACCESSION_NUMBER, "A1")]);
    let run = |options: &[&str]| only(manifests(&[archive.path().into()], options)).1;
    let manifest = run(&[
        "--viewer",
        "https://viewer.example/?s={study}&n=%C3%BC&{study}",
        "--endpoint",
        "wado-rs=https://pacs.example/dicomweb",
        "--system",
        "accession=urn:oid:1.2.9",
    ]);
    let study = &items(&manifest, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE)[0];
    let uid = uid("s");
    assert_eq!(text(study, Tag(0x0040, 0xE012)), format!("https://viewer.example/?s={uid}&n=%C3%BC&{uid}"));
    let series = &items(study, tags::REFERENCED_SERIES_SEQUENCE)[0];
    assert_eq!(text(series, tags::RETRIEVE_URL), "https://pacs.example/dicomweb");
    assert_eq!(text(series, tags::RETRIEVE_LOCATION_UID), "1.2.3.4");
    assert_eq!(text(&manifest, tags::STUDY_DESCRIPTION), "a/b");
    assert_eq!(text(&manifest, tags::ACCESSION_NUMBER), "A1");
    let request = &items(&manifest, tags::REFERENCED_REQUEST_SEQUENCE)[0];
    let issuer = &items(request, tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE)[0];
    assert_eq!(
        (text(issuer, tags::UNIVERSAL_ENTITY_ID).as_str(), text(request, tags::ACCESSION_NUMBER).as_str()),
        ("1.2.9", "A1")
    );
    // A number that anybody could have given is no number of the study, but that of the order.
    let manifest = run(&[]);
    assert_eq!(text(&manifest, tags::ACCESSION_NUMBER), "");
    assert_eq!(text(&items(&manifest, tags::REFERENCED_REQUEST_SEQUENCE)[0], tags::ACCESSION_NUMBER), "A1");
    let study = &items(&manifest, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE)[0];
    assert!(items(study, tags::REFERENCED_SERIES_SEQUENCE)[0].get(tags::RETRIEVE_URL).is_none());
}

#[test]
fn words_are_cut_where_dicom_has_no_room_and_numbers_are_never_changed() {
    let long = |character: &str| character.repeat(70);
    let utf8 = image("s", 1, 1).text(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 192");
    let archive = archive([utf8
        .text(tags::STUDY_DESCRIPTION, long("\u{17D}"))
        .text(tags::PATIENT_NAME, format!("{}={}", long("a"), long("\u{416}")))
        .text(tags::STUDY_ID, long("1"))
        .text(tags::ACCESSION_NUMBER, "12345678901234567")]);
    let options = ["--system", "accession=urn:oid:1.2.9"];
    let (code, files, errors) = manifests(&[archive.path().into()], &options);
    let manifest = read(files.values().next().unwrap());
    assert_eq!(code, 0, "{errors}");
    let first = |character: &str| character.repeat(64);
    assert_eq!(text(&manifest, tags::STUDY_DESCRIPTION), first("\u{17D}"));
    assert_eq!(text(&manifest, tags::PATIENT_NAME), format!("{}={}", first("a"), first("\u{416}")));
    for tag in [tags::STUDY_ID, tags::ACCESSION_NUMBER] {
        assert_eq!(text(&manifest, tag), "", "{tag}");
    }
    assert!(errors.contains("what is not known is left empty"), "{errors}");
    for number in [long("8"), "A\\B".to_string()] {
        let archive = self::archive([image("s", 1, 1).text(tags::PATIENT_ID, &number)]);
        let (code, files, errors) = manifests(&[archive.path().into()], &[]);
        assert_eq!((code, files.len()), (1, 0), "{number}: {errors}");
        assert!(errors.contains("no value of DICOM"), "{number}: {errors}");
    }
}

#[test]
fn a_manifest_that_has_no_place_is_refused_with_advice() {
    let two = [case("ct-two-series"), case("full-identity")];
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (dcm, csv, json) = (file("a.dcm"), file("a.csv"), file("a.json"));
    for (options, advice) in [
        (vec!["--format", "kos"], "add --profile mado"),
        (vec!["--profile", "imr", "--endpoint", "wado-rs=https://h", "--format", "kos"], "add --profile mado"),
        ([&MADO as &[_], &KOS].concat(), "room for one"),
        ([&MADO as &[_], &["-o", &dcm]].concat(), "room for one"),
        ([&MADO as &[_], &KOS, &["-o", &csv]].concat(), "name it .dcm"),
        ([&MADO as &[_], &KOS, &["-o", &json]].concat(), "name it .dcm"),
        ([&MADO as &[_], &KOS, &["--pretty"]].concat(), "not for DICOM"),
        ([&MADO as &[_], &KOS, &["--bundle-type", "batch"]].concat(), "leave --format"),
        (vec!["--fhir", "r4", "-o", &dcm], "add --profile mado"),
    ] {
        let output = dcm2fhir().arg("convert").args(&two).args(&options).output().unwrap();
        assert_eq!(code(&output), 2, "{options:?}");
        assert!(stderr(&output).contains(advice), "{options:?}: {}", stderr(&output));
    }
    let one = dcm2fhir().arg("convert").arg(&two[0]).args(MADO).args(["-o", &dcm]).output().unwrap();
    assert_eq!(code(&one), 0, "{}", stderr(&one));
    let piped = dcm2fhir().arg("convert").arg(&two[0]).args(MADO).args(KOS).output().unwrap();
    assert!(fs::read(dcm).unwrap() == piped.stdout);
}
