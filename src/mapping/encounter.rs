//! The admission during which the study was made, as an Encounter (PS3.3 C.7.2.2).

// Archives hold attributes that the standard has retired since.
#![allow(deprecated)]

use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::Attributes;
use super::identity::Issuer;
use super::listed::{CompanionRow, Listed, always, companion, filled, listed, of, unfilled};
use super::terms::identifier_type as kind;
use crate::fhir::resource::{Encounter, Resource};
use crate::fhir::{Identifier, Reference};
use crate::options::SystemKind;

/// The reference.
pub const ADMISSION: Listed = listed!("encounter", [
    ADMISSION_ID, ISSUER_OF_ADMISSION_ID, issuer ISSUER_OF_ADMISSION_ID_SEQUENCE
], "PS3.3 C.7.2.2, PS3.6 (retired)");

/// The rows of an Encounter.
#[rustfmt::skip]
pub const ENCOUNTER: &[CompanionRow<Encounter>] = &[
    filled!("Encounter.identifier", identifier, [
        ADMISSION_ID, ISSUER_OF_ADMISSION_ID, issuer ISSUER_OF_ADMISSION_ID_SEQUENCE
    ], "PS3.3 C.7.2.2, PS3.6 (retired)", identifiers),
    unfilled(always("Encounter.status", "unknown")),
    unfilled(always("Encounter.class", "unknown")),
    unfilled(of("Encounter.subject", "the study's subject, if it is a Patient")),
];

/// A reference to the admission, by its number.
pub fn encounter(attributes: &Attributes<'_>) -> Option<Reference> {
    let encounter = companion(ENCOUNTER, attributes);
    let identifier = encounter.identifier.first()?.clone();
    Some(Reference::with(Resource::Encounter(encounter), Some(identifier), None))
}

fn identifiers(attributes: &Attributes<'_>) -> Vec<Identifier> {
    let Some(value) = attributes.id_text(tags::ADMISSION_ID) else { return Vec::new() };
    let named = Issuer::of_name(attributes, tags::ISSUER_OF_ADMISSION_ID);
    let issuer = Issuer::of_sequence(attributes, tags::ISSUER_OF_ADMISSION_ID_SEQUENCE).or(named);
    vec![issuer.identifier(value, kind("VN"), attributes.options().system(&SystemKind::Visit))]
}
