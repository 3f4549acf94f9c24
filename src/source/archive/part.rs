//! Views of a byte source: a part of it, and one that can peek at its first bytes.

use std::io::{self, Read};

use crate::dicom::bytes::Bytes;

/// Enough bytes to recognize every kind of archive: the header of a tar.
const HEAD_BYTES: usize = 512;

/// A part of a source.
#[derive(Debug)]
pub(super) struct Part<B> {
    source: B,
    start: u64,
    length: u64,
    /// Where the next [`Read::read`] starts.
    position: u64,
}

impl<B: Bytes> Part<B> {
    pub fn new(source: B, start: u64, length: u64) -> Part<B> {
        Part { source, start, length, position: 0 }
    }
}

impl<B: Bytes> Bytes for Part<B> {
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.length.saturating_sub(offset);
        let room = usize::try_from(rest).unwrap_or(usize::MAX).min(buffer.len());
        match buffer.get_mut(..room) {
            // A stream must not be read beyond the part.
            None | Some([]) => Ok(0),
            Some(buffer) => self.source.read_at(self.start.saturating_add(offset), buffer),
        }
    }

    fn known_length(&self) -> Option<u64> {
        Some(self.length)
    }
}

impl<B: Bytes> Read for Part<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.read_at(self.position, buffer)?;
        self.position = self.position.saturating_add(count as u64);
        Ok(count)
    }
}

/// A source whose first bytes are kept.
#[derive(Debug)]
pub struct Head<B> {
    source: B,
    head: [u8; HEAD_BYTES],
    length: usize,
}

impl<B: Bytes> Head<B> {
    /// Reads the first bytes.
    pub fn new(mut source: B) -> io::Result<Head<B>> {
        let mut head = [0; HEAD_BYTES];
        let length = source.read_at(0, &mut head)?;
        Ok(Head { source, head, length })
    }

    /// The first bytes.
    pub fn bytes(&self) -> &[u8] {
        self.head.get(..self.length).unwrap_or_default()
    }
}

impl<B: Bytes> Bytes for Head<B> {
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes().read_at(offset, buffer)?;
        match buffer.get_mut(count..) {
            None | Some([]) => Ok(count),
            Some(rest) => match self.source.read_at(offset + count as u64, rest) {
                Ok(more) => Ok(count + more),
                // Return the bytes read before the error; the next call returns it again.
                Err(_) if count > 0 => Ok(count),
                Err(error) => Err(error),
            },
        }
    }

    fn known_length(&self) -> Option<u64> {
        self.source.known_length()
    }
}
