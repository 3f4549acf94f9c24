//! IS and other numbers that are written as text (PS3.5 6.2).

use super::{trim, trim_uid};
use crate::issue::Reason;

/// The largest FHIR unsignedInt.
const LARGEST: i64 = 2_147_483_647;

/// Reads a whole number with an optional sign; more than the twelve characters of an IS are tolerated, and a decimal
/// point with nothing but zeros behind it, as programs write that keep numbers as fractions.
pub fn integer(text: &str) -> Result<i64, Reason> {
    let text = without_zeros(trim(text));
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(if is_decimal(text) { Reason::Fractional } else { Reason::NotAnInteger });
    }
    // Only the size is left to be wrong.
    text.parse().map_err(|_| Reason::TooLarge)
}

/// `3` of `3.0`.
fn without_zeros(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, zeros)) if whole.ends_with(|last: char| last.is_ascii_digit()) => {
            if zeros.bytes().all(|byte| byte == b'0') { whole } else { text }
        }
        _ => text,
    }
}

/// Reads a whole number that FHIR can hold as an unsignedInt.
pub fn unsigned(text: &str) -> Result<u32, Reason> {
    match integer(text) {
        Ok(number) if number < 0 => Err(Reason::Negative),
        Ok(number) => u32::try_from(number).ok().filter(|_| number <= LARGEST).ok_or(Reason::TooLarge),
        // More digits than 64 bits hold, below zero.
        Err(Reason::TooLarge) if trim(text).starts_with('-') => Err(Reason::Negative),
        Err(fault) => Err(fault),
    }
}

/// Reads up to nine digits that spaces or NULs surround; `None` for any other bytes.
pub fn plain_number(raw: &[u8]) -> Option<u32> {
    let digits = trim_uid(raw);
    let is_plain = (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    is_plain.then(|| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

/// Whether the text is a DS, such as `1.5` or `1e3`.
fn is_decimal(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E'))
        && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_whole_number_is_read() {
        for (is, want) in [
            ("0", 0),
            ("42", 42),
            (" 42 ", 42),
            ("+42\0", 42),
            ("-42", -42),
            ("007", 7),
            ("-2147483648", -2_147_483_648),
            ("00000000000000000000042", 42),
            ("3.0", 3),
            ("3. ", 3),
            ("-3.000000", -3),
        ] {
            assert_eq!(integer(is), Ok(want), "{is:?}");
        }
    }

    #[test]
    fn a_number_that_fhir_cannot_hold_says_why() {
        for (is, want) in [
            ("", Reason::NotAnInteger),
            ("-", Reason::NotAnInteger),
            ("one", Reason::NotAnInteger),
            ("1 2", Reason::NotAnInteger),
            ("++1", Reason::NotAnInteger),
            ("--1", Reason::NotAnInteger),
            ("0x10", Reason::NotAnInteger),
            ("nan", Reason::NotAnInteger),
            ("１", Reason::NotAnInteger),
            ("1.01", Reason::Fractional),
            ("1.0.0", Reason::NotAnInteger),
            (".", Reason::NotAnInteger),
            (".0", Reason::Fractional),
            ("-1.0", Reason::Negative),
            ("2147483648.0", Reason::TooLarge),
            ("-1.5", Reason::Fractional),
            (".5", Reason::Fractional),
            ("1e3", Reason::Fractional),
            ("-1", Reason::Negative),
            ("-99999999999999999999", Reason::Negative),
            ("2147483648", Reason::TooLarge),
            ("99999999999999999999", Reason::TooLarge),
        ] {
            assert_eq!(unsigned(is), Err(want), "{is:?}");
        }
        for (is, want) in [("-0", 0), ("2147483647", 2_147_483_647), ("+1", 1)] {
            assert_eq!(unsigned(is), Ok(want), "{is:?}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_number_is_what_any_number_is(raw in "[0-9 \\x00+.-]{0,12}") {
            if let Some(number) = plain_number(raw.as_bytes()) {
                prop_assert_eq!(unsigned(&raw), Ok(number));
            }
        }

        #[test]
        fn an_integer_reads_back_as_itself(number in any::<i64>(), text in ".*") {
            prop_assert_eq!(integer(&number.to_string()), Ok(number));
            let _ = unsigned(&text);
        }
    }
}
