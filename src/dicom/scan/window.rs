//! The part of a file that is in memory: one buffer that moves forward over a source.
//!
//! A place in the buffer costs no call; a jump out of it is one more read. All bytes read are counted against a budget,
//! so that no file, however large and whatever it says, keeps the scan busy for long.

use std::io::{self, ErrorKind};

use crate::dicom::bytes::Bytes;

/// What one read asks for unless it is told otherwise: it holds the header of most files.
pub const READ_BYTES: usize = 16 << 10;
/// The least that one read asks for: a page of the cache.
pub const MIN_READ_BYTES: usize = 4 << 10;
/// How much of a data set shows the way it is encoded: its first element, unless that is a long one, and the next.
const SAMPLE_BYTES: usize = 8 << 10;
/// The most bytes that are read of one file; skipped ones do not count.
pub const MAX_READ_BYTES: usize = 64 << 20;

/// A view of a source that moves forward.
pub struct Window<'a> {
    source: &'a mut dyn Bytes,
    buffer: &'a mut Vec<u8>,
    start: u64,
    length: usize,
    /// Whether the source ends behind the last byte held.
    ended: bool,
    read_bytes: usize,
    /// What a read behind a jump asks for.
    jump_bytes: usize,
    /// Where the last jump went to.
    jumped_to: Option<u64>,
    /// How often the source was read.
    reads: u32,
    budget: usize,
}

impl<'a> Window<'a> {
    /// Opens a window at the start of a source, in a buffer that is used again from file to file.
    pub fn new(source: &'a mut dyn Bytes, buffer: &'a mut Vec<u8>) -> Window<'a> {
        Window {
            source,
            buffer,
            start: 0,
            length: 0,
            ended: false,
            read_bytes: READ_BYTES,
            jump_bytes: READ_BYTES,
            jumped_to: None,
            reads: 0,
            budget: MAX_READ_BYTES,
        }
    }

    /// The same window, which asks for so many bytes in one read, and in one behind a jump.
    pub fn with_reads_of(self, read_bytes: usize, jump_bytes: usize) -> Window<'a> {
        Window { read_bytes, jump_bytes, ..self }
    }

    /// The same window with another budget of bytes.
    pub fn with_budget(self, budget: usize) -> Window<'a> {
        Window { budget, ..self }
    }

    /// The bytes at an offset, or `None` where the source ends before their last one.
    pub fn bytes_at(&mut self, offset: u64, length: usize) -> io::Result<Option<&[u8]>> {
        Ok(self.from(offset, length)?.get(..length))
    }

    /// What is in memory from an offset on: at least `need` bytes, unless the source ends before.
    #[inline(always)]
    pub fn from(&mut self, offset: u64, need: usize) -> io::Result<&[u8]> {
        match self.held(offset) {
            Some(held) if self.length - held >= need => Ok(self.buffer.get(held..self.length).unwrap_or_default()),
            _ => self.fill(offset, need),
        }
    }

    /// As much of what starts at an offset as shows its encoding, and no more: what happens to be in memory must not
    /// decide.
    pub fn sample(&mut self, offset: u64) -> io::Result<&[u8]> {
        self.exactly(offset, SAMPLE_BYTES)
    }

    /// The same of an element whose length may lead so far.
    pub fn sample_of(&mut self, offset: u64, sight: usize) -> io::Result<&[u8]> {
        self.exactly(offset, sight.max(SAMPLE_BYTES))
    }

    fn exactly(&mut self, offset: u64, bytes: usize) -> io::Result<&[u8]> {
        let rest = self.from(offset, bytes)?;
        Ok(rest.get(..bytes).unwrap_or(rest))
    }

    /// How often the source was read.
    pub fn reads(&self) -> u32 {
        self.reads
    }

    /// Where the last jump went to, if there was one.
    pub fn jumped_to(&self) -> Option<u64> {
        self.jumped_to
    }

    /// Whether the source is known to have a byte just before this offset.
    pub fn reaches(&self, offset: u64) -> bool {
        self.held(offset).is_some()
    }

    /// Where an offset lies in the buffer, the place behind the last byte included.
    #[inline(always)]
    fn held(&self, offset: u64) -> Option<usize> {
        usize::try_from(offset.wrapping_sub(self.start)).ok().filter(|held| *held <= self.length)
    }

    #[cold]
    fn fill(&mut self, offset: u64, need: usize) -> io::Result<&[u8]> {
        self.move_to(offset);
        let before = usize::from(self.start < offset);
        let read_bytes = if self.jumped_to == Some(offset) { self.jump_bytes } else { self.read_bytes };
        let want = before + read_bytes.max(need + MIN_READ_BYTES);
        if self.buffer.len() < want {
            self.buffer.resize(want, 0);
        }
        while self.length < before + need && !self.ended {
            let room = self.buffer.get_mut(self.length..want).unwrap_or_default();
            self.reads += 1;
            let count = match self.source.read_at(self.start + self.length as u64, room) {
                // What a stream gave before its damaged place is read first; the error comes back behind it.
                Err(error) if is_damage(&error) && self.length > before => break,
                result => result?,
            };
            self.ended = count == 0;
            self.length += count;
            self.budget = self.budget.checked_sub(count).ok_or(ErrorKind::FileTooLarge)?;
        }
        let held = self.held(offset).unwrap_or(self.length);
        Ok(self.buffer.get(held..self.length).unwrap_or_default())
    }

    /// Moves the start to an offset and keeps what is known behind it. After a jump the window starts one byte earlier:
    /// so it shows whether the source reaches the offset at all, or ends inside what was skipped.
    fn move_to(&mut self, offset: u64) {
        match self.held(offset) {
            Some(held) => {
                self.buffer.copy_within(held..self.length, 0);
                self.length -= held;
                self.start = offset;
            }
            None => {
                self.length = 0;
                self.ended = false;
                self.start = offset.saturating_sub(1);
                self.jumped_to = Some(offset);
            }
        }
    }
}

/// Whether an error says that a compressed stream is cut or damaged, and not that reading it failed.
pub fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> Vec<u8> {
        (0..100_000_u32).map(|i| (i % 251) as u8).collect()
    }

    #[test]
    fn every_place_reads_as_in_the_source() {
        let data = data();
        let (mut source, mut buffer) = (data.as_slice(), Vec::new());
        let mut window = Window::new(&mut source, &mut buffer);
        for (offset, length) in [(0, 132), (132, 8), (16_380, 12), (16_392, 70_000), (90_000, 12), (99_996, 4)] {
            assert_eq!(window.bytes_at(offset as u64, length).unwrap(), data.get(offset..offset + length), "{offset}");
        }
        assert_eq!(window.bytes_at(99_996, 5).unwrap(), None);
    }

    #[test]
    fn an_end_inside_what_was_skipped_is_seen() {
        for (offset, reaches) in [(99_999, true), (100_000, true), (100_001, false), (u64::MAX, false)] {
            let data = data();
            let (mut source, mut buffer) = (data.as_slice(), Vec::new());
            let mut window = Window::new(&mut source, &mut buffer);
            window.from(0, 12).unwrap();
            assert_eq!(window.from(offset, 12).unwrap().is_empty(), offset >= 100_000);
            assert_eq!(window.reaches(offset), reaches, "{offset}");
        }
    }

    #[test]
    fn reading_without_end_stops_at_the_budget() {
        let mut endless = crate::dicom::bytes::Forward::new(io::repeat(0), u64::MAX);
        let mut buffer = Vec::new();
        let mut window = Window::new(&mut endless, &mut buffer);
        let error = (0..).step_by(READ_BYTES).find_map(|offset| window.from(offset, 12).err()).unwrap();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert!(buffer.len() <= READ_BYTES + 1);
    }
}
