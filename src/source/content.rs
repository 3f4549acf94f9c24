//! The opened content of an item: random access, or a stream.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use crate::dicom::bytes::{Bytes, Forward, RandomAccess};

/// Preamble and DICM prefix of a DICOM file (PS3.10 7.1).
const HEAD_BYTES: usize = 132;

/// The bytes of an opened item.
pub enum Content {
    /// A local file.
    File(File),
    /// Bytes that several threads can read at once.
    #[cfg_attr(not(feature = "internals"), allow(dead_code, reason = "the fuzzer of archives gives them"))]
    Shared(Arc<dyn RandomAccess>),
    /// DICOM JSON of a server. If it is incomplete, it ends with an error.
    Json(Box<dyn Bytes>),
    /// A DICOM file that can be read once, from front to back.
    Stream(Box<dyn Bytes>),
}

impl Content {
    /// The content of a reader. A DICOM file is streamed, no further than its header; anything else could be a zip,
    /// whose directory is at its end, and is spooled.
    pub fn of_reader(mut reader: Box<dyn Read + Send>) -> io::Result<Content> {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        reader.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        let is_dicom = head.ends_with(b"DICM") && head.len() == HEAD_BYTES;
        let mut reader = io::Cursor::new(head).chain(reader);
        Ok(match is_dicom {
            true => Content::Stream(Box::new(Forward::new(reader, u64::MAX))),
            false => Content::File(spooled(&mut reader)?),
        })
    }
}

/// Copies a stream to an unnamed temporary file.
pub(super) fn spooled(stream: &mut dyn Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(stream, &mut file)?;
    Ok(file)
}

impl Bytes for Content {
    #[inline]
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Content::File(file) => Bytes::read_at(file, offset, buffer),
            Content::Shared(shared) => shared.read_at(offset, buffer),
            Content::Json(stream) | Content::Stream(stream) => stream.read_at(offset, buffer),
        }
    }

    fn known_length(&self) -> Option<u64> {
        match self {
            Content::File(file) => file.known_length(),
            Content::Shared(shared) => shared.length().ok(),
            Content::Json(stream) | Content::Stream(stream) => stream.known_length(),
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Content::File(_) => "File",
            Content::Shared(_) => "Shared",
            Content::Json(_) => "Json",
            Content::Stream(_) => "Stream",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_of_dicom_is_a_stream_and_any_other_is_spooled() {
        let dicom = [&[0; 128][..], b"DICM and more"].concat();
        for (bytes, want) in [(&dicom[..], "Stream"), (&dicom[..131], "File"), (b"PK\x03\x04", "File"), (b"", "File")] {
            let mut content = Content::of_reader(Box::new(io::Cursor::new(bytes.to_vec()))).unwrap();
            assert_eq!(format!("{content:?}"), want);
            let mut buffer = [0; 256];
            let count = content.read_at(0, &mut buffer).unwrap();
            assert_eq!(&buffer[..count], bytes);
        }
    }
}
