//! Patient and Practitioner, Organization and Location: the same in every release.

use serde::ser::SerializeMap;

use crate::fhir::datatypes::{CodeableConcept, Coding, HumanName, Text};
use crate::fhir::identifier::Identifier;
use crate::fhir::json::{CONCEPT, Element, Member, Object, extension};
use crate::fhir::merge::merged;

/// `Patient`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Patient {
    /// The first one is the identifier that references use.
    pub identifier: Vec<Identifier>,
    /// One for each representation.
    pub name: Vec<HumanName>,
    /// `male`, `female`, `other`, `unknown`.
    pub gender: Option<Text>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// What animal it is (extension patient-animal); `None` of people.
    pub animal: Option<Animal>,
}

merged!(Patient: identifier, name, gender, birth_date, animal);

impl Element for Patient {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("extension", self.animal.iter())?;
        object.list("identifier", &self.identifier)?;
        object.list("name", &self.name)?;
        object.optional("gender", self.gender.as_deref())?;
        object.optional("birthDate", self.birth_date.as_deref())
    }
}

/// The extension `patient-animal`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Animal {
    /// What kind of animal.
    pub species: CodeableConcept,
    /// What breed.
    pub breed: Option<CodeableConcept>,
    /// Whether it was neutered: `neutered`, `intact`.
    pub gender_status: Option<Coding>,
}

impl Element for Animal {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("url", "http://hl7.org/fhir/StructureDefinition/patient-animal")?;
        let status = self.gender_status.clone().map(CodeableConcept::from);
        let parts =
            [("species", Some(&self.species)), ("breed", self.breed.as_ref()), ("genderStatus", status.as_ref())];
        let extensions = parts.into_iter().filter_map(|(url, concept)| Some(extension(url, Member(CONCEPT, concept?))));
        object.list("extension", extensions)
    }
}

/// `Practitioner`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Practitioner {
    /// From the identification sequence.
    pub identifier: Vec<Identifier>,
    /// One for each representation.
    pub name: Vec<HumanName>,
}

merged!(Practitioner: identifier, name);

impl Element for Practitioner {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("identifier", &self.identifier)?;
        object.list("name", &self.name)
    }
}

/// `Organization`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Organization {
    /// From the institution code.
    pub identifier: Vec<Identifier>,
    /// The name.
    pub name: Option<String>,
    /// Whether it is the one that makes a document, as the user says; none that the headers name is.
    pub is_creator: bool,
}

merged!(Organization: identifier, name, is_creator);

impl Element for Organization {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("identifier", &self.identifier)?;
        object.optional("name", self.name.as_deref())
    }
}

/// `Location`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The name.
    pub name: Option<String>,
}

impl Element for Location {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.optional("name", self.name.as_deref())
    }
}
