//! The archive: CT, MR and radiographs in folders of up to 500, some in Implicit VR.

use std::fs;
use std::io;
use std::path::Path;

use dcm2fhir::synth::{Attributes, Instance};
use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};

use crate::headers::{self, Series};

/// How many instances the series have, in turn.
const SIZES: [u32; 8] = [1, 60, 500, 2, 120, 300, 1, 40];

/// Writes so many files below a folder, as `study/series/instance`.
pub fn write(folder: &Path, files: u32, pixel_bytes: usize) -> io::Result<()> {
    let mut left = files;
    for (number, size) in (0_u32..).zip(SIZES.into_iter().cycle()) {
        let size = size.min(left);
        if size == 0 {
            break;
        }
        left -= size;
        write_series(folder, number, size, pixel_bytes)?;
    }
    Ok(())
}

fn write_series(folder: &Path, number: u32, size: u32, pixel_bytes: usize) -> io::Result<()> {
    let (study, series) = (number / 4, number % 4);
    let template = template(&format!("bench study {study}"), series, number);
    let mut series = Series::of(&template.text_as(tags::PIXEL_DATA, VR::OW, vec![0; pixel_bytes]));
    let folder = folder.join(format!("S{study:06}/{}", number % 4));
    fs::create_dir_all(&folder)?;
    (1..=size).try_for_each(|number| fs::write(folder.join(format!("IM{number:06}.dcm")), series.instance(number)))
}

/// Three of four images are CT, as in most archives.
fn template(study: &str, series: u32, number: u32) -> Instance {
    let template = match number % 16 {
        5 => headers::mr(study, series),
        0 | 3 | 6 => headers::dx(study, series),
        _ => headers::ct(study, series),
    };
    if number.is_multiple_of(5) { template.transfer_syntax(uids::IMPLICIT_VR_LITTLE_ENDIAN) } else { template }
}

/// How many files there are below a folder.
pub fn count(folder: &Path) -> u32 {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    u32::try_from(files.count()).expect("an archive for a benchmark has fewer than 2^32 files")
}
