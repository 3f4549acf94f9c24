//! What was performed, as part of what, and why.

use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::code::concepts;
use super::identity::of_uid;
use super::request::items_of_requests;
use crate::fhir::resource::{self, Resource};
use crate::fhir::{CodeableConcept, Procedure, Reference, ResourceType};

/// The performed procedure steps, by their UIDs.
pub fn part_of(attributes: &Attributes<'_>) -> Vec<Reference> {
    let items = attributes.items(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE);
    items.iter().filter_map(|item| item.oid(tags::REFERENCED_SOP_INSTANCE_UID)).map(performed_step).collect()
}

fn performed_step(uid: String) -> Reference {
    let identifier = of_uid(&uid);
    let resource = resource::Procedure { identifier: vec![identifier.clone()], code: None };
    let mut reference = Reference::to(ResourceType::Procedure);
    reference.identifier = Some(identifier);
    reference.resource = Some(Box::new(Resource::Procedure(resource)));
    reference
}

/// What was performed: the procedure's codes, else what the requests or the step call it.
pub fn procedures(attributes: &Attributes<'_>) -> Vec<Procedure> {
    let mut performed = concepts(attributes, tags::PROCEDURE_CODE_SEQUENCE);
    if performed.is_empty() {
        performed = descriptions(attributes).into_iter().map(CodeableConcept::text).collect();
    }
    performed.into_iter().map(procedure).collect()
}

fn descriptions(attributes: &Attributes<'_>) -> Vec<String> {
    let of_request = |attributes: &Attributes<'_>| attributes.text(tags::REQUESTED_PROCEDURE_DESCRIPTION);
    let items = attributes.items(tags::REQUEST_ATTRIBUTES_SEQUENCE);
    let mut found: Vec<String> = of_request(attributes).into_iter().collect();
    if found.is_empty() {
        found = items.iter().filter_map(of_request).collect();
    }
    if found.is_empty() {
        found.extend(attributes.text(tags::PERFORMED_PROCEDURE_STEP_DESCRIPTION));
    }
    found
}

fn procedure(concept: CodeableConcept) -> Procedure {
    let resource = resource::Procedure { identifier: Vec::new(), code: Some(concept.clone()) };
    let mut reference = Reference::to(ResourceType::Procedure);
    reference.display = concept.label().map(str::to_string);
    reference.resource = Some(Box::new(Resource::Procedure(resource)));
    Procedure { concept, reference }
}

/// Why: the reasons of the root and of each requested procedure.
pub fn reasons(attributes: &Attributes<'_>) -> Vec<CodeableConcept> {
    let items = items_of_requests(attributes);
    let mut reasons: Vec<CodeableConcept> = items.iter().chain([attributes]).flat_map(reason).collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

/// The coded reasons, and the one in words where it says something else.
pub fn reason(attributes: &Attributes<'_>) -> Vec<CodeableConcept> {
    let mut reasons = concepts(attributes, tags::REASON_FOR_REQUESTED_PROCEDURE_CODE_SEQUENCE);
    let words = attributes.text(tags::REASON_FOR_THE_REQUESTED_PROCEDURE);
    if let Some(words) = words.filter(|words| reasons.iter().all(|reason| reason.label() != Some(words))) {
        reasons.push(CodeableConcept::text(words));
    }
    reasons
}
