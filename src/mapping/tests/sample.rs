//! Small data sets for the tests of the rows, and what the rows make of them.

use std::sync::LazyLock;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::dicom::wanted::NodeId;
use crate::dicom::{Header, Levels, Wanted};
use crate::fhir::{CodeableConcept, Coding, Identifier, Reference};
use crate::issue::{Issue, Reason};
use crate::mapping::{Mapped, Options, Row, map, wanted};

/// An attribute of a sample data set.
pub type Sample = (Tag, Value);

/// The value of a sample's attribute.
#[derive(Debug, Clone)]
pub enum Value {
    /// What stands in the file, in UTF-8.
    Text(String),
    /// The items of a sequence.
    Items(Vec<Vec<Sample>>),
}

impl Value {
    /// The text; a sequence has none.
    pub fn as_text(&self) -> &str {
        match self {
            Value::Text(text) => text,
            Value::Items(_) => "",
        }
    }
}

/// An attribute with a text.
pub fn text(tag: Tag, value: impl Into<String>) -> Sample {
    (tag, Value::Text(value.into()))
}

/// A sequence with these items.
pub fn items<const N: usize>(tag: Tag, items: [Vec<Sample>; N]) -> Sample {
    (tag, Value::Items(items.into()))
}

/// A coded entry; an empty part is absent.
pub fn code(value: &str, designator: &str, meaning: &str) -> Vec<Sample> {
    let parts =
        [(tags::CODE_VALUE, value), (tags::CODING_SCHEME_DESIGNATOR, designator), (tags::CODE_MEANING, meaning)];
    parts.into_iter().filter(|(_, part)| !part.is_empty()).map(|(tag, part)| text(tag, part)).collect()
}

/// A person's identification by one code.
pub fn identification(value: &str, designator: &str, meaning: &str) -> Vec<Sample> {
    vec![items(tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, [code(value, designator, meaning)])]
}

/// An issuer: local name, universal id and its type; an empty part is absent.
pub fn issuer(local: &str, universal: &str, id_type: &str) -> Vec<Sample> {
    let parts = [
        (tags::LOCAL_NAMESPACE_ENTITY_ID, local),
        (tags::UNIVERSAL_ENTITY_ID, universal),
        (tags::UNIVERSAL_ENTITY_ID_TYPE, id_type),
    ];
    parts.into_iter().filter(|(_, part)| !part.is_empty()).map(|(tag, part)| text(tag, part)).collect()
}

/// The header of a data set in UTF-8, as the scanner brings it back.
pub fn header(data_set: &[Sample]) -> Header {
    static WANTED: LazyLock<Wanted> = LazyLock::new(wanted);
    let mut header = Header::default();
    header.push_value(tags::SPECIFIC_CHARACTER_SET, Levels::ALL, b"ISO_IR 192").unwrap();
    push(&mut header, data_set, &WANTED, WANTED.root());
    header
}

fn push(header: &mut Header, data_set: &[Sample], wanted: &Wanted, node: NodeId) {
    for (tag, value) in data_set {
        let Some(child) = wanted.children(node).iter().find(|child| child.tag == *tag) else { continue };
        match (value, child.items) {
            (Value::Text(text), _) => header.push_value(*tag, child.levels, text.as_bytes()).unwrap(),
            (Value::Items(_), None) => {}
            (Value::Items(items), Some(node)) => {
                let sequence = header.open_sequence(*tag, child.levels).unwrap();
                for data_set in items {
                    let item = header.open_item().unwrap();
                    push(header, data_set, wanted, node);
                    header.close(item);
                }
                header.close(sequence);
            }
        }
    }
}

/// What the rows make of a data set under options that add nothing.
pub fn mapped<P: Default>(rows: &[Row<P>], data_set: &[Sample]) -> Mapped<P> {
    mapped_with(rows, data_set, &Options::default())
}

/// The same under these options.
pub fn mapped_with<P: Default>(rows: &[Row<P>], data_set: &[Sample], options: &Options) -> Mapped<P> {
    map(rows, header(data_set).root(), options)
}

/// The reasons of issues, each with its attribute.
pub fn reasons(issues: &[Issue]) -> Vec<(Tag, Reason)> {
    issues.iter().map(|issue| (*issue.tags.last().unwrap(), issue.reason)).collect()
}

/// A concept as the tests write it: `system|code display` for each coding, and the text behind a colon.
pub fn concept(concept: &CodeableConcept) -> String {
    let display = |coding: &Coding| coding.display.as_ref().map(|display| format!(" {display}")).unwrap_or_default();
    let coding = |coding: &Coding| match &coding.system {
        Some(system) => format!("{system}|{}{}", coding.code, display(coding)),
        None => format!("{}{}", coding.code, display(coding)),
    };
    let codings: Vec<String> = concept.coding.iter().map(coding).collect();
    let text = concept.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
    codings.join(", ") + &text
}

/// A reference as the tests write it: its identifier and its display.
pub fn reference(reference: &Reference) -> String {
    let identifier = reference.identifier.as_ref().map(identifier);
    let parts: Vec<String> = identifier.into_iter().chain(reference.display.clone()).collect();
    parts.join(" = ")
}

/// An identifier as the tests write it: the type, `system|` and the value, and the assigner in brackets.
pub fn identifier(identifier: &Identifier) -> String {
    let kind = identifier.kind.as_ref().map(|kind| format!("{} ", kind.code)).unwrap_or_default();
    let system = identifier.system.as_ref().map(|system| format!("{system}|")).unwrap_or_default();
    let assigner = identifier.assigner.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    format!("{kind}{system}{}{assigner}", identifier.value)
}

/// Options with these systems and issuers.
pub fn options(systems: &[&str], issuers: &[&str]) -> Options {
    let system = systems.iter().map(|text| text.parse().unwrap()).collect();
    let issuer = issuers.iter().map(|text| text.parse().unwrap()).collect();
    Options { system, issuer, ..Options::default() }
}
