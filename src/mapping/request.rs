//! Orders, procedures and reasons: what was asked for, what was performed, and why.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::code::concepts;
use super::identity::{Issuer, kind};
use super::person::practitioners;
use super::terms::system;
use crate::fhir::resource::{self, Resource, ServiceRequest};
use crate::fhir::{CodeableConcept, Identifier, Procedure, Reference, ResourceType};

/// One order (imaging service request), as far as the root or an item of a request sequence tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Order {
    accession: Option<Identifier>,
    placer: Option<Identifier>,
    filler: Option<Identifier>,
    code: Option<CodeableConcept>,
    reason: Vec<CodeableConcept>,
    requester: Option<Reference>,
}

/// The accession numbers of the study, each with its issuer.
pub fn accessions(attributes: &Attributes<'_>) -> Vec<Identifier> {
    let items = request_items(attributes);
    let mut accessions: Vec<Identifier> = items.iter().chain([attributes]).filter_map(accession).collect();
    accessions.sort();
    accessions.dedup();
    accessions
}

/// A reference to each order: those of the request sequences, and the root's own.
pub fn based_on(attributes: &Attributes<'_>) -> Vec<Reference> {
    let items: Vec<Order> = request_items(attributes).iter().map(order).collect();
    let orders = with_root(order(attributes), items);
    let mut references: Vec<Reference> = orders.into_iter().filter_map(reference).collect();
    references.sort();
    references
}

/// The root and an only item without an accession number are one order; one accession number is one order.
fn with_root(root: Order, mut items: Vec<Order>) -> Vec<Order> {
    if let [only] = items.as_mut_slice()
        && only.accession.is_none()
    {
        return vec![only.clone().or(root)];
    }
    let mut orders: Vec<Order> = Vec::new();
    for order in items.into_iter().chain([root]) {
        match orders.iter_mut().find(|known| known.is(&order)) {
            Some(known) => *known = known.clone().or(order),
            None => orders.push(order),
        }
    }
    orders
}

impl Order {
    fn identifiers(&self) -> impl Iterator<Item = &Identifier> {
        [&self.accession, &self.placer, &self.filler].into_iter().flatten()
    }

    /// Whether both have the same number that names them.
    fn is(&self, other: &Order) -> bool {
        let name = self.identifiers().next();
        name.is_some() && name == other.identifiers().next()
    }

    /// What this one says, and what it leaves open as the other says it.
    fn or(self, other: Order) -> Order {
        Order {
            accession: self.accession.or(other.accession),
            placer: self.placer.or(other.placer),
            filler: self.filler.or(other.filler),
            code: self.code.or(other.code),
            reason: if self.reason.is_empty() { other.reason } else { self.reason },
            requester: self.requester.or(other.requester),
        }
    }
}

fn order(attributes: &Attributes<'_>) -> Order {
    let (systems, codes) =
        (&attributes.options().systems, concepts(attributes, tags::REQUESTED_PROCEDURE_CODE_SEQUENCE));
    let number =
        |number, issuer, kind, fallback: &Option<String>| numbered(attributes, number, issuer, kind, fallback.as_ref());
    let text = || attributes.text(tags::REQUESTED_PROCEDURE_DESCRIPTION).map(CodeableConcept::text);
    let (name, identification) = (tags::REQUESTING_PHYSICIAN, tags::REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE);
    Order {
        accession: accession(attributes),
        placer: number(
            tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST,
            tags::ORDER_PLACER_IDENTIFIER_SEQUENCE,
            "PLAC",
            &systems.placer,
        ),
        filler: number(
            tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST,
            tags::ORDER_FILLER_IDENTIFIER_SEQUENCE,
            "FILL",
            &systems.filler,
        ),
        code: codes.into_iter().next().or_else(text),
        reason: reason(attributes),
        requester: practitioners(attributes, name, identification).into_iter().next(),
    }
}

fn reference(order: Order) -> Option<Reference> {
    let mut reference = Reference::to(ResourceType::ServiceRequest);
    reference.identifier = Some(order.identifiers().next()?.clone());
    reference.resource = Some(Box::new(Resource::ServiceRequest(ServiceRequest {
        identifier: order.identifiers().cloned().collect(),
        code: order.code,
        reason: order.reason,
        requester: order.requester,
    })));
    Some(reference)
}

/// A reference to the order with this accession number.
pub fn order_of(accession: Identifier) -> Reference {
    let mut reference = Reference::to(ResourceType::ServiceRequest);
    let resource = ServiceRequest { identifier: vec![accession.clone()], ..ServiceRequest::default() };
    reference.resource = Some(Box::new(Resource::ServiceRequest(resource)));
    reference.identifier = Some(accession);
    reference
}

fn accession(attributes: &Attributes<'_>) -> Option<Identifier> {
    let fallback = attributes.options().systems.accession.as_ref();
    numbered(attributes, tags::ACCESSION_NUMBER, tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE, "ACSN", fallback)
}

fn numbered(
    attributes: &Attributes<'_>,
    number: Tag,
    issuer: Tag,
    code: &str,
    fallback: Option<&String>,
) -> Option<Identifier> {
    let value = attributes.text(number)?;
    Some(Issuer::of_sequence(attributes, issuer).identifier(value, kind(code), fallback))
}

/// The items of Request Attributes Sequence and of Referenced Request Sequence.
fn request_items<'a>(attributes: &Attributes<'a>) -> Vec<Attributes<'a>> {
    let sequences = [tags::REQUEST_ATTRIBUTES_SEQUENCE, tags::REFERENCED_REQUEST_SEQUENCE];
    sequences.into_iter().flat_map(|sequence| attributes.items(sequence)).collect()
}

/// The performed procedure steps, by their UIDs.
pub fn part_of(attributes: &Attributes<'_>) -> Vec<Reference> {
    let items = attributes.items(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE);
    items.iter().filter_map(|item| item.uid(tags::REFERENCED_SOP_INSTANCE_UID)).map(performed_step).collect()
}

fn performed_step(uid: String) -> Reference {
    let identifier =
        Identifier { system: Some(system::DICOM_UID.into()), value: format!("urn:oid:{uid}"), ..Identifier::default() };
    let resource = resource::Procedure { identifier: vec![identifier.clone()], code: None };
    let mut reference = Reference::to(ResourceType::Procedure);
    reference.identifier = Some(identifier);
    reference.resource = Some(Box::new(Resource::Procedure(resource)));
    reference
}

/// What was performed: the procedure's codes, else what the request or the step calls it.
pub fn procedures(attributes: &Attributes<'_>) -> Vec<Procedure> {
    let mut performed = concepts(attributes, tags::PROCEDURE_CODE_SEQUENCE);
    if performed.is_empty() {
        let texts = [tags::REQUESTED_PROCEDURE_DESCRIPTION, tags::PERFORMED_PROCEDURE_STEP_DESCRIPTION];
        performed.extend(texts.into_iter().find_map(|tag| attributes.text(tag)).map(CodeableConcept::text));
    }
    performed.into_iter().map(procedure).collect()
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
    let items = attributes.items(tags::REQUEST_ATTRIBUTES_SEQUENCE);
    let mut reasons: Vec<CodeableConcept> = items.iter().chain([attributes]).flat_map(reason).collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

/// The coded reasons, and the one in words where it says something else.
fn reason(attributes: &Attributes<'_>) -> Vec<CodeableConcept> {
    let mut reasons = concepts(attributes, tags::REASON_FOR_REQUESTED_PROCEDURE_CODE_SEQUENCE);
    let words = attributes.text(tags::REASON_FOR_THE_REQUESTED_PROCEDURE);
    if let Some(words) = words.filter(|words| reasons.iter().all(|reason| reason.label() != Some(words))) {
        reasons.push(CodeableConcept::text(words));
    }
    reasons
}
