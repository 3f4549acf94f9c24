//! Deflated data sets (PS3.5 A.5): inflated as far as they are read, and scanned as any other.
//!
//! A raw deflate stream by the standard; some writers put the header of RFC 1950 in front of it.

use std::io::{self, BufRead, Read};

use flate2::bufread::DeflateDecoder;

use super::element::Encoding;
use super::window::Window;
use super::{Scan, Stop};
use crate::dicom::bytes::Forward;

/// The most bytes that are inflated of one data set, skipped ones included.
pub const MAX_INFLATED_BYTES: u64 = 64 << 20;

impl Scan<'_> {
    /// Scans the deflated data set that starts at an offset.
    pub(super) fn deflated(&mut self, start: u64, inflated: &mut Vec<u8>) -> Result<u64, Stop> {
        let zlib = self.window.from(start, 2)?.first_chunk().is_some_and(is_zlib);
        let at = if zlib { start + 2 } else { start };
        let stream = DeflateDecoder::new(Deflated { window: &mut self.window, at });
        let mut source = Forward::new(stream, MAX_INFLATED_BYTES);
        let window = Window::new(&mut source, inflated);
        let mut scan = Scan { last: self.last, ..Scan::new(window, self.wanted, self.header) };
        let result = scan.data_set_at(0, Some(Encoding::ExplicitLittle));
        self.last = scan.last;
        result
    }
}

/// Whether two bytes are a header of RFC 1950: method 8, and a multiple of 31.
fn is_zlib(&header: &[u8; 2]) -> bool {
    header[0] & 0x0F == 8 && u16::from_be_bytes(header).is_multiple_of(31)
}

/// The rest of a window, as a reader.
struct Deflated<'w, 'a> {
    window: &'w mut Window<'a>,
    at: u64,
}

impl BufRead for Deflated<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.window.from(self.at, 1)
    }

    fn consume(&mut self, count: usize) {
        self.at += count as u64;
    }
}

impl Read for Deflated<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
