//! Patient and Practitioner, Organization and Location: the same in every release.

use serde::ser::SerializeMap;

use crate::fhir::datatypes::CodeableConcept;
use crate::fhir::json::concept::ConceptExtension;
use crate::fhir::json::object::{Element, Object};
use crate::fhir::resource::{Animal, Location, Organization, Patient, Practitioner};

impl Element for Patient {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("extension", self.animal.iter())?;
        object.list("identifier", &self.identifier)?;
        object.list("name", &self.name)?;
        object.optional("gender", self.gender.as_deref())?;
        object.optional("birthDate", self.birth_date.as_deref())
    }
}

impl Element for Animal {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("url", "http://hl7.org/fhir/StructureDefinition/patient-animal")?;
        let status = self.gender_status.clone().map(CodeableConcept::from);
        let parts =
            [("species", Some(&self.species)), ("breed", self.breed.as_ref()), ("genderStatus", status.as_ref())];
        let extensions =
            parts.into_iter().filter_map(|(url, concept)| Some(ConceptExtension { url, concept: concept?.clone() }));
        object.list("extension", extensions)
    }
}

impl Element for Practitioner {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("identifier", &self.identifier)?;
        object.list("name", &self.name)
    }
}

impl Element for Organization {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("identifier", &self.identifier)?;
        object.optional("name", self.name.as_deref())
    }
}

impl Element for Location {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.optional("name", self.name.as_deref())
    }
}
