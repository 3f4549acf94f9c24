//! A damaged file is converted as far as possible, or left out and named; it never stops the run or affects other
//! files.

use std::fs;
use std::path::Path;

use dcm2fhir::synth::{Attributes, DataSet, Frame, Instance, Lengths, code};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use serde_json::Value;

use crate::run::{code as exit_code, convert, instances, resources, stderr};

const LAYOUTS: [(&str, Lengths, Frame); 6] = [
    (uids::EXPLICIT_VR_LITTLE_ENDIAN, Lengths::Undefined, Frame::Part10),
    (uids::EXPLICIT_VR_LITTLE_ENDIAN, Lengths::Defined, Frame::NoPreamble),
    (uids::IMPLICIT_VR_LITTLE_ENDIAN, Lengths::Undefined, Frame::Part10),
    (uids::IMPLICIT_VR_LITTLE_ENDIAN, Lengths::Defined, Frame::DataSet),
    (dcm2fhir::synth::EXPLICIT_BIG_ENDIAN, Lengths::Defined, Frame::Part10),
    (uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, Lengths::Undefined, Frame::Part10),
];

fn image(number: u32) -> Instance {
    let order = DataSet::new()
        .text(tags::ACCESSION_NUMBER, "ACC-1")
        .item(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, code("24627-2", "LN", "CT Chest"));
    Instance::new("CT", uids::CT_IMAGE_STORAGE, "damage", 1, number)
        .text(tags::STUDY_DATE, "20240229")
        .text(tags::PATIENT_NAME, "Doe^Jane")
        .text(tags::INSTANCE_NUMBER, number.to_string())
        .item(tags::REQUEST_ATTRIBUTES_SEQUENCE, order)
}

/// A folder with one good file, and damaged ones made from a second instance.
struct Damage {
    folder: tempfile::TempDir,
}

impl Damage {
    fn new() -> Damage {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("good.dcm"), image(1).bytes()).unwrap();
        Damage { folder }
    }

    fn add(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    /// Converts, checks that the good file is there, and gives the resources and the report.
    fn convert(&self) -> (Vec<Value>, String) {
        let elsewhere = tempfile::tempdir().unwrap();
        let report = elsewhere.path().join("report.json");
        let output = convert([self.folder.path().as_os_str(), "--report".as_ref(), report.as_os_str()]);
        assert!(matches!(exit_code(&output), 0 | 1), "{}", stderr(&output));
        let resources = resources(&output);
        let good = dcm2fhir::synth::uid("damage/1/1");
        assert!(instances(&resources).contains(&good), "the good file is missing: {}", stderr(&output));
        (resources, fs::read_to_string(report).unwrap())
    }
}

#[test]
fn a_file_cut_at_any_byte_is_kept_or_named() {
    for (syntax, lengths, frame) in LAYOUTS {
        let whole = image(2).transfer_syntax(syntax).lengths(lengths).frame(frame).bytes();
        let damage = Damage::new();
        for cut in (1..whole.len()).step_by(3) {
            damage.add(&format!("cut-{cut:04}.dcm"), &whole[..cut]);
        }
        let (resources, report) = damage.convert();
        let uid = dcm2fhir::synth::uid("damage/1/2");
        assert!(instances(&resources).contains(&uid), "{syntax}: a cut behind the UIDs is kept");
        // A UID that ends with the file is another UID: it must not make a study, series or instance of its own.
        assert_eq!((resources.len(), instances(&resources).len()), (1, 2), "{syntax}: {resources:?}");
        assert!(report.contains("cut-0001.dcm") || report.contains("cut-0004.dcm"), "{syntax}: {report}");
    }
}

#[test]
fn bytes_overwritten_anywhere_stop_nothing() {
    for (syntax, lengths, frame) in LAYOUTS {
        let whole = image(2).transfer_syntax(syntax).lengths(lengths).frame(frame).bytes();
        for (name, filling) in [("zeros", 0x00), ("ones", 0xFF)] {
            let damage = Damage::new();
            for at in (0..whole.len()).step_by(5) {
                let mut bytes = whole.clone();
                let end = (at + 4).min(bytes.len());
                bytes[at..end].fill(filling);
                damage.add(&format!("{name}-{at:04}.dcm"), &bytes);
            }
            damage.convert();
        }
    }
}

#[test]
fn a_wrong_magic_word_is_no_dicom_or_read_without_it() {
    let damage = Damage::new();
    let mut bytes = image(2).bytes();
    bytes[128..132].copy_from_slice(b"MCID");
    damage.add("magic.dcm", &bytes);
    let (resources, report) = damage.convert();
    let kept = instances(&resources).len() == 2;
    assert!(kept || report.contains("magic.dcm"), "{report}");
}

#[test]
fn a_file_without_one_of_the_uids_is_left_out_by_name_with_the_attribute() {
    let missing: [(Tag, &str); 3] = [
        (tags::STUDY_INSTANCE_UID, "StudyInstanceUID"),
        (tags::SERIES_INSTANCE_UID, "SeriesInstanceUID"),
        (tags::SOP_INSTANCE_UID, "SOPInstanceUID"),
    ];
    for (syntax, lengths, frame) in LAYOUTS {
        for (tag, keyword) in missing {
            let file = |instance: Instance| instance.transfer_syntax(syntax).lengths(lengths).frame(frame).bytes();
            let damage = Damage::new();
            damage.add("absent.dcm", &file(image(2).without(tag)));
            damage.add("empty.dcm", &file(image(3).text(tag, "")));
            let (resources, report) = damage.convert();
            // PS3.10 7.1: the file meta information has the SOP Instance UID, too. It stands in for an empty one.
            let stands_in = tag == tags::SOP_INSTANCE_UID && frame != Frame::DataSet;
            assert_eq!(instances(&resources).len(), if stands_in { 2 } else { 1 }, "{syntax} {keyword}");
            let reason = if stands_in { "instance-stand-in" } else { "empty.dcm" };
            for name in ["absent.dcm", "empty.dcm", keyword, reason] {
                assert!(report.contains(name), "{syntax}: {name} is missing from {report}");
            }
        }
    }
}

#[test]
fn a_uid_with_bytes_that_no_uid_has_is_unusable_and_not_absent() {
    for (tag, keyword) in [
        (tags::STUDY_INSTANCE_UID, "StudyInstanceUID"),
        (tags::SERIES_INSTANCE_UID, "SeriesInstanceUID"),
        (tags::SOP_INSTANCE_UID, "SOPInstanceUID"),
    ] {
        let mut bytes = image(2).text(tag, "1.2.3.4").bytes();
        let at = bytes.len() - bytes.windows(7).rev().position(|part| part == b"1.2.3.4").unwrap() - 7;
        bytes[at + 3] = 0xB7;
        let damage = Damage::new();
        damage.add("high.dcm", &bytes);
        let (resources, report) = damage.convert();
        assert_eq!(instances(&resources).len(), 1, "{keyword}");
        let report: Value = serde_json::from_str(&report).unwrap();
        let skipped = &report["skipped"][0];
        assert_eq!((&skipped["reason"], &skipped["keyword"]), (&"unusable-uid".into(), &keyword.into()), "{report}");
    }
}

#[test]
fn what_stands_in_front_of_a_data_set_or_is_not_as_it_should_be_does_not_lose_it() {
    let bytes = image(2).frame(Frame::DataSet).transfer_syntax(uids::IMPLICIT_VR_LITTLE_ENDIAN).bytes();
    let command = [0, 0, 0, 0, 4, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0x00, 0x01, 2, 0, 0, 0, 1, 0];
    let explicit = image(3).bytes();
    let study = find(&explicit, &[0x20, 0x00, 0x0D, 0x00]);
    let with = |element: &[u8]| [&explicit[..study], element, &explicit[study..]].concat();
    let damage = Damage::new();
    damage.add("command.dcm", &[&command, &*bytes].concat());
    damage.add("short-length.dcm", &with(b"\x18\0\x99\x99UN\x04\0abcd"));
    let uid = |number| dcm2fhir::synth::uid(&format!("damage/1/{number}"));
    let (resources, report) = damage.convert();
    let mut want = vec![uid(1), uid(2), uid(3)];
    want.sort();
    assert_eq!(instances(&resources), want, "{report}");
}

#[test]
fn lengths_that_lie_cost_nothing() {
    let damage = Damage::new();
    let bytes = image(2).bytes();
    let study = find(&bytes, &[0x20, 0x00, 0x0D, 0x00]);
    for (name, length) in [("short", 0xFFFF_u16), ("odd", 0x0031)] {
        let mut bytes = bytes.clone();
        bytes[study + 6..study + 8].copy_from_slice(&length.to_le_bytes());
        damage.add(&format!("{name}.dcm"), &bytes);
    }
    for (number, vr) in ["OB", "UN", "UT", "SQ", "OW"].into_iter().enumerate() {
        for length in [0xFFFF_FFF0_u32, 0x7FFF_FFFF, 0xFFFF_FFFF] {
            let mut long = bytes[..study].to_vec();
            long.extend_from_slice(&[0x20, 0x00, 0x0C, 0x00]);
            long.extend_from_slice(vr.as_bytes());
            long.extend_from_slice(&[0, 0]);
            long.extend_from_slice(&length.to_le_bytes());
            long.extend_from_slice(&bytes[study..]);
            damage.add(&format!("{number}-{length:x}.dcm"), &long);
        }
    }
    damage.convert();
}

#[test]
fn sequences_nested_without_end_stop_nothing() {
    let damage = Damage::new();
    let bytes = image(2).bytes();
    let study = find(&bytes, &[0x20, 0x00, 0x0D, 0x00]);
    let mut nested = bytes[..study].to_vec();
    for _ in 0..100_000 {
        nested.extend_from_slice(&[0x18, 0x00, 0x12, 0x00, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        nested.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
    }
    nested.extend_from_slice(&bytes[study..]);
    damage.add("nested.dcm", &nested);
    let (_, report) = damage.convert();
    assert!(report.contains("nested.dcm"), "{report}");
}

fn find(bytes: &[u8], tag: &[u8]) -> usize {
    bytes.windows(tag.len()).position(|part| part == tag).unwrap()
}

#[cfg(unix)]
#[test]
fn devices_links_and_unreadable_folders_stop_nothing() {
    use std::os::unix::fs::symlink;
    let damage = Damage::new();
    let here = damage.folder.path();
    symlink(here, here.join("loop")).unwrap();
    symlink(Path::new("/dev/zero"), here.join("zero.dcm")).unwrap();
    symlink(here.join("gone"), here.join("dangling.dcm")).unwrap();
    std::process::Command::new("mkfifo").arg(here.join("fifo.dcm")).status().unwrap();
    let (resources, _) = damage.convert();
    assert_eq!(instances(&resources).len(), 1);
}
