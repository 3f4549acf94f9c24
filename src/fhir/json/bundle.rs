//! Bundle: its entries, written one after another; the study comes after what it refers to, and before its selections.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::companion::Body;
use super::imaging_study::StudyElement;
use super::object::{Element, Object, Shaped};
use crate::fhir::ImagingSelection;
use crate::fhir::bundle::{Bundle, Request, full_url, selection_full_url};
use crate::fhir::dialect::Dialect;
use crate::fhir::profile::Role;
use crate::fhir::references::Companion;

impl Element for Bundle<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("resourceType", "Bundle")?;
        object.meta(Role::Other)?;
        object.value("type", self.bundle_type().name())?;
        let entries = Entries(self, object.dialect);
        object.value("entry", entries)
    }
}

/// All entries.
struct Entries<'a>(&'a Bundle<'a>, Dialect<'a>);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Entries(bundle, dialect) = *self;
        let mut entries = serializer.serialize_seq(None)?;
        for companion in &bundle.linked.beside {
            entries.serialize_element(&Shaped(companion_entry(bundle, companion), dialect))?;
        }
        entries.serialize_element(&Shaped(study_entry(bundle), dialect))?;
        for selection in &bundle.linked.selections {
            entries.serialize_element(&Shaped(selection_entry(bundle, selection), dialect))?;
        }
        entries.end()
    }
}

/// One entry.
pub struct Entry<R> {
    full_url: String,
    resource: R,
    request: Option<Request>,
}

impl<R> Entry<R> {
    /// An entry with which nothing is to be done.
    pub fn held(full_url: String, resource: R) -> Entry<R> {
        Entry { full_url, resource, request: None }
    }
}

/// The entry of a companion; one that is created has no id until the server gives it one.
fn companion_entry<'a>(bundle: &Bundle<'_>, companion: &'a Companion) -> Entry<Body<'a>> {
    let request = bundle.companion_request(companion);
    let id = (!matches!(request, Some(Request::Post { .. }))).then_some(companion.id.as_str());
    Entry { full_url: full_url(companion), resource: Body { id, companion }, request }
}

/// The entry of the study.
fn study_entry<'a>(bundle: &'a Bundle<'_>) -> Entry<StudyElement<'a>> {
    let mut resource = StudyElement::of(&bundle.linked);
    if bundle.is_conditional() {
        resource.id = None;
    }
    Entry { full_url: bundle.study_full_url(), resource, request: bundle.study_request() }
}

/// The entry of a selection.
fn selection_entry<'a>(bundle: &Bundle<'_>, selection: &'a ImagingSelection) -> Entry<&'a ImagingSelection> {
    let request = bundle.selection_request(selection);
    Entry { full_url: selection_full_url(selection), resource: selection, request }
}

impl<R: Element> Element for Entry<R> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("fullUrl", &self.full_url)?;
        object.element("resource", &self.resource)?;
        object.optional_element("request", self.request.as_ref())
    }
}

impl Element for Request {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        match self {
            Request::Post { url, if_none_exist } => {
                object.value("method", "POST")?;
                object.value("url", url)?;
                object.value("ifNoneExist", if_none_exist)
            }
            Request::Put { url } => {
                object.value("method", "PUT")?;
                object.value("url", url)
            }
        }
    }
}
