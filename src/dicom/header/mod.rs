//! The result of a scan: the wanted attributes of one file as raw bytes, in buffers that are reused for the next.
//!
//! Entries stand in the order of the file, a sequence before its items and an item before its attributes, each with the
//! place behind its last one. So a data set is a range of entries, and nothing is allocated for a file once the two
//! buffers have grown.

mod data_set;
mod places;

use dicom_core::Tag;
use xxhash_rust::xxh3::xxh3_64;

use super::wanted::Levels;
pub use data_set::DataSet;
use places::Places;

/// The most bytes of values that are kept of one file; beyond that the scan stops with [`Full`].
pub const MAX_HEADER_BYTES: usize = 1 << 20;
/// The most entries that are kept of one file.
pub const MAX_ENTRIES: usize = 1 << 16;

/// What a stored value takes at least, as far as room for it is concerned.
const STORED_VALUE_BYTES: usize = 8;

/// The tag in front of each item of a sequence (PS3.5 7.5).
pub(super) const ITEM: Tag = Tag(0xFFFE, 0xE000);

/// Marks where a sequence or item closes (PS3.5 7.5).
pub(super) const DELIMITER: Tag = Tag(0xFFFE, 0xE0DD);

/// Replaces the tag of a removed value; no attribute has it.
const FORGOTTEN: Tag = Tag(0xFFFF, 0xFFFF);

/// The wanted attributes of one file.
#[derive(Debug, Default)]
pub struct Header {
    entries: Vec<Entry>,
    /// The attributes of the root data set by tag.
    root: Places,
    piles: [Pile; Levels::SETS],
    /// The piles that hold something, a bit each.
    used_piles: u32,
    /// The bytes of all values.
    value_bytes: usize,
    /// How many sequences and items are open, and for which levels the outermost is wanted.
    open: u32,
    outer: Levels,
    /// What is wrong in the file.
    pub faults: Vec<Fault>,
}

/// A deviation of a data set from PS3.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The attribute at or after which it was found.
    pub tag: Tag,
    /// What it is.
    pub kind: FaultKind,
}

/// The kinds of [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The file ends inside this attribute, and what stood before it was taken.
    Truncated,
    /// The attribute stands twice in its data set: the later value was taken, or the items of both sequences.
    Repeated,
    /// A wanted value is longer than its cap and was left out.
    TooLong,
    /// Sequences lie deeper inside each other than the cap; the rest of the file was left.
    TooDeep,
    /// The file has more wanted values than the cap, or more bytes that had to be read; the rest was left.
    TooMany,
    /// The bytes make no sense as a data element, or one reaches beyond its item; the rest of the file or item was
    /// left.
    Malformed,
}

/// Hashes of the wanted attributes of a file, by level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprints {
    /// Of the study's attributes.
    pub study: u64,
    /// Of the series' attributes.
    pub series: u64,
    /// Of the attributes that instances have in common.
    pub kind: u64,
    /// Of the instance's own attributes.
    pub number: u64,
    /// Of what a Key Object Selection selects; else 0.
    pub selection: u64,
}

impl Fingerprints {
    /// Whether there are attributes of a selection.
    pub fn selects(&self) -> bool {
        self.selection != 0
    }

    /// One hash of all of them.
    pub fn whole(&self) -> u64 {
        let parts = [self.series, self.kind, self.number];
        let selection = self.selects().then_some(self.selection);
        parts.into_iter().chain(selection).fold(self.study, join)
    }
}

/// Combines two hashes; their order matters.
fn join(one: u64, other: u64) -> u64 {
    /// An odd number with as many ones as zeros.
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    (one ^ other).wrapping_mul(MIX).rotate_left(29)
}

/// The header is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// The values that are wanted for the same levels, stored together for a common hash.
#[derive(Debug, Default)]
struct Pile {
    bytes: Vec<u8>,
    /// A hash of what the bytes are: tags and lengths, and where sequences and items open and close.
    marks: u64,
}

impl Pile {
    /// Adds a tag and length to the hash.
    #[inline]
    fn mark(&mut self, tag: Tag, length: u32) {
        let tag = u64::from(tag.group()) << 48 | u64::from(tag.element()) << 32;
        self.marks = join(self.marks, tag | u64::from(length));
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: Tag,
    /// What is wanted at the root for these levels, with all that lies in it.
    pile: Levels,
    /// The place behind this entry and all that lies in it.
    behind: u32,
    content: Content,
}

#[derive(Debug, Clone, Copy)]
enum Content {
    /// The bytes of the pile from the first to before the second place.
    Value(u32, u32),
    Sequence,
    Item,
}

/// The values that an attribute had before the one that is taken of it.
#[derive(Debug, Default)]
pub struct Former(Vec<Entry>);

/// A sequence or item that is not closed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Open(usize);

impl Header {
    /// Clears it and keeps the capacity.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.root.clear();
        for set in ones(std::mem::take(&mut self.used_piles)) {
            self.piles[set].bytes.clear();
            self.piles[set].marks = 0;
        }
        self.value_bytes = 0;
        self.open = 0;
        self.faults.clear();
    }

    /// Makes room for stored values of so many bytes.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.entries.reserve(bytes / STORED_VALUE_BYTES);
        self.piles[Levels::NONE.number()].bytes.reserve(bytes);
    }

    /// Keeps a value of the data set or item that is open. Inlined, as the scan calls it for each wanted value.
    #[inline(always)]
    pub fn push_value(&mut self, tag: Tag, levels: Levels, value: &[u8]) -> Result<(), Full> {
        self.value_bytes += value.len();
        if self.value_bytes > MAX_HEADER_BYTES {
            return Err(Full);
        }
        let levels = self.levels(levels);
        let pile = self.pile(levels);
        pile.mark(tag, place(value.len()));
        let start = place(pile.bytes.len());
        pile.bytes.extend_from_slice(value);
        let end = place(pile.bytes.len());
        self.push(tag, levels, Content::Value(start, end)).map(|_| ())
    }

    /// The place where the next data set or item begins.
    pub fn end(&self) -> usize {
        self.entries.len()
    }

    /// Forgets the values that an attribute has already in the data set or item that begins at a place; `None` where it
    /// is not there. They still count for the fingerprint.
    pub fn forget_values(&mut self, start: usize, tag: Tag) -> Option<Former> {
        let (mut at, mut former) = (start, None);
        while let Some(entry) = self.entries.get_mut(at) {
            at = entry.behind as usize;
            if entry.tag == tag {
                let Former(values) = former.get_or_insert_default();
                if matches!(entry.content, Content::Value(..)) {
                    values.push(*entry);
                    entry.tag = FORGOTTEN;
                }
            }
        }
        former
    }

    /// Keeps the first of the former values that differs from the one that was then taken at a place, behind it, so
    /// that the contradiction can be detected.
    pub fn keep_former(&mut self, taken: usize, Former(values): Former) -> Result<(), Full> {
        let Some(taken) = self.entries.get(taken) else { return Ok(()) };
        let differs = |former: &&Entry| self.bytes_of(former) != self.bytes_of(taken);
        let Some(Entry { tag, pile, content, .. }) = values.iter().find(differs).copied() else { return Ok(()) };
        self.push(tag, pile, content).map(|_| ())
    }

    /// Opens a sequence.
    pub fn open_sequence(&mut self, tag: Tag, levels: Levels) -> Result<Open, Full> {
        self.open_entry(tag, levels, Content::Sequence)
    }

    /// Opens an item of the sequence opened last.
    pub fn open_item(&mut self) -> Result<Open, Full> {
        self.open_entry(ITEM, Levels::NONE, Content::Item)
    }

    /// Closes a sequence or item: what comes next is behind it.
    pub fn close(&mut self, open: Open) {
        let end = place(self.entries.len());
        let Some(entry) = self.entries.get_mut(open.0) else { return };
        entry.behind = end;
        let levels = entry.pile;
        self.pile(levels).mark(DELIMITER, 0);
        self.open = self.open.saturating_sub(1);
    }

    /// Notes something that was not as it should be.
    pub fn fault(&mut self, tag: Tag, kind: FaultKind) {
        self.faults.push(Fault { tag, kind });
    }

    /// The root data set, with the file meta information's attributes in front.
    pub fn root(&self) -> DataSet<'_> {
        DataSet::new(self, 0, self.entries.len(), &[])
    }

    /// Shows what is wanted for a level, in order: values with their bytes, and sequences and items without, each with
    /// a delimiter behind all that lies in it.
    pub(super) fn visit(&self, level: Levels, mut each: impl FnMut(Tag, Option<&[u8]>)) {
        let mut open = Vec::new();
        let mut at = 0;
        while let Some(entry) = self.entries.get(at) {
            if !entry.pile.meets(level) {
                at = entry.behind as usize;
                continue;
            }
            match entry.content {
                Content::Value(..) if entry.tag == FORGOTTEN => {}
                Content::Value(..) => each(entry.tag, self.bytes_of(entry)),
                Content::Sequence | Content::Item => {
                    each(entry.tag, None);
                    open.push(entry.behind as usize);
                }
            }
            at += 1;
            while open.pop_if(|end| *end <= at).is_some() {
                each(DELIMITER, None);
            }
        }
    }

    /// For each level a hash over the raw wanted bytes, with their tags and character sets: equal for two files when
    /// that part of them reads the same.
    pub fn fingerprints(&self) -> Fingerprints {
        let [study, series, kind, number] = self.hashes(Levels::EACH);
        Fingerprints { study, series, kind, number, selection: 0 }
    }

    /// The same for one level.
    pub fn fingerprint(&self, level: Levels) -> u64 {
        let [hash] = self.hashes([level]);
        hash
    }

    fn hashes<const N: usize>(&self, levels: [Levels; N]) -> [u64; N] {
        let mut hashes = [0; N];
        for set in ones(self.used_piles) {
            let (pile, of) = (&self.piles[set], levels.map(|level| set & level.number() != 0));
            if of.contains(&true) {
                let pile = join(join(set as u64, pile.marks), xxh3_64(&pile.bytes));
                hashes.iter_mut().zip(of).filter(|(_, of)| *of).for_each(|(hash, _)| *hash = join(*hash, pile));
            }
        }
        hashes
    }

    /// The value of an entry; `None` where it is none.
    fn bytes_of(&self, entry: &Entry) -> Option<&[u8]> {
        let pile = self.piles.get(entry.pile.number())?;
        match entry.content {
            Content::Value(start, end) => pile.bytes.get(start as usize..end as usize),
            Content::Sequence | Content::Item => None,
        }
    }

    fn open_entry(&mut self, tag: Tag, levels: Levels, content: Content) -> Result<Open, Full> {
        let levels = self.levels(levels);
        (self.open, self.outer) = (self.open + 1, levels);
        self.pile(levels).mark(tag, u32::MAX);
        self.push(tag, levels, content)
    }

    /// The levels of the root attribute that is open; without one, the new one's own.
    #[inline]
    fn levels(&self, own: Levels) -> Levels {
        if self.open > 0 { self.outer } else { own }
    }

    #[inline]
    fn pile(&mut self, levels: Levels) -> &mut Pile {
        let set = levels.number() % Levels::SETS;
        self.used_piles |= 1 << set;
        &mut self.piles[set]
    }

    #[inline]
    fn push(&mut self, tag: Tag, pile: Levels, content: Content) -> Result<Open, Full> {
        let at = self.entries.len();
        if at >= MAX_ENTRIES {
            return Err(Full);
        }
        self.entries.push(Entry { tag, pile, behind: place(at + 1), content });
        if self.is_root(&content) {
            self.root.note(tag, at);
        }
        Ok(Open(at))
    }

    /// Whether an entry that was just added is an attribute of the root data set.
    #[inline]
    fn is_root(&self, content: &Content) -> bool {
        // A sequence counts among the open ones already.
        self.open == u32::from(matches!(content, Content::Sequence))
    }
}

/// The set bits of a number, the lowest first.
fn ones(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (lowest < u32::BITS).then_some(lowest as usize)
    })
}

/// A place in a buffer whose length [`MAX_HEADER_BYTES`] or [`MAX_ENTRIES`] bounds.
fn place(index: usize) -> u32 {
    debug_assert!(index <= MAX_HEADER_BYTES.max(MAX_ENTRIES), "the buffers are bounded");
    index as u32
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;

    pub(super) fn nested() -> Header {
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
    fn a_fingerprint_sees_only_its_level() {
        let (one, mut other) = (nested(), nested());
        other.push_value(tags::STUDY_DESCRIPTION, Levels::STUDY, b"x").unwrap();
        let (one, other) = (one.fingerprints(), other.fingerprints());
        assert_ne!(one.study, other.study);
        assert_eq!(Fingerprints { study: other.study, ..one }, other);
    }
}
