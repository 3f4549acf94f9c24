//! Date, time and offset as dateTime: a time only with minutes and a zone, else the date alone. Seconds that are absent
//! are zeros, for FHIR has no time without them (R5 dateTime).

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use jiff::civil::Date;

use super::attributes::Attributes;
use crate::dicom::value::{self, Fraction, Offset, Time};
use crate::fhir::{DateTime, TimeOfDay};
use crate::issue::Reason;

/// The dateTime of the row's first two attributes, DA and TM, with Timezone Offset From UTC (0008,0201) or the zone
/// that the user gave. What cannot be taken is noted, and the date stays.
pub fn date_time(attributes: &Attributes<'_>) -> Option<DateTime> {
    let (date, time) = (attributes.tag(0), attributes.tag(1));
    let day = day(attributes, date)?;
    Some(DateTime { time: time_of_day(attributes, day, time), ..without_time(day) })
}

/// A DA attribute as date.
pub fn date(attributes: &Attributes<'_>, tag: Tag) -> Option<DateTime> {
    day(attributes, tag).map(without_time)
}

fn day(attributes: &Attributes<'_>, tag: Tag) -> Option<Date> {
    let text = attributes.line(tag)?;
    value::date(&text).or_else(|| attributes.drop(tag, Reason::NotADate, &text))
}

fn without_time(day: Date) -> DateTime {
    let (month, date) = (day.month().cast_unsigned(), day.day().cast_unsigned());
    DateTime { year: day.year().cast_unsigned(), month, day: date, time: None }
}

fn time_of_day(attributes: &Attributes<'_>, day: Date, tag: Tag) -> Option<TimeOfDay> {
    let text = attributes.line(tag)?;
    let known = Time::parse(&text).and_then(|time| Some((time, time.minute?)));
    let Some((time, minute)) = known else { return attributes.drop(tag, Reason::NotATime, &text) };
    let second = time.second.unwrap_or(0);
    let offset = offset(attributes, day, &Time { second: Some(second), ..time }, tag)?;
    if time.second.is_none() {
        attributes.note(tag, Reason::NoSeconds, &text);
    } else if time.fraction.is_some_and(Fraction::is_cut) {
        attributes.note(tag, Reason::FractionTooLong, &text);
    }
    let (microsecond, fraction_digits) =
        time.fraction.map_or((0, 0), |fraction| without_zeros(fraction.microseconds()));
    Some(TimeOfDay { hour: time.hour, minute, second, microsecond, fraction_digits, offset_minutes: offset.minutes() })
}

/// A fraction with its digits, without the zeros behind the third: many programs take exactly three for milliseconds,
/// and read `.940000` as something else.
fn without_zeros((microseconds, mut digits): (u32, u8)) -> (u32, u8) {
    while digits > 3 && microseconds.is_multiple_of(10_u32.pow(u32::from(7 - digits.min(6)))) {
        digits -= 1;
    }
    (microseconds, digits)
}

fn offset(attributes: &Attributes<'_>, day: Date, time: &Time, tag: Tag) -> Option<Offset> {
    if let Some(text) = attributes.line(tags::TIMEZONE_OFFSET_FROM_UTC) {
        match Offset::parse(&text) {
            Some(offset) => return Some(offset),
            None => attributes.note(tags::TIMEZONE_OFFSET_FROM_UTC, Reason::NotAnOffset, &text),
        }
    }
    let Some(zone) = &attributes.options().timezone else {
        return attributes.drop(tag, Reason::NoZone, &time.to_string());
    };
    let offset = zone.offset_of(day, time);
    offset.or_else(|| attributes.drop(tag, Reason::NoSuchLocalTime, &time.to_string()))
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::mapping::sample::{mapped_with, text};
    use crate::mapping::zone::TimeZone;
    use crate::mapping::{Options, STUDY};

    fn started(date: &str, time: &str, offset: &str, zone: &str) -> (String, Vec<Reason>) {
        let values = [(tags::STUDY_DATE, date), (tags::STUDY_TIME, time), (tags::TIMEZONE_OFFSET_FROM_UTC, offset)];
        let data_set: Vec<_> = values.into_iter().map(|(tag, value)| text(tag, value)).collect();
        let options = Options { timezone: TimeZone::parse(zone).ok(), ..Options::default() };
        let mapped = mapped_with(STUDY, &data_set, &options);
        let started = mapped.part.started.map(|started| started.to_string()).unwrap_or_default();
        (started, mapped.issues.into_iter().map(|issue| issue.reason).collect())
    }

    #[test]
    fn a_fraction_loses_the_zeros_behind_its_milliseconds() {
        for (fraction, want) in [
            ((940_000, 6), (940_000, 3)),
            ((940_100, 6), (940_100, 4)),
            ((123_456, 6), (123_456, 6)),
            ((0, 6), (0, 3)),
            ((500_000, 1), (500_000, 1)),
            ((500_000, 2), (500_000, 2)),
        ] {
            assert_eq!(without_zeros(fraction), want, "{fraction:?}");
        }
    }

    #[test]
    fn a_start_has_a_time_only_with_minutes_and_a_zone() {
        use Reason::*;
        for (date, time, offset, zone, want, reasons) in [
            ("20240229", "101530", "+0100", "", "2024-02-29T10:15:30+01:00", vec![]),
            ("20240229", "101530.25", "-0330", "", "2024-02-29T10:15:30.25-03:30", vec![]),
            ("20240229", "235960", "+0000", "", "2024-02-29T23:59:60+00:00", vec![]),
            ("2024.02.29", "10:15:30", "+1400", "", "2024-02-29T10:15:30+14:00", vec![]),
            ("20240229", "101530", "+0100", "+05:00", "2024-02-29T10:15:30+01:00", vec![]),
            ("20240229", "101530", "", "Europe/Berlin", "2024-02-29T10:15:30+01:00", vec![]),
            ("20240229", "101530", "", "", "2024-02-29", vec![NoZone]),
            ("20240229", "1015", "+0100", "", "2024-02-29T10:15:00+01:00", vec![NoSeconds]),
            ("20240229", "10:15", "", "Europe/Berlin", "2024-02-29T10:15:00+01:00", vec![NoSeconds]),
            ("20240229", "1015", "", "", "2024-02-29", vec![NoZone]),
            ("20240229", "10", "+0100", "", "2024-02-29", vec![NotATime]),
            ("20240229", "101530.1234567", "+0100", "", "2024-02-29T10:15:30.123456+01:00", vec![FractionTooLong]),
            ("20240229", "101530.0000000", "+0100", "", "2024-02-29T10:15:30.000+01:00", vec![FractionTooLong]),
            ("20240229", "251530", "+0100", "", "2024-02-29", vec![NotATime]),
            ("20240229", "", "+0100", "", "2024-02-29", vec![]),
            ("20240331", "023000", "", "Europe/Berlin", "2024-03-31", vec![NoSuchLocalTime]),
            ("20241027", "023000", "", "Europe/Berlin", "2024-10-27", vec![NoSuchLocalTime]),
            ("20240229", "101530", "-0000", "", "2024-02-29", vec![NoZone, NotAnOffset]),
            ("20240229", "101530", "+1500", "", "2024-02-29", vec![NoZone, NotAnOffset]),
            ("20240229", "101530", "-0000", "+02:00", "2024-02-29T10:15:30+02:00", vec![NotAnOffset]),
            ("20240230", "101530", "+0100", "", "", vec![NotADate]),
            ("20240229\\20240301", "101530", "+0100", "", "", vec![NotADate]),
            ("2024", "", "", "", "", vec![NotADate]),
            ("", "101530", "+0100", "", "", vec![]),
        ] {
            let (started, mut found) = started(date, time, offset, zone);
            found.sort();
            assert_eq!((started.as_str(), found), (want, reasons), "{date} {time} {offset} {zone}");
        }
    }
}
