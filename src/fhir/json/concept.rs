//! Codes in the form of each release: a Coding, a CodeableConcept, a CodeableReference, or a data-absent-reason.

use serde::ser::SerializeMap;

use super::object::{Element, Object, Value, extension};
use crate::fhir::datatypes::{CodeableConcept, Coding};
use crate::fhir::release::{CodedElement, Datatype, TextAs};

/// The value of an extension that is a concept.
pub const CONCEPT: &str = "valueCodeableConcept";

/// An element with only the data-absent-reason extension, with this code.
pub struct Absent(pub &'static str);

impl Absent {
    /// Nothing is known.
    pub const UNKNOWN: Absent = Absent("unknown");
    /// The value is invalid.
    pub const ERROR: Absent = Absent("error");
}

impl Element for Absent {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
        object.list("extension", [extension(url, Value("valueCode", self.0))].iter())
    }
}

impl Element for Coding {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.optional("system", self.system.as_deref())?;
        object.optional("version", self.version.as_deref())?;
        object.value("code", &*self.code)?;
        object.optional("display", self.display.as_deref())
    }
}

impl Element for CodeableConcept {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("coding", &self.coding)?;
        object.optional("text", self.text.as_deref())
    }
}

/// A Coding in a release that has a CodeableConcept.
pub struct InConcept<'a>(pub &'a Coding);

impl Element for InConcept<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("coding", [self.0])
    }
}

impl<M: SerializeMap> Object<'_, M> {
    /// A member with codes, as the release has it: all of them, or the first.
    pub fn coded<'c, I>(&mut self, element: CodedElement, concepts: I) -> Result<(), M::Error>
    where
        I: IntoIterator<Item = &'c CodeableConcept, IntoIter: Clone>,
    {
        let mut typed = concepts.into_iter().map(|concept| Typed(concept, element.datatype));
        if element.is_list { self.list(element.name, typed) } else { self.optional_element(element.name, typed.next()) }
    }
}

/// A concept in the type that the release has for it.
pub struct Typed<'a>(pub &'a CodeableConcept, pub Datatype);

impl Element for Typed<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let Typed(concept, datatype) = *self;
        match datatype {
            Datatype::Coding(text) => as_coding(concept, text, object),
            Datatype::CodeableReference => object.element("concept", concept),
            Datatype::CodeableConcept | Datatype::Reference => concept.write(object),
        }
    }
}

fn as_coding<M: SerializeMap>(
    concept: &CodeableConcept,
    text_as: TextAs,
    object: &mut Object<'_, M>,
) -> Result<(), M::Error> {
    match (concept.coding.first(), concept.text.as_deref(), text_as) {
        (Some(coding), ..) => coding.write(object),
        (None, Some(text), TextAs::Code) => object.value("code", code(text)),
        (None, Some(text), TextAs::Display) => object.value("display", text),
        (None, None, _) => Absent::UNKNOWN.write(object),
    }
}

/// A text as `code`, which has single spaces inside and none around.
pub fn code(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
