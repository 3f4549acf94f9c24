//! A share of the work, as `3/100`: the third of 100 parts.

use std::fmt;
use std::str::FromStr;

/// The most shares.
const MAX_SHARES: u32 = 100_000;

/// One of several shares, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// The number of this share.
    pub number: u32,
    /// The number of shares.
    pub of: u32,
}

impl Share {
    /// Everything.
    pub const WHOLE: Share = Share { number: 1, of: 1 };

    /// Whether a hash belongs to this share.
    pub fn has(self, hash: u64) -> bool {
        share_of(hash, self.of) == self.number
    }
}

/// The share of a hash.
pub fn share_of(hash: u64, of: u32) -> u32 {
    // Hash tables use the lowest bits.
    ((hash >> 16) % u64::from(of.max(1))) as u32 + 1
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Share, String> {
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) && of <= MAX_SHARES => Ok(Share { number, of }),
            _ => Err(format!("want K/M with K from 1 to M, as 3/100, and M at most {MAX_SHARES}")),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_counted_from_one() {
        for (text, want) in [("1/1", Some((1, 1))), ("3/100", Some((3, 100))), ("100/100", Some((100, 100)))] {
            assert_eq!(text.parse().ok().map(|share: Share| (share.number, share.of)), want);
        }
        for text in ["0/1", "2/1", "1", "1/", "/1", "-1/2", "1/0", "1/100001", "a/b", "1/2/3"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    #[test]
    fn everything_belongs_to_one_share() {
        for hash in (0..1000).map(|number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) {
            let shares = (1..=7).filter(|number| Share { number: *number, of: 7 }.has(hash));
            assert_eq!(shares.count(), 1);
            assert!(Share::WHOLE.has(hash));
        }
    }
}
