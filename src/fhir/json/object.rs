//! A JSON object in the making: names and values are handed on to the serializer as they come.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::fhir::release::Release;

/// What is written as a JSON object, in the shape of the object's release.
pub trait Element {
    /// Hands over the members in the order of the specification.
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error>;
}

impl<E: Element> Element for &E {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        (**self).write(object)
    }
}

/// An element together with the release in whose shape it is written.
pub struct Shaped<'r, E>(pub E, pub &'r Release);

impl<E: Element> Serialize for Shaped<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Object { map: serializer.serialize_map(None)?, release: self.1 };
        self.0.write(&mut object)?;
        object.map.end()
    }
}

/// The object that an [`Element`] writes itself to.
pub struct Object<'r, M> {
    map: M,
    /// The release to be written.
    pub release: &'r Release,
}

impl<M: SerializeMap> Object<'_, M> {
    /// A member with a value that JSON has.
    pub fn value(&mut self, name: &'static str, value: impl Serialize) -> Result<(), M::Error> {
        self.map.serialize_entry(name, &value)
    }

    /// The same, where there is one.
    pub fn optional(&mut self, name: &'static str, value: Option<impl Serialize>) -> Result<(), M::Error> {
        value.map_or(Ok(()), |value| self.value(name, value))
    }

    /// A list of values, where it is not empty.
    pub fn values(&mut self, name: &'static str, values: &[String]) -> Result<(), M::Error> {
        if values.is_empty() { Ok(()) } else { self.value(name, values) }
    }

    /// A member whose value is the text that it displays.
    pub fn shown(&mut self, name: &'static str, value: impl fmt::Display) -> Result<(), M::Error> {
        self.value(name, Shown(value))
    }

    /// A member that is an object.
    pub fn element(&mut self, name: &'static str, element: impl Element) -> Result<(), M::Error> {
        let shaped = Shaped(element, self.release);
        self.value(name, shaped)
    }

    /// The same, where there is one.
    pub fn optional_element(&mut self, name: &'static str, element: Option<impl Element>) -> Result<(), M::Error> {
        element.map_or(Ok(()), |element| self.element(name, element))
    }

    /// A list of objects, where it is not empty.
    pub fn list<I>(&mut self, name: &'static str, elements: I) -> Result<(), M::Error>
    where
        I: IntoIterator<Item: Element, IntoIter: Clone>,
    {
        let elements = elements.into_iter();
        if elements.clone().next().is_none() {
            return Ok(());
        }
        let list = List(elements, self.release);
        self.value(name, list)
    }
}

/// A list of elements.
struct List<'r, I>(I, &'r Release);

impl<I: Iterator<Item: Element> + Clone> Serialize for List<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for element in self.0.clone() {
            list.serialize_element(&Shaped(element, self.1))?;
        }
        list.end()
    }
}

/// A value that is written as the text it displays, without a string in between.
pub struct Shown<T>(pub T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
