//! Persons by name and identification: a Practitioner to refer to, with names and codes paired by position.

use std::iter;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::code::concept;
use crate::dicom::person_name::{Components, PersonName};
use crate::fhir::resource::{Practitioner, Resource};
use crate::fhir::{Coding, HumanName, Identifier, NameRepresentation, Reference, ResourceType};
use crate::issue::Reason;

/// The persons of a name attribute and of the identification sequence beside it. PS3.3 has one item a name, in the
/// same order; a list of another length cannot be paired, and then each stands alone.
pub fn practitioners(attributes: &Attributes<'_>, names: Tag, identification: Tag) -> Vec<Reference> {
    let persons = person_names(attributes, names);
    let items = attributes.items(identification);
    if persons.len() == items.len() {
        return iter::zip(persons, &items).filter_map(|(name, item)| identified(name, item)).collect();
    }
    if !persons.is_empty() && !items.is_empty() {
        attributes.note(identification, Reason::Unpaired, "");
    }
    let named = persons.into_iter().filter_map(|name| practitioner(name, None));
    named.chain(items.iter().filter_map(|item| identified(None, item))).collect()
}

/// The person of attributes that have one; of several, the first.
pub fn only_practitioner(attributes: &Attributes<'_>, name: Tag, identification: Tag) -> Option<Reference> {
    let mut persons = practitioners(attributes, name, identification).into_iter();
    let first = persons.next()?;
    if persons.next().is_some() {
        attributes.note(name, Reason::SeveralPersons, "");
    }
    Some(first)
}

/// The names of a PN attribute, the empty ones in their places.
fn person_names(attributes: &Attributes<'_>, tag: Tag) -> Vec<Option<PersonName>> {
    let Some(text) = attributes.names(tag) else { return Vec::new() };
    text.split('\\').map(|value| person_name(attributes, tag, value)).collect()
}

/// One name; what does not fit its grammar is noted and kept as far as it does.
pub fn person_name(attributes: &Attributes<'_>, tag: Tag, text: &str) -> Option<PersonName> {
    let name = PersonName::parse(text)?;
    if name.is_overlong() {
        attributes.note(tag, Reason::NotAPersonName, text);
    }
    Some(name)
}

/// The FHIR names of a DICOM name, one for each group that it has.
pub fn human_names(name: &PersonName) -> Vec<HumanName> {
    let groups = [
        (&name.alphabetic, NameRepresentation::Alphabetic),
        (&name.ideographic, NameRepresentation::Ideographic),
        (&name.phonetic, NameRepresentation::Phonetic),
    ];
    let several = groups.iter().filter(|(group, _)| group.is_some()).count() > 1;
    let named =
        |representation| (several || representation != NameRepresentation::Alphabetic).then_some(representation);
    groups.iter().filter_map(|(group, form)| Some(human_name(group.as_ref()?, named(*form)))).collect()
}

fn human_name(components: &Components, representation: Option<NameRepresentation>) -> HumanName {
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    HumanName {
        family: some(&components.family),
        given: [some(&components.given), some(&components.middle)].into_iter().flatten().collect(),
        prefix: some(&components.prefix).into_iter().collect(),
        suffix: some(&components.suffix).into_iter().collect(),
        text: Some(components.display()),
        representation,
    }
}

fn practitioner(name: Option<PersonName>, identifier: Option<Identifier>) -> Option<Reference> {
    if name.is_none() && identifier.is_none() {
        return None;
    }
    let resource = Practitioner {
        identifier: identifier.clone().into_iter().collect(),
        name: name.as_ref().map(human_names).unwrap_or_default(),
    };
    let mut reference = Reference::to(ResourceType::Practitioner);
    reference.identifier = identifier;
    reference.display = name.map(|name| name.display());
    reference.resource = Some(Box::new(Resource::Practitioner(resource)));
    Some(reference)
}

/// A person by the first of their codes as identifier. PS3.3 10.1: the code's meaning is the name again, spelt as a
/// person name, and stands in for a name that is not there.
fn identified(name: Option<PersonName>, item: &Attributes<'_>) -> Option<Reference> {
    let codes = item.items(tags::PERSON_IDENTIFICATION_CODE_SEQUENCE);
    let concept = codes.iter().find_map(concept).unwrap_or_default();
    let name = name.or_else(|| PersonName::parse(concept.label_in_words()?));
    let coding = concept.coding.into_iter().next();
    let identifier = coding.map(|Coding { system, code, .. }| Identifier {
        system,
        value: code.into_owned(),
        ..Identifier::default()
    });
    practitioner(name, identifier)
}
