//! Identifier, Reference and HumanName, which look the same in every release.

use serde::ser::SerializeMap;

use super::concept::Absent;
use super::object::{Element, Object, Value, extension};
use crate::fhir::datatypes::{Coding, HumanName, NameRepresentation};
use crate::fhir::identifier::Identifier;
use crate::fhir::profile::Code;
use crate::fhir::resource::Reference;

impl Element for Identifier {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.optional("use", self.usage.as_deref())?;
        let kind = self.kind.as_ref().map(|kind| IdentifierType(kind, self.is_accession()));
        object.optional_element("type", kind)?;
        // A value that lost bytes is none of its system: whoever looks for it there would find another's.
        object.optional("system", self.system.as_deref().filter(|_| self.value.exact().is_some()))?;
        object.value("value", self.value.text())?;
        let assigner = self.assigner.as_ref().map(|name| Value("display", name.text()));
        object.optional_element("assigner", assigner)
    }
}

/// The type of an identifier, and whether it is an accession number, which some profiles give a second one.
struct IdentifierType<'a>(&'a Coding, bool);

impl Element for IdentifierType<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let more = object.dialect.profile.accession_type.filter(|_| self.1).map(Code::coding);
        object.list("coding", [self.0].into_iter().chain(&more))
    }
}

impl Element for Reference {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        if self.is_empty() {
            Absent::UNKNOWN.write(object)?;
        }
        object.optional("reference", self.literal.as_deref())?;
        object.value("type", self.target.name())?;
        object.optional_element("identifier", self.identifier.as_ref())?;
        object.optional("display", self.display.as_deref())
    }
}

impl Element for HumanName {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("extension", self.representation.map(representation).iter())?;
        object.optional("text", self.text.as_deref())?;
        object.optional("family", self.family.as_deref())?;
        object.values("given", &self.given)?;
        object.values("prefix", &self.prefix)?;
        object.values("suffix", &self.suffix)
    }
}

/// The extension that says in which writing a name is.
fn representation(representation: NameRepresentation) -> impl Element {
    let code = match representation {
        NameRepresentation::Alphabetic => "ABC",
        NameRepresentation::Ideographic => "IDE",
        NameRepresentation::Phonetic => "SYL",
    };
    extension("http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", Value("valueCode", code))
}
