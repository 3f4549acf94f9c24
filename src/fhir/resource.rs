//! The companion resources: what the headers say of a patient, a device, an order, as the union of what the releases
//! have.

use super::datatypes::{CodeableConcept, Coding, HumanName, ResourceType, Text};
use super::identifier::Identifier;

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
}

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

/// `Practitioner`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Practitioner {
    /// From the identification sequence.
    pub identifier: Vec<Identifier>,
    /// One for each representation.
    pub name: Vec<HumanName>,
}

/// `Device`: the equipment, a phantom, or the program that made a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Device {
    /// A phantom's Patient ID.
    pub identifier: Vec<Identifier>,
    /// Unique device identifiers.
    pub udi: Vec<String>,
    /// The manufacturer's name.
    pub manufacturer: Option<String>,
    /// The station's or phantom's name.
    pub name: Option<String>,
    /// The model.
    pub model_number: Option<String>,
    /// The serial number.
    pub serial_number: Option<String>,
    /// The software versions.
    pub version: Vec<String>,
    /// What it is to the study.
    pub kind: DeviceKind,
    /// Whose it is, of a program.
    pub owner: Option<Box<Reference>>,
}

/// What a Device is to a study.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceKind {
    /// It made the images.
    #[default]
    Equipment,
    /// It was imaged.
    Phantom,
    /// It made the document, and is of this type.
    Program(Coding),
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

/// `Location`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The name.
    pub name: Option<String>,
}

/// `Encounter`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Encounter {
    /// The admission's.
    pub identifier: Vec<Identifier>,
}

/// `ServiceRequest`: the order.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceRequest {
    /// Accession, placer and filler numbers.
    pub identifier: Vec<Identifier>,
    /// What was asked for.
    pub code: Option<CodeableConcept>,
    /// Why.
    pub reason: Vec<CodeableConcept>,
    /// Who asked.
    pub requester: Option<Reference>,
}

/// `Procedure`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Procedure {
    /// The performed procedure step's UID.
    pub identifier: Vec<Identifier>,
    /// What was performed.
    pub code: Option<CodeableConcept>,
}

/// `Specimen`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specimen {
    /// The specimen's and its issuer's.
    pub identifier: Vec<Identifier>,
    /// What it is.
    pub kind: Option<CodeableConcept>,
}

/// `Endpoint`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// The kind of service.
    pub connection_type: Coding,
    /// The base URL.
    pub address: String,
    /// The UID of the repository (IHE XDS-I retrieve location).
    pub location: Option<String>,
    /// The type of what it answers; none where that depends on what is asked for.
    pub mime_type: Option<Text>,
}

impl Endpoint {
    /// The endpoint of a service, by its base URL.
    pub fn at(connection_type: Coding, address: String) -> Endpoint {
        Endpoint { connection_type, address, location: None, mime_type: None }
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
    /// What a reader is shown.
    pub display: Option<String>,
    /// The bytes of the file, where what is shown lost some: two that look alike are then one only if these are equal.
    pub lost: Option<Box<[u8]>>,
    /// The reference as given by the user, as `Patient/123`; stands instead of the companion.
    pub literal: Option<String>,
    /// All that the headers say of it.
    pub resource: Option<Box<Resource>>,
}

impl Reference {
    /// A reference that says only what it is to.
    pub fn to(target: ResourceType) -> Reference {
        Reference { target, identifier: None, display: None, lost: None, literal: None, resource: None }
    }

    /// Adds what another reference to the same thing knows; what is there stays. Says whether the two contradict each other.
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

    /// All numbers that are known of what is referred to.
    pub fn numbers(&self) -> &[Identifier] {
        self.resource.as_deref().map_or(&[], Resource::identifier)
    }

    /// Whether one number is known of both.
    pub fn shares_a_number(&self, other: &Reference) -> bool {
        self.numbers().iter().any(|mine| other.numbers().iter().any(|theirs| mine.can_be(theirs)))
    }

    /// Whether a logical reference would say nothing: the writer gives a data-absent-reason where one is required.
    pub fn is_empty(&self) -> bool {
        self.identifier.is_none() && self.display.is_none() && self.literal.is_none()
    }
}
