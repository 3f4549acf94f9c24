//! A manifest as a DICOM file (PS3.10 7): Explicit VR Little Endian, sequences and items of undefined length, streamed.

use std::io::{self, Write};

use dicom_dictionary_std::{tags, uids};

use crate::dicom::Tag;
use crate::kos::{Manifest, Part};
use crate::synth::{Attributes, Instance};

/// Ends of items and sequences, and the start of an item (PS3.5 7.5).
const ITEM: [u8; 8] = [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF];
const END_OF_ITEM: [u8; 8] = [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0];
const END_OF_SEQUENCE: [u8; 8] = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];

/// Writes the file.
pub fn write_key_objects(out: &mut dyn Write, manifest: &Manifest<'_>) -> io::Result<()> {
    let file = Instance::new("KO", uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE, "", 1, 1)
        .text(tags::SOP_INSTANCE_UID, manifest.uid());
    out.write_all(&file.head())?;
    manifest.parts(&mut |part| match part {
        Part::Attributes(data_set) => out.write_all(&file.encoded(&data_set)),
        Part::Sequence(tag) => out.write_all(&sequence(tag)),
        Part::Item => out.write_all(&ITEM),
        Part::EndOfItem => out.write_all(&END_OF_ITEM),
        Part::EndOfSequence => out.write_all(&END_OF_SEQUENCE),
    })
}

/// The start of a sequence (PS3.5 Table 7.5-2).
fn sequence(tag: Tag) -> Vec<u8> {
    let tag = [tag.group().to_le_bytes(), tag.element().to_le_bytes()].concat();
    [&tag[..], b"SQ\0\0", &[0xFF; 4]].concat()
}
