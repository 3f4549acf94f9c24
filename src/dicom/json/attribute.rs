//! The attributes of an instance: `"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^John"}]}` (PS3.18 F.2.2).
//!
//! What an attribute wants to be is known without its VR: a sequence where attributes inside of it are wanted, else a
//! value.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::data_set::{Attributes, Room, Value};
use super::lexer::{Lexer, MAX_WORD_BYTES, Stop};
use crate::dicom::header::{FaultKind, Header};
use crate::dicom::scan::MAX_VALUE_BYTES;
use crate::dicom::wanted::{Child, NodeId, Wanted};

/// The names of a person's three groups, in the order in which a file has them (PS3.5 6.2.1).
const GROUPS: [&[u8]; 3] = [b"Alphabetic", b"Ideographic", b"Phonetic"];
/// The longest relevant member name.
const MAX_NAME_BYTES: usize = 32;
/// The most repeated attributes that are reported for an instance.
const MAX_REPEATS: u32 = 256;
/// Base64 with or without padding (RFC 4648 4).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The instance being read.
pub(super) struct Instance<'a> {
    wanted: &'a Wanted,
    header: &'a mut Header,
    room: Room,
    /// The attributes so far.
    pub attributes: Attributes,
    /// The last root attribute.
    pub last: Tag,
    is_full: bool,
    repeats: u32,
}

impl<'a> Instance<'a> {
    pub fn new(wanted: &'a Wanted, header: &'a mut Header) -> Instance<'a> {
        let (room, attributes) = (Room::default(), Attributes::new());
        Instance { wanted, header, room, attributes, last: Tag(0, 0), is_full: false, repeats: 0 }
    }

    /// Reads the object that comes next.
    pub fn read(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Stop> {
        let mut attributes = std::mem::take(&mut self.attributes);
        let result = self.data_set(lexer, self.wanted.root(), &mut attributes, true);
        self.attributes = attributes;
        result
    }

    /// Reads a data set or item; if the text breaks off, `into` has the attributes so far.
    fn data_set(
        &mut self,
        lexer: &mut Lexer<'_>,
        node: NodeId,
        into: &mut Attributes,
        is_root: bool,
    ) -> Result<(), Stop> {
        let (mut name, mut first) = (Vec::new(), true);
        lexer.expect(b'{')?;
        while lexer.next(first, b'}')? {
            first = false;
            lexer.name(&mut name, MAX_NAME_BYTES)?;
            let tag = tag(&name);
            if let Some(tag) = tag.filter(|_| is_root) {
                self.last = tag;
            }
            match tag.and_then(|tag| self.child(node, tag)) {
                Some(child) if lexer.token()? == Some(b'{') => self.attribute(lexer, child, into)?,
                _ => lexer.skip()?,
            }
        }
        Ok(())
    }

    /// Takes room for an attribute or item; a lack of room is reported once.
    fn has_room(&mut self, tag: Tag) -> bool {
        let has_room = self.room.entry();
        if !has_room && !std::mem::replace(&mut self.is_full, true) {
            self.header.fault(tag, FaultKind::TooMany);
        }
        has_room
    }

    /// What is wanted of a tag. All text is UTF-8, so that an item's own character set is ignored.
    fn child(&self, node: NodeId, tag: Tag) -> Option<Child> {
        let children = self.wanted.children(node);
        let child = children.binary_search_by_key(&tag, |child| child.tag).ok().and_then(|at| children.get(at));
        child.filter(|_| tag != tags::SPECIFIC_CHARACTER_SET).copied()
    }

    fn attribute(&mut self, lexer: &mut Lexer<'_>, child: Child, into: &mut Attributes) -> Result<(), Stop> {
        if !self.has_room(child.tag) {
            return lexer.skip();
        }
        let (mut value, mut former) = self.empty(child, into.remove(&child.tag).map(|(_, value, _)| value));
        let read = self.members(lexer, child, &mut value, &mut former);
        let is_cut = read.is_err() && matches!(value, Value::Bytes(_));
        if matches!(read, Ok(false)) {
            self.header.fault(child.tag, FaultKind::TooLong);
        }
        if !is_cut && !matches!(read, Ok(false)) {
            let former = former.filter(|former| !matches!(&value, Value::Bytes(bytes) if bytes == former));
            into.insert(child.tag, (child.levels, value, former));
        }
        read.map(|_| ())
    }

    /// The value of an attribute before it is read, and the former value of one that stands twice. As of a file's, the
    /// later of two values is taken, and the items of both sequences.
    fn empty(&mut self, child: Child, former: Option<Value>) -> (Value, Option<Vec<u8>>) {
        if former.is_some() {
            self.repeated(child.tag);
        }
        match (former, child.items) {
            (Some(Value::Bytes(bytes)), None) => (Value::Bytes(Vec::new()), Some(bytes)),
            (_, None) => (Value::Bytes(Vec::new()), None),
            (Some(items @ Value::Items(_)), Some(_)) => (items, None),
            (_, Some(_)) => (Value::Items(Vec::new()), None),
        }
    }

    fn repeated(&mut self, tag: Tag) {
        self.repeats += 1;
        if self.repeats <= MAX_REPEATS {
            self.header.fault(tag, FaultKind::Repeated);
        }
    }

    /// Reads the members of an attribute; false if its value is elsewhere or too long. Of two values in one attribute
    /// the first is the former, as of two attributes.
    fn members(
        &mut self,
        lexer: &mut Lexer<'_>,
        child: Child,
        value: &mut Value,
        former: &mut Option<Vec<u8>>,
    ) -> Result<bool, Stop> {
        let (mut name, mut first, mut is_whole) = (Vec::new(), true, true);
        lexer.expect(b'{')?;
        while lexer.next(first, b'}')? {
            first = false;
            lexer.name(&mut name, MAX_NAME_BYTES)?;
            if let (b"Value" | b"InlineBinary", Value::Bytes(bytes)) = (name.as_slice(), &mut *value)
                && !bytes.is_empty()
            {
                *former = Some(std::mem::take(bytes));
                self.repeated(child.tag);
            }
            is_whole &= self.member(lexer, &name, child, value)?;
        }
        Ok(is_whole)
    }

    fn member(&mut self, lexer: &mut Lexer<'_>, name: &[u8], child: Child, value: &mut Value) -> Result<bool, Stop> {
        match (name, value, child.items) {
            (b"Value", Value::Items(items), Some(node)) => self.items(lexer, node, items, child.tag)?,
            (b"Value", Value::Bytes(bytes), _) => return self.values(lexer, bytes),
            (b"InlineBinary", Value::Bytes(bytes), _) => return self.inline(lexer, bytes),
            (b"BulkDataURI", Value::Bytes(_), _) => {
                lexer.skip()?;
                return Ok(false);
            }
            _ => lexer.skip()?,
        }
        Ok(true)
    }

    fn items(
        &mut self,
        lexer: &mut Lexer<'_>,
        node: NodeId,
        items: &mut Vec<Attributes>,
        tag: Tag,
    ) -> Result<(), Stop> {
        if lexer.token()? != Some(b'[') {
            return lexer.skip();
        }
        lexer.expect(b'[')?;
        let mut first = true;
        while lexer.next(first, b']')? {
            first = false;
            if lexer.token()? != Some(b'{') {
                lexer.skip()?;
            } else if self.has_room(tag) {
                items.push(Attributes::new());
                let Some(item) = items.last_mut() else { continue };
                self.data_set(lexer, node, item, false)?;
            } else {
                lexer.skip()?;
            }
        }
        Ok(())
    }

    /// The values of an attribute with backslashes between them, as a file has them; false where they are too long.
    fn values(&mut self, lexer: &mut Lexer<'_>, bytes: &mut Vec<u8>) -> Result<bool, Stop> {
        let mut fits = true;
        if lexer.token()? != Some(b'[') {
            // Some writers leave the brackets of an only value out.
            fits = one(lexer, bytes)?;
        } else {
            lexer.expect(b'[')?;
            let mut first = true;
            while lexer.next(first, b']')? {
                if bytes.len() > MAX_VALUE_BYTES as usize {
                    lexer.skip()?;
                    continue;
                }
                if !first {
                    bytes.push(b'\\');
                }
                first = false;
                fits &= one(lexer, bytes)?;
            }
        }
        fits &= self.room.bytes(bytes.len());
        Ok(fits && bytes.len() <= MAX_VALUE_BYTES as usize)
    }

    /// Bytes in base64, as a value of an unknown VR has them.
    fn inline(&mut self, lexer: &mut Lexer<'_>, bytes: &mut Vec<u8>) -> Result<bool, Stop> {
        if lexer.token()? != Some(b'"') {
            lexer.skip()?;
            return Ok(true);
        }
        let mut text = Vec::new();
        let fits = lexer.string(&mut text, MAX_VALUE_BYTES as usize / 3 * 4)?;
        *bytes = BASE64.decode(&text).unwrap_or_default();
        Ok(fits && self.room.bytes(bytes.len()))
    }
}

/// Appends one value; false where it is too long.
fn one(lexer: &mut Lexer<'_>, bytes: &mut Vec<u8>) -> Result<bool, Stop> {
    let limit = (MAX_VALUE_BYTES as usize).saturating_sub(bytes.len());
    match lexer.token()? {
        Some(b'"') => lexer.string(bytes, limit),
        Some(b'{') => person(lexer, bytes, limit),
        Some(b'[') => lexer.skip().map(|()| true),
        _ => {
            let start = bytes.len();
            lexer.word(bytes, MAX_WORD_BYTES)?;
            // PS3.18 F.2.5: an empty value among others is null.
            if bytes.get(start..) == Some(b"null") {
                bytes.truncate(start);
            }
            Ok(bytes.len() - start <= limit)
        }
    }
}

/// Appends a person's name, its groups divided as in a file.
fn person(lexer: &mut Lexer<'_>, bytes: &mut Vec<u8>, limit: usize) -> Result<bool, Stop> {
    let mut groups: [Vec<u8>; 3] = Default::default();
    let (mut name, mut first, mut fits) = (Vec::new(), true, true);
    lexer.expect(b'{')?;
    while lexer.next(first, b'}')? {
        first = false;
        lexer.name(&mut name, MAX_NAME_BYTES)?;
        let group = GROUPS.iter().zip(&mut groups).find(|(known, _)| **known == name.as_slice());
        match group {
            Some((_, group)) if lexer.token()? == Some(b'"') => {
                group.clear();
                fits &= lexer.string(group, limit)?;
            }
            _ => lexer.skip()?,
        }
    }
    let used = groups.iter().rposition(|group| !group.is_empty()).map_or(0, |last| last + 1);
    bytes.extend(groups.get(..used).unwrap_or_default().join(&b'='));
    Ok(fits)
}

/// A name as a tag.
fn tag(name: &[u8]) -> Option<Tag> {
    let digits = std::str::from_utf8(name).ok().filter(|name| name.len() == 8 && !name.starts_with('+'))?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    Some(Tag((number >> 16) as u16, number as u16))
}
