//! A file-set with its DICOMDIR (PS3.10 8, PS3.3 F).

use dcm2fhir::synth::{Attributes, DataSet, Instance, uid};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::{Case, case, instance};

const FILES: [&str; 3] = ["IMAGES\\I1", "IMAGES\\I2", "IMAGES\\GONE"];

pub fn cases() -> Vec<Case> {
    let image = |number| instance("CT", uids::CT_IMAGE_STORAGE, "dicomdir", 1, number).bytes();
    vec![case(
        "dicomdir",
        "A DICOMDIR that lists two files and one that is missing; found in a walk it is passed by",
        [("DICOMDIR", dicomdir()), ("IMAGES/I1", image(1)), ("IMAGES/I2", image(2))],
    )]
}

/// The records point at each other by their offset in the file: a first writing finds out where they are.
fn dicomdir() -> Vec<u8> {
    let draft = directory(&[0; 6]).bytes();
    let is_item = |at: &usize| draft[*at..].starts_with(&[0xFE, 0xFF, 0x00, 0xE0]);
    let offsets: Vec<u32> = (0..draft.len()).filter(is_item).map(|at| at.try_into().unwrap()).collect();
    directory(&offsets).bytes()
}

fn directory(offsets: &[u32]) -> Instance {
    let [patient, study, series, images @ ..] = offsets else { panic!("one offset for each record") };
    let first = instance("CT", uids::CT_IMAGE_STORAGE, "dicomdir", 1, 1);
    let above = [
        record("PATIENT", 0, *study).text(tags::PATIENT_NAME, "Doe^Jane").text(tags::PATIENT_ID, "PAT-0815"),
        copied(record("STUDY", 0, *series), &first, tags::STUDY_INSTANCE_UID),
        copied(record("SERIES", 0, images[0]), &first, tags::SERIES_INSTANCE_UID).text(tags::MODALITY, "CT"),
    ];
    let images = FILES.iter().enumerate().map(|(at, file)| {
        record("IMAGE", images.get(at + 1).copied().unwrap_or(0), 0)
            .text(tags::REFERENCED_FILE_ID, file)
            .text(tags::REFERENCED_SOP_CLASS_UID_IN_FILE, uids::CT_IMAGE_STORAGE)
            .text(tags::REFERENCED_SOP_INSTANCE_UID_IN_FILE, uid(&format!("testdata dicomdir/1/{}", at + 1)))
            .text(tags::REFERENCED_TRANSFER_SYNTAX_UID_IN_FILE, uids::EXPLICIT_VR_LITTLE_ENDIAN)
            .text(tags::INSTANCE_NUMBER, (at + 1).to_string())
    });
    Instance::new("", uids::MEDIA_STORAGE_DIRECTORY_STORAGE, "testdata dicomdir set", 0, 0)
        .without(tags::SOP_CLASS_UID)
        .without(tags::SOP_INSTANCE_UID)
        .without(tags::STUDY_INSTANCE_UID)
        .without(tags::SERIES_INSTANCE_UID)
        .without(tags::MODALITY)
        .text(tags::FILE_SET_ID, "TESTDATA")
        .text(tags::OFFSET_OF_THE_FIRST_DIRECTORY_RECORD_OF_THE_ROOT_DIRECTORY_ENTITY, patient.to_le_bytes())
        .text(tags::OFFSET_OF_THE_LAST_DIRECTORY_RECORD_OF_THE_ROOT_DIRECTORY_ENTITY, patient.to_le_bytes())
        .numbers(tags::FILE_SET_CONSISTENCY_FLAG, &[0])
        .items(tags::DIRECTORY_RECORD_SEQUENCE, above.into_iter().chain(images))
}

fn record(kind: &str, next: u32, lower: u32) -> DataSet {
    DataSet::new()
        .text(tags::OFFSET_OF_THE_NEXT_DIRECTORY_RECORD, next.to_le_bytes())
        .numbers(tags::RECORD_IN_USE_FLAG, &[0xFFFF])
        .text(tags::OFFSET_OF_REFERENCED_LOWER_LEVEL_DIRECTORY_ENTITY, lower.to_le_bytes())
        .text(tags::DIRECTORY_RECORD_TYPE, kind)
}

fn copied(record: DataSet, from: &Instance, tag: Tag) -> DataSet {
    record.text(tag, from.value(tag))
}
