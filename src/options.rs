//! The type of each option, with how it is read from the command line, shown, and what it is by default.

use std::ffi::OsStr;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, ValueEnum};

/// How a run sums up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SummaryForm {
    /// A table for people.
    #[default]
    Text,
    /// One line of JSON.
    Json,
    /// Nothing, but why the exit code is 1.
    None,
}

/// Reads a value by its `FromStr`, and tells the shell's completion how one can begin.
#[derive(Debug)]
pub struct Listed<T> {
    beginnings: &'static [&'static str],
    value: PhantomData<fn() -> T>,
}

impl<T> Listed<T> {
    /// Values that can begin so.
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

/// What completes `--fhir`.
pub const RELEASES: &[&str] = &["r4", "r4b", "r5", "r6", "r6-ballot2", "r6-ballot5"];

/// What completes `--system`: the rest is the user's.
pub const SYSTEMS: &[&str] =
    &["patient=", "accession=", "study-id=", "placer=", "filler=", "visit=", "specimen=", "scheme:"];
