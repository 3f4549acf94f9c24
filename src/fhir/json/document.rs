//! A document Bundle: the Composition first, then the study, then what it refers to (R4 Bundle, documents).

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::bundle::Entry;
use super::concept::InConcept;
use super::imaging_study::StudyElement;
use super::object::{Element, Many, Member, Object, Shaped, Value};
use crate::fhir::bundle::full_url;
use crate::fhir::datatypes::Coding;
use crate::fhir::dialect::Dialect;
use crate::fhir::document::Document;
use crate::fhir::identifier::Identifier;
use crate::fhir::narrative;
use crate::fhir::profile::Role;
use crate::fhir::resource::Reference;

/// What the document is (LOINC).
const IMAGING_STUDY: Coding = Coding::constant("http://loinc.org", "18748-4", "Diagnostic imaging study");

impl Element for Document<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("resourceType", "Bundle")?;
        object.meta(Role::Document)?;
        object.element("identifier", identifier(self))?;
        object.value("type", "document")?;
        object.shown("timestamp", self.made_at)?;
        let entries = Entries(self, object.dialect);
        object.value("entry", entries)
    }
}

/// The UID as an identifier, of the document and of its Composition.
fn identifier(document: &Document<'_>) -> Identifier {
    Identifier {
        system: Some("urn:ietf:rfc:3986".into()),
        value: format!("urn:oid:{}", document.uid).into(),
        ..Identifier::default()
    }
}

/// All entries.
struct Entries<'a>(&'a Document<'a>, Dialect<'a>);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Entries(document, dialect) = *self;
        let mut entries = serializer.serialize_seq(None)?;
        let composition = Entry::held(document.composition_url(), Composition(document));
        entries.serialize_element(&Shaped(composition, dialect))?;
        let study = Entry::held(document.study_url(), StudyElement::of(&document.linked));
        entries.serialize_element(&Shaped(study, dialect))?;
        for companion in &document.linked.beside {
            entries.serialize_element(&Shaped(Entry::held(full_url(companion), companion), dialect))?;
        }
        entries.end()
    }
}

/// `Composition`.
struct Composition<'a>(&'a Document<'a>);

impl Element for Composition<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let document = self.0;
        object.value("resourceType", "Composition")?;
        object.value("id", document.composition_id())?;
        object.meta(Role::Composition)?;
        object.element("text", generated(narrative::of_study(&document.linked.study)))?;
        object.element("identifier", identifier(document))?;
        object.value("status", "final")?;
        object.element("type", InConcept(&IMAGING_STUDY))?;
        object.list("category", [InConcept(&IMAGING_STUDY)].iter())?;
        object.element("subject", &document.linked.study.subject)?;
        object.shown("date", document.made_at)?;
        object.list("author", &document.linked.study.authors)?;
        object.value("title", document.title())?;
        object.list("event", [Many("detail", [document.event()])].iter())?;
        let others = &document.linked.study.other_orders;
        object.list("section", (!others.is_empty()).then(|| other_orders(others)).iter())
    }
}

/// A narrative made of what the resource says.
fn generated(div: String) -> impl Element {
    (Value("status", "generated"), Value("div", div))
}

/// `Composition.section` with the orders that the study is not based on: each entry can be reached from the Composition
/// (R4 Documents).
fn other_orders(orders: &[Reference]) -> impl Element {
    let text = Member("text", generated(narrative::of_orders(orders)));
    (Value("title", "Other orders"), (text, Many("entry", orders)))
}
