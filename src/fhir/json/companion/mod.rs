//! The companion resources, one family a file. Only what the headers say is written; what a release requires beyond
//! that is the specification's own code for "unknown", or a data-absent-reason.

mod device;
mod endpoint;
mod order;
mod person;

use serde::ser::SerializeMap;

use super::object::{Element, Object};
use crate::fhir::profile::Role;
use crate::fhir::references::Companion;
use crate::fhir::resource::Resource;

/// A companion inside the study, which has no `meta` of its own (dom-4, dom-5).
pub struct Contained<'a>(pub &'a Companion);

impl Element for Contained<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("resourceType", self.0.resource_type().name())?;
        object.value("id", &self.0.id)?;
        content(self.0, object)
    }
}

/// A companion with its id, or without one where the server is to give it.
pub struct Body<'a> {
    /// The id.
    pub id: Option<&'a str>,
    /// The resource.
    pub companion: &'a Companion,
}

impl Element for Companion {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        Body { id: Some(&self.id), companion: self }.write(object)
    }
}

impl Element for Body<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("resourceType", self.companion.resource_type().name())?;
        object.optional("id", self.id)?;
        object.meta(Role::of(&self.companion.resource))?;
        content(self.companion, object)
    }
}

/// What comes after id and `meta`.
fn content<M: SerializeMap>(companion: &Companion, object: &mut Object<'_, M>) -> Result<(), M::Error> {
    let subject = &companion.subject;
    match &companion.resource {
        Resource::Patient(patient) => patient.write(object),
        Resource::Practitioner(practitioner) => practitioner.write(object),
        Resource::Device(device) => device.write(object),
        Resource::Organization(organization) => organization.write(object),
        Resource::Location(location) => location.write(object),
        Resource::Encounter(encounter) => order::Of(encounter, subject).write(object),
        Resource::ServiceRequest(request) => order::Of(request, subject).write(object),
        Resource::Procedure(procedure) => order::Of(procedure, subject).write(object),
        Resource::Specimen(specimen) => order::Of(specimen, subject).write(object),
        Resource::Endpoint(endpoint) => endpoint.write(object),
    }
}
