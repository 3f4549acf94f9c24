//! Patient and Practitioner, Organization and Location: the same in every release.

use serde::ser::SerializeMap;

use crate::fhir::json::object::{Element, Object};
use crate::fhir::resource::{Location, Organization, Patient, Practitioner};

impl Element for Patient {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("identifier", &self.identifier)?;
        object.list("name", &self.name)?;
        object.optional("gender", self.gender.as_deref())?;
        object.optional("birthDate", self.birth_date.as_deref())
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
