//! One entry: where it stands, how it is compressed, and its bytes.

use std::io::BufReader;

use flate2::bufread::DeflateDecoder;

use super::super::part::Part;
use super::super::{BUFFER_BYTES, Compression, damaged, inflation_limit};
use super::u16_at;
use crate::dicom::bytes::{Bytes, Forward, RandomAccess};
use crate::issue::Skip;

/// A local header without its name and extra fields (APPNOTE 4.3.7).
pub(super) const LOCAL_BYTES: usize = 30;
/// The flag of an encrypted entry (APPNOTE 4.4.4).
const ENCRYPTED: u16 = 1;
/// The methods that are read (APPNOTE 4.4.5).
pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
const BZIP2: u16 = 12;
const ZSTD: u16 = 93;
const XZ: u16 = 95;

/// A file in a zip.
#[derive(Debug)]
pub struct ZipEntry<'z> {
    pub(super) file: &'z dyn RandomAccess,
    pub(super) file_length: u64,
    /// Its name as it stands there.
    pub name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) compressed: u64,
    pub(super) offset: u64,
}

impl<'z> ZipEntry<'z> {
    /// Opens the entry for reading from its start.
    pub fn open(&self) -> Result<Box<dyn Bytes + 'z>, Skip> {
        if self.flags & ENCRYPTED != 0 {
            return Err(Skip::Encrypted);
        }
        let part = Part::new(self.file, self.data()?, self.compressed);
        let limit = inflation_limit(self.stored_bytes());
        let compressed = |part| BufReader::with_capacity(BUFFER_BYTES, part);
        let compression = match self.method {
            STORED => return Ok(Box::new(part)),
            DEFLATED => return Ok(Box::new(Forward::new(DeflateDecoder::new(compressed(part)), limit))),
            BZIP2 => Compression::Bzip2,
            ZSTD => Compression::Zstd,
            XZ => Compression::Xz,
            method => return Err(Skip::Unsupported(format!("compression method {method}"))),
        };
        Ok(Box::new(Forward::new(compression.decoder(compressed(part)), limit)))
    }

    /// Whether it is no folder.
    pub(super) fn is_file(&self) -> bool {
        !self.name.ends_with(b"/")
    }

    /// The compressed bytes that can be there, whatever the entry says.
    pub(super) fn stored_bytes(&self) -> u64 {
        self.compressed.min(self.file_length.saturating_sub(self.offset))
    }

    /// Where the data starts: behind the local header, whose fields may be longer than those of the directory.
    fn data(&self) -> Result<u64, Skip> {
        let mut header = [0; LOCAL_BYTES];
        let count = self.file.read_at(self.offset, &mut header).map_err(|error| damaged(&error))?;
        if count < LOCAL_BYTES {
            return Err(Skip::Cut);
        }
        if !header.starts_with(b"PK\x03\x04") {
            return Err(Skip::Compressed("nothing starts where the directory has it".to_string()));
        }
        Ok(behind(self.offset, &header))
    }
}

/// The place behind a local header with all its fields.
pub(super) fn behind(offset: u64, header: &[u8; LOCAL_BYTES]) -> u64 {
    offset + LOCAL_BYTES as u64 + u64::from(u16_at(header, 26)) + u64::from(u16_at(header, 28))
}
