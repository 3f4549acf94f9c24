//! Dates and times of a data set, which has one offset from UTC for all of them (PS3.3 C.12.1, (0008,0201)).

use jiff::{Span, civil};

use crate::dicom::Tag;
use crate::fhir::{DateTime, TimeOfDay};
use crate::synth::{Attributes, DataSet};

/// The same instant on the clocks of another offset; a date without a time stays.
pub fn at_offset(moment: DateTime, offset_minutes: i16) -> DateTime {
    let Some(time) = moment.time else { return moment };
    // A leap second is no time of the calendar's: the seconds stay as they are.
    let date = civil::Date::new(moment.year.cast_signed(), moment.month.cast_signed(), moment.day.cast_signed());
    let minutes = i64::from(offset_minutes) - i64::from(time.offset_minutes);
    let local = date.ok().map(|date| date.at(time.hour.cast_signed(), time.minute.cast_signed(), 0, 0));
    let Some(moved) = local.and_then(|local| local.checked_add(Span::new().minutes(minutes)).ok()) else {
        return moment;
    };
    let (hour, minute) = (moved.hour().cast_unsigned(), moved.minute().cast_unsigned());
    DateTime {
        year: moved.year().cast_unsigned(),
        month: moved.month().cast_unsigned(),
        day: moved.day().cast_unsigned(),
        time: Some(TimeOfDay { hour, minute, offset_minutes, ..time }),
    }
}

/// Adds the date (PS3.5 6.2, DA).
pub fn date(data_set: DataSet, tag: Tag, moment: DateTime) -> DataSet {
    data_set.text(tag, format!("{:04}{:02}{:02}", moment.year, moment.month, moment.day))
}

/// Adds the time, if it is known (PS3.5 6.2, TM).
pub fn time(data_set: DataSet, tag: Tag, moment: DateTime) -> DataSet {
    let Some(time) = moment.time else { return data_set };
    let whole = format!("{:02}{:02}{:02}", time.hour, time.minute, time.second);
    let fraction = format!("{:06}", time.microsecond);
    match usize::from(time.fraction_digits.min(6)) {
        0 => data_set.text(tag, whole),
        digits => data_set.text(tag, format!("{whole}.{}", &fraction[..digits])),
    }
}

/// An offset from UTC, as `+0100`.
pub fn offset(minutes: i16) -> String {
    let (sign, size) = (if minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
    format!("{sign}{:02}{:02}", size / 60, size % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_stays_the_same_on_other_clocks() {
        let at = |day, hour, minute, offset_minutes| DateTime {
            year: 2024,
            month: 2,
            day,
            time: Some(TimeOfDay { hour, minute, second: 60, microsecond: 5, fraction_digits: 6, offset_minutes }),
        };
        for (one, offset_minutes, want) in [
            (at(28, 23, 30, 0), 60, at(29, 0, 30, 60)),
            (at(29, 0, 30, 60), 0, at(28, 23, 30, 0)),
            (at(28, 12, 0, -330), 345, at(28, 23, 15, 345)),
            (at(28, 12, 0, 60), 60, at(28, 12, 0, 60)),
        ] {
            assert_eq!(at_offset(one, offset_minutes), want);
        }
        let date = DateTime { time: None, ..at(28, 0, 0, 0) };
        assert_eq!(at_offset(date, 60), date);
        assert_eq!([0, 60, -330, 345].map(offset), ["+0000", "+0100", "-0530", "+0545"]);
    }
}
