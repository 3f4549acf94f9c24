//! The companion resources, inside the study or on their own.

use serde::ser::SerializeMap;

use super::object::{Element, Object};
use crate::fhir::references::Companion;

/// A companion inside the study, which has no `meta` of its own (dom-4, dom-5).
pub struct Contained<'a>(pub &'a Companion);

impl Element for Contained<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("resourceType", self.0.resource_type().name())?;
        object.value("id", &self.0.id)?;
        self.0.resource.write(&self.0.subject, object)
    }
}

/// A companion with its id, or without one where the server is to give it.
pub struct Body<'a> {
    /// The id.
    pub id: Option<&'a str>,
    /// The resource.
    pub companion: &'a Companion,
}

impl Element for Companion {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        Body { id: Some(&self.id), companion: self }.write(object)
    }
}

impl Element for Body<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("resourceType", self.companion.resource_type().name())?;
        object.optional("id", self.id)?;
        object.meta(self.companion.resource.role())?;
        self.companion.resource.write(&self.companion.subject, object)
    }
}
