//! A JSON object writer: names and values are passed directly to the serializer.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::fhir::dialect::Dialect;
use crate::fhir::meta::Meta;
use crate::fhir::profile::Role;
use crate::fhir::release::Release;

/// A value that is written as a JSON object, in the form of the release.
pub trait Element {
    /// Writes the members in the order of the specification.
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error>;
}

impl<E: Element> Element for &E {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        (**self).write(object)
    }
}

/// An object with one member, whose value JSON has.
pub struct Value<T>(pub &'static str, pub T);

impl<T: Serialize> Element for Value<T> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value(self.0, &self.1)
    }
}

/// An object with one member, which is an object.
pub struct Member<E>(pub &'static str, pub E);

impl<E: Element> Element for Member<E> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.element(self.0, &self.1)
    }
}

/// An object with one member, which is a list of objects.
pub struct Many<I>(pub &'static str, pub I);

impl<I: IntoIterator<Item: Element, IntoIter: Clone> + Clone> Element for Many<I> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list(self.0, self.1.clone())
    }
}

/// The members of both.
impl<A: Element, B: Element> Element for (A, B) {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        self.0.write(object)?;
        self.1.write(object)
    }
}

/// An extension with a value.
pub fn extension<E: Element>(url: &'static str, value: E) -> (Value<&'static str>, E) {
    (Value("url", url), value)
}

/// An element together with the dialect in which it is written.
pub struct Shaped<'r, E>(pub E, pub Dialect<'r>);

impl<E: Element> Serialize for Shaped<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let map = serializer.serialize_map(None)?;
        let mut object = Object { map, release: self.1.release, dialect: self.1 };
        self.0.write(&mut object)?;
        object.map.end()
    }
}

/// The object that an [`Element`] writes itself to.
pub struct Object<'r, M> {
    map: M,
    /// The release to be written.
    pub release: &'r Release,
    /// The release with the profile and the user's `meta`.
    pub dialect: Dialect<'r>,
}

impl<M: SerializeMap> Object<'_, M> {
    /// A member with a value that JSON has.
    pub fn value(&mut self, name: &'static str, value: impl Serialize) -> Result<(), M::Error> {
        self.map.serialize_entry(name, &value)
    }

    /// A member with an optional value.
    pub fn optional(&mut self, name: &'static str, value: Option<impl Serialize>) -> Result<(), M::Error> {
        value.map_or(Ok(()), |value| self.value(name, value))
    }

    /// A member that is a list of values, unless it is empty.
    pub fn values(&mut self, name: &'static str, values: &[String]) -> Result<(), M::Error> {
        if values.is_empty() { Ok(()) } else { self.value(name, values) }
    }

    /// A member whose value is the text that it displays.
    pub fn shown(&mut self, name: &'static str, value: impl fmt::Display) -> Result<(), M::Error> {
        self.value(name, Shown(value))
    }

    /// `meta`: the profile of the resource, and the options; nothing without either.
    pub fn meta(&mut self, role: Role) -> Result<(), M::Error> {
        let claim = self.dialect.profile.claim(role);
        let meta = ResourceMeta { claim, given: self.dialect.meta };
        if meta.is_empty() { Ok(()) } else { self.element("meta", meta) }
    }

    /// A member that is an object.
    pub fn element(&mut self, name: &'static str, element: impl Element) -> Result<(), M::Error> {
        let shaped = Shaped(element, self.dialect);
        self.value(name, shaped)
    }

    /// A member with an optional value.
    pub fn optional_element(&mut self, name: &'static str, element: Option<impl Element>) -> Result<(), M::Error> {
        element.map_or(Ok(()), |element| self.element(name, element))
    }

    /// A member that is a list of objects, unless it is empty.
    pub fn list<I>(&mut self, name: &'static str, elements: I) -> Result<(), M::Error>
    where
        I: IntoIterator<Item: Element, IntoIter: Clone>,
    {
        let elements = elements.into_iter();
        if elements.clone().next().is_none() {
            return Ok(());
        }
        let list = List(elements, self.dialect);
        self.value(name, list)
    }
}

/// `Resource.meta`.
struct ResourceMeta<'m> {
    claim: Option<&'static str>,
    given: &'m Meta,
}

impl ResourceMeta<'_> {
    fn is_empty(&self) -> bool {
        self.claim.is_none() && self.given == Meta::NONE
    }
}

impl Element for ResourceMeta<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.optional("source", self.given.meta_source.as_deref())?;
        object.optional("profile", self.claim.map(|claim| [claim]))?;
        object.list("security", &self.given.meta_security)?;
        object.list("tag", &self.given.meta_tag)
    }
}

/// A list of elements.
struct List<'r, I>(I, Dialect<'r>);

impl<I: Iterator<Item: Element> + Clone> Serialize for List<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for element in self.0.clone() {
            list.serialize_element(&Shaped(element, self.1))?;
        }
        list.end()
    }
}

/// A value that is written by its `Display`, without an intermediate string.
struct Shown<T>(T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
