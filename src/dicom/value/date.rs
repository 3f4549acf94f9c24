//! DA: a day of the Gregorian calendar (PS3.5 6.2).

use std::fmt;

use super::{four_digits, trim, two_digits};

/// A day that exists, from the year 1 to 9999; shown as FHIR has it, `2024-02-29`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

impl Date {
    /// The day, if the calendar has it.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let day = jiff::civil::Date::new(year.cast_signed(), month.cast_signed(), day.cast_signed());
        day.ok().filter(|day| day.year() > 0).map(Self)
    }

    /// Reads `YYYYMMDD`, or `YYYY.MM.DD` as before DICOM 3.0 (PS3.5 6.2, note on DA).
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month, day) = digits(trim(text).as_bytes())?;
        Self::new(year, month, day)
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> u16 {
        self.0.year().cast_unsigned()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.0.month().cast_unsigned()
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> u8 {
        self.0.day().cast_unsigned()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

fn digits(text: &[u8]) -> Option<(u16, u8, u8)> {
    let (year, rest) = four_digits(text)?;
    let separator: &[u8] = if rest.starts_with(b".") { b"." } else { b"" };
    let (month, rest) = two_digits(rest.strip_prefix(separator)?)?;
    let (day, rest) = two_digits(rest.strip_prefix(separator)?)?;
    rest.is_empty().then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_date_is_read_in_both_spellings() {
        for (da, want) in [
            ("20240229", "2024-02-29"),
            ("2024.02.29", "2024-02-29"),
            (" 20001231 ", "2000-12-31"),
            ("20000229\0", "2000-02-29"),
            ("00010101", "0001-01-01"),
        ] {
            assert_eq!(Date::parse(da).map(|date| date.to_string()).as_deref(), Some(want), "{da:?}");
        }
    }

    #[test]
    fn a_date_that_does_not_exist_is_none() {
        for da in [
            "",
            "2024",
            "202402",
            "2024-02-29",
            "2024.0229",
            "202402291",
            "+2240229",
            "20240101-20240201",
            "２０２４０２２９",
            "20230229",
            "19000229",
            "20240431",
            "20241301",
            "20240001",
            "20240100",
            "00000101",
        ] {
            assert_eq!(Date::parse(da), None, "{da:?}");
        }
    }

    proptest! {
        #[test]
        fn a_date_reads_back_as_itself(year in 1u16..=9999, month in 1u8..=12, day in 1u8..=31) {
            if let Some(date) = Date::new(year, month, day) {
                prop_assert_eq!(Date::parse(&date.to_string().replace('-', "")), Some(date));
                prop_assert_eq!(Date::parse(&date.to_string().replace('-', ".")), Some(date));
            } else {
                prop_assert!(day > 28);
            }
        }

        #[test]
        fn dates_sort_as_their_text(a in "[0-9]{8}", b in "[0-9]{8}", any in ".*") {
            if let (Some(first), Some(second)) = (Date::parse(&a), Date::parse(&b)) {
                prop_assert_eq!(first.cmp(&second), a.cmp(&b));
            }
            let _ = Date::parse(&any);
        }
    }
}
