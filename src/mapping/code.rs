//! Coded entries (PS3.3 8) as CodeableConcept and Coding: code, scheme, meaning; legacy SNOMED codes translated.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::terms::{self, Scheme, system};
use crate::fhir::{CodeableConcept, Coding};
use crate::issue::Reason;

/// The concepts of a sequence of coded entries; an item that says nothing is left out and noted.
pub fn concepts(attributes: &Attributes<'_>, sequence: Tag) -> Vec<CodeableConcept> {
    attributes.items(sequence).iter().filter_map(concept).collect()
}

/// One coded entry: a coding where its scheme is known, with the meaning; else the meaning as text, and the code
/// without a system.
pub fn concept(item: &Attributes<'_>) -> Option<CodeableConcept> {
    let meaning = item.text(tags::CODE_MEANING);
    let Some(code) = code_value(item) else {
        item.note(tags::CODE_VALUE, Reason::NoCodeValue, "");
        return meaning.map(CodeableConcept::text);
    };
    let designator = item.text(tags::CODING_SCHEME_DESIGNATOR).unwrap_or_default();
    let version = item.text(tags::CODING_SCHEME_VERSION);
    let Some(system) = system_of(item, &designator) else {
        // A URN code value says its own system by its form; there is no designator to look for.
        item.note(tags::CODING_SCHEME_DESIGNATOR, Reason::UnknownScheme, &designator);
        let coding = Coding { system: None, version, code: code.into(), display: meaning.clone().map(Into::into) };
        return Some(CodeableConcept { coding: vec![coding], text: meaning.map(Into::into) });
    };
    Some(match system {
        Scheme::System(uri) => Coding { system: Some(uri), version, code: code.into(), display: meaning.map(Into::into) }.into(),
        Scheme::LegacySnomed => legacy(code, meaning),
    })
}

/// SNOMED CT for a code of SNOMED's older notations (PS3.16 Table 8-1); one without a translation stays as text.
fn legacy(code: String, meaning: Option<String>) -> CodeableConcept {
    // Some writers put SNOMED CT concept ids under the old designators.
    let translated = terms::snomed_from_legacy(&code).map(|concept| (concept.code.to_string(), Some(concept.display)));
    let as_it_is = || terms::is_snomed_concept_id(&code).then(|| (code.clone(), None));
    let Some((sct, known)) = translated.or_else(as_it_is) else {
        let coding = Coding { system: None, version: None, code: code.into(), display: meaning.clone().map(Into::into) };
        return CodeableConcept { coding: vec![coding], text: meaning.map(Into::into) };
    };
    let display = meaning.map(Into::into).or(known.map(Into::into));
    Coding { system: Some(system::SNOMED_CT.into()), version: None, code: sct.into(), display }.into()
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
