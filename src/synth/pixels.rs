//! Pixel data of a given size, for benchmarks with files as large as real ones.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};

use super::{Attributes, EXPLICIT_BIG_ENDIAN, Instance};

const COLUMNS: u16 = 1024;

/// Adds a grey image of so many KiB, 1024 columns wide (PS3.3 C.7.6.3). In a compressed transfer syntax the fragment is
/// a filler that no decoder takes.
pub fn with_pixels(instance: Instance, kilobytes: u16, transfer_syntax: &str) -> Instance {
    let pixels = vec![0x80; usize::from(kilobytes) * usize::from(COLUMNS)];
    let instance = instance
        .numbers(tags::SAMPLES_PER_PIXEL, &[1])
        .text(tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
        .numbers(tags::ROWS, &[kilobytes])
        .numbers(tags::COLUMNS, &[COLUMNS])
        .numbers(tags::BITS_ALLOCATED, &[8])
        .numbers(tags::BITS_STORED, &[8])
        .numbers(tags::HIGH_BIT, &[7])
        .numbers(tags::PIXEL_REPRESENTATION, &[0]);
    if is_native(transfer_syntax) {
        instance.text_as(tags::PIXEL_DATA, VR::OW, pixels)
    } else {
        instance.fragments([pixels])
    }
}

fn is_native(transfer_syntax: &str) -> bool {
    [
        uids::EXPLICIT_VR_LITTLE_ENDIAN,
        uids::IMPLICIT_VR_LITTLE_ENDIAN,
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
        EXPLICIT_BIG_ENDIAN,
    ]
    .contains(&transfer_syntax)
}
