//! Coded entries (PS3.3 8) as CodeableConcept and Coding: code, scheme, meaning; legacy SNOMED codes translated.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::terms::{self, Scheme, system};
use crate::fhir::{CodeableConcept, Coding, Identifier, Text};
use crate::issue::Reason;
use crate::options::SystemKind;

/// The concepts of a sequence of coded entries; empty items are left out and reported.
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
        // Two codes are none, whatever their scheme; `text` has reported them.
        _ if code.contains('\\') => unregistered(version, code, meaning),
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

/// The code of an entry as the identifier of a person or institution. A code has single spaces inside, an identifier is
/// as the file has it.
pub fn code_as_identifier(item: &Attributes<'_>, concept: &CodeableConcept) -> Option<Identifier> {
    let coding = concept.coding.first()?;
    let CodeValue { tag, .. } = code_value(item)?;
    let value = item.id_text(tag)?;
    // A profession or a kind of institution: the schemes of PS3.16 Table 8-1 that have a system are terminologies.
    let is_term = |system: &&Text| terms::designator(system).is_some();
    let system = coding.system.as_ref().filter(|system| !is_term(system)).cloned();
    if system != coding.system {
        item.note(tag, Reason::TermAsIdentity, value.text());
    }
    // A scheme without a system still says whose the number is.
    let scheme = item.id_text(tags::CODING_SCHEME_DESIGNATOR).filter(|_| system.is_none());
    let is_in_doubt = item.are_contradicted(&[tags::CODING_SCHEME_DESIGNATOR, tags::CODING_SCHEME_UID]);
    let value = if is_in_doubt { value.in_doubt() } else { value };
    Some(Identifier { system, value, scheme, ..Identifier::default() })
}

/// A code of an unknown system: a Coding without a system, and the meaning also as text.
fn unregistered(version: Option<Text>, code: Text, meaning: Option<Text>) -> CodeableConcept {
    CodeableConcept { coding: vec![Coding { system: None, version, code, display: meaning.clone() }], text: meaning }
}

/// SNOMED CT, for codes of its older notations too (PS3.16 8.1). Files have the old codes under the new designator and
/// the new codes under the old one, so the code itself decides. `None` for an old code that nothing translates.
fn snomed(scheme: Scheme, version: Option<Text>, code: Text, meaning: Option<Text>) -> Option<CodeableConcept> {
    let sct = Some(Text::from(system::SCT));
    if let Some(concept) = terms::snomed_from_legacy(&code) {
        return Some(Coding { display: meaning.or(concept.display.clone()), ..concept }.into());
    }
    if scheme == Scheme::LegacySnomed && !terms::is_snomed_concept_id(&code) {
        return None;
    }
    // A version of SNOMED CT is a URI in FHIR; DICOM's are dates and numbers of the older notations.
    let version = version.filter(|version| version.starts_with(system::SCT));
    Some(Coding { system: sct, version, code, display: meaning }.into())
}

/// A code and its attribute.
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

/// The code system of a designator: from `--system`, else PS3.16, else the UID in the item or the data set.
fn system_of(item: &Attributes<'_>, designator: &str) -> Option<Scheme> {
    // A designator that lost bytes can be any other's.
    if item.lost(tags::CODING_SCHEME_DESIGNATOR, designator).is_some() {
        return terms::scheme("", item.uid(tags::CODING_SCHEME_UID).as_deref());
    }
    if let Some(uri) = item.options().system(&SystemKind::Scheme(designator.to_string())) {
        return Some(Scheme::System(uri.clone().into()));
    }
    let uid = || item.uid(tags::CODING_SCHEME_UID).or_else(|| item.scheme_uid(designator));
    terms::scheme(designator, None).or_else(|| terms::scheme(designator, uid().as_deref()))
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::mapping::sample::{self, Sample, code, concept, items, mapped, mapped_with, text};
    use crate::mapping::{Options, SERIES};

    fn procedure(item: Vec<Sample>, more: &[Sample]) -> (String, Vec<Reason>) {
        procedure_with(item, more, &Options::default())
    }

    fn procedure_with(item: Vec<Sample>, more: &[Sample], options: &Options) -> (String, Vec<Reason>) {
        let data_set = [more, &[items(tags::PROCEDURE_CODE_SEQUENCE, [item])]].concat();
        let mapped = mapped_with(SERIES, &data_set, options);
        let shown: Vec<String> = mapped.part.procedure.iter().map(|procedure| concept(&procedure.concept)).collect();
        (shown.join("; "), mapped.issues.into_iter().map(|issue| issue.reason).collect())
    }

    #[test]
    fn a_code_has_its_system_and_meaning_and_without_a_system_its_meaning_is_text_too() {
        use Reason::*;
        for (value, designator, meaning, want, reasons) in [
            ("C1", "DCM", "Scan", "http://dicom.nema.org/resources/ontology/DCM|C1 Scan", vec![]),
            ("24627-2", "LN", "", "http://loinc.org|24627-2", vec![]),
            ("X", "99LOCAL", "Local", "X Local: Local", vec![UnknownScheme]),
            ("X", "99LOCAL", "", "X", vec![UnknownScheme]),
            ("X", "", "Local", "X Local: Local", vec![UnknownScheme]),
            ("C1\\C2", "DCM", "Scan", "C1\\C2 Scan: Scan", vec![SeveralValues]),
            ("C1", "DCM\\LN", "Scan", "C1 Scan: Scan", vec![UnknownScheme]),
            ("", "DCM", "Said in words", ": Said in words", vec![NoCodeValue]),
            ("", "DCM", "", "", vec![NoCodeValue]),
            ("", "", "", "", vec![NoCodeValue]),
        ] {
            let seen = procedure(code(value, designator, meaning), &[]);
            assert_eq!(seen, (want.to_string(), reasons), "{value} {designator} {meaning}");
        }
    }

    #[test]
    fn an_old_snomed_code_is_translated_whatever_its_designator() {
        use Reason::*;
        for (value, designator, want, reasons) in [
            ("T-D1100", "SRT", "http://snomed.info/sct|69536005 Said", vec![]),
            ("T-D1100", "SNM3", "http://snomed.info/sct|69536005 Said", vec![]),
            ("T-D1100", "99SDM", "http://snomed.info/sct|69536005 Said", vec![]),
            ("T-D1100", "SCT", "http://snomed.info/sct|69536005 Said", vec![]),
            ("69536005", "SRT", "http://snomed.info/sct|69536005 Said", vec![]),
            ("69536005", "SCT", "http://snomed.info/sct|69536005 Said", vec![]),
            ("T-XXXXX", "SRT", "T-XXXXX Said: Said", vec![UnknownTerm]),
        ] {
            let seen = procedure(code(value, designator, "Said"), &[]);
            assert_eq!(seen, (want.to_string(), reasons), "{value} {designator}");
        }
        let without_meaning = procedure(code("T-D1100", "SRT", ""), &[]);
        assert_eq!(without_meaning.0, "http://snomed.info/sct|69536005 Head", "the table knows what it is called");
    }

    #[test]
    fn a_scheme_is_known_by_the_oid_of_the_item_then_of_the_data_set_and_by_what_the_user_says_before_all() {
        let scheme =
            |oid: &&str| vec![text(tags::CODING_SCHEME_DESIGNATOR, "99X "), text(tags::CODING_SCHEME_UID, *oid)];
        let listed = |oid: &str| items(tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, [scheme(&oid)]);
        let two = |oids: [&str; 2]| items(tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, oids.each_ref().map(scheme));
        let item = |oid: &[&str]| {
            let uid = oid.iter().map(|oid| text(tags::CODING_SCHEME_UID, *oid));
            code("X", "99X", "").into_iter().chain(uid).collect::<Vec<_>>()
        };
        let said = sample::options(&["scheme:99X=https://example.org/x"], &[]);
        for (item, more, options, want) in [
            (item(&["1.2.3"]), vec![], &Options::default(), "urn:oid:1.2.3|X"),
            (item(&["2.16.840.1.113883.6.1"]), vec![], &Options::default(), "http://loinc.org|X"),
            (item(&["1.2.3"]), vec![listed("1.2.4")], &Options::default(), "urn:oid:1.2.3|X"),
            (item(&[]), vec![listed("1.2.4\0")], &Options::default(), "urn:oid:1.2.4|X"),
            (item(&["1.02"]), vec![], &Options::default(), "X"),
            (item(&["1.2.3\\1.2.4"]), vec![], &Options::default(), "X"),
            (item(&[]), vec![listed("1.2.3\\1.2.4")], &Options::default(), "X"),
            (item(&[]), vec![two(["1.2.3", "1.2.4"])], &Options::default(), "X"),
            (item(&[]), vec![two(["1.2.4", "1.2.4"])], &Options::default(), "urn:oid:1.2.4|X"),
            (item(&["1.2.3"]), vec![], &said, "https://example.org/x|X"),
        ] {
            assert_eq!(procedure_with(item.clone(), &more, options).0, want, "{item:?} {more:?}");
        }
    }

    #[test]
    fn a_code_is_long_or_a_urn_or_has_spaces_to_spare() {
        let long = "x".repeat(40);
        for (item, want) in [
            (
                vec![text(tags::LONG_CODE_VALUE, &long), text(tags::CODING_SCHEME_DESIGNATOR, "LN")],
                format!("http://loinc.org|{long}"),
            ),
            (vec![text(tags::URN_CODE_VALUE, "urn:x:1")], "urn:ietf:rfc:3986|urn:x:1".into()),
            (
                vec![text(tags::URN_CODE_VALUE, "urn:x:1"), text(tags::CODING_SCHEME_DESIGNATOR, "LN")],
                "http://loinc.org|urn:x:1".into(),
            ),
            (code(" a  b ", "LN", ""), "http://loinc.org|a b".into()),
        ] {
            assert_eq!(procedure(item.clone(), &[]), (want, vec![]), "{item:?}");
        }
    }

    #[test]
    fn a_version_stays_but_for_snomed_ct_where_it_must_be_a_uri() {
        let uri = "http://snomed.info/sct/900000000000207008/version/20240101";
        for (value, designator, version, want) in [
            ("1", "LN", "2.74", Some("2.74")),
            ("69536005", "SCT", "20020904", None),
            ("69536005", "SCT", uri, Some(uri)),
            ("T-D1100", "SRT", "1.1", None),
        ] {
            let item = [code(value, designator, ""), vec![text(tags::CODING_SCHEME_VERSION, version)]].concat();
            let part = mapped(SERIES, &[items(tags::PROCEDURE_CODE_SEQUENCE, [item])]).part;
            assert_eq!(part.procedure[0].concept.coding[0].version.as_deref(), want, "{designator} {version}");
        }
    }
}
