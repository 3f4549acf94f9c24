//! The zone of times that carry none, as `--timezone` gives it.
//!
//! The zone data is compiled in, so that a run gives the same bytes on every machine. A local time that a zone
//! repeats or skips has no offset that could be told without a guess.

use std::str::FromStr;

use jiff::civil;
use jiff::tz::{self, AmbiguousOffset, TimeZoneDatabase};

use crate::dicom::value::{Offset, Time};

/// A fixed offset, or a zone whose offset depends on the date.
///
/// ```
/// use dcm2fhir::TimeZone;
///
/// assert!("+01:00".parse::<TimeZone>().is_ok() && "Europe/Berlin".parse::<TimeZone>().is_ok());
/// assert!("Middle/Earth".parse::<TimeZone>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone(ZoneKind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum ZoneKind {
    Fixed(Offset),
    Named(tz::TimeZone),
}

impl TimeZone {
    /// Reads `Z`, `UTC`, an offset such as `+01:00`, or a name such as `Europe/Berlin`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if matches!(text, "Z" | "z") || text.eq_ignore_ascii_case("UTC") {
            return Ok(Self(ZoneKind::Fixed(Offset::UTC)));
        }
        if text.starts_with(['+', '-']) {
            let offset = without_colon(text).and_then(|digits| Offset::parse(&digits));
            return offset.map(|offset| Self(ZoneKind::Fixed(offset))).ok_or_else(|| expected(text));
        }
        let zone = TimeZoneDatabase::bundled().get(text).ok().filter(|zone| !zone.is_unknown());
        zone.map(|zone| Self(ZoneKind::Named(zone))).ok_or_else(|| expected(text))
    }

    /// The offset from UTC that the zone has at a local date and time; none of a time that the zone repeats or skips,
    /// or that has no seconds, so that the change of an offset can fall into it.
    pub fn offset_of(&self, date: civil::Date, time: &Time) -> Option<Offset> {
        let zone = match &self.0 {
            ZoneKind::Fixed(offset) => return Some(*offset),
            ZoneKind::Named(zone) => zone,
        };
        let local = civil_time(date, time)?;
        match zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => whole_minutes(offset),
            AmbiguousOffset::Gap { .. } | AmbiguousOffset::Fold { .. } => None,
        }
    }
}

impl FromStr for TimeZone {
    type Err = String;

    fn from_str(text: &str) -> Result<TimeZone, String> {
        TimeZone::parse(text)
    }
}

fn expected(text: &str) -> String {
    format!("no time zone is called {text}: expected an offset such as +01:00, or a name such as Europe/Berlin")
}

/// `+01:00` as `+0100`, the spelling of DICOM.
fn without_colon(text: &str) -> Option<String> {
    let (hours, minutes) = text.split_at_checked(3)?;
    Some([hours, minutes.strip_prefix(':').unwrap_or(minutes)].concat())
}

/// A leap second has the offset of the second before it; fractions change nothing.
fn civil_time(date: civil::Date, time: &Time) -> Option<civil::DateTime> {
    let [hour, minute, second] = [time.hour, time.minute?, time.second?.min(59)].map(u8::cast_signed);
    Some(date.to_datetime(civil::Time::new(hour, minute, second, 0).ok()?))
}

/// An offset that DICOM and FHIR can say; a local mean time has one with seconds.
fn whole_minutes(offset: tz::Offset) -> Option<Offset> {
    Offset::from_minutes(offset.seconds() / 60).filter(|_| offset.seconds() % 60 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(zone: &str, da: &str, tm: &str) -> Option<String> {
        let (date, time) = (crate::dicom::value::date(da).unwrap(), Time::parse(tm).unwrap());
        TimeZone::parse(zone).unwrap().offset_of(date, &time).map(|offset| offset.to_string())
    }

    #[test]
    fn a_local_time_has_the_offset_of_its_zone() {
        for (zone, da, tm, want) in [
            ("+01:00", "20240701", "120000", "+01:00"),
            ("-0330", "20240701", "12", "-03:30"),
            ("Z", "20240701", "120000", "+00:00"),
            ("UTC", "20240701", "120000", "+00:00"),
            ("Europe/Berlin", "20240701", "120000", "+02:00"),
            ("Europe/Berlin", "20240101", "120000.5", "+01:00"),
            ("europe/berlin", "20240101", "120000", "+01:00"),
            ("America/New_York", "20240101", "120000", "-05:00"),
            ("Asia/Kathmandu", "20240101", "120000", "+05:45"),
            ("Pacific/Kiritimati", "20240101", "120000", "+14:00"),
            ("Europe/Berlin", "20161231", "235960", "+01:00"),
            ("Europe/Berlin", "20990701", "120000", "+02:00"),
        ] {
            assert_eq!(offset(zone, da, tm).as_deref(), Some(want), "{zone} {da} {tm}");
        }
    }

    #[test]
    fn a_local_time_without_one_offset_has_none() {
        for (zone, da, tm) in [
            ("Europe/Berlin", "20241027", "023000"),
            ("Europe/Berlin", "20240331", "023000"),
            ("Pacific/Apia", "20111230", "120000"),
            ("Europe/Berlin", "20240331", "0230"),
            ("Europe/Berlin", "18500101", "120000"),
            ("America/Juneau", "18600101", "120000"),
        ] {
            assert_eq!(offset(zone, da, tm), None, "{zone} {da} {tm}");
        }
    }

    #[test]
    fn a_zone_that_does_not_exist_is_refused() {
        for zone in
            ["", "+1", "+01:0", "+15:00", "-00:00", "+01:00:00", "+0ü:00", "Europe/Nowhere", "Etc/Unknown", "../x"]
        {
            let message = TimeZone::parse(zone).unwrap_err();
            assert!(message.contains("expected an offset such as +01:00"), "{zone:?}: {message}");
        }
    }
}
