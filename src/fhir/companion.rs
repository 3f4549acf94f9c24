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

#[cfg(test)]
mod tests {
    use super::super::datatypes::CodeableConcept;
    use super::super::resource::{
        Device, Encounter, Location, Organization, Patient, Practitioner, Procedure, Reference, ServiceRequest,
        Specimen,
    };
    use super::*;

    /// A resource of each type with these values in its elements, of which an empty one is not said.
    fn of_each_type(values: [&str; 4]) -> [Resource; 8] {
        let [a, b, c, d] = values.map(|value| (!value.is_empty()).then(|| value.to_string()));
        let name = a.iter().map(|text| HumanName { text: Some(text.clone()), ..HumanName::default() });
        let name: Vec<HumanName> = name.collect();
        let concept = |text: &Option<String>| text.clone().map(CodeableConcept::text);
        let requester = b.clone().map(|display| Reference { display: Some(display), ..Reference::default() });
        let device = Device { manufacturer: a.clone(), name: b.clone(), model_number: c.clone(), ..Device::default() };
        [
            Resource::Patient(Patient {
                name: name.clone(),
                gender: b.clone().map(Into::into),
                birth_date: c.clone(),
                ..Patient::default()
            }),
            Resource::Practitioner(Practitioner { name, ..Practitioner::default() }),
            Resource::Device(Device { serial_number: d, ..device }),
            Resource::Organization(Organization { name: a.clone(), ..Organization::default() }),
            Resource::Location(Location { name: a.clone() }),
            Resource::ServiceRequest(ServiceRequest { code: concept(&a), requester, ..ServiceRequest::default() }),
            Resource::Procedure(Procedure { code: concept(&a), ..Procedure::default() }),
            Resource::Specimen(Specimen { kind: concept(&a), ..Specimen::default() }),
        ]
    }

    #[test]
    fn what_is_said_twice_contradicts_where_any_of_it_differs() {
        let first = ["a", "b", "c", "d"];
        // The elements that differ, and how many types have one of them.
        for (second, types) in [
            (first, [0, 0, 0, 0, 0, 0, 0, 0]),
            (["x", "b", "c", "d"], [1, 1, 1, 1, 1, 1, 1, 1]),
            (["a", "x", "c", "d"], [1, 0, 1, 0, 0, 1, 0, 0]),
            (["a", "b", "x", "d"], [1, 0, 1, 0, 0, 0, 0, 0]),
            (["a", "b", "c", "x"], [0, 0, 1, 0, 0, 0, 0, 0]),
            (["x", "x", "c", "d"], [1, 1, 1, 1, 1, 1, 1, 1]),
            (["x", "b", "x", "d"], [1, 1, 1, 1, 1, 1, 1, 1]),
            (["a", "x", "x", "d"], [1, 0, 1, 0, 0, 1, 0, 0]),
            (["a", "b", "x", "x"], [1, 0, 1, 0, 0, 0, 0, 0]),
            (["a", "", "", ""], [0, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            let contradicts = of_each_type(first).into_iter().zip(of_each_type(second)).map(|(mut one, other)| {
                let contradicts = u8::from(one.merge(other));
                assert!(of_each_type(first).contains(&one), "what is there stays: {one:?}");
                contradicts
            });
            assert_eq!(contradicts.collect::<Vec<_>>(), types, "{second:?}");
        }
    }

    #[test]
    fn what_is_not_said_yet_is_taken() {
        for (mut bare, whole) in of_each_type([""; 4]).into_iter().zip(of_each_type(["a", "b", "c", "d"])) {
            if matches!(bare, Resource::Location(_)) {
                continue;
            }
            assert!(!bare.merge(whole.clone()), "{whole:?}");
            assert_eq!(bare, whole);
        }
        let mut visit = Resource::Encounter(Encounter::default());
        assert!(!visit.merge(Resource::Encounter(Encounter::default())));
    }

    #[test]
    fn an_institution_that_made_it_and_performed_it_is_its_creator() {
        let institution = |is_creator| Resource::Organization(Organization { is_creator, ..Organization::default() });
        for [one, other] in [[true, false], [false, true]] {
            let mut known = institution(one);
            known.merge(institution(other));
            assert_eq!(known, institution(true));
        }
    }
}
