//! What a scan brings back of one file: the wanted attributes, as raw bytes, in a form that is used again for the next.
//!
//! Entries stand in the order of the file, a sequence before its items and an item before its attributes, each with the
//! place behind its last one. So a data set is a range of entries, and nothing is allocated for a file once the two
//! buffers have grown.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::wanted::Levels;

/// The most bytes of values that are kept of one file; beyond that the scan stops with [`Full`].
pub const MAX_HEADER_BYTES: usize = 1 << 20;
/// The most entries that are kept of one file.
pub const MAX_ENTRIES: usize = 1 << 16;

/// The tag in front of each item of a sequence (PS3.5 7.5).
const ITEM: Tag = Tag(0xFFFE, 0xE000);

/// Stands for the tag of a value that was forgotten; no attribute has it.
const FORGOTTEN: Tag = Tag(0xFFFF, 0xFFFF);

/// The wanted attributes of one file.
#[derive(Debug, Default)]
pub struct Header {
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    /// What the scan noticed and could not take as it is.
    pub faults: Vec<Fault>,
}

/// Something in a data set that was not as PS3.5 has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The attribute at or behind which it was noticed.
    pub tag: Tag,
    /// What it is.
    pub kind: FaultKind,
}

/// The kinds of [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The file ends inside this attribute, and what stood before it was taken.
    Truncated,
    /// The attribute stands twice in its data set, and the later value was taken.
    Repeated,
    /// A wanted value is longer than its cap and was left out.
    TooLong,
    /// Sequences lie deeper inside each other than the cap; the rest of the file was left.
    TooDeep,
    /// The file has more wanted values than the cap, or more bytes that had to be read; the rest was left.
    TooMany,
    /// The bytes make no sense as a data element, or one reaches beyond its item; the rest of the file or item was left.
    Malformed,
}

/// What tells apart the parts of two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprints {
    /// Of what is wanted for the study.
    pub study: u64,
    /// Of what is wanted for the series.
    pub series: u64,
    /// Of what instances have in common.
    pub kind: u64,
    /// Of the instance's own.
    pub number: u64,
    /// Of what it selects, where it is a Key Object Selection; else 0.
    pub selection: u64,
}

impl Fingerprints {
    /// One hash of all of them.
    pub fn whole(&self) -> u64 {
        let parts = [self.series, self.kind, self.number];
        let selection = (self.selection != 0).then_some(self.selection);
        parts.into_iter().chain(selection).fold(self.study, join)
    }
}

/// Joins two hashes, of which the order counts.
fn join(one: u64, other: u64) -> u64 {
    /// An odd number with as many ones as zeros.
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    (one ^ other).wrapping_mul(MIX).rotate_left(29)
}

/// The header has no room for another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: Tag,
    levels: Levels,
    content: Content,
}

#[derive(Debug, Clone, Copy)]
enum Content {
    /// Bytes from the first to before the second place.
    Value(u32, u32),
    /// A sequence: its items end before this entry.
    Sequence(u32),
    /// An item: its attributes end before this entry.
    Item(u32),
}

/// A sequence or item that is not closed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Open(usize);

impl Header {
    /// Forgets the last file and keeps the room.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes.clear();
        self.faults.clear();
    }

    /// Keeps a value of the data set or item that is open.
    pub fn push_value(&mut self, tag: Tag, levels: Levels, value: &[u8]) -> Result<(), Full> {
        let start = self.bytes.len();
        if start + value.len() > MAX_HEADER_BYTES {
            return Err(Full);
        }
        self.bytes.extend_from_slice(value);
        self.push(tag, levels, Content::Value(place(start), place(self.bytes.len()))).map(|_| ())
    }

    /// The place behind all that is kept: where the next data set or item begins.
    pub fn end(&self) -> usize {
        self.entries.len()
    }

    /// Forgets a value of the data set or item that begins at a place, and says whether it was there.
    pub fn forget_value(&mut self, start: usize, tag: Tag) -> bool {
        let mut at = start;
        while let Some(entry) = self.entries.get_mut(at) {
            if entry.tag == tag && matches!(entry.content, Content::Value(..)) {
                (entry.tag, entry.levels) = (FORGOTTEN, Levels::NONE);
                return true;
            }
            at = entry.end(at);
        }
        false
    }

    /// Opens a sequence.
    pub fn open_sequence(&mut self, tag: Tag, levels: Levels) -> Result<Open, Full> {
        self.push(tag, levels, Content::Sequence(0))
    }

    /// Opens an item of the sequence opened last.
    pub fn open_item(&mut self) -> Result<Open, Full> {
        self.push(ITEM, Levels::NONE, Content::Item(0))
    }

    /// Closes a sequence or item: what comes next is behind it.
    pub fn close(&mut self, open: Open) {
        let end = place(self.entries.len());
        match self.entries.get_mut(open.0).map(|entry| &mut entry.content) {
            Some(Content::Sequence(at) | Content::Item(at)) => *at = end,
            Some(Content::Value(..)) | None => {}
        }
    }

    /// Notes something that was not as it should be.
    pub fn fault(&mut self, tag: Tag, kind: FaultKind) {
        self.faults.push(Fault { tag, kind });
    }

    /// The root data set, with the file meta information's attributes in front.
    pub fn root(&self) -> DataSet<'_> {
        DataSet::new(self, 0, self.entries.len(), &[])
    }

    /// For each level a hash over the raw wanted bytes, with their tags and character sets: equal for two files exactly
    /// when that part of them reads the same.
    pub fn fingerprints(&self) -> Fingerprints {
        let mut hashes = [0; Levels::EACH.len()];
        let mut at = 0;
        while let Some(entry) = self.entries.get(at) {
            let end = entry.end(at);
            // What is wanted of selections alone is hashed only where there is one.
            if entry.levels != Levels::NONE && entry.levels != Levels::SELECTION {
                let attribute = self.attribute_hash(at, end);
                for (level, hash) in Levels::EACH.into_iter().zip(&mut hashes) {
                    if entry.levels.meets(level) {
                        *hash = join(*hash, attribute);
                    }
                }
            }
            at = end;
        }
        let [study, series, kind, number] = hashes;
        Fingerprints { study, series, kind, number, selection: 0 }
    }

    /// The same for one level.
    pub fn fingerprint(&self, level: Levels) -> u64 {
        let (mut hash, mut at) = (0, 0);
        while let Some(entry) = self.entries.get(at) {
            let end = entry.end(at);
            if entry.levels.meets(level) {
                hash = join(hash, self.attribute_hash(at, end));
            }
            at = end;
        }
        hash
    }

    fn attribute_hash(&self, at: usize, end: usize) -> u64 {
        let attribute = self.entries.get(at..end).unwrap_or_default().iter();
        attribute.fold(0, |hash, inner| join(hash, self.entry_hash(inner, at)))
    }

    fn entry_hash(&self, entry: &Entry, from: usize) -> u64 {
        let tag = (u64::from(entry.tag.group()) << 16 | u64::from(entry.tag.element())) << 32;
        match entry.content {
            Content::Value(start, end) => {
                let value = self.bytes.get(start as usize..end as usize).unwrap_or_default();
                xxh3_64_with_seed(value, tag | u64::from(end - start))
            }
            // Ends are taken from the start of the root attribute, so that they do not depend on what stands before it.
            Content::Sequence(end) | Content::Item(end) => tag | (u64::from(end) - from as u64),
        }
    }

    fn push(&mut self, tag: Tag, levels: Levels, content: Content) -> Result<Open, Full> {
        if self.entries.len() >= MAX_ENTRIES {
            return Err(Full);
        }
        self.entries.push(Entry { tag, levels, content });
        Ok(Open(self.entries.len() - 1))
    }
}

impl Entry {
    /// The place behind this entry and all that lies in it. A sequence that was never closed ends where it stands.
    fn end(&self, at: usize) -> usize {
        match self.content {
            Content::Value(..) => at + 1,
            Content::Sequence(end) | Content::Item(end) => (end as usize).max(at + 1),
        }
    }
}

/// A data set, or an item of a sequence, of a [`Header`].
#[derive(Debug, Clone, Copy)]
pub struct DataSet<'h> {
    header: &'h Header,
    start: usize,
    end: usize,
    character_set: &'h [u8],
}

impl<'h> DataSet<'h> {
    fn new(header: &'h Header, start: usize, end: usize, inherited: &'h [u8]) -> DataSet<'h> {
        let mut data_set = DataSet { header, start, end, character_set: inherited };
        if let Some(own) = data_set.bytes(tags::SPECIFIC_CHARACTER_SET) {
            data_set.character_set = own;
        }
        data_set
    }

    /// The raw value of an attribute, with its padding; `None` where the attribute is absent, or is a sequence.
    pub fn bytes(&self, tag: Tag) -> Option<&'h [u8]> {
        match self.find(tag)?.1.content {
            Content::Value(start, end) => self.header.bytes.get(start as usize..end as usize),
            Content::Sequence(_) | Content::Item(_) => None,
        }
    }

    /// The items of a sequence; none where the attribute is absent or is no sequence.
    pub fn items(&self, tag: Tag) -> impl Iterator<Item = DataSet<'h>> + use<'h> {
        let (header, character_set) = (self.header, self.character_set);
        let (mut at, end) = self.find(tag).map_or((0, 0), |(at, entry)| (at + 1, entry.end(at)));
        std::iter::from_fn(move || {
            let item = header.entries.get(at).filter(|_| at < end)?;
            let (start, behind) = (at + 1, item.end(at));
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
        let mut at = self.start;
        while at < self.end {
            let entry = self.header.entries.get(at)?;
            if entry.tag == tag {
                return Some((at, entry));
            }
            at = entry.end(at);
        }
        None
    }
}

/// A place in a buffer whose length [`MAX_HEADER_BYTES`] or [`MAX_ENTRIES`] bounds.
fn place(index: usize) -> u32 {
    u32::try_from(index).expect("header buffers are bounded far below 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested() -> Header {
        let mut header = Header::default();
        header.push_value(tags::SPECIFIC_CHARACTER_SET, Levels::ALL, b"ISO_IR 100").unwrap();
        header.push_value(tags::PATIENT_ID, Levels::STUDY, b"1 ").unwrap();
        let sequence = header.open_sequence(tags::REQUEST_ATTRIBUTES_SEQUENCE, Levels::SERIES).unwrap();
        for (set, id) in [(None, "a"), (Some("ISO_IR 192"), "b")] {
            let item = header.open_item().unwrap();
            if let Some(set) = set {
                header.push_value(tags::SPECIFIC_CHARACTER_SET, Levels::SERIES, set.as_bytes()).unwrap();
            }
            header.push_value(tags::ACCESSION_NUMBER, Levels::SERIES, id.as_bytes()).unwrap();
            header.close(item);
        }
        header.close(sequence);
        header.push_value(tags::STUDY_ID, Levels::STUDY, b"s").unwrap();
        header
    }

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

    #[test]
    fn a_fingerprint_sees_only_its_level() {
        let (one, mut other) = (nested(), nested());
        other.push_value(tags::STUDY_DESCRIPTION, Levels::STUDY, b"x").unwrap();
        let (one, other) = (one.fingerprints(), other.fingerprints());
        assert_ne!(one.study, other.study);
        assert_eq!(Fingerprints { study: other.study, ..one }, other);
    }
}
