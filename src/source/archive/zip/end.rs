//! Finds the central directory by the record at the end of a zip (APPNOTE 4.3.14 to 4.3.16).

use super::{u16_at, u32_at, u64_at};
use crate::dicom::bytes::RandomAccess;

/// Size of the end record without its comment.
const END_BYTES: usize = 22;
/// Size of the locator of the Zip64 end record, which precedes it.
const LOCATOR_BYTES: usize = 20;
/// Size of the Zip64 end record without its extensions.
const END64_BYTES: usize = 56;
/// How far from the end of the file these records can start, with the longest comment.
const TAIL_BYTES: u64 = (u16::MAX as usize + END_BYTES + LOCATOR_BYTES) as u64;

/// Place of the central directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub offset: u64,
    pub size: u64,
}

/// Finds the directory; `None` if the file does not end like a zip.
pub(super) fn find(file: &dyn RandomAccess, length: u64) -> Option<Place> {
    let mut tail = vec![0; usize::try_from(length.min(TAIL_BYTES)).ok()?];
    let count = file.read_at(length - tail.len() as u64, &mut tail).ok()?;
    tail.truncate(count);
    let at = (0..=tail.len().checked_sub(END_BYTES)?).rev().find(|at| is_end(&tail[*at..]))?;
    let end = &tail[at..];
    let place = Place { offset: u32_at(end, 16).into(), size: u32_at(end, 12).into() };
    let needs_64 = u32_at(end, 16) == u32::MAX || u32_at(end, 12) == u32::MAX || u16_at(end, 10) == u16::MAX;
    let locator = at.checked_sub(LOCATOR_BYTES).and_then(|at| tail.get(at..));
    let place = locator.filter(|_| needs_64).and_then(|locator| find_64(file, locator)).unwrap_or(place);
    (place.offset.checked_add(place.size)? <= length).then_some(place)
}

/// Whether an end record starts here whose comment fits into the file.
fn is_end(rest: &[u8]) -> bool {
    rest.starts_with(b"PK\x05\x06") && END_BYTES + usize::from(u16_at(rest, 20)) <= rest.len()
}

fn find_64(file: &dyn RandomAccess, locator: &[u8]) -> Option<Place> {
    let mut end = [0; END64_BYTES];
    let offset = locator.starts_with(b"PK\x06\x07").then(|| u64_at(locator, 8))?;
    let count = file.read_at(offset, &mut end).ok()?;
    (count == END64_BYTES && end.starts_with(b"PK\x06\x06"))
        .then(|| Place { offset: u64_at(&end, 48), size: u64_at(&end, 40) })
}
