//! A subject that is on the server.

use std::fmt;
use std::str::FromStr;

use super::datatypes::ResourceType;
use crate::options::{unknown, uri};

/// A subject that is on the server, as `Patient/ID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `Patient`, `Device` or `Group`.
    pub resource_type: ResourceType,
    /// Its id.
    pub id: String,
}

const TYPES: [ResourceType; 3] = [ResourceType::Patient, ResourceType::Device, ResourceType::Group];

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Subject, String> {
        let (name, id) = text.split_once('/').ok_or("want TYPE/ID, as Patient/123")?;
        let known = TYPES.into_iter().find(|known| known.name() == name);
        let resource_type = known.ok_or_else(|| unknown("type of subject", name, &TYPES.map(|known| known.name())))?;
        Ok(Subject { resource_type, id: uri::id(id)?.to_string() })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource_type.name(), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_type_and_an_id() {
        let subject: Subject = "Patient/p-1".parse().unwrap();
        assert_eq!((subject.resource_type, subject.id.as_str()), (ResourceType::Patient, "p-1"));
        assert_eq!(subject.to_string(), "Patient/p-1");
        for text in ["p-1", "patient/1", "Patient/", "Patient/a/b", "https://h/Patient/1", "Person/1"] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }
}
