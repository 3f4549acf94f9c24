//! Offsets from UTC: Timezone Offset From UTC (0008,0201), and the suffix of DT (PS3.3 C.12.1.1.8, PS3.5 6.2).

use std::fmt;

use super::{trim, two_digits};

/// An offset from UTC between −12:00 and +14:00; shown as FHIR has it, `+02:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset {
    minutes: i16,
}

impl Offset {
    /// UTC itself.
    pub const UTC: Self = Self { minutes: 0 };

    /// The offset, if PS3.3 C.12.1.1.8 allows it.
    pub fn from_minutes(minutes: i32) -> Option<Self> {
        let allowed = i16::try_from(minutes).ok().filter(|minutes| (-12 * 60..=14 * 60).contains(minutes));
        allowed.map(|minutes| Self { minutes })
    }

    /// Reads `+HHMM` or `-HHMM`.
    pub fn parse(text: &str) -> Option<Self> {
        let (is_west, hours, minutes) = signed(trim(text).as_bytes())?;
        let minutes = i32::from(hours) * 60 + i32::from(minutes);
        match (is_west, minutes) {
            // PS3.3 C.12.1.1.8 rules out the negative zero.
            (true, 0) => None,
            (true, minutes) => Self::from_minutes(-minutes),
            (false, minutes) => Self::from_minutes(minutes),
        }
    }

    /// Minutes east of Greenwich; negative in the west.
    pub fn minutes(self) -> i16 {
        self.minutes
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let minutes = self.minutes.unsigned_abs();
        write!(formatter, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

fn signed(text: &[u8]) -> Option<(bool, u8, u8)> {
    let (sign, rest) = text.split_first()?;
    let is_west = match sign {
        b'+' => false,
        b'-' => true,
        _ => return None,
    };
    let (hours, rest) = two_digits(rest)?;
    let (minutes, rest) = two_digits(rest)?;
    (rest.is_empty() && minutes < 60).then_some((is_west, hours, minutes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_offset_is_shown_with_a_colon() {
        for (text, want) in [
            ("+0200", "+02:00"),
            ("-0330 ", "-03:30"),
            ("+0000", "+00:00"),
            ("+0545", "+05:45"),
            ("-1200", "-12:00"),
            ("+1400", "+14:00"),
            ("-0030", "-00:30"),
        ] {
            assert_eq!(Offset::parse(text).map(|offset| offset.to_string()).as_deref(), Some(want), "{text:?}");
        }
    }

    #[test]
    fn an_offset_that_no_place_has_is_none() {
        for text in ["", "0200", "+200", "+02:00", "+02000", "+0260", "Z", "-0000", "-1201", "+1401", "+9900"] {
            assert_eq!(Offset::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn an_offset_reads_back_as_itself(minutes in -720i32..=840) {
            let offset = Offset::from_minutes(minutes).unwrap();
            prop_assert_eq!(Offset::parse(&offset.to_string().replace(':', "")), Some(offset));
        }
    }
}
