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
    let Some(CodeValue { tag, code }) = code_value(item) else {
        item.note(tags::CODE_VALUE, Reason::NoCodeValue, "");
        return meaning.map(CodeableConcept::text);
    };
    let designator = item.line(tags::CODING_SCHEME_DESIGNATOR).unwrap_or_default();
    let version = item.line(tags::CODING_SCHEME_VERSION).map(Text::from);
    let scheme = match tag {
        // PS3.3 8.1: a URN says by itself what it belongs to, and needs no designator.
        tags::URN_CODE_VALUE if designator.is_empty() => Some(Scheme::System(system::URI.into())),
        _ => system_of(item, &designator),
    };
    let concept = match scheme {
        Some(Scheme::System(uri)) if uri != system::SCT => {
            Coding { system: Some(uri), version, code, display: meaning }.into()
        }
        Some(scheme) => snomed(scheme, version, code.clone(), meaning.clone()).unwrap_or_else(|| {
            item.note(tag, Reason::UnknownTerm, &code);
            unregistered(None, code, meaning)
        }),
        None => {
            item.note(tags::CODING_SCHEME_DESIGNATOR, Reason::UnknownScheme, &designator);
            unregistered(version, code, meaning)
        }
    };
    Some(concept)
}

/// A code that no system can be named for: the code without one, and the meaning also as text.
fn unregistered(version: Option<Text>, code: Text, meaning: Option<Text>) -> CodeableConcept {
    CodeableConcept { coding: vec![Coding { system: None, version, code, display: meaning.clone() }], text: meaning }
}

/// SNOMED CT, for codes of its older notations too (PS3.16 8.1). Files have the old codes under the new designator and
/// the new codes under the old one, so the code itself decides. `None` for an old code that nothing translates.
fn snomed(scheme: Scheme, version: Option<Text>, code: Text, meaning: Option<Text>) -> Option<CodeableConcept> {
    let sct = Some(Text::from(system::SCT));
    if let Some(concept) = terms::snomed_from_legacy(&code) {
        let display = meaning.or(concept.display.map(Text::from));
        return Some(Coding { system: sct, version: None, code: concept.code.into(), display }.into());
    }
    if scheme == Scheme::LegacySnomed && !terms::is_snomed_concept_id(&code) {
        return None;
    }
    // A version of SNOMED CT is a URI in FHIR; DICOM's are dates and numbers of the older notations.
    let version = version.filter(|version| version.starts_with(system::SCT));
    Some(Coding { system: sct, version, code, display: meaning }.into())
}

/// A code, and which attribute has it.
struct CodeValue {
    tag: Tag,
    code: Text,
}

/// Code Value (0008,0100), Long Code Value (0008,0119) or URN Code Value (0008,0120): one of the three stands. A FHIR
/// `code` has single spaces inside and none around.
fn code_value(item: &Attributes<'_>) -> Option<CodeValue> {
    let values = [tags::CODE_VALUE, tags::LONG_CODE_VALUE, tags::URN_CODE_VALUE];
    let (tag, text) = values.into_iter().find_map(|tag| Some((tag, item.text(tag)?)))?;
    Some(CodeValue { tag, code: text.split_whitespace().collect::<Vec<_>>().join(" ").into() })
}

/// What the user said of the designator, else what PS3.16 says, else the UID that the item or the data set gives.
fn system_of(item: &Attributes<'_>, designator: &str) -> Option<Scheme> {
    if let Some(uri) = item.options().systems.schemes.get(designator) {
        return Some(Scheme::System(uri.clone().into()));
    }
    let uid = || item.uid(tags::CODING_SCHEME_UID).or_else(|| item.scheme_uid(designator));
    terms::scheme(designator, None).or_else(|| terms::scheme(designator, uid().as_deref()))
}
