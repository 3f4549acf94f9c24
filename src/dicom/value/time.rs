//! TM: a time of day, whole or cut short (PS3.5 6.2).

use std::fmt;

use super::{trim, two_digits};

/// A time of day; shown with the components that it has, `14:05:09.25`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: Option<u8>,
    /// The second, 0 to 60, for a leap second; none where there is no minute.
    pub second: Option<u8>,
    /// The fraction of the second; none where there is no second.
    pub fraction: Option<Fraction>,
}

/// A fraction of a second with the digits that it was written with; those after the sixth, which TM has no room for
/// but some writers give, are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fraction {
    microseconds: u32,
    digits: u8,
    is_cut: bool,
}

/// The digits of a fraction that TM has room for (PS3.5 6.2).
const MOST_DIGITS: u8 = 6;

impl Time {
    /// Reads `HHMMSS.FFFFFF` or a front part of it, or `HH:MM:SS.F` as before DICOM 3.0 (PS3.5 6.2, note on TM).
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(trim(text).as_bytes()).filter(Self::exists)
    }

    fn from_bytes(text: &[u8]) -> Option<Self> {
        let (hour, rest) = two_digits(text)?;
        let separator: &[u8] = if rest.starts_with(b":") { b":" } else { b"" };
        let (minute, rest) = next(rest, separator)?;
        let (second, rest) = if minute.is_some() { next(rest, separator)? } else { (None, rest) };
        let fraction = match rest {
            [] => None,
            [b'.', digits @ ..] if second.is_some() => Some(Fraction::parse(digits)?),
            _ => return None,
        };
        Some(Self { hour, minute, second, fraction })
    }

    fn exists(&self) -> bool {
        let has_minute = self.minute.is_none_or(|minute| minute < 60);
        self.hour < 24 && has_minute && self.second.is_none_or(|second| second <= 60)
    }
}

/// The next component, if there is one; anything else in its place makes the time unreadable.
fn next<'a>(rest: &'a [u8], separator: &[u8]) -> Option<(Option<u8>, &'a [u8])> {
    if rest.is_empty() || rest.starts_with(b".") {
        return Some((None, rest));
    }
    let (value, rest) = two_digits(rest.strip_prefix(separator)?)?;
    Some((Some(value), rest))
}

impl Fraction {
    /// The fraction in millionths of a second, and the number of digits that it was written with, 1 to 6.
    pub fn microseconds(self) -> (u32, u8) {
        (self.microseconds, self.digits)
    }

    /// Whether it was written with more digits than are kept.
    pub fn is_cut(self) -> bool {
        self.is_cut
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let (mut value, mut digits) = (0, 0);
        for &byte in text {
            let digit = super::digit(byte)?;
            if digits < MOST_DIGITS {
                value = value * 10 + u32::from(digit);
                digits += 1;
            }
        }
        let is_cut = text.len() > usize::from(MOST_DIGITS);
        (digits > 0).then(|| Self { microseconds: value * 10u32.pow(u32::from(MOST_DIGITS - digits)), digits, is_cut })
    }
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}", self.hour)?;
        for component in [self.minute, self.second].into_iter().flatten() {
            write!(formatter, ":{component:02}")?;
        }
        match self.fraction {
            Some(fraction) => write!(formatter, ".{fraction}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.microseconds / 10u32.pow(u32::from(MOST_DIGITS - self.digits));
        write!(formatter, "{value:0width$}", width = usize::from(self.digits))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_keeps_the_components_and_digits_that_it_has() {
        for (tm, want) in [
            ("140509.250000", "14:05:09.250000"),
            ("140509.25 ", "14:05:09.25"),
            ("140509.007", "14:05:09.007"),
            ("140509.1234567", "14:05:09.123456"),
            ("140509", "14:05:09"),
            ("235960", "23:59:60"),
            ("1405", "14:05"),
            ("14\0", "14"),
            ("14:05:09.1", "14:05:09.1"),
            ("14:05", "14:05"),
            ("000000.000000", "00:00:00.000000"),
        ] {
            assert_eq!(Time::parse(tm).map(|time| time.to_string()).as_deref(), Some(want), "{tm:?}");
        }
    }

    #[test]
    fn a_time_that_does_not_exist_is_none() {
        for tm in [
            "",
            "1",
            "140",
            "14050",
            "140509.",
            "140509.123456x",
            "140509.1x",
            "140509,25",
            "1405.5",
            "14.5",
            "14:0509",
            "1405:09",
            "-10509",
            "140509+0100",
            "240000",
            "146000",
            "140561",
        ] {
            assert_eq!(Time::parse(tm), None, "{tm:?}");
        }
    }

    proptest! {
        #[test]
        fn a_time_reads_back_as_itself(tm in "([01][0-9]|2[0-3])([0-5][0-9]([0-5][0-9](\\.[0-9]{1,6})?)?)?") {
            let time = Time::parse(&tm).unwrap();
            prop_assert_eq!(time.to_string().replace(':', ""), tm);
            prop_assert_eq!(Time::parse(&time.to_string()), Some(time));
        }

        #[test]
        fn any_text_is_a_time_or_none(text in ".*") {
            let _ = Time::parse(&text);
        }
    }
}
