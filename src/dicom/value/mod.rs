//! Typed values from the text of attributes: dates, times, numbers, UIDs (PS3.5 6.2).
//!
//! A value that says something impossible is none, never a guess; padding around a value means nothing.

mod date;
mod number;
mod offset;
mod time;
mod uid;

pub use date::date;
pub use number::{plain_number, unsigned};
pub use offset::Offset;
pub use time::{Fraction, Time};
pub use uid::{is_fhir_id, is_oid, trim_uid};

/// The value without the spaces and NULs that surround it.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\0'])
}

/// The number that two digits in front make, and what follows them.
fn two_digits(text: &[u8]) -> Option<(u8, &[u8])> {
    let ([tens, ones], rest) = text.split_first_chunk()?;
    Some((digit(*tens)? * 10 + digit(*ones)?, rest))
}

/// The number that four digits in front make, and what follows them.
fn four_digits(text: &[u8]) -> Option<(u16, &[u8])> {
    let (high, rest) = two_digits(text)?;
    let (low, rest) = two_digits(rest)?;
    Some((u16::from(high) * 100 + u16::from(low), rest))
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}
