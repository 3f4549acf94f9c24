//! How long the next file's header is going to be: about as long as those before it.
//!
//! A read that asks for too little is followed by another one, and one that asks for too much copies for nothing. Files
//! of several kinds take turns in some archives, so the longest of the last few counts.

use super::element::HEADER_BYTES;
use super::window::{MIN_READ_BYTES, READ_BYTES};

/// How much of what a long header asked for is left after one more short header, in sixteenths.
const KEPT: u64 = 15;

/// What the files so far let expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expected {
    header: Option<u64>,
    /// What is wanted behind a jump over large values.
    tail: Option<u64>,
}

impl Expected {
    /// A header had so many bytes, took so many reads, and ended so many bytes behind its last jump.
    pub fn saw(&mut self, header_bytes: u64, reads: u32, tail: Option<u64>) {
        let before = self.header.unwrap_or_default();
        // One that has large values inside is read in two parts, the beginning and the end; more reads say that the
        // beginning is longer than was asked for.
        self.header = Some(match (header_bytes > READ_BYTES as u64, reads) {
            (false, _) => header_bytes.max(before * KEPT / 16),
            (true, 0..=2) => before.max(READ_BYTES as u64 / 2),
            (true, _) => READ_BYTES as u64,
        });
        self.tail = tail.map(|tail| tail.max(self.tail.unwrap_or_default() * KEPT / 16)).or(self.tail);
    }

    /// What a read asks for, to have the header of most files at once and to copy little for nothing.
    pub fn read_bytes(self) -> usize {
        bytes(self.header)
    }

    /// The same of a read behind a jump.
    pub fn jump_bytes(self) -> usize {
        bytes(self.tail)
    }
}

fn bytes(expected: Option<u64>) -> usize {
    let Some(bytes) = expected.and_then(|bytes| usize::try_from(bytes).ok()) else { return READ_BYTES };
    // The next header may be a little longer.
    let bytes = bytes.saturating_add(bytes / 16).saturating_add(HEADER_BYTES).next_multiple_of(1 << 10);
    bytes.clamp(MIN_READ_BYTES, READ_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(headers: &[u64]) -> usize {
        after_reads(headers, 1)
    }

    fn after_reads(headers: &[u64], reads: u32) -> usize {
        let mut expected = Expected::default();
        headers.iter().for_each(|bytes| expected.saw(*bytes, reads, None));
        expected.read_bytes() >> 10
    }

    #[test]
    fn a_read_asks_for_what_the_longest_of_the_last_headers_had() {
        assert_eq!(after(&[]), 16);
        assert_eq!(after(&[6_000; 3]), 7, "a little more than the last");
        assert_eq!(after(&[100]), 4, "never less than a page");
        assert_eq!(after(&[16_000]), 16, "never more than the buffer");
        assert_eq!(after(&[9_000, 2_000]), 9, "a short one between long ones changes little");
        assert_eq!(after(&[vec![9_000], vec![2_000; 40]].concat()), 4, "many do");
        assert_eq!(after_reads(&[120_000; 2], 2), 9, "of a header with a large value inside, the beginning");
        assert_eq!(after_reads(&[120_000; 2], 3), 16, "a longer one, where that was not enough");
    }

    #[test]
    fn a_read_behind_a_jump_asks_for_what_was_wanted_behind_others() {
        let mut expected = Expected::default();
        assert_eq!(expected.jump_bytes(), READ_BYTES);
        for (tail, want) in [(Some(700), 4), (None, 4), (Some(9_000), 10), (Some(700), 9), (Some(1 << 30), 16)] {
            expected.saw(120_000, 2, tail);
            assert_eq!(expected.jump_bytes() >> 10, want, "{tail:?}");
        }
    }
}
