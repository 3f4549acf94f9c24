//! Orders: what was asked for, by the numbers that accession, placer and filler gave it.
//!
//! A data set tells of its order at its root, in the items of Request Attributes Sequence (0040,0275), and in a report's
//! Referenced Request Sequence (0040,A370). One number is one order, however often it is told.

use std::collections::BTreeSet;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::code::concepts;
use super::identity::{Issuer, kind, or_system};
use super::person::only_practitioner;
use super::procedure::reason;
use crate::fhir::resource::{Resource, ServiceRequest};
use crate::fhir::{CodeableConcept, Identifier, Reference, ResourceType};

/// One order (imaging service request), as far as the root or an item of a request sequence tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Order {
    numbers: Numbers,
    code: Option<CodeableConcept>,
    reason: Vec<CodeableConcept>,
    requester: Option<Reference>,
}

/// The numbers of an order, the ones that name it first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Numbers {
    accession: Option<Identifier>,
    placer: Option<Identifier>,
    filler: Option<Identifier>,
}

/// The accession numbers of the study, each with its issuer.
pub fn accessions(attributes: &Attributes<'_>) -> Vec<Identifier> {
    let items = items_of_requests(attributes);
    let mut accessions: Vec<Identifier> = items.iter().chain([attributes]).filter_map(accession).collect();
    lend_issuers(&mut accessions.iter_mut().collect::<Vec<_>>());
    let system = attributes.options().systems.accession.as_ref();
    accessions = accessions.into_iter().map(|accession| or_system(accession, system)).collect();
    accessions.sort();
    accessions.dedup();
    accessions
}

/// A reference to each order: those of the request sequences, and the root's own.
pub fn based_on(attributes: &Attributes<'_>) -> Vec<Reference> {
    let mut items: Vec<Order> = items_of_requests(attributes).iter().map(order).collect();
    let mut root = order(attributes);
    let of = |number: fn(&mut Numbers) -> &mut Option<Identifier>, items: &mut [Order], root: &mut Order| {
        let all = items.iter_mut().chain([root]).filter_map(|order| number(&mut order.numbers).as_mut());
        lend_issuers(&mut all.collect::<Vec<_>>());
    };
    of(|numbers| &mut numbers.accession, &mut items, &mut root);
    of(|numbers| &mut numbers.placer, &mut items, &mut root);
    of(|numbers| &mut numbers.filler, &mut items, &mut root);
    let systems = |order: Order| Order { numbers: order.numbers.or_systems(attributes), ..order };
    let orders = orders(root, items).into_iter().map(systems);
    let mut references: Vec<Reference> = orders.filter_map(reference).collect();
    references.sort();
    references
}

/// The items of Request Attributes Sequence and of Referenced Request Sequence.
pub fn items_of_requests<'a>(attributes: &Attributes<'a>) -> Vec<Attributes<'a>> {
    let sequences = [tags::REQUEST_ATTRIBUTES_SEQUENCE, tags::REFERENCED_REQUEST_SEQUENCE];
    sequences.into_iter().flat_map(|sequence| attributes.items(sequence)).collect()
}

/// A number without an issuer is the same number of this data set that has one, if only one has.
fn lend_issuers(numbers: &mut [&mut Identifier]) {
    let known: BTreeSet<Identifier> =
        numbers.iter().filter(|number| number.has_issuer()).map(|number| (**number).clone()).collect();
    for number in numbers.iter_mut().filter(|number| !number.has_issuer()) {
        let mut same = known.iter().filter(|known| known.value == number.value);
        if let (Some(only), None) = (same.next(), same.next()) {
            **number = only.clone();
        }
    }
}

/// The orders of a data set. The root and an only item without an accession number are one order, and so are the root
/// and its items where one side names none.
fn orders(root: Order, items: Vec<Order>) -> Vec<Order> {
    let (named, unnamed): (Vec<Order>, Vec<Order>) = items.into_iter().partition(|item| !item.numbers.is_empty());
    let mut orders = Vec::new();
    named.into_iter().for_each(|order| join(&mut orders, order));
    match orders.as_mut_slice() {
        // Items without a number are the procedures of the root's order.
        [] => return unnamed.into_iter().chain([root]).reduce(Order::or).into_iter().collect(),
        [only] if only.numbers.accession.is_none() || root.numbers.is_empty() => *only = only.clone().or(root),
        _ => join(&mut orders, root),
    }
    orders
}

/// Adds an order, or what it says to one that is known.
fn join(orders: &mut Vec<Order>, order: Order) {
    match orders.iter_mut().find(|known| known.numbers.name_the_same(&order.numbers)) {
        Some(known) => *known = known.clone().or(order),
        None => orders.push(order),
    }
}

impl Numbers {
    fn iter(&self) -> impl Iterator<Item = &Identifier> {
        [&self.accession, &self.placer, &self.filler].into_iter().flatten()
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether both name one order: the first kind of number that both have decides.
    fn name_the_same(&self, other: &Numbers) -> bool {
        let pairs = [(&self.accession, &other.accession), (&self.placer, &other.placer), (&self.filler, &other.filler)];
        let decisive = pairs.into_iter().find_map(|(mine, theirs)| Some((mine.as_ref()?, theirs.as_ref()?)));
        decisive.is_some_and(|(mine, theirs)| mine == theirs)
    }

    /// The numbers with the systems that the user gave for those without an issuer.
    fn or_systems(self, attributes: &Attributes<'_>) -> Numbers {
        let systems = &attributes.options().systems;
        let with = |number: Option<Identifier>, system: &Option<String>| Some(or_system(number?, system.as_ref()));
        Numbers {
            accession: with(self.accession, &systems.accession),
            placer: with(self.placer, &systems.placer),
            filler: with(self.filler, &systems.filler),
        }
    }
}

impl Order {
    /// What this one says, and what it leaves open as the other says it.
    fn or(self, other: Order) -> Order {
        let (mine, theirs) = (self.numbers, other.numbers);
        Order {
            numbers: Numbers {
                accession: mine.accession.or(theirs.accession),
                placer: mine.placer.or(theirs.placer),
                filler: mine.filler.or(theirs.filler),
            },
            code: self.code.or(other.code),
            reason: if self.reason.is_empty() { other.reason } else { self.reason },
            requester: self.requester.or(other.requester),
        }
    }
}

fn order(attributes: &Attributes<'_>) -> Order {
    let (placer, filler) =
        (tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST);
    let codes = concepts(attributes, tags::REQUESTED_PROCEDURE_CODE_SEQUENCE);
    let text = || attributes.text(tags::REQUESTED_PROCEDURE_DESCRIPTION).map(CodeableConcept::text);
    let (name, identification) = (tags::REQUESTING_PHYSICIAN, tags::REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE);
    Order {
        numbers: Numbers {
            accession: accession(attributes),
            placer: number(attributes, placer, tags::ORDER_PLACER_IDENTIFIER_SEQUENCE, "PLAC"),
            filler: number(attributes, filler, tags::ORDER_FILLER_IDENTIFIER_SEQUENCE, "FILL"),
        },
        code: codes.into_iter().next().or_else(text),
        reason: reason(attributes),
        requester: only_practitioner(attributes, name, identification),
    }
}

fn accession(attributes: &Attributes<'_>) -> Option<Identifier> {
    number(attributes, tags::ACCESSION_NUMBER, tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE, "ACSN")
}

/// A number with its issuer, as the header has it: the user's system for those without one comes last.
fn number(attributes: &Attributes<'_>, number: Tag, issuer: Tag, code: &str) -> Option<Identifier> {
    let value = attributes.text(number)?;
    Some(Issuer::of_sequence(attributes, issuer).identifier(value, kind(code), None))
}

fn reference(order: Order) -> Option<Reference> {
    let mut reference = Reference::to(ResourceType::ServiceRequest);
    reference.identifier = Some(order.numbers.iter().next()?.clone());
    reference.resource = Some(Box::new(Resource::ServiceRequest(ServiceRequest {
        identifier: order.numbers.iter().cloned().collect(),
        code: order.code,
        reason: order.reason,
        requester: order.requester,
    })));
    Some(reference)
}
