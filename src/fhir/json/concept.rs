//! Codes in the form of each release: a Coding, a CodeableConcept, a CodeableReference, or a data-absent-reason.

use serde::ser::SerializeMap;

use super::object::{Element, Object};
use crate::fhir::datatypes::{CodeableConcept, Coding};

/// An extension with a code as its value.
pub struct CodeExtension {
    /// The extension's URL.
    pub url: &'static str,
    /// The value.
    pub code: &'static str,
}

impl Element for CodeExtension {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("url", self.url)?;
        object.value("valueCode", self.code)
    }
}

/// An extension with a concept as its value.
pub struct ConceptExtension {
    /// The extension's URL.
    pub url: &'static str,
    /// The value.
    pub concept: CodeableConcept,
}

impl Element for ConceptExtension {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("url", self.url)?;
        object.element("valueCodeableConcept", &self.concept)
    }
}

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
        object.list("extension", [CodeExtension { url, code: self.0 }].iter())
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

/// A CodeableConcept in a release that has a CodeableReference.
pub struct InReference<'a>(pub &'a CodeableConcept);

impl Element for InReference<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.element("concept", self.0)
    }
}

/// A CodeableConcept in a release that has a Coding: its first one.
pub struct AsCoding<'a> {
    /// The concept.
    pub concept: &'a CodeableConcept,
    /// How its text is written if it has no coding.
    pub text: TextAs,
}

/// What the text of a concept becomes in a Coding.
#[derive(Clone, Copy)]
pub enum TextAs {
    /// The code, without a system.
    Code,
    /// The display.
    Display,
}

impl Element for AsCoding<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        if let Some(coding) = self.concept.coding.first() {
            return coding.write(object);
        }
        match (self.text, self.concept.text.as_deref()) {
            (TextAs::Code, Some(text)) => object.value("code", code(text)),
            (TextAs::Display, Some(text)) => object.value("display", text),
            (_, None) => Absent::UNKNOWN.write(object),
        }
    }
}

/// A text as `code`, which has single spaces inside and none around.
pub fn code(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
