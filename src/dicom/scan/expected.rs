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
pub struct Expected(Option<u64>);

impl Expected {
    /// A header had so many bytes, and took so many reads.
    pub fn saw(&mut self, header_bytes: u64, reads: u32) {
        let before = self.0.unwrap_or_default();
        // One that has large values inside is read in two parts, the beginning and the end; more reads say that the
        // beginning is longer than was asked for.
        self.0 = Some(match (header_bytes > READ_BYTES as u64, reads) {
            (false, _) => header_bytes.max(before * KEPT / 16),
            (true, 0..=2) => before.max(READ_BYTES as u64 / 2),
            (true, _) => READ_BYTES as u64,
        });
    }

    /// What a read asks for, to have the header of most files at once and to copy little for nothing.
    pub fn read_bytes(self) -> usize {
        let Some(bytes) = self.0.and_then(|bytes| usize::try_from(bytes).ok()) else { return READ_BYTES };
        // The next header may be a little longer.
        let bytes = bytes.saturating_add(bytes / 16).saturating_add(HEADER_BYTES).next_multiple_of(1 << 10);
        bytes.clamp(MIN_READ_BYTES, READ_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(headers: &[u64]) -> usize {
        after_reads(headers, 1)
    }

    fn after_reads(headers: &[u64], reads: u32) -> usize {
        let mut expected = Expected::default();
        headers.iter().for_each(|bytes| expected.saw(*bytes, reads));
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
}
