//! Date, time and offset as dateTime: a time only with seconds and a zone, else the date alone (R5 dateTime).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use crate::dicom::value::{Date, Offset, Time};
use crate::fhir::{DateTime, TimeOfDay};
use crate::issue::Reason;

/// The dateTime of a pair of DA and TM attributes, with Timezone Offset From UTC (0008,0201) or the zone that the user
/// gave. What cannot be taken is noted, and the date stays.
pub fn date_time(attributes: &Attributes<'_>, date: Tag, time: Tag) -> Option<DateTime> {
    let text = attributes.line(date)?;
    let Ok(day) = Date::parse(&text) else { return attributes.drop(date, Reason::NotADate, &text) };
    let time = time_of_day(attributes, day, time);
    Some(DateTime { year: day.year(), month: day.month(), day: day.day(), time })
}

/// A DA attribute as date.
pub fn date(attributes: &Attributes<'_>, tag: Tag) -> Option<DateTime> {
    let text = attributes.line(tag)?;
    let Ok(day) = Date::parse(&text) else { return attributes.drop(tag, Reason::NotADate, &text) };
    Some(DateTime { year: day.year(), month: day.month(), day: day.day(), time: None })
}

fn time_of_day(attributes: &Attributes<'_>, day: Date, tag: Tag) -> Option<TimeOfDay> {
    let text = attributes.line(tag)?;
    let full = Time::parse(&text).ok().and_then(|time| Some((time, time.minute?, time.second?)));
    let Some((time, minute, second)) = full else { return attributes.drop(tag, Reason::NotATime, &text) };
    let offset = offset(attributes, day, &time, tag)?;
    let (microsecond, fraction_digits) = time.fraction.map_or((0, 0), |fraction| fraction.microseconds());
    Some(TimeOfDay { hour: time.hour, minute, second, microsecond, fraction_digits, offset_minutes: offset.minutes() })
}

fn offset(attributes: &Attributes<'_>, day: Date, time: &Time, tag: Tag) -> Option<Offset> {
    if let Some(text) = attributes.line(tags::TIMEZONE_OFFSET_FROM_UTC) {
        match Offset::parse(&text) {
            Ok(offset) => return Some(offset),
            Err(_) => attributes.note(tags::TIMEZONE_OFFSET_FROM_UTC, Reason::NotAnOffset, &text),
        }
    }
    let Some(zone) = &attributes.options().time_zone else {
        return attributes.drop(tag, Reason::NoZone, &time.to_string());
    };
    match zone.offset_of(day, time) {
        Ok(offset) => Some(offset),
        Err(_) => attributes.drop(tag, Reason::NoSuchLocalTime, &time.to_string()),
    }
}
