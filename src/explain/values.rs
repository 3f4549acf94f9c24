//! What stands in the header, as text that a terminal can show.

use dicom_core::VR;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;
use serde::Serialize;

use crate::dicom::{DataSet, Tag};
use crate::issue::keyword;
use crate::mapping::{Attribute, Options};
use crate::source::printable;

/// One value of the header.
#[derive(Debug, Clone, Serialize)]
pub struct Read {
    /// The tags from the root inwards, as `(0010,0010)`.
    pub tags: Vec<String>,
    /// The keyword of the last one.
    pub keyword: String,
    /// The value, with control characters escaped.
    pub value: String,
}

/// The values that a data set has of an attribute, in the order of the items.
pub fn read(root: DataSet<'_>, attribute: Attribute, options: &Options) -> Vec<Read> {
    let mut found = Vec::new();
    for path in attribute.wanted() {
        let (tags, keyword) = names(&path);
        let read = |value| Read { tags: tags.clone(), keyword: keyword.clone(), value };
        found.extend(values(root, &path, options).into_iter().map(read));
    }
    found
}

/// The tags of a path from the root inwards, and the keyword of the last one.
pub fn names(path: &[Tag]) -> (Vec<String>, String) {
    (path.iter().map(Tag::to_string).collect(), path.last().map(|tag| keyword(*tag).into_owned()).unwrap_or_default())
}

/// The values that a data set has at a path, in the order of the items.
pub fn values(root: DataSet<'_>, path: &[Tag], options: &Options) -> Vec<String> {
    let mut values = Vec::new();
    collect(root, path, options, &mut values);
    values
}

fn collect(data_set: DataSet<'_>, path: &[Tag], options: &Options, values: &mut Vec<String>) {
    match path {
        [] => {}
        [tag] => values.extend(data_set.all_bytes(*tag).map(|bytes| text(data_set, *tag, options, bytes))),
        [sequence, rest @ ..] => data_set.items(*sequence).for_each(|item| collect(item, rest, options, values)),
    }
}

/// A value in its character set, which is split differently in names and in texts of several lines (PS3.5 6.1.2.5.3).
fn text(data_set: DataSet<'_>, tag: Tag, options: &Options, bytes: &[u8]) -> String {
    let set = options.character_set(data_set.character_set());
    let vr = StandardDataDictionary.by_tag(tag).and_then(|entry| entry.vr().exact());
    let decoded = match vr {
        Some(VR::PN) => set.decode_name(bytes),
        Some(VR::ST | VR::LT | VR::UT) => set.decode_text(bytes),
        _ => set.decode(bytes),
    };
    display(decoded.text.trim_matches(['\0', ' ']))
}

/// Text without anything that a terminal takes for a command; the backslash between values stays as it is.
pub fn display(text: &str) -> String {
    let parts: Vec<String> = text.split('\\').map(|part| printable(part.as_bytes())).collect();
    parts.join("\\")
}
