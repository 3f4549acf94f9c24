//! Reads values and items of a header.

use dicom_dictionary_std::tags;

use super::places::Place;
use super::{Content, Entry, Header};
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
        let (_, entry) = self.find(tag)?;
        let pile = self.header.piles.get(entry.pile.number())?;
        match entry.content {
            Content::Value(start, end) => pile.bytes.get(start as usize..end as usize),
            Content::Sequence | Content::Item => None,
        }
    }

    /// The items of a sequence; none where the attribute is absent or is no sequence.
    pub fn items(&self, tag: Tag) -> impl Iterator<Item = DataSet<'h>> + use<'h> {
        let (header, character_set) = (self.header, self.character_set);
        let (mut at, end) = self.find(tag).map_or((0, 0), |(at, entry)| (at + 1, entry.behind as usize));
        std::iter::from_fn(move || {
            let item = header.entries.get(at).filter(|_| at < end)?;
            let (start, behind) = (at + 1, item.behind as usize);
            at = behind;
            Some(DataSet::new(header, start, behind, character_set))
        })
    }

    /// The raw Specific Character Set (0008,0005) that holds here: the item's own, else that of the data set around it.
    pub fn character_set(&self) -> &'h [u8] {
        self.character_set
    }

    /// The first entry of the tag at this level, and its place.
    fn find(&self, tag: Tag) -> Option<(usize, &'h Entry)> {
        // An item begins behind its sequence.
        match if self.start == 0 { self.header.root.of(tag) } else { Place::Anywhere } {
            Place::Nowhere => None,
            Place::At(at) => self.header.entries.get(at).filter(|entry| entry.tag == tag).map(|entry| (at, entry)),
            Place::Anywhere => self.search(tag),
        }
    }

    fn search(&self, tag: Tag) -> Option<(usize, &'h Entry)> {
        let mut at = self.start;
        while at < self.end {
            let entry = self.header.entries.get(at)?;
            if entry.tag == tag {
                return Some((at, entry));
            }
            at = entry.behind as usize;
        }
        None
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
