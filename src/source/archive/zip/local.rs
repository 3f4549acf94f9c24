//! The entries of a zip without a central directory, as a broken download, found by their local headers from front to
//! back.
//!
//! Many writers put the sizes after the data (APPNOTE 4.3.9). Then the data is inflated to find its end.

use std::io::{self, BufReader, Read};

use flate2::bufread::DeflateDecoder;

use super::super::part::Part;
use super::super::{BUFFER_BYTES, inflation_limit};
use super::entry::{DEFLATED, LOCAL_BYTES, behind};
use super::{Zip, ZipEntry, u16_at, u32_at, u64_at};
use crate::dicom::bytes::RandomAccess;
use crate::issue::Skip;

/// The flag of an entry whose sizes follow its data.
const SIZES_BEHIND: u16 = 8;
/// Lengths of the data descriptor after such an entry: with and without its signature, with sizes of 32 and 64 bits.
const DESCRIPTOR_BYTES: [u64; 4] = [16, 12, 24, 20];

/// Iterates over the entries in file order; the last item reports that the zip is truncated.
pub(super) struct LocalHeaders<'z> {
    zip: &'z Zip,
    at: u64,
    /// Remaining budget of inflated bytes for finding ends.
    inflatable: u64,
    ended: bool,
}

impl<'z> LocalHeaders<'z> {
    pub fn new(zip: &'z Zip) -> LocalHeaders<'z> {
        LocalHeaders { zip, at: 0, inflatable: inflation_limit(zip.length), ended: false }
    }

    /// The entry at the current offset, and the offset after it if known.
    fn entry(&mut self) -> Option<(ZipEntry<'z>, Option<u64>)> {
        let mut header = [0; LOCAL_BYTES];
        let (offset, file) = (self.at, &*self.zip.file);
        if read(file, offset, &mut header)? < LOCAL_BYTES || !header.starts_with(b"PK\x03\x04") {
            return None;
        }
        let (flags, method) = (u16_at(&header, 6), u16_at(&header, 8));
        let mut name = vec![0; u16_at(&header, 26).into()];
        let read_bytes = file.read_at(offset + LOCAL_BYTES as u64, &mut name).ok()?;
        name.truncate(read_bytes);
        let start = behind(offset, &header);
        let rest = self.zip.length.saturating_sub(start);
        let (compressed, next) = match self.size(&header, start) {
            Some(size) => (size, start.checked_add(size)),
            None if flags & SIZES_BEHIND == 0 => (rest, None),
            None if method == DEFLATED => self.find_end(start).map_or((rest, None), |size| (size, Some(start + size))),
            None => (rest, None),
        };
        let next = next.map(|next| self.behind_descriptor(next, flags));
        let inflated = (flags & SIZES_BEHIND == 0).then(|| u32_at(&header, 22)).filter(|size| *size < u32::MAX);
        let inflated = inflated.map(u64::from);
        let entry = ZipEntry { file, file_length: self.zip.length, name, flags, method, compressed, inflated, offset };
        Some((entry, next))
    }

    /// The compressed size, if the local header has it.
    fn size(&self, header: &[u8; LOCAL_BYTES], start: u64) -> Option<u64> {
        match u32_at(header, 18) {
            0 if u16_at(header, 6) & SIZES_BEHIND != 0 => None,
            u32::MAX => self.size_64(start - u64::from(u16_at(header, 28))),
            size => Some(size.into()),
        }
    }

    /// The Zip64 field is the first extra field of a local header, and has both sizes (APPNOTE 4.5.3).
    fn size_64(&self, extra: u64) -> Option<u64> {
        let mut field = [0; 20];
        let whole = read(&*self.zip.file, extra, &mut field)? == field.len();
        (whole && u16_at(&field, 0) == 1 && u16_at(&field, 2) >= 16)
            .then(|| u64_at(&field, 12))
            .filter(|size| *size > 0)
    }

    /// The length of a deflated stream; `None` if it is truncated.
    fn find_end(&mut self, start: u64) -> Option<u64> {
        let part = Part::new(&*self.zip.file, start, self.zip.length.saturating_sub(start));
        let mut stream = DeflateDecoder::new(BufReader::with_capacity(BUFFER_BYTES, part));
        let inflated = io::copy(&mut (&mut stream).take(self.inflatable), &mut io::sink()).ok()?;
        self.inflatable -= inflated;
        (self.inflatable > 0).then(|| stream.total_in())
    }

    /// The offset after a data descriptor, if there is one.
    fn behind_descriptor(&self, at: u64, flags: u16) -> u64 {
        if flags & SIZES_BEHIND == 0 {
            return at;
        }
        let is_header = |place: &u64| {
            let mut mark = [0; 4];
            read(&*self.zip.file, *place, &mut mark) == Some(4) && matches!(&mark, b"PK\x03\x04" | b"PK\x01\x02")
        };
        DESCRIPTOR_BYTES.map(|bytes| at + bytes).into_iter().find(is_header).unwrap_or(at)
    }
}

impl<'z> Iterator for LocalHeaders<'z> {
    type Item = Result<ZipEntry<'z>, Skip>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.ended {
                return None;
            }
            let Some((entry, next)) = self.entry() else {
                self.ended = true;
                return Some(Err(Skip::Cut));
            };
            // Without a next offset, the next call finds no header and reports the truncation.
            self.at = next.unwrap_or(self.zip.length);
            if entry.is_file() {
                return Some(Ok(entry));
            }
        }
    }
}

fn read(file: &dyn RandomAccess, offset: u64, buffer: &mut [u8]) -> Option<usize> {
    file.read_at(offset, buffer).ok()
}
