//! Operations on companion resources: identity, and merging of two with the same id.

use super::datatypes::{CodeableConcept, HumanName};
use super::identifier::{Identifier, unite_identifiers};
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
        macro_rules! merge {
            ($mine:ident, $theirs:ident: $($field:ident),+) => {
                [$($mine.$field.merge($theirs.$field)),+].contains(&true)
            };
        }
        match (self, other) {
            (Resource::Patient(a), Resource::Patient(b)) => merge!(a, b: identifier, name, gender, birth_date, animal),
            (Resource::Practitioner(a), Resource::Practitioner(b)) => merge!(a, b: identifier, name),
            (Resource::Device(a), Resource::Device(b)) => {
                merge!(a, b: identifier, udi, version, manufacturer, name, model_number, serial_number)
            }
            (Resource::Organization(a), Resource::Organization(b)) => merge!(a, b: identifier, is_creator, name),
            (Resource::Encounter(a), Resource::Encounter(b)) => merge!(a, b: identifier),
            (Resource::ServiceRequest(a), Resource::ServiceRequest(b)) => {
                merge!(a, b: identifier, reason, code, requester)
            }
            (Resource::Procedure(a), Resource::Procedure(b)) => merge!(a, b: identifier, code),
            (Resource::Specimen(a), Resource::Specimen(b)) => merge!(a, b: identifier, kind),
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

/// A field of a companion that two resources have.
trait Merge {
    /// Adds what is missing; returns whether what is there differs.
    fn merge(&mut self, other: Self) -> bool;
}

impl Merge for Vec<Identifier> {
    fn merge(&mut self, other: Vec<Identifier>) -> bool {
        unite_identifiers(self, other);
        false
    }
}

/// Lists of statements of their own.
macro_rules! unite {
    ($($item:ty),+) => {
        $(impl Merge for Vec<$item> {
            fn merge(&mut self, other: Vec<$item>) -> bool {
                for value in other {
                    if !self.contains(&value) {
                        self.push(value);
                    }
                }
                false
            }
        })+
    };
}

unite!(String, CodeableConcept);

/// The names of a person are one statement.
impl Merge for Vec<HumanName> {
    fn merge(&mut self, other: Vec<HumanName>) -> bool {
        if self.is_empty() {
            *self = other;
            return false;
        }
        !other.is_empty() && *self != other
    }
}

impl<T: PartialEq> Merge for Option<T> {
    fn merge(&mut self, other: Option<T>) -> bool {
        if self.is_none() {
            *self = other;
            return false;
        }
        other.is_some() && *self != other
    }
}

impl Merge for bool {
    fn merge(&mut self, other: bool) -> bool {
        *self |= other;
        false
    }
}
