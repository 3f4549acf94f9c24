//! A DICOMDIR as input stands for the files that it lists, and for no others.

use std::fs;
use std::path::Path;

use dcm2fhir::synth::{Attributes, DataSet, Instance, uid};
use dicom_dictionary_std::{tags, uids};
use serde_json::Value;

use crate::run::{case, code, convert, instances, resources, stderr};

const DIRECTORY: &str = uids::MEDIA_STORAGE_DIRECTORY_STORAGE;

fn image(number: u32) -> Vec<u8> {
    Instance::new("CT", uids::CT_IMAGE_STORAGE, "dicomdir", 9, number).bytes()
}

fn image_uids(numbers: impl IntoIterator<Item = u32>) -> Vec<String> {
    let mut uids: Vec<String> = numbers.into_iter().map(|number| uid(&format!("dicomdir/9/{number}"))).collect();
    uids.sort();
    uids
}

fn record(file_id: &str, in_use: u16) -> DataSet {
    DataSet::new()
        .numbers(tags::RECORD_IN_USE_FLAG, &[in_use])
        .text(tags::DIRECTORY_RECORD_TYPE, "IMAGE")
        .text(tags::REFERENCED_FILE_ID, file_id)
}

fn dicomdir(records: impl IntoIterator<Item = DataSet>) -> Vec<u8> {
    Instance::new("", uids::MEDIA_STORAGE_DIRECTORY_STORAGE, "dicomdir set", 0, 0)
        .without(tags::SOP_CLASS_UID)
        .without(tags::SOP_INSTANCE_UID)
        .without(tags::STUDY_INSTANCE_UID)
        .without(tags::SERIES_INSTANCE_UID)
        .without(tags::MODALITY)
        .items(tags::DIRECTORY_RECORD_SEQUENCE, records)
        .bytes()
}

/// The exit code, the instances, and what was skipped, for a DICOMDIR as input.
fn converted(folder: &Path, arguments: &[&str]) -> (i32, Vec<String>, Vec<(String, String)>) {
    let report = tempfile::NamedTempFile::new().unwrap();
    let paths = [folder.join("DICOMDIR"), "--report".into(), report.path().into()];
    let output = convert(paths.iter().map(|path| path.as_os_str()).chain(arguments.iter().map(|text| text.as_ref())));
    assert!(code(&output) < 2, "{}", stderr(&output));
    let report: Value = serde_json::from_str(&fs::read_to_string(report.path()).unwrap()).unwrap();
    let text = |skip: &Value, key: &str| skip[key].as_str().unwrap().to_string();
    let folder = format!("{}/", folder.display());
    let skipped = report["skipped"].as_array().unwrap().iter();
    let skipped = skipped.map(|skip| (text(skip, "path").replace(&folder, ""), text(skip, "reason"))).collect();
    (code(&output), instances(&resources(&output)), skipped)
}

fn reasons(reasons: &[(&str, &str)]) -> Vec<(String, String)> {
    reasons.iter().map(|(name, reason)| (name.to_string(), reason.to_string())).collect()
}

#[test]
fn the_listed_files_are_converted_and_the_missing_reported() {
    let (code, instances, skipped) = converted(&case("dicomdir"), &[]);
    assert_eq!((code, instances.len()), (1, 2));
    assert_eq!(skipped, reasons(&[("IMAGES/GONE", "missing")]));
}

#[test]
fn a_dicomdir_that_is_found_is_passed_by() {
    let output = convert([case("dicomdir")]);
    assert_eq!((code(&output), instances(&resources(&output)).len()), (0, 2));
}

#[test]
fn names_are_found_as_discs_are_copied() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("dicom")).unwrap();
    for (number, name) in [(1, "dicom/im1"), (2, "dicom/IM2;1"), (3, "dicom/im3."), (4, "dicom/IM4"), (5, "not-listed")]
    {
        fs::write(folder.path().join(name), image(number)).unwrap();
    }
    let records = (1..=4).map(|number| record(&format!("DICOM\\IM{number}"), 0xFFFF));
    fs::write(folder.path().join("DICOMDIR"), dicomdir(records)).unwrap();
    assert_eq!(converted(folder.path(), &[]), (0, image_uids(1..=4), vec![]));
}

#[test]
fn names_with_slashes_dots_and_dcm_are_found_and_the_folder_of_the_right_one_of_two() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("DICOM")).unwrap();
    fs::create_dir(folder.path().join("dicom")).unwrap();
    let files = ["dicom/im1", "DICOM/IM2.dcm", "DICOM/IM3", "DICOM/IM4", "dicom/im5.DCM", "DICOM/IM6"];
    for (number, name) in (1..).zip(files) {
        fs::write(folder.path().join(name), image(number)).unwrap();
    }
    let ids = ["DICOM\\IM1", "DICOM\\IM2", "DICOM/IM3", ".\\DICOM\\IM4", "./Dicom/IM5", "DICOM\\IM6.DCM"];
    fs::write(folder.path().join("DICOMDIR"), dicomdir(ids.map(|id| record(id, 0xFFFF)))).unwrap();
    assert_eq!(converted(folder.path(), &[]), (0, image_uids(1..=6), vec![]));
}

#[test]
fn lower_directory_files_are_followed_once_from_the_root_or_their_own_folder() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("S1/S2")).unwrap();
    for (number, name) in (1..).zip(["IM1", "S1/IM2", "S1/S2/IM3", "S1/S2/IM4"]) {
        fs::write(at(name), image(number)).unwrap();
    }
    let lower = |id: &str| record(id, 0xFFFF).text(tags::REFERENCED_SOP_CLASS_UID_IN_FILE, DIRECTORY);
    let any = |id: &str| record(id, 0xFFFF);
    let is_image = |id: &str| any(id).text(tags::REFERENCED_SOP_CLASS_UID_IN_FILE, uids::CT_IMAGE_STORAGE);
    fs::write(at("DICOMDIR"), dicomdir([lower("S1\\DIRFILE"), is_image("IM1"), lower("S1\\DIRFILE")])).unwrap();
    fs::write(at("S1/DIRFILE"), dicomdir([is_image("S1\\IM2"), any("S2\\DIRFILE"), lower("DICOMDIR")])).unwrap();
    fs::write(at("S1/S2/DIRFILE"), dicomdir([any("S1\\S2\\IM3"), any("IM4"), any("GONE"), any("..\\IM2")])).unwrap();
    let (code, instances, skipped) = converted(folder.path(), &[]);
    assert_eq!((code, instances), (1, image_uids(1..=4)));
    assert_eq!(skipped, reasons(&[("GONE", "missing"), ("S1/S2/DIRFILE!/..\\\\IM2", "outside-folder")]));
}

#[test]
fn a_file_outside_of_the_folder_is_never_opened() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("CD");
    fs::create_dir(&folder).unwrap();
    fs::write(root.path().join("outside"), image(1)).unwrap();
    let absolute = root.path().join("outside").display().to_string();
    let ids = ["..\\outside", "A\\..\\..\\outside", "../outside", &absolute];
    fs::write(folder.join("DICOMDIR"), dicomdir(ids.map(|id| record(id, 0xFFFF)))).unwrap();
    let (code, instances, skipped) = converted(&folder, &[]);
    assert_eq!((code, instances.len(), skipped.len()), (1, 0, 4));
    assert!(skipped.iter().all(|(path, reason)| path.starts_with("DICOMDIR!/") && reason == "outside-folder"));
}

#[test]
#[cfg(unix)]
fn a_link_is_followed_only_on_request() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("CD");
    fs::create_dir_all(root.path().join("elsewhere")).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(root.path().join("elsewhere/IM1"), image(1)).unwrap();
    std::os::unix::fs::symlink("../elsewhere", folder.join("LINK")).unwrap();
    fs::write(folder.join("DICOMDIR"), dicomdir([record("LINK\\IM1", 0xFFFF)])).unwrap();
    assert_eq!(converted(&folder, &[]), (1, vec![], reasons(&[("LINK", "link")])));
    assert_eq!(converted(&folder, &["--follow"]), (0, image_uids([1]), vec![]));
}

#[test]
fn a_deleted_record_lists_nothing_and_a_cut_dicomdir_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=3 {
        fs::write(folder.path().join(format!("IM{number}")), image(number)).unwrap();
    }
    let bytes = dicomdir([record("IM1", 0xFFFF), record("IM2", 0), record("IM3", 0xFFFF)]);
    fs::write(folder.path().join("DICOMDIR"), &bytes).unwrap();
    assert_eq!(converted(folder.path(), &[]), (0, image_uids([1, 3]), vec![]));
    fs::write(folder.path().join("DICOMDIR"), &bytes[..bytes.len() - 30]).unwrap();
    assert_eq!(converted(folder.path(), &[]), (1, image_uids([1]), reasons(&[("DICOMDIR", "cut")])));
}
