//! Coded entries (PS3.3 8) as CodeableConcept and Coding: code, scheme, meaning; legacy SNOMED codes translated.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::terms::{self, Scheme, system};
use crate::fhir::{CodeableConcept, Coding, Text};
use crate::issue::Reason;

/// The concepts of a sequence of coded entries; an item that says nothing is left out and noted.
pub fn concepts(attributes: &Attributes<'_>, sequence: Tag) -> Vec<CodeableConcept> {
    attributes.items(sequence).iter().filter_map(concept).collect()
}

/// One coded entry: a coding where its scheme is known, with the meaning; else the meaning as text, and the code
/// without a system.
pub fn concept(item: &Attributes<'_>) -> Option<CodeableConcept> {
    let meaning = item.text(tags::CODE_MEANING).map(Text::from);
    let Some(code) = code_value(item).map(Text::from) else {
        item.note(tags::CODE_VALUE, Reason::NoCodeValue, "");
        return meaning.map(CodeableConcept::text);
    };
    let designator = item.text(tags::CODING_SCHEME_DESIGNATOR).unwrap_or_default();
    let version = item.text(tags::CODING_SCHEME_VERSION).map(Text::from);
    match system_of(item, &designator) {
        Some(Scheme::System(uri)) if uri != system::SCT => {
            Some(Coding { system: Some(uri), version, code, display: meaning }.into())
        }
        Some(scheme) => Some(snomed(scheme, version, code, meaning)),
        None => {
            item.note(tags::CODING_SCHEME_DESIGNATOR, Reason::UnknownScheme, &designator);
            Some(unregistered(version, code, meaning))
        }
    }
}

/// A code that no system can be named for: the code without one, and the meaning also as text.
fn unregistered(version: Option<Text>, code: Text, meaning: Option<Text>) -> CodeableConcept {
    CodeableConcept { coding: vec![Coding { system: None, version, code, display: meaning.clone() }], text: meaning }
}

/// SNOMED CT, for codes of its older notations too (PS3.16 8.1). Files have the old codes under the new designator and
/// the new codes under the old one, so the code itself decides.
fn snomed(scheme: Scheme, version: Option<Text>, code: Text, meaning: Option<Text>) -> CodeableConcept {
    let sct = Some(Text::from(system::SCT));
    if let Some(concept) = terms::snomed_from_legacy(&code) {
        let display = meaning.or(concept.display.map(Text::from));
        return Coding { system: sct, version: None, code: concept.code.into(), display }.into();
    }
    match scheme {
        Scheme::LegacySnomed if !terms::is_snomed_concept_id(&code) => unregistered(version, code, meaning),
        Scheme::LegacySnomed => Coding { system: sct, version: None, code, display: meaning }.into(),
        Scheme::System(_) => Coding { system: sct, version, code, display: meaning }.into(),
    }
}

/// Code Value (0008,0100), Long Code Value (0008,0119) or URN Code Value (0008,0120): one of the three stands.
fn code_value(item: &Attributes<'_>) -> Option<String> {
    [tags::CODE_VALUE, tags::LONG_CODE_VALUE, tags::URN_CODE_VALUE].into_iter().find_map(|tag| item.text(tag))
}

/// What the user said of the designator, else what PS3.16 says, else the UID that the item or the data set gives.
fn system_of(item: &Attributes<'_>, designator: &str) -> Option<Scheme> {
    if let Some(uri) = item.options().systems.schemes.get(designator) {
        return Some(Scheme::System(uri.clone().into()));
    }
    let uid = || item.uid(tags::CODING_SCHEME_UID).or_else(|| item.scheme_uid(designator));
    terms::scheme(designator, None).or_else(|| terms::scheme(designator, uid().as_deref()))
}
