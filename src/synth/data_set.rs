//! A data set or sequence item, independent of a transfer syntax: attributes in ascending order, values as written.

use std::collections::BTreeMap;

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use super::CharacterSet;

/// The attributes of a data set or of a sequence item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataSet {
    pub(super) attributes: BTreeMap<Tag, Attribute>,
}

/// A value with the VR that it is written with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    pub vr: VR,
    pub value: Value,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Bytes as they are; the writer pads them to an even length.
    Bytes(Vec<u8>),
    /// 16-bit numbers, in the byte order of the transfer syntax.
    Numbers(Vec<u16>),
    /// The items of a sequence.
    Items(Vec<DataSet>),
    /// The fragments of encapsulated pixel data (PS3.5 A.4).
    Fragments(Vec<Vec<u8>>),
}

impl DataSet {
    /// A data set without attributes.
    pub fn new() -> DataSet {
        DataSet::default()
    }

    /// The bytes of a text attribute; empty if it is absent.
    pub(super) fn bytes(&self, tag: Tag) -> &[u8] {
        match self.attributes.get(&tag).map(|attribute| &attribute.value) {
            Some(Value::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    fn put(&mut self, tag: Tag, vr: VR, value: Value) {
        self.attributes.insert(tag, Attribute { vr, value });
    }
}

/// Setting attributes, one after another: a later value replaces an earlier one.
pub trait Attributes: Sized {
    /// The data set that the attributes go into.
    fn data_set(&mut self) -> &mut DataSet;

    /// Writes a text or UID as these bytes, with the VR of the dictionary. Values are separated by `\`.
    fn text(self, tag: Tag, value: impl AsRef<[u8]>) -> Self {
        self.text_as(tag, vr(tag), value)
    }

    /// Writes bytes with a VR that the dictionary may not have for them.
    fn text_as(mut self, tag: Tag, vr: VR, value: impl AsRef<[u8]>) -> Self {
        self.data_set().put(tag, vr, Value::Bytes(value.as_ref().to_vec()));
        self
    }

    /// Writes 16-bit numbers.
    fn numbers(mut self, tag: Tag, values: &[u16]) -> Self {
        self.data_set().put(tag, vr(tag), Value::Numbers(values.to_vec()));
        self
    }

    /// Writes a sequence of these items; without items it has zero length.
    fn items(mut self, tag: Tag, items: impl IntoIterator<Item = DataSet>) -> Self {
        self.data_set().put(tag, VR::SQ, Value::Items(items.into_iter().collect()));
        self
    }

    /// Writes a sequence of one item.
    fn item(self, tag: Tag, item: DataSet) -> Self {
        self.items(tag, [item])
    }

    /// Names the character set of the texts, which must be encoded in it.
    fn character_set(self, set: CharacterSet) -> Self {
        match set.terms() {
            Some(terms) => self.text(tags::SPECIFIC_CHARACTER_SET, terms),
            None => self.without(tags::SPECIFIC_CHARACTER_SET),
        }
    }

    /// Writes pixel data as fragments behind an empty offset table.
    fn fragments(mut self, fragments: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.data_set().put(tags::PIXEL_DATA, VR::OB, Value::Fragments(fragments.into_iter().collect()));
        self
    }

    /// Leaves an attribute out.
    fn without(mut self, tag: Tag) -> Self {
        self.data_set().attributes.remove(&tag);
        self
    }
}

impl Attributes for DataSet {
    fn data_set(&mut self) -> &mut DataSet {
        self
    }
}

/// An item of a code sequence (PS3.3 8.8).
pub fn code(value: &str, scheme: &str, meaning: &str) -> DataSet {
    DataSet::new()
        .text(tags::CODE_VALUE, value)
        .text(tags::CODING_SCHEME_DESIGNATOR, scheme)
        .text(tags::CODE_MEANING, meaning)
}

fn vr(tag: Tag) -> VR {
    StandardDataDictionary.by_tag(tag).map_or(VR::UN, |entry| entry.vr().relaxed())
}
