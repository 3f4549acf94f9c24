//! The defined terms of (0008,0005), PS3.3 tables C.12-2 to C.12-5, and how they are misspelt.
//!
//! Separators and case are ignored, so that `ISO-IR 192`, `iso_ir_192` and `ISO_IR 192` are one term.

use super::repertoire::Repertoire;
use super::{Encoding, GB18030, GBK, TextFault, UTF_8};

/// One value of (0008,0005).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    /// A set that code extensions can designate; none is the default repertoire.
    Set(Option<Repertoire>),
    /// A set without code extensions.
    Whole(&'static Encoding),
    /// No defined term.
    Unknown,
}

/// The longest spelling that is looked up; no term is longer.
const LONGEST: usize = 16;

impl Term {
    /// Reads one term; an absent one is the default repertoire.
    pub(super) fn parse(raw: &[u8]) -> Self {
        let mut buffer = [0; LONGEST];
        match letters_and_digits(raw, &mut buffer) {
            Some(spelling) => Self::find(spelling),
            None => Self::Unknown,
        }
    }

    fn find(spelling: &[u8]) -> Self {
        match spelling {
            b"" | b"ASCII" | b"USASCII" | b"ISO646" => Self::Set(None),
            b"UTF8" => Self::Whole(UTF_8),
            b"GB18030" | b"ISO2022GB18030" => Self::Whole(GB18030),
            b"GBK" | b"ISO2022GBK" => Self::Whole(GBK),
            _ => Self::registered(spelling).or_else(|| Self::latin(spelling)).unwrap_or(Self::Unknown),
        }
    }

    /// `ISO_IR 100` and `ISO 2022 IR 100`: the number in the international register of coded character sets.
    fn registered(spelling: &[u8]) -> Option<Self> {
        let number = ["ISO2022IR", "ISO2022", "ISOIR", "IR"]
            .iter()
            .find_map(|prefix| spelling.strip_prefix(prefix.as_bytes()))?;
        Some(match number {
            b"6" => Self::Set(None),
            b"192" => Self::Whole(UTF_8),
            _ => Self::Set(Some(Repertoire::registered(number)?)),
        })
    }

    /// `ISO 8859-1`: no defined term, but there is only one set that it can mean.
    fn latin(spelling: &[u8]) -> Option<Self> {
        Some(Self::Set(Some(Repertoire::part_of_iso_8859(spelling.strip_prefix(b"ISO8859")?)?)))
    }

    pub(super) fn repertoire(self) -> Option<Repertoire> {
        match self {
            Self::Set(repertoire) => repertoire,
            Self::Whole(_) | Self::Unknown => None,
        }
    }

    /// A later value must be reachable by an escape sequence, which rules out the sets that stand alone.
    pub(super) fn fault(self) -> Option<TextFault> {
        match self {
            Self::Set(_) => None,
            Self::Whole(_) | Self::Unknown => Some(TextFault::UnknownTerm),
        }
    }
}

/// The upper-case letters and digits of a term, or nothing if there are too many for any term.
fn letters_and_digits<'a>(raw: &[u8], buffer: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let mut length = 0;
    for byte in raw.iter().filter(|byte| !matches!(byte, b' ' | b'_' | b'-' | b'.' | b':' | 0)) {
        *buffer.get_mut(length)? = byte.to_ascii_uppercase();
        length += 1;
    }
    buffer.get(..length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_found_however_it_is_spelt() {
        let latin1 = Term::Set(Some(Repertoire::Latin1));
        for (term, want) in [
            ("", Term::Set(None)),
            ("  ", Term::Set(None)),
            ("ISO_IR 6", Term::Set(None)),
            ("ISO 2022 IR 6", Term::Set(None)),
            ("ISO_IR 100", latin1),
            ("ISO IR 100", latin1),
            ("ISO-IR-100", latin1),
            ("ISO_IR_100 ", latin1),
            ("iso_ir 100\0", latin1),
            ("ISO 2022 IR100", latin1),
            ("ISO8859-1", latin1),
            ("ISO 8859-15", Term::Set(Some(Repertoire::Latin9))),
            ("ISO_2022_IR 87", Term::Set(Some(Repertoire::JisX0208))),
            ("ISO 2022 58", Term::Set(Some(Repertoire::Gb2312))),
            ("ISO-IR 192", Term::Whole(UTF_8)),
            ("utf-8", Term::Whole(UTF_8)),
            ("UTF8", Term::Whole(UTF_8)),
            ("GB18030", Term::Whole(GB18030)),
            ("GBK", Term::Whole(GBK)),
            ("ISO 2022 GBK", Term::Whole(GBK)),
            ("ISO_IR 999", Term::Unknown),
            ("ISO_IR", Term::Unknown),
            ("ISO 8859", Term::Unknown),
            ("EBCDIC", Term::Unknown),
            ("a term that is longer than any other", Term::Unknown),
        ] {
            assert_eq!(Term::parse(term.as_bytes()), want, "{term:?}");
        }
    }
}
