//! UIDs that grouping cannot use, files that are cut, and files that are no DICOM.

use dcm2fhir::synth::{Attributes, Frame, Instance, code, uid};
use dicom_dictionary_std::{tags, uids};

use super::{Case, case, instance};

pub fn cases() -> Vec<Case> {
    vec![
        duplicates(),
        duplicate_other_content(),
        same_instance_in_two_series(),
        study_uid_not_an_id(),
        study_uid_leading_zero(),
        series_uid_unusable(),
        missing_uids(),
        truncated(),
        not_dicom(),
        without_preamble(),
    ]
}

fn ct(study: &str, series: u32, number: u32) -> Instance {
    instance("CT", uids::CT_IMAGE_STORAGE, study, series, number)
}

fn duplicates() -> Case {
    let bytes = ct("duplicates", 1, 1).bytes();
    case(
        "duplicates",
        "The same file twice counts once",
        [("a.dcm", bytes.clone()), ("copy/b.dcm", bytes), ("c.dcm", ct("duplicates", 1, 2).bytes())],
    )
}

fn duplicate_other_content() -> Case {
    let first = ct("duplicate-other-content", 1, 1);
    let second = first.clone().text(tags::INSTANCE_NUMBER, "7");
    case(
        "duplicate-other-content",
        "One SOP Instance UID with two contents counts once, and exit code 1",
        [("a.dcm", first.bytes()), ("b.dcm", second.bytes())],
    )
}

fn same_instance_in_two_series() -> Case {
    let first = ct("same-instance-in-two-series", 1, 1);
    let second = ct("same-instance-in-two-series", 2, 1)
        .text(tags::SOP_INSTANCE_UID, uid("testdata same-instance-in-two-series/1/1"));
    case(
        "same-instance-in-two-series",
        "One SOP Instance UID in two series is kept in both and reported",
        [("a.dcm", first.bytes()), ("b.dcm", second.bytes())],
    )
}

fn study_uid_not_an_id() -> Case {
    let image = ct("study-uid-not-an-id", 1, 1).text(tags::STUDY_INSTANCE_UID, "../study_of_1998");
    case(
        "study-uid-not-an-id",
        "A Study Instance UID that can be no id, and would be a path",
        [("1.dcm", image.bytes())],
    )
}

fn study_uid_leading_zero() -> Case {
    let image = ct("study-uid-leading-zero", 1, 1).text(tags::STUDY_INSTANCE_UID, "1.2.276.0.99.020.1");
    case("study-uid-leading-zero", "An id, but no OID: written and reported", [("1.dcm", image.bytes())])
}

fn series_uid_unusable() -> Case {
    let image = ct("series-uid-unusable", 1, 1);
    let other = ct("series-uid-unusable", 2, 1).text(tags::SERIES_INSTANCE_UID, "series_2");
    case(
        "series-uid-unusable",
        "A Series Instance UID that no FHIR id can hold: left out, reported, not counted",
        [("a.dcm", image.bytes()), ("b.dcm", other.bytes())],
    )
}

fn missing_uids() -> Case {
    let image = |number| ct("missing-uids", 1, number);
    case(
        "missing-uids",
        "Files without one of the three UIDs are left out by name, the whole one stays",
        [
            ("no-study.dcm", image(1).without(tags::STUDY_INSTANCE_UID).bytes()),
            ("no-series.dcm", image(2).without(tags::SERIES_INSTANCE_UID).bytes()),
            ("no-instance.dcm", image(3).text(tags::SOP_INSTANCE_UID, "").frame(Frame::DataSet).bytes()),
            ("whole.dcm", image(4).bytes()),
        ],
    )
}

fn truncated() -> Case {
    let procedure = code("24627-2", "LN", "CT Chest");
    let image = |number| ct("truncated", 1, number).item(tags::REQUEST_ATTRIBUTES_SEQUENCE, procedure.clone());
    let cut = |number, length: usize| {
        let mut bytes = image(number).bytes();
        bytes.truncate(length);
        bytes
    };
    let length = image(1).bytes().len();
    case(
        "truncated",
        "Cut behind the UIDs a file still counts, cut before them it is left out by name",
        [
            ("whole.dcm", image(1).bytes()),
            ("cut-late.dcm", cut(2, length - 20)),
            ("cut-early.dcm", cut(3, 400)),
            ("cut-in-meta.dcm", cut(4, 200)),
        ],
    )
}

fn not_dicom() -> Case {
    case(
        "not-dicom",
        "Text, an empty file and zeros: nothing to convert, exit code 0",
        [("notes.txt", b"These are notes.\n".to_vec()), ("empty.dcm", Vec::new()), ("zeros.dcm", vec![0; 132])],
    )
}

fn without_preamble() -> Case {
    let implicit = ct("without-preamble", 1, 2).transfer_syntax(uids::IMPLICIT_VR_LITTLE_ENDIAN);
    case(
        "without-preamble",
        "File meta information without preamble, and bare data sets, explicit and implicit",
        [
            ("meta.dcm", ct("without-preamble", 1, 1).frame(Frame::NoPreamble).bytes()),
            ("implicit.dcm", implicit.frame(Frame::DataSet).bytes()),
            ("explicit.dcm", ct("without-preamble", 1, 3).frame(Frame::DataSet).bytes()),
        ],
    )
}
