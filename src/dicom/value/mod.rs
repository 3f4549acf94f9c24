//! Typed values from the text of attributes: dates, times, numbers, UIDs (PS3.5 6.2).
//!
//! A value that says something impossible is an error, never a guess; padding around a value means nothing.

mod date;
mod number;
mod offset;
mod time;
mod uid;

pub use date::Date;
pub use number::{NumberFault, plain_number, unsigned};
pub use offset::Offset;
pub use time::{Fraction, Time};
pub use uid::{is_fhir_id, is_oid, trim_uid};

/// Why a date, time or offset is no such value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    /// The text is no DA.
    #[error("expected a date as YYYYMMDD")]
    NotADate,
    /// The calendar has no such day.
    #[error("expected a day that exists in the calendar")]
    NoSuchDay,
    /// The text is no TM.
    #[error("expected a time as HHMMSS.FFFFFF")]
    NotATime,
    /// The day has no such time.
    #[error("expected a time between 000000 and 235960")]
    NoSuchTime,
    /// The text is no DT.
    #[error("expected a date and time as YYYYMMDDHHMMSS.FFFFFF&ZZXX")]
    NotADateTime,
    /// The text is no offset from UTC.
    #[error("expected an offset from UTC as +HHMM or -HHMM")]
    NotAnOffset,
    /// No place on earth has this offset (PS3.3 C.12.1.1.8).
    #[error("expected an offset from UTC between -1200 and +1400")]
    NoSuchOffset,
    /// PS3.3 C.12.1.1.8 rules out the negative zero.
    #[error("expected +0000, because -0000 is not allowed")]
    NegativeZeroOffset,
}

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
