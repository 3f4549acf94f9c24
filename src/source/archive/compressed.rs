//! A compressed stream of any number of members, with one file or a tar in it: gzip (RFC 1952), bzip2, xz, and
//! Zstandard (RFC 8878). The same decoders read the entries of a zip.

use std::io::{self, BufRead, BufReader, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::part::{Head, Part};
use super::zstd::ZstdReader;
use super::{ArchiveKind, BUFFER_BYTES, MAX_WINDOW_BYTES, Visit, damaged, inflation_limit, tar};
use crate::dicom::bytes::{Forward, RandomAccess};
use crate::issue::Skip;
use crate::source::unreadable;

/// Memory that an xz decoder needs besides its window, in KiB.
const XZ_EXTRA_KIB: u32 = 1 << 10;

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Compression {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

impl Compression {
    /// The compression of a stream that starts with `head`.
    pub(super) fn of(head: &[u8]) -> Option<Compression> {
        match head {
            [0x1F, 0x8B, 8, ..] => Some(Compression::Gzip),
            // The block size, then the magic number of the first block or of the end.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, ..] => Some(Compression::Bzip2),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, ..] => Some(Compression::Bzip2),
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
            // A frame, or a skippable frame, as parallel compressors write first.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Compression::Zstd),
            _ => None,
        }
    }

    /// A decoder of a compressed stream.
    pub(super) fn decoder<'r>(self, compressed: impl BufRead + 'r) -> Box<dyn Read + 'r> {
        match self {
            Compression::Gzip => Box::new(MultiGzDecoder::new(compressed)),
            Compression::Bzip2 => Box::new(MultiBzDecoder::new(compressed)),
            Compression::Xz => {
                let limit = MAX_WINDOW_BYTES / (1 << 10) + XZ_EXTRA_KIB;
                Box::new(XzReader::new_mem_limit(compressed, true, limit))
            }
            Compression::Zstd => Box::new(ZstdReader::new(compressed)),
        }
    }
}

/// Decompresses the stream and visits the file in it, or the entries of the tar.
pub(super) fn read(file: &dyn RandomAccess, compression: Compression, visit: Visit<'_>) -> Result<(), Skip> {
    let length = file.length().map_err(|error| unreadable(&error))?;
    let compressed = BufReader::with_capacity(BUFFER_BYTES, Part::new(file, 0, length));
    let stream = Forward::new(compression.decoder(compressed), inflation_limit(length));
    let mut stream = Head::new(stream).map_err(|error: io::Error| damaged(&error))?;
    if ArchiveKind::of(stream.bytes()) == Some(ArchiveKind::Tar) {
        return tar::read(&mut stream, visit);
    }
    let _ = visit(None, Ok(&mut stream));
    Ok(())
}
