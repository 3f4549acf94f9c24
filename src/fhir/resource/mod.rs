//! The companion resources: what the headers say of a patient, a device, an order, as the union of what the releases
//! have, each beside its JSON.
//!
//! Only what the headers say is written; what a release requires beyond that is the specification's own code for
//! "unknown", or a data-absent-reason.

mod device;
mod endpoint;
mod order;
mod person;

use serde::ser::SerializeMap;

use super::datatypes::{HumanName, ResourceType};
use super::identifier::Identifier;
use super::json::{Element, Object};
use super::profile::Role;
pub use device::{Device, DeviceKind};
pub use endpoint::Endpoint;
pub use order::{Encounter, Procedure, ServiceRequest, Specimen};
pub use person::{Animal, Location, Organization, Patient, Practitioner};

/// A companion resource without its id, which depends on whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Resource {
    Patient(Patient),
    Practitioner(Practitioner),
    Device(Device),
    Organization(Organization),
    Location(Location),
    Encounter(Encounter),
    ServiceRequest(ServiceRequest),
    Procedure(Procedure),
    Specimen(Specimen),
    Endpoint(Endpoint),
}

impl Resource {
    /// The resource's type.
    pub fn resource_type(&self) -> ResourceType {
        match self {
            Resource::Patient(_) => ResourceType::Patient,
            Resource::Practitioner(_) => ResourceType::Practitioner,
            Resource::Device(_) => ResourceType::Device,
            Resource::Organization(_) => ResourceType::Organization,
            Resource::Location(_) => ResourceType::Location,
            Resource::Encounter(_) => ResourceType::Encounter,
            Resource::ServiceRequest(_) => ResourceType::ServiceRequest,
            Resource::Procedure(_) => ResourceType::Procedure,
            Resource::Specimen(_) => ResourceType::Specimen,
            Resource::Endpoint(_) => ResourceType::Endpoint,
        }
    }

    /// Its role in the output of a study.
    pub fn role(&self) -> Role {
        match self {
            Resource::Patient(_) => Role::Patient,
            Resource::ServiceRequest(request) => {
                match request.identifier.iter().find(|number| number.is_accession()).map(Identifier::token) {
                    Some(Some(_)) => Role::Order,
                    Some(None) => Role::OrderWithoutSystem,
                    None => Role::Other,
                }
            }
            Resource::Device(device) => match device.kind {
                DeviceKind::Equipment => Role::Equipment,
                DeviceKind::Phantom => Role::Other,
                DeviceKind::Program(_) => Role::Creator,
            },
            Resource::Organization(organization) if organization.is_creator => Role::CreatorOrganization,
            Resource::Endpoint(endpoint) if &*endpoint.connection_type.code == "dicom-wado-rs" => Role::WadoRs,
            Resource::Endpoint(endpoint) if endpoint.mime_type.is_some() => Role::WebViewer,
            Resource::Endpoint(_) => Role::OtherEndpoint,
            _ => Role::Other,
        }
    }

    /// Writes what comes after id and `meta`; the subject is that of the study.
    pub fn write<M: SerializeMap>(&self, subject: &Reference, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        match self {
            Resource::Patient(patient) => patient.write(object),
            Resource::Practitioner(practitioner) => practitioner.write(object),
            Resource::Device(device) => device.write(object),
            Resource::Organization(organization) => organization.write(object),
            Resource::Location(location) => location.write(object),
            Resource::Encounter(encounter) => encounter.write(subject, object),
            Resource::ServiceRequest(request) => request.write(subject, object),
            Resource::Procedure(procedure) => procedure.write(subject, object),
            Resource::Specimen(specimen) => specimen.write(subject, object),
            Resource::Endpoint(endpoint) => endpoint.write(object),
        }
    }
}

/// `Reference`: to a resource on a server, or by identifier and display, with the companion resource that could be
/// written beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The type of what is referred to.
    pub target: ResourceType,
    /// The identifier of what is referred to.
    pub identifier: Option<Identifier>,
    /// The display.
    pub display: Option<String>,
    /// The bytes of the file, if the display lost some: two with equal displays are one only if these are equal too.
    pub lost: Option<Box<[u8]>>,
    /// The reference as given by the user, as `Patient/123`; stands instead of the companion.
    pub literal: Option<String>,
    /// The resource, as far as the headers describe it.
    pub resource: Option<Box<Resource>>,
}

/// A reference to a Patient of whom nothing is known.
impl Default for Reference {
    fn default() -> Reference {
        Reference::to(ResourceType::Patient)
    }
}

impl Reference {
    /// A reference with a type and nothing else.
    pub fn to(target: ResourceType) -> Reference {
        Reference { target, identifier: None, display: None, lost: None, literal: None, resource: None }
    }

    /// A reference to a resource, with identifier and display.
    pub fn with(resource: Resource, identifier: Option<Identifier>, display: Option<String>) -> Reference {
        let target = resource.resource_type();
        Reference { identifier, display, resource: Some(Box::new(resource)), ..Reference::to(target) }
    }

    /// Sets the bytes that the display lost.
    pub fn losing(self, lost: Option<Box<[u8]>>) -> Reference {
        Reference { lost, ..self }
    }

    /// Merges another reference to the same thing; existing values are kept. Returns whether the two contradict each
    /// other.
    pub fn merge_into(&mut self, other: Reference) -> bool {
        if self.display.is_none() {
            (self.display, self.lost) = (other.display, other.lost);
        }
        match (&mut self.identifier, &other.identifier) {
            (Some(mine), Some(theirs)) if mine.can_be(theirs) => mine.complete(theirs),
            _ => {}
        }
        match (&mut self.resource, other.resource) {
            (Some(mine), Some(theirs)) => mine.merge(*theirs),
            (mine @ None, theirs) => {
                *mine = theirs;
                false
            }
            (Some(_), None) => false,
        }
    }

    /// The identifiers of the resource.
    pub fn numbers(&self) -> &[Identifier] {
        self.resource.as_deref().map_or(&[], Resource::identifier)
    }

    /// Whether both can have one name: the displays are equal, with the bytes that they lost, and so is the name in
    /// every script that both have. Two names that are equal in letters can differ in ideographs.
    pub fn can_be_called(&self, other: &Reference) -> bool {
        let contradicts = |mine: &HumanName| {
            other.names().iter().any(|theirs| mine.script() == theirs.script() && mine.text != theirs.text)
        };
        (&self.display, &self.lost) == (&other.display, &other.lost) && !self.names().iter().any(contradicts)
    }

    /// The name of a person in each script.
    pub fn names(&self) -> &[HumanName] {
        match self.resource.as_deref() {
            Some(Resource::Patient(patient)) => &patient.name,
            Some(Resource::Practitioner(practitioner)) => &practitioner.name,
            _ => &[],
        }
    }

    /// Whether both have an identifier in common.
    pub fn shares_a_number(&self, other: &Reference) -> bool {
        self.numbers().iter().any(|mine| other.numbers().iter().any(|theirs| mine.can_be(theirs)))
    }

    /// Whether a logical reference would say nothing: the writer gives a data-absent-reason where one is required.
    pub fn is_empty(&self) -> bool {
        self.identifier.is_none() && self.display.is_none() && self.literal.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Coding;

    #[test]
    fn the_makers_organization_and_each_kind_of_endpoint_have_roles_of_their_own() {
        let organization = |is_creator| Resource::Organization(Organization { is_creator, ..Organization::default() });
        let endpoint = |code: &'static str, mime_type: Option<&'static str>| {
            let kind = Coding { code: code.into(), ..Coding::default() };
            let mime_type = mime_type.map(Into::into);
            Resource::Endpoint(Endpoint { mime_type, ..Endpoint::at(kind, "http://h".to_string()) })
        };
        for (resource, want) in [
            (organization(true), Role::CreatorOrganization),
            (organization(false), Role::Other),
            (endpoint("dicom-wado-rs", None), Role::WadoRs),
            (endpoint("dicom-wado-rs", Some("text/html")), Role::WadoRs),
            (endpoint("ihe-iid", Some("text/html")), Role::WebViewer),
            (endpoint("ihe-iid", None), Role::OtherEndpoint),
        ] {
            assert!(resource.role() == want, "{resource:?}");
        }
    }
}
