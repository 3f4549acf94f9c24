//! The sets of graphic characters that DICOM names, PS3.3 tables C.12-2 to C.12-4.
//!
//! Each has a number in the international register, an escape sequence, and a width; the code tables are those of
//! `encoding_rs`, but for ISO 8859-1, ISO 8859-9 and JIS X 0201, which it does not hold as DICOM means them.

use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8,
    ISO_8859_15, WINDOWS_874, WINDOWS_1252, WINDOWS_1254,
};

/// A set of graphic characters beyond ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repertoire {
    Latin1,
    Latin2,
    Latin3,
    Latin4,
    Cyrillic,
    Arabic,
    Greek,
    Hebrew,
    Latin5,
    Latin9,
    Thai,
    Katakana,
    JisX0208,
    JisX0212,
    KsX1001,
    Gb2312,
}

/// Half of the code space that an escape sequence fills: G0 is below 0x80, G1 above (ISO 2022).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    G0,
    G1,
}

struct Row {
    repertoire: Repertoire,
    register: Bytes,
    part: Option<Bytes>,
    escape: Bytes,
    encoding: &'static Encoding,
}

type Bytes = &'static [u8];

const fn row(
    repertoire: Repertoire,
    register: Bytes,
    part: Option<Bytes>,
    escape: Bytes,
    encoding: &'static Encoding,
) -> Row {
    Row { repertoire, register, part, escape, encoding }
}

/// Every repertoire, in their order, with its number in the register, its part of ISO 8859, its escape sequence without
/// the ESC, and the encoding that has its characters.
#[rustfmt::skip]
static ROWS: [Row; 16] = [
    row(Repertoire::Latin1,   b"100", Some(b"1"),  b"-A", WINDOWS_1252),
    row(Repertoire::Latin2,   b"101", Some(b"2"),  b"-B", ISO_8859_2),
    row(Repertoire::Latin3,   b"109", Some(b"3"),  b"-C", ISO_8859_3),
    row(Repertoire::Latin4,   b"110", Some(b"4"),  b"-D", ISO_8859_4),
    row(Repertoire::Cyrillic, b"144", Some(b"5"),  b"-L", ISO_8859_5),
    row(Repertoire::Arabic,   b"127", Some(b"6"),  b"-G", ISO_8859_6),
    row(Repertoire::Greek,    b"126", Some(b"7"),  b"-F", ISO_8859_7),
    row(Repertoire::Hebrew,   b"138", Some(b"8"),  b"-H", ISO_8859_8),
    row(Repertoire::Latin5,   b"148", Some(b"9"),  b"-M", WINDOWS_1254),
    row(Repertoire::Latin9,   b"203", Some(b"15"), b"-b", ISO_8859_15),
    row(Repertoire::Thai,     b"166", Some(b"11"), b"-T", WINDOWS_874),
    row(Repertoire::Katakana, b"13",  None,        b")I", EUC_JP),
    row(Repertoire::JisX0208, b"87",  None,        b"$B", EUC_JP),
    row(Repertoire::JisX0212, b"159", None,        b"$(D", EUC_JP),
    row(Repertoire::KsX1001,  b"149", None,        b"$)C", EUC_KR),
    row(Repertoire::Gb2312,   b"58",  None,        b"$)A", GBK),
];

/// What an escape sequence does, and how many bytes it has after the ESC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Escape {
    pub(super) half: Half,
    /// The set that it designates; none is ASCII.
    pub(super) repertoire: Option<Repertoire>,
    pub(super) length: usize,
}

impl Escape {
    /// Reads the escape sequence that follows an ESC.
    pub(super) fn parse(after: &[u8]) -> Option<Self> {
        if after.starts_with(b"(B") || after.starts_with(b"(J") {
            // ISO-IR 14 differs from ASCII in 0x5C and 0x7E, which DICOM still means as `\` (PS3.5 6.1.2.3) and `~`.
            return Some(Self { half: Half::G0, repertoire: None, length: 2 });
        }
        if after.starts_with(b"$@") {
            // ISO-IR 42, the edition of JIS X 0208 before ISO-IR 87: no DICOM set, but the same code table.
            return Some(Self { half: Half::G0, repertoire: Some(Repertoire::JisX0208), length: 2 });
        }
        let row = ROWS.iter().find(|row| after.starts_with(row.escape))?;
        Some(Self { half: row.repertoire.half(), repertoire: Some(row.repertoire), length: row.escape.len() })
    }
}

impl Repertoire {
    /// The set with a number in the international register, such as `100`.
    pub(super) fn registered(number: &[u8]) -> Option<Self> {
        ROWS.iter().find(|row| row.register == number).map(|row| row.repertoire)
    }

    /// The set that is a part of ISO 8859, such as `15`.
    pub(super) fn part_of_iso_8859(part: &[u8]) -> Option<Self> {
        ROWS.iter().find(|row| row.part == Some(part)).map(|row| row.repertoire)
    }

    /// The half of the code space that the set lives in.
    pub(super) fn half(self) -> Half {
        match self {
            Self::JisX0208 | Self::JisX0212 => Half::G0,
            _ => Half::G1,
        }
    }

    /// A number below 16, for sets of repertoires.
    pub(super) fn bit(self) -> u16 {
        1 << self as u16
    }

    /// Appends the characters of a run of bytes of this set's half, and says whether all of them are some.
    pub(super) fn decode(self, run: &[u8], text: &mut String) -> bool {
        match self {
            Self::Katakana => append_each(run, text, katakana),
            Self::JisX0208 => self.append(&in_g1(run, &[]), text),
            // EUC-JP marks each character of JIS X 0212 by a single shift.
            Self::JisX0212 => self.append(&in_g1(run, &[0x8F]), text),
            Self::KsX1001 | Self::Gb2312 => self.append(run, text),
            // ISO 8859 has control characters below 0xA0, where `encoding_rs` may have letters of Windows.
            _ if run.iter().any(|byte| matches!(byte, 0x80..=0x9F)) => append_each(run, text, |byte| self.letter(byte)),
            _ => self.append(run, text),
        }
    }

    fn append(self, run: &[u8], text: &mut String) -> bool {
        let (decoded, replaced) = self.encoding().decode_without_bom_handling(run);
        // GBK has characters of private use where GB 2312 has none.
        let is_private = |character: char| matches!(character, '\u{E000}'..='\u{F8FF}');
        if decoded.contains(is_private) {
            text.push_str(&decoded.replace(is_private, "\u{FFFD}"));
            return false;
        }
        text.push_str(&decoded);
        !replaced
    }

    fn letter(self, byte: u8) -> Option<char> {
        if byte < 0xA0 {
            return None;
        }
        let encoded = [byte];
        let (decoded, replaced) = self.encoding().decode_without_bom_handling(&encoded);
        decoded.chars().next().filter(|_| !replaced)
    }

    fn encoding(self) -> &'static Encoding {
        ROWS[self as usize].encoding
    }
}

/// JIS X 0201: the katakana of half width stand at 0xA1 to 0xDF.
fn katakana(byte: u8) -> Option<char> {
    match byte {
        0xA1..=0xDF => char::from_u32(0xFF61 + u32::from(byte - 0xA1)),
        _ => None,
    }
}

fn append_each(run: &[u8], text: &mut String, letter: impl Fn(u8) -> Option<char>) -> bool {
    let before = text.len();
    text.extend(run.iter().map(|&byte| letter(byte).unwrap_or(char::REPLACEMENT_CHARACTER)));
    !text.get(before..).is_some_and(|added| added.contains(char::REPLACEMENT_CHARACTER))
}

/// Moves pairs of bytes from G0 to G1, each after a prefix, as the EUC encodings have them.
fn in_g1(run: &[u8], prefix: &[u8]) -> Vec<u8> {
    let mut moved = Vec::with_capacity(run.len() / 2 * (2 + prefix.len()) + 2);
    for pair in run.chunks(2) {
        moved.extend_from_slice(prefix);
        moved.extend(pair.iter().map(|byte| byte | 0x80));
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_decodes_a_letter_of_its_own() {
        for (number, bytes, want) in [
            ("100", &b"\xFC"[..], "ü"),
            ("101", b"\xB1", "ą"),
            ("109", b"\xE6", "ĉ"),
            ("110", b"\xBE", "ž"),
            ("144", b"\xBB", "Л"),
            ("127", b"\xE2", "ق"),
            ("126", b"\xC4", "Δ"),
            ("138", b"\xF9", "ש"),
            ("148", b"\xFE\xDD", "şİ"),
            ("203", b"\xA4", "€"),
            ("166", b"\xA1", "ก"),
            ("13", b"\xD4\xCF\xDF", "ﾔﾏﾟ"),
            ("87", b"\x3B\x33\x45\x44", "山田"),
            ("159", b"\x30\x21", "丂"),
            ("149", b"\xFB\xF3", "洪"),
            ("58", b"\xCD\xF5", "王"),
        ] {
            let mut text = String::new();
            let whole = Repertoire::registered(number.as_bytes()).unwrap().decode(bytes, &mut text);
            assert_eq!((text.as_str(), whole), (want, true), "ISO-IR {number}");
        }
    }

    #[test]
    fn a_byte_that_is_no_character_of_its_set_is_replaced() {
        for (number, bytes, want) in [
            ("100", &b"\x92\xE9"[..], "\u{FFFD}é"),
            ("148", b"\x80", "\u{FFFD}"),
            ("127", b"\xFF", "\u{FFFD}"),
            ("166", b"\xDB", "\u{FFFD}"),
            ("13", b"\xA0\xE0\x80", "\u{FFFD}\u{FFFD}\u{FFFD}"),
            ("87", b"\x3B\x33\x45", "山\u{FFFD}"),
            ("149", b"\xFB", "\u{FFFD}"),
            ("58", b"\xCD\xF5\xFE\xFE", "王\u{FFFD}"),
        ] {
            let mut text = String::new();
            let whole = Repertoire::registered(number.as_bytes()).unwrap().decode(bytes, &mut text);
            assert_eq!((text.as_str(), whole), (want, false), "ISO-IR {number}");
        }
    }

    #[test]
    fn each_set_has_a_bit_of_its_own() {
        let all = ROWS.iter().fold(0, |all, row| all ^ row.repertoire.bit());
        assert_eq!(all, u16::MAX);
    }
}
