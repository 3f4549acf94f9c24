//! Reads values and items of a header.

use dicom_dictionary_std::tags;

use super::places::Place;
use super::{Entry, Header};
use crate::dicom::Tag;

/// A data set, or an item of a sequence, of a [`Header`].
#[derive(Debug, Clone, Copy)]
pub struct DataSet<'h> {
    header: &'h Header,
    start: usize,
    end: usize,
    character_set: &'h [u8],
}

impl<'h> DataSet<'h> {
    pub(super) fn new(header: &'h Header, start: usize, end: usize, inherited: &'h [u8]) -> DataSet<'h> {
        let mut data_set = DataSet { header, start, end, character_set: inherited };
        if let Some(own) = data_set.bytes(tags::SPECIFIC_CHARACTER_SET) {
            data_set.character_set = own;
        }
        data_set
    }

    /// The raw value of an attribute, with its padding; `None` where the attribute is absent, or is a sequence.
    pub fn bytes(&self, tag: Tag) -> Option<&'h [u8]> {
        let (_, entry) = self.entries(tag).next()?;
        self.header.bytes_of(entry)
    }

    /// The raw values of an attribute that should stand once: the one that is taken, then another that stands there
    /// too.
    pub fn all_bytes(&self, tag: Tag) -> impl Iterator<Item = &'h [u8]> + use<'h> {
        let header = self.header;
        self.entries(tag).filter_map(|(_, entry)| header.bytes_of(entry))
    }

    /// The items of a sequence, and of another of this tag; none where the attribute is absent or is no sequence.
    pub fn items(&self, tag: Tag) -> impl Iterator<Item = DataSet<'h>> + use<'h> {
        let (header, character_set) = (self.header, self.character_set);
        self.entries(tag).flat_map(move |(at, sequence)| {
            let (mut at, end) = (at + 1, sequence.behind as usize);
            std::iter::from_fn(move || {
                let item = header.entries.get(at).filter(|_| at < end)?;
                let (start, behind) = (at + 1, item.behind as usize);
                at = behind;
                Some(DataSet::new(header, start, behind, character_set))
            })
        })
    }

    /// The raw Specific Character Set (0008,0005) that holds here: the item's own, else that of the data set around it.
    pub fn character_set(&self) -> &'h [u8] {
        self.character_set
    }

    /// The entries of the tag at this level, each with its place.
    fn entries(&self, tag: Tag) -> impl Iterator<Item = (usize, &'h Entry)> + use<'h> {
        // An item begins behind its sequence.
        let (mut next, end) = match if self.start == 0 { self.header.root.of(tag) } else { Place::Anywhere } {
            Place::Nowhere => (self.end, self.end),
            Place::At(at) => (at, at + 1),
            Place::Anywhere => (self.start, self.end),
        };
        let entries = self.header.entries.get(..end).unwrap_or_default();
        std::iter::from_fn(move || {
            loop {
                let (at, entry) = (next, entries.get(next)?);
                next = entry.behind as usize;
                if entry.tag == tag {
                    return Some((at, entry));
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::nested;
    use super::*;

    #[test]
    fn values_and_items_are_found_again() {
        let header = nested();
        let root = header.root();
        assert_eq!(root.bytes(tags::PATIENT_ID), Some(b"1 ".as_slice()));
        assert_eq!(root.bytes(tags::STUDY_ID), Some(b"s".as_slice()));
        assert_eq!(root.bytes(tags::ACCESSION_NUMBER), None, "an item's value is not the root's");
        let items: Vec<_> = root.items(tags::REQUEST_ATTRIBUTES_SEQUENCE).collect();
        assert_eq!(items.len(), 2);
        assert_eq!(items[1].bytes(tags::ACCESSION_NUMBER), Some(b"b".as_slice()));
        assert_eq!(root.items(tags::PATIENT_ID).count(), 0);
    }

    #[test]
    fn an_item_has_the_character_set_around_it_unless_it_brings_its_own() {
        let header = nested();
        let sets: Vec<_> =
            header.root().items(tags::REQUEST_ATTRIBUTES_SEQUENCE).map(|item| item.character_set()).collect();
        assert_eq!(sets, [b"ISO_IR 100".as_slice(), b"ISO_IR 192"]);
    }
}
