//! From a transfer syntax to an encoding, and from the bytes themselves where it is unknown, absent or wrong.

use super::element::{DELIMITERS, Encoding, UNDEFINED};
use super::vr::is_vr;

/// A longer first value than this is no start of a data set.
const MAX_FIRST_LENGTH: u32 = 1 << 16;

/// What the file meta information says of the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// Elements lie there in this encoding; encapsulated pixel data is explicit, little endian (PS3.5 A.4).
    Plain(Encoding),
    /// The data set is one deflated stream (PS3.5 A.5).
    Deflated,
    /// No transfer syntax, or one that PS3.6 does not have.
    Unknown,
}

/// What a Transfer Syntax UID, without its padding, declares.
pub fn declared(transfer_syntax: &[u8]) -> Declared {
    match transfer_syntax {
        b"1.2.840.10008.1.2" => Declared::Plain(Encoding::ImplicitLittle),
        b"1.2.840.10008.1.2.2" => Declared::Plain(Encoding::ExplicitBig),
        // Deflated Explicit VR, JPIP Referenced Deflate, JPIP HTJ2K Referenced Deflate.
        b"1.2.840.10008.1.2.1.99" | b"1.2.840.10008.1.2.4.95" | b"1.2.840.10008.1.2.4.205" => Declared::Deflated,
        standard if standard.starts_with(b"1.2.840.10008.1.2.") => Declared::Plain(Encoding::ExplicitLittle),
        // GE's 1.2.840.113619.5.2 is among these: its pixels are big endian, its header is implicit, little endian.
        _ => Declared::Unknown,
    }
}

/// The encoding of a data set that starts with `rest`. What the bytes show goes before what is declared, if they go on
/// to show it: writers that convert a file and forget its meta information are common.
pub fn encoding(rest: &[u8], declared: Option<Encoding>) -> Encoding {
    match (inspect(rest), declared) {
        (Some(seen), Some(declared)) if seen == declared || !goes_on(rest, seen) => declared,
        (Some(seen), _) => seen,
        (None, declared) => declared.unwrap_or(Encoding::ExplicitLittle),
    }
}

/// Whether the first element of a data set is as the encoding has it.
pub fn shows(rest: &[u8], encoding: Encoding) -> bool {
    inspect(rest) == Some(encoding)
}

/// The encoding of a data set that no meta information announces, if there is one: it starts with the group of a
/// command, of the file meta information, of identification or patient, and a second element follows the first.
pub fn unannounced(rest: &[u8]) -> Option<Encoding> {
    let seen = inspect(rest)?;
    let first = seen.element(rest)?;
    (matches!(first.number >> 16, 0 | 2 | 8..=0x20) && goes_on(rest, seen)).then_some(seen)
}

/// The encoding of the items at the start of `rest`, the value of an element of VR UN: Implicit VR Little Endian
/// (PS3.5 6.2.2), but some writers leave the VRs in.
pub fn inside_unknown(rest: &[u8]) -> Encoding {
    let encoding = rest.get(8..).and_then(inspect).unwrap_or(Encoding::ImplicitLittle);
    if rest.starts_with(&[0xFF, 0xFE]) { encoding } else { with_low_byte_first(encoding) }
}

/// Whether a known VR stands behind the tag at the start of `rest`.
pub fn has_vr(rest: &[u8]) -> bool {
    rest.get(4..).and_then(|rest| rest.first_chunk()).is_some_and(|vr| is_vr(*vr))
}

/// The encoding of an item of an implicit data set, whose first element starts `rest` with what looks like a VR: some
/// toolkits copy explicit items as they are. It must lead on, and must not be a length that leads on.
pub fn inside_item(rest: &[u8], length: u32, outer: Encoding) -> Encoding {
    let explicit = outer.explicit();
    if leads_on(rest, length, explicit) && !leads_on(rest, length, outer) { explicit } else { outer }
}

/// Whether the first element of an item is followed by another of a higher tag, by a delimiter or by the item's end.
fn leads_on(rest: &[u8], length: u32, encoding: Encoding) -> bool {
    let Some(first) = encoding.element(rest) else { return false };
    let end = if first.length == UNDEFINED { first.value_at(0) } else { first.end(0) };
    let next = usize::try_from(end).ok().and_then(|end| rest.get(end..)).unwrap_or_default();
    let Some(second) = encoding.element(next) else { return end == u64::from(length) };
    let is_next = second.number > first.number && has_vr(next) == encoding.is_explicit();
    end == u64::from(length) || second.is_mark() || is_next
}

fn with_low_byte_first(encoding: Encoding) -> Encoding {
    if encoding.is_explicit() { Encoding::ExplicitLittle } else { Encoding::ImplicitLittle }
}

/// The encoding that the first element shows: a data set starts with a low group, so the byte order is that which makes
/// it lower; and there is a VR or none.
fn inspect(rest: &[u8]) -> Option<Encoding> {
    let &[g0, g1, _, _, v0, v1] = rest.first_chunk()?;
    let big = u16::from_be_bytes([g0, g1]) < u16::from_le_bytes([g0, g1]);
    let explicit = is_vr([v0, v1]);
    Some(match (explicit, big) {
        (true, false) => Encoding::ExplicitLittle,
        (true, true) => Encoding::ExplicitBig,
        (false, false) => Encoding::ImplicitLittle,
        (false, true) => Encoding::ImplicitBig,
    })
}

/// Whether in this encoding a second element of a higher tag follows the first, or nothing.
fn goes_on(rest: &[u8], encoding: Encoding) -> bool {
    let Some(first) = encoding.element(rest).filter(|first| first.length <= MAX_FIRST_LENGTH) else { return false };
    let Some(next) = usize::try_from(first.end(0)).ok().and_then(|end| rest.get(end..)) else { return false };
    let Some(second) = encoding.element(next) else { return next.is_empty() };
    let named = next.get(4..).and_then(|next| next.first_chunk()).is_some_and(|vr| is_vr(*vr));
    let sane = named == encoding.is_explicit() && (named || is_length(second.length));
    second.number > first.number && second.number < DELIMITERS && sane
}

/// A length of up to 16 MiB, or undefined: what an implicit element near the start has.
fn is_length(length: u32) -> bool {
    length == UNDEFINED || length < 1 << 24
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::{ExplicitBig, ExplicitLittle, ImplicitBig, ImplicitLittle};

    const EXPLICIT: &[u8] = b"\x08\0\x05\0CS\x02\0AB\x08\0\x16\0UI\0\0";
    const IMPLICIT: &[u8] = b"\x08\0\x05\0\x02\0\0\0AB\x08\0\x16\0\0\0\0\0";
    const BIG: &[u8] = b"\0\x08\0\x05CS\0\x02AB\0\x08\0\x16UI\0\0";
    const IMPLICIT_BIG: &[u8] = b"\0\x08\0\x05\0\0\0\x02AB\0\x08\0\x16\0\0\0\0";

    #[test]
    fn the_bytes_decide_over_the_declared_encoding() {
        for declared in [None, Some(ExplicitLittle), Some(ImplicitLittle), Some(ExplicitBig)] {
            assert_eq!(encoding(EXPLICIT, declared), ExplicitLittle, "{declared:?}");
            assert_eq!(encoding(IMPLICIT, declared), ImplicitLittle, "{declared:?}");
            assert_eq!(encoding(BIG, declared), ExplicitBig, "{declared:?}");
            assert_eq!(encoding(IMPLICIT_BIG, declared), ImplicitBig, "{declared:?}");
        }
    }

    #[test]
    fn the_declared_encoding_stands_where_only_the_first_element_is_odd() {
        let odd = b"\x08\0\x05\0\x02\0\0\0AB\x08\0\x16\0UI\x02\x001\0\x08\0\x18\0UI\x02\x001\0";
        assert_eq!(encoding(odd, Some(ExplicitLittle)), ExplicitLittle);
        assert_eq!(encoding(b"", Some(ImplicitLittle)), ImplicitLittle);
    }

    #[test]
    fn what_does_not_start_like_a_data_set_is_none() {
        for bytes in [EXPLICIT, IMPLICIT, BIG, IMPLICIT_BIG] {
            assert!(unannounced(bytes).is_some(), "{}", bytes.escape_ascii());
        }
        let others: [&[u8]; 8] = [
            b"",
            b"some text that is long enough",
            b"%PDF-1.7\n%abcdefgh",
            b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01",
            b"PK\x03\x04\x14\0\0\0\x08\0abcdefgh",
            &[0; 64],
            &[8; 64],
            b"\x08\0\x05\0CS\x02\0AB\x08\0\x04\0UI\0\0",
        ];
        for bytes in others {
            assert_eq!(unannounced(bytes), None, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn transfer_syntaxes_declare_what_the_standard_says() {
        for (uid, want) in [
            ("1.2.840.10008.1.2", Declared::Plain(ImplicitLittle)),
            ("1.2.840.10008.1.2.1", Declared::Plain(ExplicitLittle)),
            ("1.2.840.10008.1.2.2", Declared::Plain(ExplicitBig)),
            ("1.2.840.10008.1.2.1.99", Declared::Deflated),
            ("1.2.840.10008.1.2.4.90", Declared::Plain(ExplicitLittle)),
            ("1.2.840.10008.1.2.8.1", Declared::Plain(ExplicitLittle)),
            ("1.2.840.113619.5.2", Declared::Unknown),
            ("", Declared::Unknown),
        ] {
            assert_eq!(declared(uid.as_bytes()), want, "{uid}");
        }
    }
}
