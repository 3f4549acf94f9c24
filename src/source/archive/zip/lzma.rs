//! LZMA in a zip (APPNOTE 5.8.8): the properties precede the raw stream, and the directory has its size.

use std::io::{self, BufRead, ErrorKind};

use lzma_rust2::{LzmaReader, lzma_get_memory_usage_by_props};

use super::super::MAX_WINDOW_BYTES;
use super::{u16_at, u32_at};

/// Version of the SDK, size of the properties, and the properties: a byte and the size of the dictionary.
const HEADER_BYTES: usize = 9;
const PROPERTIES_BYTES: u16 = 5;

/// A decoder of the stream. If the size is unknown, the stream must end with a marker.
pub(super) fn decoder<R: BufRead>(mut compressed: R, inflated: Option<u64>) -> io::Result<LzmaReader<R>> {
    let mut header = [0; HEADER_BYTES];
    compressed.read_exact(&mut header)?;
    let (properties, window) = (header[4], u32_at(&header, 5));
    let needs = lzma_get_memory_usage_by_props(window, properties)?;
    if u16_at(&header, 2) != PROPERTIES_BYTES || needs > MAX_WINDOW_BYTES / (1 << 10) + (1 << 10) {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            "LZMA properties that are wrong or ask for too much memory",
        ));
    }
    LzmaReader::new_with_props(compressed, inflated.unwrap_or(u64::MAX), properties, window, None)
}
