//! One object: its first bytes are in memory, the others come by ranged GETs, with read-ahead.
//!
//! Sequential reads fetch more each time, up to a limit, as a compressed stream is read to its end. A read after a jump
//! fetches little, as the next entry of a tar is far away.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::dicom::bytes::RandomAccess;
use crate::issue::Skip;
use crate::objects::{Bucket, First, reason, runtime};
use crate::source::content::Content;
use crate::source::item::Open;
use crate::source::permits::Permit;

/// Bytes fetched after a jump.
const JUMP_BYTES: u64 = 64 << 10;
/// Bytes fetched by a sequential read: enough for the shared functional groups of enhanced objects.
const ON_BYTES: u64 = 256 << 10;
/// The most bytes of one request.
const MAX_BYTES: u64 = 1 << 20;
/// Bytes cached beside the newest part: several threads read one archive, and many archives are read at once.
const HELD_BYTES: usize = 1 << 20;

/// An object whose first bytes are in memory.
#[derive(Debug)]
pub(super) struct Object {
    bucket: Bucket,
    first: First,
    parts: Mutex<VecDeque<Part>>,
    _permit: Permit,
}

/// The cached bytes.
#[derive(Debug, Clone)]
struct Part {
    start: u64,
    bytes: Bytes,
}

impl Part {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// The cached bytes from an offset on.
    fn from(&self, offset: u64) -> Option<&[u8]> {
        let at = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(at..).filter(|rest| !rest.is_empty())
    }
}

impl Object {
    pub fn new(bucket: Bucket, first: First, permit: Permit) -> Object {
        Object { bucket, first, parts: Mutex::default(), _permit: permit }
    }

    fn beginning(&self) -> Part {
        Part { start: 0, bytes: self.first.bytes.clone() }
    }

    /// Copies cached bytes from an offset on.
    fn at_hand(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let found = |part: &Part, buffer: &mut [u8]| {
            let rest = part.from(offset)?;
            let count = rest.len().min(buffer.len());
            buffer.get_mut(..count)?.copy_from_slice(rest.get(..count)?);
            Some(count)
        };
        parts.iter().chain([&self.beginning()]).find_map(|part| found(part, buffer)).unwrap_or(0)
    }

    /// Fetches a part from an offset on, with at least this many bytes.
    fn fetch(&self, offset: u64, need: usize) -> io::Result<()> {
        let goes_on = {
            let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
            let before = parts.iter().find(|part| part.end() == offset).map(|part| part.bytes.len() as u64);
            before.or((self.first.bytes.len() as u64 == offset).then_some(0))
        };
        let ahead = goes_on.map_or(JUMP_BYTES, |before| (2 * before).clamp(ON_BYTES, MAX_BYTES));
        let end = offset.saturating_add(ahead.max(need as u64)).min(self.first.meta.size);
        let (tag, key) = (self.first.meta.e_tag.clone(), self.first.meta.location.clone());
        let (bucket, range) = (self.bucket.clone(), offset..end);
        let fetched = runtime().spawn(async move { bucket.range(&key, range, tag.as_deref()).await });
        let bytes =
            runtime().block_on(fetched).map_err(io::Error::other)?.map_err(|error| io::Error::other(reason(&error)))?;
        if bytes.is_empty() {
            return Err(io::Error::other("the object store gives less than the object has"));
        }
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.push_front(Part { start: offset, bytes });
        let mut held = 0;
        parts.retain(|part| {
            held += part.bytes.len();
            part.start == offset || held <= HELD_BYTES
        });
        Ok(())
    }
}

impl RandomAccess for Object {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while count < buffer.len() {
            let at = offset.saturating_add(count as u64);
            if at >= self.first.meta.size {
                break;
            }
            let rest = buffer.get_mut(count..).unwrap_or_default();
            match self.at_hand(at, rest) {
                0 => self.fetch(at, rest.len())?,
                more => count += more,
            }
        }
        Ok(count)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.first.meta.size)
    }
}

/// Opens an object, any number of times.
#[derive(Debug)]
pub(super) struct Opener(pub Arc<Object>);

impl Open for Opener {
    fn open(&self) -> Result<Content, Skip> {
        Ok(Content::Shared(Arc::clone(&self.0) as Arc<dyn RandomAccess>))
    }
}
