//! The sources of a file's bytes: a file, memory, or a stream that only goes forward.
//!
//! The scanner reads at offsets that never decrease, so that a stream can answer by reading on. Only the catalog asks
//! for the length.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, ErrorKind, Read};

/// A source of bytes that is read at ascending places.
pub trait Bytes {
    /// Reads at `offset` into `buffer` and gives the number of bytes that came: fewer than asked for only near the end,
    /// none at or behind it. Offsets never decrease from call to call.
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// The number of bytes there are, where that can be known without reading them.
    fn known_length(&self) -> Option<u64> {
        None
    }
}

/// A source of bytes that any number of threads may read at once, at any place.
pub trait RandomAccess: Debug + Send + Sync {
    /// As [`Bytes::read_at`], at offsets in any order.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// How many bytes there are.
    fn length(&self) -> io::Result<u64>;
}

impl Bytes for File {
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        RandomAccess::read_at(self, offset, buffer)
    }

    fn known_length(&self) -> Option<u64> {
        RandomAccess::length(self).ok()
    }
}

impl<R: RandomAccess + ?Sized> Bytes for &R {
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        (**self).read_at(offset, buffer)
    }

    fn known_length(&self) -> Option<u64> {
        RandomAccess::length(*self).ok()
    }
}

impl RandomAccess for File {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match positioned_read(self, offset, buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

impl RandomAccess for Vec<u8> {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        Bytes::read_at(&mut self.as_slice(), offset, buffer)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

impl<B: Bytes + ?Sized> Bytes for &mut B {
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        (**self).read_at(offset, buffer)
    }

    fn known_length(&self) -> Option<u64> {
        (**self).known_length()
    }
}

#[cfg(unix)]
fn positioned_read(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    // Without the points of cancellation that the C library puts around it.
    Ok(rustix::io::pread(file, buffer, offset)?)
}

#[cfg(windows)]
fn positioned_read(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// Counts the bytes that come from another source.
#[derive(Debug)]
pub struct Counted<B> {
    source: B,
    /// Bytes so far.
    pub bytes: u64,
}

impl<B: Bytes> Counted<B> {
    /// Counts from now on.
    pub fn new(source: B) -> Counted<B> {
        Counted { source, bytes: 0 }
    }
}

impl<B: Bytes> Bytes for Counted<B> {
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read_at(offset, buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn known_length(&self) -> Option<u64> {
        self.source.known_length()
    }
}

impl Bytes for &[u8] {
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        rest.read(buffer)
    }

    fn known_length(&self) -> Option<u64> {
        Some(self.len() as u64)
    }
}

/// A stream as [`Bytes`]: what lies between two places is read and dropped, up to a limit.
#[derive(Debug)]
pub struct Forward<R> {
    reader: R,
    position: u64,
    limit: u64,
}

impl<R: Read> Forward<R> {
    /// Reads at most `limit` bytes of a stream; a place behind them is an error of kind [`ErrorKind::FileTooLarge`].
    pub fn new(reader: R, limit: u64) -> Forward<R> {
        Forward { reader, position: 0, limit }
    }

    fn skip_to(&mut self, offset: u64) -> io::Result<()> {
        let distance = offset.saturating_sub(self.position);
        if distance > 0 {
            self.position += io::copy(&mut (&mut self.reader).take(distance), &mut io::sink())?;
        }
        Ok(())
    }
}

impl<R: Read> Bytes for Forward<R> {
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.skip_to(offset.min(self.limit))?;
        if self.position < offset.min(self.limit) {
            return Ok(0);
        }
        if offset >= self.limit {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let mut count = 0;
        while let Some(room) = buffer.get_mut(count..).filter(|room| !room.is_empty()) {
            match self.reader.read(room) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What came before a damaged place is still good; the error comes back with the next call.
                Err(_) if count > 0 => break,
                Err(error) => return Err(error),
            }
        }
        self.position += u64::try_from(count).unwrap_or(u64::MAX);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &[u8] = b"0123456789abcdef";

    fn answers(source: &mut dyn Bytes) -> Vec<Vec<u8>> {
        [(0, 4), (4, 2), (9, 3), (14, 8), (16, 4), (1 << 40, 4)]
            .map(|(offset, length)| {
                let mut buffer = vec![0; length];
                let count = source.read_at(offset, &mut buffer).unwrap();
                buffer.truncate(count);
                buffer
            })
            .to_vec()
    }

    #[test]
    fn a_file_memory_and_a_stream_answer_alike() {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, DATA).unwrap();
        let want: [&[u8]; 6] = [b"0123", b"45", b"9ab", b"ef", b"", b""];
        assert_eq!(answers(&mut file), want);
        assert_eq!(answers(&mut { DATA }), want);
        assert_eq!(answers(&mut &DATA.to_vec()), want);
        assert_eq!(answers(&mut Forward::new(DATA, u64::MAX)), want);
        assert_eq!(answers(&mut Forward::new(OneByOne(DATA), u64::MAX)), want);
    }

    struct OneByOne(&'static [u8]);

    impl Read for OneByOne {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn a_stream_behind_its_limit_is_an_error_and_not_an_end() {
        let mut endless = Forward::new(io::repeat(7), 1000);
        assert_eq!(endless.read_at(990, &mut [0; 4]).unwrap(), 4);
        assert_eq!(endless.read_at(1 << 40, &mut [0; 4]).unwrap_err().kind(), ErrorKind::FileTooLarge);
    }
}
