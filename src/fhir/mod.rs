//! FHIR: a release-neutral model of what the tool writes, the releases as data, and JSON. Knows no DICOM.

pub mod bundle;
mod companion;
mod contested;
pub mod datatypes;
mod dialect;
pub mod document;
pub mod id;
pub mod identifier;
pub mod imaging_selection;
pub mod imaging_study;
pub mod issuer;
pub mod json;
mod merge;
mod meta;
mod narrative;
pub mod profile;
pub mod references;
pub mod region;
pub mod release;
pub mod resource;
#[cfg(test)]
mod sample;
mod subject;
#[cfg(test)]
mod tests;

pub use bundle::Bundle;
pub use contested::{Claim, Contested, Described, Fact, contradictions};
pub use datatypes::{CodeableConcept, Coding, DateTime, HumanName, NameRepresentation, ResourceType, Text, TimeOfDay};
pub use dialect::Dialect;
pub use document::Document;
pub use identifier::{IdText, Identifier, SystemBy};
pub use imaging_selection::{ImagingSelection, SelectedInstance};
pub use imaging_study::{ImagingStudy, Instance, Instances, KeyObject, Performer, Procedure, Series, SopClass};
pub use meta::Meta;
pub use profile::Profile;
pub use references::{Companion, Held, Linked, Sharing, link};
pub use release::Release;
pub use resource::{Reference, Resource};
pub use subject::Subject;
