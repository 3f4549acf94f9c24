//! DA: a day of the Gregorian calendar (PS3.5 6.2).

use jiff::civil::Date;

use super::{four_digits, trim, two_digits};

/// Reads `YYYYMMDD`, or `YYYY.MM.DD` as before DICOM 3.0 (PS3.5 6.2, note on DA), of a day that exists, from the year 1
/// on.
pub fn date(text: &str) -> Option<Date> {
    let (year, month, day) = digits(trim(text).as_bytes())?;
    let day = Date::new(year.cast_signed(), month.cast_signed(), day.cast_signed());
    day.ok().filter(|day| day.year() > 0)
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
            assert_eq!(date(da).map(|date| date.to_string()).as_deref(), Some(want), "{da:?}");
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
            assert_eq!(date(da), None, "{da:?}");
        }
    }

    proptest! {
        #[test]
        fn a_date_reads_back_as_itself(year in 1i16..=9999, month in 1i8..=12, day in 1i8..=31) {
            if let Ok(day) = Date::new(year, month, day) {
                prop_assert_eq!(date(&day.to_string().replace('-', "")), Some(day));
                prop_assert_eq!(date(&day.to_string().replace('-', ".")), Some(day));
            } else {
                prop_assert!(day > 28);
            }
        }

        #[test]
        fn dates_sort_as_their_text(a in "[0-9]{8}", b in "[0-9]{8}", any in ".*") {
            if let (Some(first), Some(second)) = (date(&a), date(&b)) {
                prop_assert_eq!(first.cmp(&second), a.cmp(&b));
            }
            let _ = date(&any);
        }
    }
}
