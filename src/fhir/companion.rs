//! Operations on companion resources of any type.

use super::datatypes::HumanName;
use super::identifier::Identifier;
use super::merge::Merge;
use super::resource::Resource;

impl Resource {
    /// The identifiers, the one that references use first.
    pub fn identifier(&self) -> &[Identifier] {
        match self {
            Resource::Patient(patient) => &patient.identifier,
            Resource::Practitioner(practitioner) => &practitioner.identifier,
            Resource::Device(device) => &device.identifier,
            Resource::Organization(organization) => &organization.identifier,
            Resource::Encounter(encounter) => &encounter.identifier,
            Resource::ServiceRequest(request) => &request.identifier,
            Resource::Procedure(procedure) => &procedure.identifier,
            Resource::Specimen(specimen) => &specimen.identifier,
            Resource::Location(_) | Resource::Endpoint(_) => &[],
        }
    }

    /// The values that distinguish a resource without identifier from others in the same role.
    pub(super) fn known(&self) -> Vec<&str> {
        match self {
            Resource::Patient(patient) => {
                let names = patient.name.iter().flat_map(name_parts);
                names.chain(patient.birth_date.as_deref()).collect()
            }
            Resource::Practitioner(practitioner) => practitioner.name.iter().flat_map(name_parts).collect(),
            Resource::Device(device) => {
                let parts = [&device.manufacturer, &device.model_number, &device.serial_number, &device.name];
                let parts = parts.map(|part| part.as_deref().unwrap_or_default());
                parts.into_iter().chain(device.udi.iter().map(String::as_str)).collect()
            }
            Resource::Organization(organization) => organization.name.as_deref().into_iter().collect(),
            Resource::Location(location) => location.name.as_deref().into_iter().collect(),
            Resource::Encounter(_) => Vec::new(),
            Resource::ServiceRequest(request) => {
                request.code.as_ref().and_then(|code| code.label()).into_iter().collect()
            }
            Resource::Procedure(procedure) => {
                procedure.code.as_ref().and_then(|code| code.label()).into_iter().collect()
            }
            Resource::Specimen(specimen) => specimen.kind.as_ref().and_then(|kind| kind.label()).into_iter().collect(),
            Resource::Endpoint(endpoint) => vec![&endpoint.connection_type.code, &endpoint.address],
        }
    }

    /// Merges another resource with the same id; existing values are kept. Returns whether the two contradict each
    /// other.
    pub fn merge(&mut self, other: Resource) -> bool {
        match (self, other) {
            (Resource::Patient(mine), Resource::Patient(theirs)) => mine.merge(theirs),
            (Resource::Practitioner(mine), Resource::Practitioner(theirs)) => mine.merge(theirs),
            (Resource::Device(mine), Resource::Device(theirs)) => mine.merge(theirs),
            (Resource::Organization(mine), Resource::Organization(theirs)) => mine.merge(theirs),
            (Resource::Encounter(mine), Resource::Encounter(theirs)) => mine.merge(theirs),
            (Resource::ServiceRequest(mine), Resource::ServiceRequest(theirs)) => mine.merge(theirs),
            (Resource::Procedure(mine), Resource::Procedure(theirs)) => mine.merge(theirs),
            (Resource::Specimen(mine), Resource::Specimen(theirs)) => mine.merge(theirs),
            // Location and Endpoint are equal only if all values are.
            (mine, theirs) => *mine != theirs,
        }
    }
}

/// The parts of a name, in order.
fn name_parts(name: &HumanName) -> impl Iterator<Item = &str> {
    let lists = name.given.iter().chain(&name.prefix).chain(&name.suffix);
    name.family.iter().chain(lists).chain(&name.text).map(String::as_str)
}
