//! One instance as it is read from JSON: the wanted attributes, in ascending order whatever their order in the text.

use std::collections::BTreeMap;

use dicom_core::Tag;

use crate::dicom::header::{Full, Header, MAX_ENTRIES, MAX_HEADER_BYTES};
use crate::dicom::wanted::Levels;

/// The attributes of an instance or item, each with a former value that differs where it stands twice.
pub(super) type Attributes = BTreeMap<Tag, (Levels, Value, Option<Vec<u8>>)>;

/// What an attribute has.
pub(super) enum Value {
    /// Its bytes, as they would stand in a file in UTF-8.
    Bytes(Vec<u8>),
    /// Its items.
    Items(Vec<Attributes>),
}

/// What may still be kept of an instance: as much as of a file.
pub(super) struct Room {
    bytes: usize,
    entries: usize,
}

impl Default for Room {
    fn default() -> Room {
        Room { bytes: MAX_HEADER_BYTES, entries: MAX_ENTRIES }
    }
}

impl Room {
    /// Takes room for one attribute or item; false where there is none.
    pub fn entry(&mut self) -> bool {
        self.entries = self.entries.saturating_sub(1);
        self.entries > 0
    }

    /// Takes room for bytes; false where there is none.
    pub fn bytes(&mut self, count: usize) -> bool {
        self.bytes = self.bytes.saturating_sub(count);
        self.bytes > 0
    }
}

/// Puts the attributes up to a last one into a header.
pub(super) fn put(attributes: &Attributes, last: Tag, header: &mut Header) -> Result<(), Full> {
    for (tag, (levels, value, former)) in attributes.range(..=last) {
        match value {
            Value::Bytes(bytes) => {
                let all = [bytes].into_iter().chain(former);
                all.into_iter().try_for_each(|bytes| header.push_value(*tag, *levels, bytes))?;
            }
            Value::Items(items) => {
                let sequence = header.open_sequence(*tag, *levels)?;
                for item in items {
                    let open = header.open_item()?;
                    put(item, Tag(0xFFFF, 0xFFFF), header)?;
                    header.close(open);
                }
                header.close(sequence);
            }
        }
    }
    Ok(())
}
