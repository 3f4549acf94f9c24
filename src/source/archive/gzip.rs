//! A gzip stream (RFC 1952), of any number of members: one file, or a tar.

use std::fs::File;
use std::io::BufReader;

use flate2::bufread::MultiGzDecoder;

use super::part::{Head, Part};
use super::{BUFFER_BYTES, Kind, Visit, damaged, inflation_limit, tar};
use crate::dicom::bytes::Forward;
use crate::issue::Skip;
use crate::source::unreadable;

/// Visits the file, or the entries of the tar, in the stream.
pub(super) fn read(file: &File, visit: Visit<'_>) -> Result<(), Skip> {
    let length = file.metadata().map_err(|error| unreadable(&error))?.len();
    let compressed = BufReader::with_capacity(BUFFER_BYTES, Part::new(file, 0, length));
    let stream = Forward::new(MultiGzDecoder::new(compressed), inflation_limit(length));
    let mut stream = Head::new(stream).map_err(|error| damaged(&error))?;
    if Kind::of(stream.bytes()) == Some(Kind::Tar) {
        return tar::read(&mut stream, visit);
    }
    let _ = visit(None, Ok(&mut stream));
    Ok(())
}
