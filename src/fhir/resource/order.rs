//! Encounter, ServiceRequest, Procedure and Specimen: what concerns the subject of the study.

use serde::ser::SerializeMap;

use super::Reference;
use crate::fhir::datatypes::{CodeableConcept, ResourceType};
use crate::fhir::identifier::Identifier;
use crate::fhir::json::{Absent, InConcept};
use crate::fhir::json::{Element, Object};
use crate::fhir::profile::{Code, Limit};

/// A resource and its subject.
pub struct Of<'a, T>(pub &'a T, pub &'a Reference);

/// `Encounter`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Encounter {
    /// The admission's.
    pub identifier: Vec<Identifier>,
}

impl Element for Of<'_, Encounter> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let Of(encounter, subject) = self;
        object.list("identifier", &encounter.identifier)?;
        object.value("status", "unknown")?;
        if object.release.companions.encounter_class {
            object.element("class", Absent::UNKNOWN)?;
        }
        // Only a Patient or a Group has encounters; a phantom has none.
        let patient = (subject.target == ResourceType::Patient && !subject.is_empty()).then_some(*subject);
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

impl Element for Of<'_, ServiceRequest> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let Of(request, subject) = self;
        let profile = object.dialect.profile;
        if !profile.has(Limit::OrderWithoutNumbers) {
            object.list("identifier", &request.identifier)?;
        }
        object.value("status", profile.order_status)?;
        object.value("intent", "order")?;
        object.list("category", profile.order_category.map(Code::coding).as_ref().map(InConcept).iter())?;
        object.coded(object.release.companions.order_code, &request.code)?;
        object.element("subject", *subject)?;
        object.optional_element("requester", request.requester.as_ref())?;
        object.coded(object.release.companions.order_reason, &request.reason)
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

impl Element for Of<'_, Procedure> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let Of(procedure, subject) = self;
        object.list("identifier", &procedure.identifier)?;
        object.value("status", "unknown")?;
        object.optional_element("code", procedure.code.as_ref())?;
        object.element("subject", *subject)
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

impl Element for Of<'_, Specimen> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let Of(specimen, subject) = self;
        object.list("identifier", &specimen.identifier)?;
        object.optional_element("type", specimen.kind.as_ref())?;
        object.optional_element("subject", (!subject.is_empty()).then_some(*subject))
    }
}
