//! The header of one data element: tag, VR and length, in each of the encodings (PS3.5 7.1).
//!
//! A VR that PS3.5 6.2 does not have is the only doubt: then the form is taken that leads to another element.

use dicom_core::Tag;

use super::vr::{Form, form};

/// The length of a value that ends with a delimiter instead (PS3.5 7.1.1).
pub const UNDEFINED: u32 = u32::MAX;
/// The most bytes that an element's header has.
pub const HEADER_BYTES: usize = 12;
/// Item (FFFE,E000), as a number.
pub const ITEM: u32 = 0xFFFE_E000;
/// Item Delimitation Item (FFFE,E00D), as a number.
pub const ITEM_DELIMITATION: u32 = 0xFFFE_E00D;
/// Sequence Delimitation Item (FFFE,E0DD), as a number.
pub const SEQUENCE_DELIMITATION: u32 = 0xFFFE_E0DD;
/// The smallest number of the group of items and delimiters.
pub const DELIMITERS: u32 = 0xFFFE_0000;

/// From this length on, the two halves of a length could be the group and element of a tag. Shorter ones are none: the
/// element would be 0.
const MIN_DOUBTFUL_LENGTH: u32 = 1 << 16;

/// How data elements are encoded: with or without their VR, the low or the high byte first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Implicit VR Little Endian (PS3.5 A.1).
    ImplicitLittle,
    /// Explicit VR Little Endian (PS3.5 A.2).
    ExplicitLittle,
    /// Explicit VR Big Endian (retired).
    ExplicitBig,
    /// Implicit VR, big endian: no transfer syntax, but ACR-NEMA files have it.
    ImplicitBig,
}

/// The header of a data element, item or delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// The tag as one number, the group in the upper half.
    pub number: u32,
    /// The two letters of the VR; NUL where the encoding is implicit.
    pub vr: [u8; 2],
    /// The length of the value, or [`UNDEFINED`].
    pub length: u32,
    /// The length of this header.
    pub header: u8,
}

/// A tag as one number, in the order of tags.
#[inline(always)]
pub const fn number(tag: Tag) -> u32 {
    (tag.0 as u32) << 16 | tag.1 as u32
}

/// The tag of a number.
#[inline(always)]
pub const fn tag(number: u32) -> Tag {
    Tag((number >> 16) as u16, (number & 0xFFFF) as u16)
}

impl Element {
    /// Where the value starts, for an element at an offset.
    #[inline(always)]
    pub fn value_at(&self, offset: u64) -> u64 {
        offset.saturating_add(u64::from(self.header))
    }

    /// How many bytes an element of defined length has, with its header.
    #[inline(always)]
    pub fn whole_length(&self) -> u64 {
        // Both have 32 bits: there is no overflow.
        u64::from(self.header) + u64::from(self.length)
    }

    /// The place behind an element of defined length.
    #[inline(always)]
    pub fn end(&self, offset: u64) -> u64 {
        offset.saturating_add(self.whole_length())
    }
}

impl Element {
    /// Whether it is an item or a delimiter, which have no VR (PS3.5 7.5). Any other is an attribute, even where its
    /// tag was damaged to look like one.
    pub fn is_mark(&self) -> bool {
        matches!(self.number, ITEM | ITEM_DELIMITATION | SEQUENCE_DELIMITATION) && self.vr == [0, 0]
    }

    /// Whether it may be an empty one whose length has two bytes, so that the next element's tag was taken for a
    /// length.
    #[inline(always)]
    pub fn may_be_empty(&self) -> bool {
        self.header == 12 && (MIN_DOUBTFUL_LENGTH..UNDEFINED).contains(&self.length)
    }

    /// The same with an empty value, whose length has two bytes.
    pub fn emptied(self) -> Element {
        Element { length: 0, header: 8, ..self }
    }
}

impl Encoding {
    /// Reads the header at the start of `rest`; `None` where it is cut, or no header at all.
    #[inline(always)]
    pub fn element(self, rest: &[u8]) -> Option<Element> {
        let Some(head) = rest.first_chunk() else { return self.last_element(rest) };
        self.known(head).or_else(|| self.guess(rest, head))
    }

    /// The bytes of the elements at the start of `rest` that ascend, have a defined length and are no delimiters; the
    /// last may reach beyond the end.
    pub fn pass(self, rest: &[u8]) -> u64 {
        let (mut bytes, mut last) = (0, 0);
        while let Some(at) = usize::try_from(bytes).ok()
            && let Some(element) = rest.get(at..).and_then(|rest| rest.first_chunk()).and_then(|head| self.known(head))
            && (last + 1..DELIMITERS).contains(&element.number)
            && element.length != UNDEFINED
            && !element.may_be_empty()
        {
            last = element.number;
            // No overflow: the place lies in a slice.
            bytes += element.whole_length();
        }
        bytes
    }

    /// A header whose VR is known, or has none.
    #[inline(always)]
    pub fn known(self, &[g0, g1, e0, e1, v0, v1, l0, l1, m0, m1, m2, m3]: &[u8; HEADER_BYTES]) -> Option<Element> {
        let number = self.number([g0, g1, e0, e1]);
        let vr = [v0, v1];
        match self {
            Encoding::ImplicitLittle | Encoding::ImplicitBig => {
                Some(Element { number, vr: [0, 0], length: self.long([v0, v1, l0, l1]), header: 8 })
            }
            Encoding::ExplicitLittle | Encoding::ExplicitBig => {
                let (form, short, long) = (form(vr), self.short([l0, l1]), self.long([m0, m1, m2, m3]));
                // Both lengths are at hand, so that nothing has to be guessed of the form.
                let length = if form == Form::Long { long } else { short };
                // PS3.5 7.1.2 has two zeros behind such a VR; some writers have the length there.
                let is_plain = form == Form::Short || form == Form::Long && short == 0;
                is_plain.then_some(Element { number, vr, length, header: form.header_length() })
            }
        }
    }

    /// The group of the element at the start of `rest`.
    pub fn group(self, rest: &[u8]) -> Option<u16> {
        rest.first_chunk().map(|tag_bytes| tag(self.number(*tag_bytes)).group())
    }

    /// Whether elements carry their VR.
    pub fn is_explicit(self) -> bool {
        matches!(self, Encoding::ExplicitLittle | Encoding::ExplicitBig)
    }

    /// The encoding of the same byte order with VRs.
    pub fn explicit(self) -> Encoding {
        match self {
            Encoding::ImplicitLittle | Encoding::ExplicitLittle => Encoding::ExplicitLittle,
            Encoding::ImplicitBig | Encoding::ExplicitBig => Encoding::ExplicitBig,
        }
    }

    /// How many bytes may have to be looked at to tell the form of the element that starts with `head`: two bytes of
    /// length behind a VR that should have four lead as far as they say.
    pub fn sight(self, head: &[u8]) -> usize {
        match head.first_chunk() {
            Some(&[_, _, _, _, v0, v1, l0, l1]) if self.is_explicit() && form([v0, v1]) == Form::Long => {
                2 * HEADER_BYTES + self.short([l0, l1]) as usize
            }
            _ => 0,
        }
    }

    /// The encoding of the same byte order without VRs: that of items and delimiters, too (PS3.5 7.5).
    pub fn implicit(self) -> Encoding {
        match self {
            Encoding::ImplicitLittle | Encoding::ExplicitLittle => Encoding::ImplicitLittle,
            Encoding::ImplicitBig | Encoding::ExplicitBig => Encoding::ImplicitBig,
        }
    }

    #[inline(always)]
    fn number(self, [g0, g1, e0, e1]: [u8; 4]) -> u32 {
        match self {
            Encoding::ImplicitLittle | Encoding::ExplicitLittle => u32::from_le_bytes([g0, g1, e0, e1]).rotate_left(16),
            Encoding::ImplicitBig | Encoding::ExplicitBig => u32::from_be_bytes([g0, g1, e0, e1]),
        }
    }

    #[inline(always)]
    fn short(self, bytes: [u8; 2]) -> u32 {
        match self {
            Encoding::ImplicitLittle | Encoding::ExplicitLittle => u16::from_le_bytes(bytes).into(),
            Encoding::ImplicitBig | Encoding::ExplicitBig => u16::from_be_bytes(bytes).into(),
        }
    }

    #[inline(always)]
    fn long(self, bytes: [u8; 4]) -> u32 {
        match self {
            Encoding::ImplicitLittle | Encoding::ExplicitLittle => u32::from_le_bytes(bytes),
            Encoding::ImplicitBig | Encoding::ExplicitBig => u32::from_be_bytes(bytes),
        }
    }

    /// An element so near the end that the longest header would not fit.
    #[cold]
    fn last_element(self, rest: &[u8]) -> Option<Element> {
        let mut padded = [0; HEADER_BYTES];
        padded.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let element = self.element(&padded)?;
        (usize::from(element.header) <= rest.len()).then_some(element)
    }

    /// An element whose VR is unknown, or has a length of another form than it should. Items and delimiters have none
    /// (PS3.5 7.5), and some writers leave it out of single elements. An unknown VR of two letters has the long form by
    /// PS3.5 7.1.2, but the short one in the wild.
    #[cold]
    fn guess(self, rest: &[u8], head: &[u8; HEADER_BYTES]) -> Option<Element> {
        let implicit = self.implicit().known(head)?;
        if implicit.number >= DELIMITERS {
            return Some(implicit);
        }
        let &[_, _, _, _, v0, v1, l0, l1, m0, m1, m2, m3] = head;
        let (number, vr) = (implicit.number, [v0, v1]);
        let short = Element { number, vr, length: self.short([l0, l1]), header: 8 };
        let long = Element { number, vr, length: self.long([m0, m1, m2, m3]), header: 12 };
        let letters = vr.iter().all(u8::is_ascii_uppercase);
        let forms = if letters { [short, long, implicit] } else { [implicit, long, short] };
        let fallback = match (letters, [l0, l1]) {
            (true, _) if form(vr) == Form::Long => Some(long),
            (true, [0, 0]) => Some(long),
            (true, _) => Some(short),
            (false, _) => Some(implicit).filter(|form| form.length != UNDEFINED && form.end(0) > rest.len() as u64),
        };
        forms.into_iter().find(|form| self.leads_on(form, rest)).or(fallback)
    }

    /// Whether an element at the start of `rest` is followed by one of a higher tag, by a delimiter or by the end. The
    /// next one has a VR, or none again and a length that is in sight.
    fn leads_on(self, element: &Element, rest: &[u8]) -> bool {
        let start = if element.length == UNDEFINED { element.value_at(0) } else { element.end(0) };
        let Some(next) = usize::try_from(start).ok().and_then(|start| rest.get(start..)) else { return false };
        let Some(&[g0, g1, e0, e1, v0, v1, l0, l1]) = next.first_chunk() else { return next.is_empty() };
        let number = self.number([g0, g1, e0, e1]);
        let named = [v0, v1].iter().all(u8::is_ascii_uppercase);
        let in_sight = u64::from(self.long([v0, v1, l0, l1])) <= next.len() as u64;
        number >= DELIMITERS || number > element.number && (named || element.vr == [0, 0] && in_sight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::{ExplicitBig, ExplicitLittle, ImplicitLittle};

    const STUDY_UID: u32 = 0x0020_000D;

    fn element(number: u32, vr: &[u8; 2], length: u32, header: u8) -> Option<Element> {
        Some(Element { number, vr: *vr, length, header })
    }

    #[test]
    fn each_encoding_has_its_form() {
        for (encoding, bytes, want) in [
            (ExplicitLittle, b"\x20\0\x0D\0UI\x10\x01....".as_slice(), element(STUDY_UID, b"UI", 0x110, 8)),
            (ExplicitLittle, b"\x20\0\x0D\0UN\0\0\x10\x01\0\0", element(STUDY_UID, b"UN", 0x110, 12)),
            (ExplicitBig, b"\0\x20\0\x0DUI\x01\x10....", element(STUDY_UID, b"UI", 0x110, 8)),
            (ExplicitBig, b"\0\x20\0\x0DSQ\0\0\xFF\xFF\xFF\xFF", element(STUDY_UID, b"SQ", UNDEFINED, 12)),
            (ImplicitLittle, b"\x20\0\x0D\0UI\0\0....", element(STUDY_UID, b"\0\0", 0x4955, 8)),
            (ExplicitLittle, b"\xFE\xFF\x0D\xE0\0\0\0\0....", element(ITEM_DELIMITATION, b"\0\0", 0, 8)),
            (ExplicitLittle, b"\x20\0\x0D\0UI\x02\0", element(STUDY_UID, b"UI", 2, 8)),
            (ExplicitLittle, b"\x20\0\x0D\0UN\0\0\x02\0", None),
            (ExplicitLittle, b"\x20\0\x0D\0UI", None),
            (ExplicitLittle, b"", None),
        ] {
            assert_eq!(encoding.element(bytes), want, "{encoding:?} {}", bytes.escape_ascii());
        }
    }

    #[test]
    fn an_unknown_vr_takes_the_form_that_leads_to_another_element() {
        const NEXT: &[u8] = b"\x20\0\x0E\0UI\0\0";
        for (bytes, length, header) in [
            (b"\x20\0\x0D\0ZZ\x02\0..".as_slice(), 2, 8),
            (b"\x20\0\x0D\0ZZ\0\0", 0, 8),
            (b"\x20\0\x0D\0ZZ\0\0\x02\0\0\0..", 2, 12),
            (b"\x20\0\x0D\0\x02\0\0\0..", 2, 8),
            (b"\x20\0\x0D\0??\x02\0..", 2, 8),
            (b"\x20\0\x0D\0\0\0\0\0", 0, 8),
        ] {
            let found = ExplicitLittle.element(&[bytes, NEXT].concat()).unwrap();
            assert_eq!((found.length, found.header), (length, header), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_long_vr_has_a_length_of_two_bytes_only_where_that_leads_to_another_element() {
        const NEXT: &[u8] = b"\x20\0\x0E\0UI\0\0";
        for (bytes, length, header) in [
            (b"\x20\0\x0D\0UN\x02\0..".as_slice(), 2, 8),
            (b"\x20\0\x0D\0OB\x06\0abcdef", 6, 8),
            (b"\x20\0\x0D\0UN\0\0\x02\0\0\0..", 2, 12),
            (b"\x20\0\x0D\0UN\x20\x20\x02\0\0\0..", 2, 12),
        ] {
            let found = ExplicitLittle.element(&[bytes, NEXT].concat()).unwrap();
            assert_eq!((found.length, found.header), (length, header), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn bytes_that_lead_nowhere_are_no_element() {
        assert_eq!(ExplicitLittle.element(b"\x20\0\x0D\0\x02\0\0\0 no element follows here"), None);
    }

    #[test]
    fn a_tag_is_its_number() {
        assert_eq!(tag(number(Tag(0x0020, 0x000D))), Tag(0x0020, 0x000D));
    }
}
