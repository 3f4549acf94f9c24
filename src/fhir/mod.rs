//! FHIR: a release-neutral model of what the tool writes, the releases as data, and JSON. Knows no DICOM.

pub mod datatypes;
pub mod imaging_study;
pub mod resource;

pub use datatypes::{
    CodeableConcept, Coding, DateTime, HumanName, Identifier, NameRepresentation, Reference, ResourceType, Text,
    TimeOfDay,
};
pub use imaging_study::{
    Annotation, Endpoints, ImagingStudy, Instance, Instances, Performer, Procedure, Series, SopClass,
};
pub use resource::Resource;
