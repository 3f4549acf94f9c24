//! One entry: its place, its compression, and its bytes.

use std::io::BufReader;

use flate2::bufread::DeflateDecoder;

use super::super::part::Part;
use super::super::{BUFFER_BYTES, Compression, damaged, inflation_limit};
use super::{lzma, u16_at};
use crate::dicom::bytes::{Bytes, Forward, RandomAccess};
use crate::issue::Skip;

/// A local header without its name and extra fields (APPNOTE 4.3.7).
pub(super) const LOCAL_BYTES: usize = 30;
/// The flag of an encrypted entry (APPNOTE 4.4.4).
const ENCRYPTED: u16 = 1;
/// The supported compression methods (APPNOTE 4.4.5).
pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
const BZIP2: u16 = 12;
const LZMA: u16 = 14;
const ZSTD: u16 = 93;
/// The number of Zstandard before APPNOTE 6.3.8.
const OLD_ZSTD: u16 = 20;
const XZ: u16 = 95;
/// Names of unsupported methods.
const UNSUPPORTED: [(u16, &str); 7] =
    [(1, "Shrink"), (6, "Implode"), (9, "Deflate64"), (96, "JPEG"), (97, "WavPack"), (98, "PPMd"), (99, "AES")];

/// A file in a zip.
#[derive(Debug)]
pub struct ZipEntry<'z> {
    pub(super) file: &'z dyn RandomAccess,
    pub(super) file_length: u64,
    /// Its name, as raw bytes.
    pub name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) compressed: u64,
    /// Its uncompressed size, if known.
    pub(super) inflated: Option<u64>,
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
            ZSTD | OLD_ZSTD => Compression::Zstd,
            XZ => Compression::Xz,
            LZMA => {
                let decoder = lzma::decoder(compressed(part), self.inflated).map_err(|error| damaged(&error))?;
                return Ok(Box::new(Forward::new(decoder, limit)));
            }
            method => return Err(Skip::Unsupported(unsupported(method))),
        };
        Ok(Box::new(Forward::new(compression.decoder(compressed(part)), limit)))
    }

    /// Whether it is a file, not a folder.
    pub(super) fn is_file(&self) -> bool {
        !self.name.ends_with(b"/")
    }

    /// The compressed size, limited to what the file can hold.
    pub(super) fn stored_bytes(&self) -> u64 {
        self.compressed.min(self.file_length.saturating_sub(self.offset))
    }

    /// The start of the data: after the local header, whose variable fields can differ in length from the directory's.
    fn data(&self) -> Result<u64, Skip> {
        let mut header = [0; LOCAL_BYTES];
        let count = self.file.read_at(self.offset, &mut header).map_err(|error| damaged(&error))?;
        if count < LOCAL_BYTES {
            return Err(Skip::Cut);
        }
        if !header.starts_with(b"PK\x03\x04") {
            return Err(Skip::Compressed("no entry at the offset that the directory gives".to_string()));
        }
        Ok(behind(self.offset, &header))
    }
}

/// `Deflate64 (zip compression method 9)`.
fn unsupported(method: u16) -> String {
    let name = UNSUPPORTED.iter().find(|(number, _)| *number == method).map(|(_, name)| name);
    name.map_or(format!("zip compression method {method}"), |name| format!("{name} (zip compression method {method})"))
}

/// The offset after a local header and its variable fields.
pub(super) fn behind(offset: u64, header: &[u8; LOCAL_BYTES]) -> u64 {
    offset + LOCAL_BYTES as u64 + u64::from(u16_at(header, 26)) + u64::from(u16_at(header, 28))
}
