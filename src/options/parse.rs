//! Parsers of option values, beyond the `FromStr` of their types.

use std::ffi::OsStr;
use std::fmt::Display;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

/// Parses a value by its `FromStr`, and gives shell completion some beginnings.
#[derive(Debug)]
pub struct Listed<T> {
    beginnings: &'static [&'static str],
    value: PhantomData<fn() -> T>,
}

impl<T> Listed<T> {
    /// A parser with these beginnings for completion.
    pub const fn new(beginnings: &'static [&'static str]) -> Listed<T> {
        Listed { beginnings, value: PhantomData }
    }
}

impl<T> Clone for Listed<T> {
    fn clone(&self) -> Listed<T> {
        Listed::new(self.beginnings)
    }
}

impl<T: FromStr<Err = String> + Clone + Send + Sync + 'static> TypedValueParser for Listed<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        let parser = StringValueParser::new().try_map(|text| text.parse::<T>());
        TypedValueParser::parse_ref(&parser, command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.beginnings.iter().map(PossibleValue::new)))
    }
}

/// Parses a whole number in a range.
pub fn whole<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Clone,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("want a whole number from {} to {}", range.start(), range.end()))
    }
}

/// Parses a whole number with a lower bound only.
pub fn at_least(least: u64) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| *number >= least);
        number.ok_or_else(|| format!("want a whole number, {least} or more"))
    }
}

/// Completions of `--system`; the URI follows.
pub const SYSTEMS: &[&str] =
    &["patient=", "accession=", "study-id=", "placer=", "filler=", "visit=", "specimen=", "scheme:"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_range_is_told_what_is_wanted() {
        for (text, want) in [("1", Ok(1)), ("1024", Ok(1024)), ("0", Err(())), ("1025", Err(())), ("many", Err(()))] {
            let read = whole::<u16>(1..=1024)(text);
            assert_eq!(read.map_err(|said| assert_eq!(said, "want a whole number from 1 to 1024")), want, "{text}");
        }
        for (text, want) in [("1", Ok(1)), ("18446744073709551615", Ok(u64::MAX)), ("0", Err(())), ("-1", Err(()))] {
            let read = at_least(1)(text);
            assert_eq!(read.map_err(|said| assert_eq!(said, "want a whole number, 1 or more")), want, "{text}");
        }
    }
}
