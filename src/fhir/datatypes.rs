//! The datatypes that the tool writes, as the union of all releases. Their form in a release is decided by the writer.
//!
//! All are ordered, so that lists can be sorted and output does not depend on the order in which files were read.

use std::borrow::Cow;
use std::fmt;

use jiff::tz::Offset;
use jiff::{Timestamp, civil};

/// Text that is often one of the standards' own constants.
pub type Text = Cow<'static, str>;

/// `Coding`. A coding without a code is never written.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coding {
    /// The code system's URI; absent where none is known.
    pub system: Option<Text>,
    /// The code system's version.
    pub version: Option<Text>,
    /// The code.
    pub code: Text,
    /// The code's meaning.
    pub display: Option<Text>,
}

impl Coding {
    /// A coding of the standards' own constants.
    pub const fn constant(system: &'static str, code: &'static str, display: &'static str) -> Coding {
        Coding {
            system: Some(Cow::Borrowed(system)),
            version: None,
            code: Cow::Borrowed(code),
            display: Some(Cow::Borrowed(display)),
        }
    }
}

/// `CodeableConcept`: codings, a text, or both. Never both empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CodeableConcept {
    /// The codings.
    pub coding: Vec<Coding>,
    /// The text.
    pub text: Option<Text>,
}

impl CodeableConcept {
    /// A concept that is text alone.
    pub fn text(text: impl Into<Text>) -> CodeableConcept {
        CodeableConcept { coding: Vec::new(), text: Some(text.into()) }
    }

    /// The label: the text, else the first display, else the first code.
    pub fn label(&self) -> Option<&str> {
        self.label_in_words().or_else(|| self.coding.first().map(|coding| &*coding.code))
    }

    /// The text, else the first display.
    pub fn label_in_words(&self) -> Option<&str> {
        self.text.as_deref().or_else(|| self.coding.first()?.display.as_deref())
    }
}

impl From<Coding> for CodeableConcept {
    fn from(coding: Coding) -> CodeableConcept {
        CodeableConcept { coding: vec![coding], text: None }
    }
}

/// Which writing of a name a [`HumanName`] has (iso21090-EN-representation).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameRepresentation {
    /// Letters: `ABC`.
    Alphabetic,
    /// Characters that stand for meaning: `IDE`.
    Ideographic,
    /// Characters that stand for sounds: `SYL`.
    Phonetic,
}

/// `HumanName` in one representation.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanName {
    /// The family name.
    pub family: Option<String>,
    /// Given and middle names.
    pub given: Vec<String>,
    /// Prefixes.
    pub prefix: Vec<String>,
    /// Suffixes.
    pub suffix: Vec<String>,
    /// The name as one line.
    pub text: Option<String>,
    /// The representation; `None` where the name has but the alphabetic one.
    pub representation: Option<NameRepresentation>,
}

impl HumanName {
    /// The representation; a name that has but one says none.
    pub fn script(&self) -> NameRepresentation {
        self.representation.unwrap_or(NameRepresentation::Alphabetic)
    }
}

/// `dateTime` and `instant`: a date, with a time only where its zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime {
    /// The year, 1 to 9999.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day, 1 to 31.
    pub day: u8,
    /// The time and its offset.
    pub time: Option<TimeOfDay>,
}

/// The time of a [`DateTime`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
    /// Microseconds, 0 to 999999.
    pub microsecond: u32,
    /// How many digits of the fraction were given, 0 to 6.
    pub fraction_digits: u8,
    /// Minutes east of UTC, −720 to 840.
    pub offset_minutes: i16,
}

impl DateTime {
    /// An instant, to the second, as the time of UTC; none of a year that FHIR has not.
    pub fn of_instant(instant: jiff::Timestamp) -> Option<DateTime> {
        let utc = jiff::tz::Offset::UTC.to_datetime(instant);
        let part = |part: i8| u8::try_from(part).ok();
        let time = TimeOfDay {
            hour: part(utc.hour())?,
            minute: part(utc.minute())?,
            second: part(utc.second())?,
            microsecond: 0,
            fraction_digits: 0,
            offset_minutes: 0,
        };
        let year = u16::try_from(utc.year()).ok().filter(|year| *year > 0)?;
        Some(DateTime { year, month: part(utc.month())?, day: part(utc.day())?, time: Some(time) })
    }

    /// Whether this is earlier than the other: by the instant where both have a time, else by the date.
    pub fn is_before(&self, other: &DateTime) -> bool {
        match (self.time, other.time) {
            (Some(mine), Some(theirs)) => self.microseconds(mine) < other.microseconds(theirs),
            _ => (self.year, self.month, self.day) < (other.year, other.month, other.day),
        }
    }

    /// Microseconds of UTC; a leap second follows the second before it.
    fn microseconds(&self, time: TimeOfDay) -> i64 {
        let day = civil::Date::new(self.year.cast_signed(), self.month.cast_signed(), self.day.cast_signed());
        let midnight = day.ok().and_then(|day| Offset::UTC.to_timestamp(day.to_datetime(civil::Time::midnight())).ok());
        let minutes = i64::from(time.hour) * 60 + i64::from(time.minute) - i64::from(time.offset_minutes);
        let seconds = midnight.map_or(0, Timestamp::as_second) + minutes * 60 + i64::from(time.second);
        seconds * 1_000_000 + i64::from(time.microsecond)
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)?;
        self.time.map_or(Ok(()), |time| write!(f, "T{time}"))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if self.fraction_digits > 0 {
            let fraction = format!("{:06}", self.microsecond);
            write!(f, ".{}", &fraction[..usize::from(self.fraction_digits.min(6))])?;
        }
        let (sign, minutes) = (if self.offset_minutes < 0 { '-' } else { '+' }, self.offset_minutes.unsigned_abs());
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// The types of resource that the tool writes or refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr)]
#[allow(missing_docs)]
pub enum ResourceType {
    Device,
    Encounter,
    Endpoint,
    Group,
    ImagingSelection,
    ImagingStudy,
    Location,
    Organization,
    Patient,
    Practitioner,
    PractitionerRole,
    Procedure,
    ServiceRequest,
    Specimen,
}

impl ResourceType {
    /// The type's name in FHIR.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_of_two_is_found_across_offsets_and_precisions() {
        let at = |month, day, hour, offset_minutes| DateTime {
            year: 2024,
            month,
            day,
            time: Some(TimeOfDay { hour, minute: 0, second: 0, microsecond: 0, fraction_digits: 0, offset_minutes }),
        };
        let on = |month, day| DateTime { year: 2024, month, day, time: None };
        for (one, other, want) in [
            (at(2, 29, 23, 0), at(3, 1, 0, 0), true),
            (at(3, 1, 0, 0), at(2, 29, 23, 0), false),
            (at(3, 1, 0, 120), at(2, 29, 23, 0), true),
            (at(3, 1, 1, 120), at(2, 29, 23, 0), false),
            (at(1, 1, 0, 0), on(1, 1), false),
            (on(1, 1), at(1, 2, 0, 0), true),
        ] {
            assert_eq!(one.is_before(&other), want, "{one} {other}");
        }
    }

    #[test]
    fn a_date_time_is_written_with_the_digits_and_the_offset_it_has() {
        let time =
            TimeOfDay { hour: 7, minute: 5, second: 60, microsecond: 120, fraction_digits: 4, offset_minutes: -90 };
        for (time, want) in [
            (None, "2024-02-29"),
            (Some(time), "2024-02-29T07:05:60.0001-01:30"),
            (Some(TimeOfDay { fraction_digits: 0, offset_minutes: 0, ..time }), "2024-02-29T07:05:60+00:00"),
        ] {
            assert_eq!(DateTime { year: 2024, month: 2, day: 29, time }.to_string(), want);
        }
    }
}
