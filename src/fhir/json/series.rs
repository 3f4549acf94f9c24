//! ImagingStudy.series, its performers and its instances.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::concept::{Absent, CONCEPT, InConcept, code};
use super::object::{Element, Object, Shaped, Value, extension};
use crate::fhir::datatypes::Coding;
use crate::fhir::dialect::Dialect;
use crate::fhir::imaging_study::{Instance, Instances, Performer, SopClass};
use crate::fhir::profile::Profile;
use crate::fhir::release::SopClassForm;

pub use crate::fhir::imaging_study::Series;

impl Element for Series<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("uid", &self.uid)?;
        object.optional("number", self.number)?;
        match &self.modality {
            Some(modality) => object.coded(object.release.series_modality, [modality])?,
            None => object.element("modality", Absent::UNKNOWN)?,
        }
        object.optional("description", self.description.as_deref())?;
        object.value("numberOfInstances", self.number_of_instances)?;
        object.list("endpoint", &self.endpoint)?;
        object.coded(object.release.body_site, &self.body_site)?;
        if let Some(laterality) = object.release.laterality {
            object.coded(laterality, &self.laterality)?;
        }
        object.list("specimen", &self.specimen)?;
        if let Some(started) = self.started {
            object.shown("started", started)?;
        }
        object.list("performer", &self.performer)?;
        match self.instances {
            Some(instances) if !is_empty(instances) => {
                let list = InstanceList(instances, object.dialect);
                object.value("instance", list)
            }
            _ => Ok(()),
        }
    }
}

impl Element for Performer {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.optional_element("function", self.function.as_ref().map(InConcept))?;
        object.element("actor", &self.actor)
    }
}

/// Whether there is no instance to list.
fn is_empty(instances: &dyn Instances) -> bool {
    let mut empty = true;
    instances.visit(&mut |_| {
        empty = false;
        false
    });
    empty
}

/// The instances, written one at a time.
struct InstanceList<'a>(&'a dyn Instances, Dialect<'a>);

impl Serialize for InstanceList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut outcome = Ok(());
        self.0.visit(&mut |instance| {
            outcome = list.serialize_element(&Shaped(instance, self.1));
            outcome.is_ok()
        });
        outcome?;
        list.end()
    }
}

impl Element for Instance<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("extension", extensions(self, object.dialect.profile).iter().flatten())?;
        object.value("uid", self.uid)?;
        sop_class(self.sop_class, object)?;
        object.optional("number", self.number)?;
        if object.release.number_of_frames {
            object.optional("numberOfFrames", self.number_of_frames)?;
        }
        // A profile that knows key objects has their title in an extension.
        let key_object = self.key_object.filter(|_| object.dialect.profile.key_object_title.is_some());
        match key_object {
            Some(key_object) => object.optional("title", key_object.description.as_deref()),
            None => object.optional("title", self.title),
        }
    }
}

/// What a profile adds to an instance.
fn extensions<'i>(instance: &'i Instance<'_>, profile: &Profile) -> [Option<impl Element>; 3] {
    let title = instance.key_object.and_then(|key_object| key_object.title.as_ref());
    let added = |url: Option<&'static str>, value: Option<Added<'i>>| Some(extension(url?, value?));
    [
        added(profile.key_object_title, title.map(Added::Concept)),
        added(profile.instance_description, instance.title.map(Added::Text)),
        added(profile.frames, instance.number_of_frames.map(Added::Number)),
    ]
}

/// The value of an extension of an instance.
enum Added<'a> {
    Concept(&'a Coding),
    Text(&'a str),
    Number(u32),
}

impl Element for Added<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        match self {
            Added::Concept(coding) => object.element(CONCEPT, InConcept(coding)),
            Added::Text(text) => object.value("valueString", text),
            Added::Number(number) => object.value("valueInteger", number),
        }
    }
}

/// `sopClass`, by its type in the release: of what is no OID a Coding has the code without a system, and an oid says
/// that it is wrong.
pub fn sop_class<M: SerializeMap>(sop_class: SopClass<'_>, object: &mut Object<'_, M>) -> Result<(), M::Error> {
    match (object.release.sop_class, sop_class) {
        (SopClassForm::Coding, SopClass::Urn(urn)) => {
            object.element("sopClass", (Value("system", "urn:ietf:rfc:3986"), Value("code", urn)))
        }
        (SopClassForm::Coding, SopClass::Raw(raw)) if !raw.trim().is_empty() => {
            object.element("sopClass", Value("code", code(raw)))
        }
        (SopClassForm::Coding, _) => object.element("sopClass", Absent::UNKNOWN),
        (SopClassForm::Oid, SopClass::Urn(urn)) => object.value("sopClass", urn),
        (SopClassForm::Oid, SopClass::Raw(_)) => object.element("_sopClass", Absent::ERROR),
        (SopClassForm::Oid, SopClass::Absent) => object.element("_sopClass", Absent::UNKNOWN),
    }
}
