//! The entries of the central directory (APPNOTE 4.3.12), read as a stream.
//!
//! Overlapping entries are how a zip bomb inflates to thousands of times its size: if the entries add up to more than
//! twice the file, the rest is not read.

use std::io::{self, BufReader, Read};

use super::super::part::Part;
use super::super::{BUFFER_BYTES, damaged};
use super::end::Place;
use super::{Zip, ZipEntry, u16_at, u32_at, u64_at};
use crate::dicom::bytes::RandomAccess;
use crate::issue::Skip;

/// A directory record without its name, extra fields and comment.
const RECORD_BYTES: usize = 46;
/// The extra field of sizes and offsets that need 64 bits (APPNOTE 4.5.3).
const ZIP64: u16 = 1;

/// Gives the entries in the order of the directory.
pub(super) struct Directory<'z> {
    zip: &'z Zip,
    records: BufReader<Part<&'z dyn RandomAccess>>,
    /// The sum of compressed sizes so far.
    compressed_bytes: u64,
    ended: bool,
}

impl<'z> Directory<'z> {
    pub fn new(zip: &'z Zip, place: Place) -> Directory<'z> {
        let records = BufReader::with_capacity(BUFFER_BYTES, Part::new(&*zip.file, place.offset, place.size));
        Directory { zip, records, compressed_bytes: 0, ended: false }
    }

    fn read(&mut self) -> Result<Option<ZipEntry<'z>>, Skip> {
        loop {
            let mut record = [0; RECORD_BYTES];
            if !read_all(&mut self.records, &mut record).map_err(|error| damaged(&error))? {
                return Ok(None);
            }
            if !record.starts_with(b"PK\x01\x02") {
                return Err(Skip::Compressed("its directory is damaged".to_string()));
            }
            let entry = self.entry(&record).map_err(|error| damaged(&error))?;
            if entry.is_file() {
                return self.count(entry).map(Some);
            }
        }
    }

    fn entry(&mut self, record: &[u8; RECORD_BYTES]) -> io::Result<ZipEntry<'z>> {
        let name = self.field(u16_at(record, 28))?;
        let extra = self.field(u16_at(record, 30))?;
        self.field(u16_at(record, 32))?;
        let mut entry = ZipEntry {
            file: &*self.zip.file,
            file_length: self.zip.length,
            name,
            flags: u16_at(record, 8),
            method: u16_at(record, 10),
            compressed: u32_at(record, 20).into(),
            inflated: Some(u32_at(record, 24).into()).filter(|size| *size < u64::from(u32::MAX)),
            offset: u32_at(record, 42).into(),
        };
        let inflated_needs_64 = u32_at(record, 24) == u32::MAX;
        if let Some(field) = zip64(&extra) {
            // The field holds only the sizes that did not fit into 32 bits, in this order.
            let mut at = if inflated_needs_64 { 8 } else { 0 };
            for place in [&mut entry.compressed, &mut entry.offset] {
                if *place == u64::from(u32::MAX) {
                    *place = u64_at(field, at);
                    at += 8;
                }
            }
        }
        Ok(entry)
    }

    fn field(&mut self, length: u16) -> io::Result<Vec<u8>> {
        let mut field = vec![0; length.into()];
        self.records.read_exact(&mut field)?;
        Ok(field)
    }

    fn count(&mut self, entry: ZipEntry<'z>) -> Result<ZipEntry<'z>, Skip> {
        self.compressed_bytes = self.compressed_bytes.saturating_add(entry.stored_bytes());
        if self.compressed_bytes > self.zip.length.saturating_mul(2) {
            return Err(Skip::Compressed("its entries overlap: the rest is not read".to_string()));
        }
        Ok(entry)
    }
}

impl<'z> Iterator for Directory<'z> {
    type Item = Result<ZipEntry<'z>, Skip>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// Fills the buffer; false at the end, or at padding after the last record.
fn read_all(records: &mut impl Read, record: &mut [u8]) -> io::Result<bool> {
    match records.read_exact(record) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !record.starts_with(b"PK\x01\x02") => Ok(false),
        result => result.map(|()| true),
    }
}

fn zip64(mut extra: &[u8]) -> Option<&[u8]> {
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let (field, rest) = rest.split_at_checked(u16_at(head, 2).into())?;
        if u16_at(head, 0) == ZIP64 {
            return Some(field);
        }
        extra = rest;
    }
    None
}
