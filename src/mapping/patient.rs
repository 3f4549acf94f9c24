//! Group 0010: the subject of the study, as a reference and as the Patient or Device that it refers to (PS3.3 C.7.1.1).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::code::concepts;
use super::identity::{Issuer, kind};
use super::person::{human_names, person_name};
use super::terms::system;
use super::{terms, time};
use crate::fhir::resource::{Animal, Device, Patient, Resource};
use crate::fhir::{CodeableConcept, Coding, HumanName, Identifier, Reference, ResourceType, Text};
use crate::issue::Reason;

/// The subject: a Patient, or a Device where the object is of a quality control phantom. `None` where nothing is known.
pub fn subject(attributes: &Attributes<'_>) -> Option<Reference> {
    let phantom = attributes.text(tags::QUALITY_CONTROL_SUBJECT).is_some_and(|value| value == "YES");
    let identifiers = identifiers(attributes);
    let name = attributes.names(tags::PATIENT_NAME).and_then(|text| person_name(attributes, tags::PATIENT_NAME, &text));
    let display = name.as_ref().map(|name| name.display());
    let names = name.as_ref().map(human_names).unwrap_or_default();
    let identifier = identifiers.first().filter(|_| attributes.text(tags::PATIENT_ID).is_some()).cloned();
    let (target, resource) = if phantom {
        (ResourceType::Device, Resource::Device(phantom_of(identifiers, display.clone())))
    } else {
        (ResourceType::Patient, Resource::Patient(patient(attributes, identifiers, names)))
    };
    let known = resource != Resource::Patient(Patient::default()) && resource != Resource::Device(Device::default());
    known.then(|| Reference { target, identifier, display, literal: None, resource: Some(Box::new(resource)) })
}

fn patient(attributes: &Attributes<'_>, identifier: Vec<Identifier>, names: Vec<HumanName>) -> Patient {
    let animal = animal(attributes);
    Patient {
        identifier,
        name: if animal.is_some() { names.into_iter().filter_map(as_text).collect() } else { names },
        gender: gender(attributes),
        birth_date: time::date(attributes, tags::PATIENT_BIRTH_DATE).map(|date| date.to_string()),
        animal,
    }
}

/// The animal that the header says it is (PS3.3 C.7.1.1); a human is none.
fn animal(attributes: &Attributes<'_>) -> Option<Animal> {
    let species = concept_or_text(attributes, tags::PATIENT_SPECIES_CODE_SEQUENCE, tags::PATIENT_SPECIES_DESCRIPTION)?;
    let is_human = |coding: &Coding| coding.system.as_deref() == Some(system::SCT) && coding.code == HUMAN;
    let word = species.label().unwrap_or_default().to_lowercase();
    if species.coding.iter().any(is_human) || matches!(word.as_str(), "human" | "homo sapiens") {
        return None;
    }
    let breed = concept_or_text(attributes, tags::PATIENT_BREED_CODE_SEQUENCE, tags::PATIENT_BREED_DESCRIPTION);
    Some(Animal { species, breed, gender_status: gender_status(attributes) })
}

/// Homo sapiens in SNOMED CT.
const HUMAN: &str = "337915000";

fn concept_or_text(attributes: &Attributes<'_>, sequence: Tag, words: Tag) -> Option<CodeableConcept> {
    let coded = concepts(attributes, sequence).into_iter().next();
    coded.or_else(|| attributes.text(words).map(CodeableConcept::text))
}

fn gender_status(attributes: &Attributes<'_>) -> Option<Coding> {
    let value = attributes.text(tags::PATIENT_SEX_NEUTERED)?;
    match terms::animal_gender_status(&value) {
        Some(coded) => Some(Coding::constant(coded.system, coded.code, coded.display)),
        None => attributes.drop(tags::PATIENT_SEX_NEUTERED, Reason::UnknownTerm, &value),
    }
}

/// An animal's name: its components are the owner's and its own, not a family and a given name (PS3.3 C.7.1.1, note).
fn as_text(name: HumanName) -> Option<HumanName> {
    let (text, representation) = (Some(name.text?), name.representation);
    Some(HumanName { family: None, given: vec![], prefix: vec![], suffix: vec![], text, representation })
}

fn phantom_of(identifier: Vec<Identifier>, name: Option<String>) -> Device {
    Device { identifier, name, ..Device::default() }
}

fn gender(attributes: &Attributes<'_>) -> Option<Text> {
    let value = attributes.text(tags::PATIENT_SEX)?;
    match terms::gender(&value) {
        Some(code) => Some(code.into()),
        None => attributes.drop(tags::PATIENT_SEX, Reason::UnknownTerm, &value),
    }
}

/// Patient ID (0010,0020) first, then the other ones (0010,1002).
fn identifiers(attributes: &Attributes<'_>) -> Vec<Identifier> {
    let others = attributes.items(tags::OTHER_PATIENT_I_DS_SEQUENCE);
    let mut all: Vec<Identifier> = patient_id(attributes).into_iter().collect();
    for other in others.iter().filter_map(patient_id) {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// A Patient ID with its issuer: the qualifiers (0010,0024) say the system and the type, (0010,0021) the assigner.
fn patient_id(attributes: &Attributes<'_>) -> Option<Identifier> {
    let value = attributes.text(tags::PATIENT_ID)?;
    let qualifiers = attributes.items(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE).into_iter().next();
    let code = qualifiers.as_ref().and_then(|item| item.text(tags::IDENTIFIER_TYPE_CODE));
    let code_kind = code.as_deref().and_then(kind);
    if let (Some(code), None, Some(item)) = (&code, &code_kind, &qualifiers) {
        item.note(tags::IDENTIFIER_TYPE_CODE, Reason::UnknownTerm, code);
    }
    let named = Issuer::of_name(attributes, attributes.text(tags::ISSUER_OF_PATIENT_ID));
    let issuer = match &qualifiers {
        Some(item) => Issuer { assigner: None, ..Issuer::of_item(item) }.or(named).or(Issuer::of_item(item)),
        None => named,
    };
    Some(issuer.identifier(value, code_kind.or_else(|| kind("MR")), attributes.options().systems.patient.as_ref()))
}
