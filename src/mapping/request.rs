//! Orders, identified by their accession, placer and filler numbers.
//!
//! A data set describes its orders at its root, in the items of Request Attributes Sequence (0040,0275), and in a
//! report's Referenced Request Sequence (0040,A370). One number is one order, however often it occurs.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::Attributes;
use super::code::concepts;
use super::identity::{Issuer, or_system};
use super::listed::{CompanionRow, Listed, always, companion, filled, listed, of, unfilled};
use super::person::only_person;
use super::reason::{items_of_requests, reason};
use super::terms::identifier_type;
use crate::fhir::identifier::once_each;
use crate::fhir::resource::{Resource, ServiceRequest};
use crate::fhir::{CodeableConcept, Identifier, Reference};
use crate::options::SystemKind;

/// The references to orders.
pub const ORDERS: Listed = listed!("basedOn", [
    order HERE, order REQUEST_ATTRIBUTES_SEQUENCE, order REFERENCED_REQUEST_SEQUENCE
], "PS3.3 C.7.2.1, C.4.11, C.4.12, 10.6, C.17.2, C.17.6.2");

/// The rows of a ServiceRequest, of the root or an item of a request sequence.
#[rustfmt::skip]
pub const SERVICE_REQUEST: &[CompanionRow<Order>] = &[
    filled!("ServiceRequest.identifier", numbers, [
        numbers HERE, numbers REQUEST_ATTRIBUTES_SEQUENCE, numbers REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.7.2.1, C.4.12, 10.6, C.17.2, C.17.6.2", numbers),
    unfilled(always("ServiceRequest.status", "unknown")),
    unfilled(always("ServiceRequest.intent", "order")),
    filled!("ServiceRequest.code", code, [
        requested HERE, requested REQUEST_ATTRIBUTES_SEQUENCE, requested REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.4.11, 10.6, C.17.2, C.17.6.2", code),
    unfilled(of("ServiceRequest.subject", "the study's subject")),
    filled!("ServiceRequest.requester", requester, [
        requester HERE, requester REQUEST_ATTRIBUTES_SEQUENCE, requester REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.4.12", only_person),
    filled!("ServiceRequest.reason", reason, [
        reason HERE, reason REQUEST_ATTRIBUTES_SEQUENCE, reason REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.4.11, 10.6, C.17.2", reason),
];

/// One order (imaging service request), from the root or an item of a request sequence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    numbers: Numbers,
    code: Option<CodeableConcept>,
    reason: Vec<CodeableConcept>,
    requester: Option<Reference>,
}

/// The numbers of an order in the order of [`NUMBERS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Numbers([Option<Identifier>; 3]);

/// A kind of number.
struct NumberKind {
    attribute: Tag,
    issuer: Tag,
    /// Of HL7 table 0203.
    code: &'static str,
    system: SystemKind,
}

const ACCESSION: NumberKind = NumberKind {
    attribute: tags::ACCESSION_NUMBER,
    issuer: tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE,
    code: "ACSN",
    system: SystemKind::Accession,
};
const PLACER: NumberKind = NumberKind {
    attribute: tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST,
    issuer: tags::ORDER_PLACER_IDENTIFIER_SEQUENCE,
    code: "PLAC",
    system: SystemKind::Placer,
};
const FILLER: NumberKind = NumberKind {
    attribute: tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST,
    issuer: tags::ORDER_FILLER_IDENTIFIER_SEQUENCE,
    code: "FILL",
    system: SystemKind::Filler,
};

/// The kinds of numbers, the most decisive first.
static NUMBERS: [NumberKind; 3] = [ACCESSION, PLACER, FILLER];

/// The accession numbers of the study, each with its issuer.
pub fn accessions(attributes: &Attributes<'_>) -> Vec<Identifier> {
    let items = items_of_requests(attributes);
    let accession = |attributes| number(attributes, &ACCESSION);
    let mut accessions: Vec<Identifier> = items.iter().chain([attributes]).filter_map(accession).collect();
    lend_issuers(&mut accessions.iter_mut().collect::<Vec<_>>());
    let system = attributes.options().system(&ACCESSION.system);
    accessions = accessions.into_iter().map(|accession| or_system(accession, system)).collect();
    accessions.sort();
    accessions.dedup();
    accessions
}

/// A reference to each order: those of the request sequences, and the root's own.
pub fn based_on(attributes: &Attributes<'_>) -> Vec<Reference> {
    let mut items: Vec<Order> = items_of_requests(attributes).iter().map(order).collect();
    let mut root = order(attributes);
    for kind in 0..NUMBERS.len() {
        let all = items.iter_mut().chain([&mut root]).filter_map(|order| order.numbers.0[kind].as_mut());
        lend_issuers(&mut all.collect::<Vec<_>>());
    }
    let systems = |order: Order| Order { numbers: order.numbers.or_systems(attributes), ..order };
    let orders = orders(root, items).into_iter().map(systems);
    let mut references: Vec<Reference> = orders.filter_map(reference).collect();
    references.sort();
    references
}

/// Completes the issuers of numbers from equal numbers of the same data set, if only one issuer is possible.
fn lend_issuers(numbers: &mut [&mut Identifier]) {
    let all: Vec<(Identifier, Vec<usize>)> =
        numbers.iter().enumerate().map(|(place, number)| ((**number).clone(), vec![place])).collect();
    let merge_into = |kept: &mut (Identifier, Vec<usize>), other: (Identifier, Vec<usize>)| {
        kept.0.complete(&other.0);
        kept.1.extend(other.1);
    };
    for (number, places) in once_each(all, |(number, _)| Some(number), merge_into) {
        places.into_iter().for_each(|place| *numbers[place] = number.clone());
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
        [only] if only.numbers.0[0].is_none() || root.numbers.is_empty() => *only = only.clone().or(root),
        _ => join(&mut orders, root),
    }
    orders
}

/// Adds an order, or merges it into a known one.
fn join(orders: &mut Vec<Order>, order: Order) {
    match orders.iter_mut().find(|known| known.numbers.name_the_same(&order.numbers)) {
        Some(known) => *known = known.clone().or(order),
        None => orders.push(order),
    }
}

impl Numbers {
    fn iter(&self) -> impl Iterator<Item = &Identifier> {
        self.0.iter().flatten()
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether both name one order: the first kind of number that both have decides.
    fn name_the_same(&self, other: &Numbers) -> bool {
        let mut pairs = self.0.iter().zip(&other.0);
        let decisive = pairs.find_map(|(mine, theirs)| Some((mine.as_ref()?, theirs.as_ref()?)));
        decisive.is_some_and(|(mine, theirs)| mine == theirs)
    }

    /// The numbers with the systems that the user gave for those without an issuer.
    fn or_systems(mut self, attributes: &Attributes<'_>) -> Numbers {
        for (number, kind) in self.0.iter_mut().zip(&NUMBERS) {
            *number = number.take().map(|number| or_system(number, attributes.options().system(&kind.system)));
        }
        self
    }
}

impl Order {
    /// This order, completed from another.
    fn or(self, other: Order) -> Order {
        let mut numbers = self.numbers;
        numbers.0.iter_mut().zip(other.numbers.0).for_each(|(mine, theirs)| *mine = mine.take().or(theirs));
        Order {
            numbers,
            code: self.code.or(other.code),
            reason: if self.reason.is_empty() { other.reason } else { self.reason },
            requester: self.requester.or(other.requester),
        }
    }
}

fn order(attributes: &Attributes<'_>) -> Order {
    companion(SERVICE_REQUEST, attributes)
}

fn numbers(attributes: &Attributes<'_>) -> Numbers {
    Numbers(NUMBERS.each_ref().map(|kind| number(attributes, kind)))
}

fn code(attributes: &Attributes<'_>) -> Option<CodeableConcept> {
    let text = || attributes.text(tags::REQUESTED_PROCEDURE_DESCRIPTION).map(CodeableConcept::text);
    concepts(attributes, tags::REQUESTED_PROCEDURE_CODE_SEQUENCE).into_iter().next().or_else(text)
}

/// A number with its issuer from the header; the system from options is added last.
fn number(attributes: &Attributes<'_>, kind: &NumberKind) -> Option<Identifier> {
    let value = attributes.id_text(kind.attribute)?;
    Some(Issuer::of_sequence(attributes, kind.issuer).identifier(value, identifier_type(kind.code), None))
}

fn reference(order: Order) -> Option<Reference> {
    let Order { numbers, code, reason, requester } = order;
    let identifier: Vec<Identifier> = numbers.iter().cloned().collect();
    let first = identifier.first()?.clone();
    let request = ServiceRequest { identifier, code, reason, requester };
    Some(Reference::with(Resource::ServiceRequest(request), Some(first), None))
}

/// A reference to the order with this accession number.
pub fn order_of(accession: Identifier) -> Reference {
    let request = ServiceRequest { identifier: vec![accession.clone()], ..ServiceRequest::default() };
    Reference::with(Resource::ServiceRequest(request), Some(accession), None)
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::mapping::SERIES;
    use crate::mapping::sample::{Sample, code, identifier, issuer, items, mapped, mapped_with, options, text};

    fn accession(value: &str) -> Vec<Sample> {
        vec![text(tags::ACCESSION_NUMBER, value)]
    }

    fn issued(value: &str, local: &str) -> Vec<Sample> {
        [accession(value), vec![items(tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE, [issuer(local, "", "")])]].concat()
    }

    fn requested<const N: usize>(requests: [Vec<Sample>; N]) -> Vec<Sample> {
        vec![items(tags::REQUEST_ATTRIBUTES_SEQUENCE, requests)]
    }

    fn reported<const N: usize>(requests: [Vec<Sample>; N]) -> Vec<Sample> {
        vec![items(tags::REFERENCED_REQUEST_SEQUENCE, requests)]
    }

    /// The orders, each with all of its numbers.
    fn orders(parts: &[Vec<Sample>]) -> Vec<String> {
        let numbers = |reference: &Reference| {
            let Some(Resource::ServiceRequest(request)) = reference.resource.as_deref() else { panic!("an order") };
            assert_eq!(reference.identifier.as_ref(), request.identifier.first());
            request.identifier.iter().map(identifier).collect::<Vec<_>>().join(" + ")
        };
        mapped(SERIES, &parts.concat()).part.based_on.iter().map(numbers).collect()
    }

    #[test]
    fn an_order_is_named_by_its_accession_else_placer_else_filler_number() {
        let (placer, filler) = (|| vec![text(PLACER.attribute, "P1")], || vec![text(FILLER.attribute, "F1")]);
        for (data_set, want) in [
            (vec![accession("A1")], vec!["ACSN A1"]),
            (vec![accession("A1"), placer(), filler()], vec!["ACSN A1 + PLAC P1 + FILL F1"]),
            (vec![placer(), filler()], vec!["PLAC P1 + FILL F1"]),
            (vec![filler()], vec!["FILL F1"]),
            (vec![accession(" ")], vec![]),
            (vec![], vec![]),
        ] {
            assert_eq!(orders(&data_set), want, "{data_set:?}");
        }
    }

    #[test]
    fn one_number_is_one_order_however_often_it_is_told() {
        let placer = |value: &str| vec![text(PLACER.attribute, value)];
        let both = |number: &str, order: &str| [accession(number), placer(order)].concat();
        for (data_set, want) in [
            (vec![accession("A1"), requested([accession("A1")])], vec!["ACSN A1"]),
            (vec![accession("A1"), requested([accession("A1")]), reported([accession("A1")])], vec!["ACSN A1"]),
            (vec![accession("A1"), requested([both("A1", "P1")])], vec!["ACSN A1 + PLAC P1"]),
            (vec![requested([accession("A1"), accession("A2")])], vec!["ACSN A1", "ACSN A2"]),
            (vec![accession("A1"), requested([accession("A2")])], vec!["ACSN A1", "ACSN A2"]),
            (vec![requested([both("A1", "P1"), placer("P1")])], vec!["ACSN A1 + PLAC P1"]),
            (vec![requested([both("A1", "P1"), both("A2", "P1")])], vec!["ACSN A1 + PLAC P1", "ACSN A2 + PLAC P1"]),
        ] {
            assert_eq!(orders(&data_set), want, "{data_set:?}");
        }
    }

    #[test]
    fn the_root_and_an_only_item_without_accession_are_one_order() {
        let placer = |value: &str| vec![text(PLACER.attribute, value)];
        for (data_set, want) in [
            (vec![accession("A1"), requested([placer("P1")])], vec!["ACSN A1 + PLAC P1"]),
            (vec![accession("A1"), requested([vec![]])], vec!["ACSN A1"]),
            (vec![accession("A1"), requested([vec![], vec![]])], vec!["ACSN A1"]),
            (vec![accession("A1"), requested([placer("P1"), placer("P1")])], vec!["ACSN A1 + PLAC P1"]),
            (vec![accession("A1"), requested([placer("P1"), placer("P2")])], vec!["ACSN A1", "PLAC P1", "PLAC P2"]),
        ] {
            assert_eq!(orders(&data_set), want, "{data_set:?}");
        }
    }

    #[test]
    fn a_number_told_without_its_issuer_is_the_one_that_has_it_if_only_one_has() {
        for (data_set, want) in [
            (vec![accession("A1"), requested([issued("A1", "RIS")])], vec!["ACSN A1 (RIS)"]),
            (vec![issued("A1", "RIS"), requested([accession("A1")])], vec!["ACSN A1 (RIS)"]),
            (vec![issued("A1", "RIS"), requested([issued("A1", "LAB")])], vec!["ACSN A1 (LAB)", "ACSN A1 (RIS)"]),
            (
                vec![accession("A1"), requested([issued("A1", "RIS"), issued("A1", "LAB")])],
                vec!["ACSN A1", "ACSN A1 (LAB)", "ACSN A1 (RIS)"],
            ),
        ] {
            assert_eq!(orders(&data_set), want, "{data_set:?}");
            let accessions = mapped(SERIES, &data_set.concat()).part.accession;
            assert_eq!(accessions.iter().map(identifier).collect::<Vec<_>>(), want, "{data_set:?}");
        }
    }

    #[test]
    fn the_users_systems_are_for_numbers_without_any_issuer() {
        let options = options(&["accession=https://example.org/a", "placer=https://example.org/p"], &[]);
        let system = |data_set: &[Vec<Sample>]| {
            let order = mapped_with(SERIES, &data_set.concat(), &options).part.based_on.remove(0);
            identifier(&order.identifier.unwrap())
        };
        assert_eq!(system(&[accession("A1")]), "ACSN https://example.org/a|A1");
        assert_eq!(system(&[issued("A1", "RIS")]), "ACSN A1 (RIS)");
        assert_eq!(system(&[accession("A1"), requested([issued("A1", "RIS")])]), "ACSN A1 (RIS)");
        assert_eq!(system(&[vec![text(PLACER.attribute, "P1")]]), "PLAC https://example.org/p|P1");
    }

    #[test]
    fn an_order_says_what_was_asked_for_why_and_by_whom() {
        let item = vec![
            items(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, [code("X", "LN", "Scan")]),
            text(tags::REASON_FOR_THE_REQUESTED_PROCEDURE, "pain"),
        ];
        let root = vec![text(tags::REQUESTING_PHYSICIAN, "Ada"), text(tags::REQUESTED_PROCEDURE_DESCRIPTION, "Other")];
        for items in [requested([item.clone()]), requested([vec![], item])] {
            let part = mapped(SERIES, &[accession("A1"), root.clone(), items].concat()).part;
            let Some(Resource::ServiceRequest(request)) = part.based_on[0].resource.as_deref() else {
                panic!("an order")
            };
            assert_eq!(request.code.as_ref().and_then(CodeableConcept::label), Some("Scan"));
            assert_eq!(request.reason.iter().filter_map(CodeableConcept::label).collect::<Vec<_>>(), ["pain"]);
            assert_eq!(request.requester.as_ref().and_then(|person| person.display.as_deref()), Some("Ada"));
        }
    }

    #[test]
    fn an_order_that_is_known_by_its_accession_alone_has_this_number() {
        let accession = Identifier { value: "A1".into(), ..Identifier::default() };
        let order = order_of(accession.clone());
        assert_eq!((order.numbers(), order.identifier.as_ref()), (&[accession.clone()][..], Some(&accession)));
    }
}
