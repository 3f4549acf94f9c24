//! Encounter, ServiceRequest, Procedure and Specimen: what concerns the subject of the study.

use serde::ser::SerializeMap;

use super::Reference;
use crate::fhir::datatypes::{CodeableConcept, ResourceType};
use crate::fhir::identifier::Identifier;
use crate::fhir::json::{Absent, InConcept, Object};
use crate::fhir::merge::merged;
use crate::fhir::profile::{Code, Limit};

/// `Encounter`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Encounter {
    /// The admission's.
    pub identifier: Vec<Identifier>,
}

merged!(Encounter: identifier);

impl Encounter {
    /// Writes it with its subject.
    pub fn write<M: SerializeMap>(&self, subject: &Reference, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("identifier", &self.identifier)?;
        object.value("status", "unknown")?;
        if object.release.companions.encounter_class {
            object.element("class", Absent::UNKNOWN)?;
        }
        // Only a Patient or a Group has encounters; a phantom has none.
        let patient = (subject.target == ResourceType::Patient && !subject.is_empty()).then_some(subject);
        object.optional_element("subject", patient)
    }
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

merged!(ServiceRequest: identifier, code, reason, requester);

impl ServiceRequest {
    /// Writes it with its subject.
    pub fn write<M: SerializeMap>(&self, subject: &Reference, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let profile = object.dialect.profile;
        if !profile.has(Limit::OrderWithoutNumbers) {
            object.list("identifier", &self.identifier)?;
        }
        object.value("status", profile.order_status)?;
        object.value("intent", "order")?;
        object.list("category", profile.order_category.map(Code::coding).as_ref().map(InConcept).iter())?;
        object.coded(object.release.companions.order_code, &self.code)?;
        object.element("subject", subject)?;
        object.optional_element("requester", self.requester.as_ref())?;
        object.coded(object.release.companions.order_reason, &self.reason)
    }
}

/// `Procedure`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Procedure {
    /// The performed procedure step's UID.
    pub identifier: Vec<Identifier>,
    /// What was performed.
    pub code: Option<CodeableConcept>,
}

merged!(Procedure: identifier, code);

impl Procedure {
    /// Writes it with its subject.
    pub fn write<M: SerializeMap>(&self, subject: &Reference, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("identifier", &self.identifier)?;
        object.value("status", "unknown")?;
        object.optional_element("code", self.code.as_ref())?;
        object.element("subject", subject)
    }
}

/// `Specimen`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specimen {
    /// The specimen's and its issuer's.
    pub identifier: Vec<Identifier>,
    /// What it is.
    pub kind: Option<CodeableConcept>,
}

merged!(Specimen: identifier, kind);

impl Specimen {
    /// Writes it with its subject.
    pub fn write<M: SerializeMap>(&self, subject: &Reference, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("identifier", &self.identifier)?;
        object.optional_element("type", self.kind.as_ref())?;
        object.optional_element("subject", (!subject.is_empty()).then_some(subject))
    }
}
