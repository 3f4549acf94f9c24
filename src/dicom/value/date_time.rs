//! DT: a date with an optional time and offset, all of which may be cut short (PS3.5 6.2).

use std::fmt;

use super::{Date, Offset, Time, ValueFault, four_digits, trim, two_digits};

/// A point in time as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    /// The date, to the day wherever there is a time.
    pub date: PartialDate,
    /// The time of day.
    pub time: Option<Time>,
    /// The offset from UTC; without it the time is local to a place that is not named.
    pub offset: Option<Offset>,
}

/// A date that may end after the year or the month; shown as FHIR has it, `2024-02`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartialDate {
    /// A year, 1 to 9999.
    Year(u16),
    /// A month of a year.
    Month(u16, u8),
    /// A day.
    Day(Date),
}

impl DateTime {
    /// Reads `YYYYMMDDHHMMSS.FFFFFF&ZZXX`, or a front part of it with or without the offset.
    pub fn parse(text: &str) -> Result<Self, ValueFault> {
        let text = trim(text);
        let (local, offset) = match text.find(['+', '-']).and_then(|at| text.split_at_checked(at)) {
            Some((local, offset)) => (local, Some(Offset::parse(offset)?)),
            None => (text, None),
        };
        let (date, time) = match local.split_at_checked(8) {
            Some((day, time)) if !time.is_empty() => (PartialDate::parse(day)?, Some(time_of(time)?)),
            _ => (PartialDate::parse(local)?, None),
        };
        Ok(Self { date, time, offset })
    }
}

/// A time inside a DT has no colons.
fn time_of(text: &str) -> Result<Time, ValueFault> {
    if text.contains([':', ' ', '\0']) {
        return Err(ValueFault::NotADateTime);
    }
    Time::parse(text).map_err(|fault| match fault {
        ValueFault::NotATime => ValueFault::NotADateTime,
        other => other,
    })
}

impl PartialDate {
    fn parse(text: &str) -> Result<Self, ValueFault> {
        let bytes = text.as_bytes();
        let (year, rest) = four_digits(bytes).ok_or(ValueFault::NotADateTime)?;
        // Every month has a first day, so that day stands for the ones that are not given.
        if rest.is_empty() {
            return Date::new(year, 1, 1).map(|_| Self::Year(year));
        }
        let (month, rest) = two_digits(rest).ok_or(ValueFault::NotADateTime)?;
        if rest.is_empty() {
            return Date::new(year, month, 1).map(|_| Self::Month(year, month));
        }
        match two_digits(rest) {
            Some((day, [])) => Date::new(year, month, day).map(Self::Day),
            _ => Err(ValueFault::NotADateTime),
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(formatter, "{year:04}"),
            Self::Month(year, month) => write!(formatter, "{year:04}-{month:02}"),
            Self::Day(date) => date.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Date, time and offset, each as it is shown, with spaces between them.
    fn shown(text: &str) -> Result<String, ValueFault> {
        let DateTime { date, time, offset } = DateTime::parse(text)?;
        let parts = [Some(date.to_string()), time.map(|time| time.to_string()), offset.map(|it| it.to_string())];
        Ok(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_date_time_keeps_its_precision() {
        for (dt, want) in [
            ("20240229140509.123456+0100", "2024-02-29 14:05:09.123456 +01:00"),
            ("20240229140509-0330 ", "2024-02-29 14:05:09 -03:30"),
            ("20240229140509", "2024-02-29 14:05:09"),
            ("202402291405", "2024-02-29 14:05"),
            ("2024022914", "2024-02-29 14"),
            ("20240229", "2024-02-29"),
            ("202402", "2024-02"),
            ("2024\0", "2024"),
            ("2024+0100", "2024 +01:00"),
        ] {
            assert_eq!(shown(dt).as_deref(), Ok(want), "{dt:?}");
        }
    }

    #[test]
    fn a_date_time_that_does_not_exist_is_an_error() {
        for (dt, want) in [
            ("", ValueFault::NotADateTime),
            ("+0100", ValueFault::NotADateTime),
            ("20240", ValueFault::NotADateTime),
            ("2024022", ValueFault::NotADateTime),
            ("202402291", ValueFault::NotADateTime),
            ("20240229 14", ValueFault::NotADateTime),
            ("2024022914:05", ValueFault::NotADateTime),
            ("2024.02.29", ValueFault::NotADateTime),
            ("2024-02-29", ValueFault::NotAnOffset),
            ("äöüäöüäöü", ValueFault::NotADateTime),
            ("20240230", ValueFault::NoSuchDay),
            ("202413", ValueFault::NoSuchDay),
            ("0000", ValueFault::NoSuchDay),
            ("2024022924", ValueFault::NoSuchTime),
            ("2024022914-0000", ValueFault::NegativeZeroOffset),
        ] {
            assert_eq!(shown(dt), Err(want), "{dt:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_time_or_an_error(text in "[0-9.+: -]{0,26}", any in ".*") {
            let _ = (DateTime::parse(&text), DateTime::parse(&any));
        }
    }
}
