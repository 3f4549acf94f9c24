//! What the scanner makes of whole files. Here: what all tests of it share.

mod build;
mod damaged;
mod odd;
mod plain;
mod sequences;

use std::io::Write;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::*;
use crate::dicom::wanted::{Levels, TagPath};
use Encoding::{ExplicitBig, ExplicitLittle, ImplicitBig, ImplicitLittle};

const ENCODINGS: [Encoding; 4] = [ExplicitLittle, ImplicitLittle, ExplicitBig, ImplicitBig];
const PRIVATE: Tag = Tag(0x0009, 0x1010);
const SHARED: TagPath =
    &[tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, tags::FRAME_ANATOMY_SEQUENCE, tags::FRAME_LATERALITY];
const REQUEST: TagPath = &[tags::REQUEST_ATTRIBUTES_SEQUENCE, tags::ACCESSION_NUMBER];
const VALUES: [TagPath; 3] = [&[tags::PATIENT_NAME], &[tags::STUDY_ID], &[tags::STUDY_DESCRIPTION]];

fn wanted() -> Wanted {
    let paths = VALUES.into_iter().chain([REQUEST, SHARED]);
    Wanted::new(paths.map(|path| (path, Levels::STUDY)), |class| match class {
        Some(class) if class == uids::ENHANCED_CT_IMAGE_STORAGE.as_bytes() => tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
        _ => tags::REQUEST_ATTRIBUTES_SEQUENCE,
    })
}

fn scan_source(source: &mut dyn Bytes) -> (Result<(), Skip>, Header) {
    let mut header = Header::default();
    let result = Scanner::new().scan(source, &wanted(), &mut header);
    (result, header)
}

fn scan(mut bytes: &[u8]) -> (Result<(), Skip>, Header) {
    scan_source(&mut bytes)
}

fn text(header: &Header, tag: Tag) -> Option<String> {
    header.root().bytes(tag).map(|value| String::from_utf8_lossy(unpadded(value)).into_owned())
}

fn faults(header: &Header) -> Vec<FaultKind> {
    header.faults.iter().map(|fault| fault.kind).collect()
}

/// Everything that [`Data::instance`] wrote is there, and nothing was wrong.
fn assert_whole(name: &str, bytes: &[u8]) {
    let (result, header) = scan(bytes);
    assert_eq!(result, Ok(()), "{name}");
    assert_eq!(header.faults, [], "{name}");
    for (tag, want) in [
        (tags::SOP_INSTANCE_UID, "1.2.3"),
        (tags::PATIENT_NAME, "Doe^Jane"),
        (tags::STUDY_INSTANCE_UID, "1.2.1"),
        (tags::SERIES_INSTANCE_UID, "1.2.2"),
        (tags::STUDY_ID, "S1"),
    ] {
        assert_eq!(text(&header, tag).as_deref(), Some(want), "{name}");
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
