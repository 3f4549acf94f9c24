//! What the resources say, beside the headers.

use std::str::FromStr;

use clap::ValueEnum;

use super::{suggest, uri};

/// How deep the resource goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[allow(missing_docs)]
pub enum Detail {
    Study,
    Series,
    #[default]
    Instance,
}

/// `ImagingStudy.status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Status {
    Registered,
    #[default]
    Available,
    Cancelled,
    EnteredInError,
    Unknown,
    Inactive,
}

impl Status {
    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Status::Registered => "registered",
            Status::Available => "available",
            Status::Cancelled => "cancelled",
            Status::EnteredInError => "entered-in-error",
            Status::Unknown => "unknown",
            Status::Inactive => "inactive",
        }
    }
}

/// How other resources are referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum References {
    /// By identifier and display.
    Logical,
    /// As resources inside the study.
    Contained,
    /// As resources of their own.
    Separate,
}

/// A subject that is on the server, as `Patient/ID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `Patient`, `Device` or `Group`.
    pub resource_type: &'static str,
    /// Its id.
    pub id: String,
}

const SUBJECTS: [&str; 3] = ["Patient", "Device", "Group"];

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Subject, String> {
        let (resource_type, id) = text.split_once('/').ok_or("want TYPE/ID, as Patient/123")?;
        let known = SUBJECTS.into_iter().find(|known| *known == resource_type);
        let known = known.ok_or_else(|| suggest::unknown("type of subject", resource_type, &SUBJECTS))?;
        Ok(Subject { resource_type: known, id: uri::id(id)?.to_string() })
    }
}

/// Whether something that not everybody wants is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Choice {
    Yes,
    No,
}

impl Choice {
    /// The choice that a flag makes.
    pub fn of(flag: bool) -> Choice {
        if flag { Choice::Yes } else { Choice::No }
    }

    /// Whether it is done.
    pub fn is_yes(self) -> bool {
        self == Choice::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_type_and_an_id() {
        let subject: Subject = "Patient/p-1".parse().unwrap();
        assert_eq!((subject.resource_type, subject.id.as_str()), ("Patient", "p-1"));
        for text in ["p-1", "patient/1", "Patient/", "Patient/a/b", "https://h/Patient/1", "Person/1"] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_codes_are_those_of_the_command_line() {
        for status in Status::value_variants() {
            assert_eq!(status.to_possible_value().unwrap().get_name(), status.code());
        }
    }
}
