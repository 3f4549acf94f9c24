//! Specific Character Set (0008,0005): from the bytes of a value to text (PS3.3 C.12.1.1.2, PS3.5 6.1).
//!
//! A value is decoded first and split afterwards, so that no delimiter is ever found inside a multi-byte
//! character. What cannot be decoded becomes U+FFFD, and the value says so; no bytes make it fail.

mod iso2022;
mod repertoire;
mod terms;
#[cfg(test)]
mod tests;
mod tidy;
mod told;

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, GBK, UTF_8};

use iso2022::Extensions;
use terms::Term;

pub use told::{CharacterSetRule, character_set};

/// The character set of a data set or of a sequence item, as its (0008,0005) declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CharacterSet {
    coding: Coding,
    fault: Option<TextFault>,
    told: Option<Told>,
}

/// When the character set that the user gives is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// If none is declared: for bytes that are not UTF-8.
    UnlessUtf8,
    /// Instead of a declared one.
    Instead,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    /// The single-byte sets, and every set that escape sequences can reach.
    Iso2022(Extensions),
    /// The sets that stand alone: UTF-8, GB18030, GBK.
    Whole(&'static Encoding),
}

/// The text of a value, and the worst thing that happened while it was decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// Unicode without padding, and without control characters but the line ends and tabs of a text.
    pub text: Cow<'a, str>,
    /// Why the text may not be what its author wrote.
    pub fault: Option<TextFault>,
}

/// What is wrong with the encoding of a value, the least serious first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextFault {
    /// Bytes above 7F are taken as the user said.
    TakenAsTold,
    /// Bytes outside the declared repertoire form valid UTF-8, and are taken as such.
    TakenAsUtf8,
    /// An escape sequence designates a known set that (0008,0005) does not declare, and is followed.
    UndeclaredEscape,
    /// The escape sequence is missing, but only one declared set can have been meant.
    MissingEscape,
    /// Control characters that no text may hold became U+FFFD.
    ControlCharacter,
    /// An escape sequence that PS3.3 C.12.1.1.2 does not list became U+FFFD.
    UnknownEscape,
    /// Bytes that are no characters of the declared set became U+FFFD.
    Undecodable,
    /// A value of (0008,0005) is no defined term, or cannot stand in its place.
    UnknownTerm,
}

/// How a value is laid out: which characters delimit it, and whether it has lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextKind {
    Line,
    Name,
    Text,
}

impl CharacterSet {
    /// The default repertoire, ISO-IR 6, for data sets without (0008,0005).
    pub const DEFAULT: Self = Self { coding: Coding::Iso2022(Extensions::DEFAULT), fault: None, told: None };

    /// Reads the raw value of (0008,0005); an undefined term counts as the default repertoire.
    pub fn parse(raw: &[u8]) -> Self {
        let mut values = raw.split(|&byte| byte == b'\\').map(Term::parse);
        let first = values.next().unwrap_or(Term::Set(None));
        // PS3.3 C.12.1.1.2: a set that stands alone has no code extensions, so later values say nothing.
        if let Term::Whole(encoding) = first {
            return Self { coding: Coding::Whole(encoding), ..Self::DEFAULT };
        }
        let mut fault = first.fault();
        let mut extensions = Extensions::starting_with(first.repertoire());
        for term in values {
            fault = fault.max(term.fault());
            extensions = extensions.and(term.repertoire());
        }
        Self { coding: Coding::Iso2022(extensions), fault, told: None }
    }

    /// Says whether (0008,0005) itself is at fault, once for the data set and not for each value.
    pub fn fault(&self) -> Option<TextFault> {
        self.fault
    }

    /// Decodes a value of one line, such as LO, SH, CS or UC; `\` separates its values.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Decoded<'a> {
        self.decode_as(bytes, TextKind::Line)
    }

    /// Decodes a person name, PN; `\`, `=` and `^` delimit it (PS3.5 6.1.2.5.3).
    pub fn decode_name<'a>(&self, bytes: &'a [u8]) -> Decoded<'a> {
        self.decode_as(bytes, TextKind::Name)
    }

    /// Decodes a text of several lines, ST, LT or UT; it keeps its tabs, line ends and leading spaces.
    pub fn decode_text<'a>(&self, bytes: &'a [u8]) -> Decoded<'a> {
        self.decode_as(bytes, TextKind::Text)
    }

    fn decode_as<'a>(&self, bytes: &'a [u8], kind: TextKind) -> Decoded<'a> {
        let bytes = tidy::without_padding(bytes);
        let decoded = match std::str::from_utf8(bytes) {
            Ok(text) if tidy::is_plain_ascii(bytes) => Decoded { text: Cow::Borrowed(text), fault: None },
            _ if self.told.is_some() => self.decode_as_told(bytes, kind),
            _ => self.coding.decode(bytes, kind),
        };
        tidy::tidy(decoded, kind)
    }

    /// Decodes in the set that the user named, and says so where it mattered.
    fn decode_as_told<'a>(&self, bytes: &'a [u8], kind: TextKind) -> Decoded<'a> {
        if self.told == Some(Told::UnlessUtf8) && std::str::from_utf8(bytes).is_ok() {
            return Self::DEFAULT.coding.decode(bytes, kind);
        }
        let Decoded { text, fault } = self.coding.decode(bytes, kind);
        Decoded { text, fault: fault.max(Some(TextFault::TakenAsTold).filter(|_| !bytes.is_ascii())) }
    }
}

impl Default for CharacterSet {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Coding {
    fn decode<'a>(&self, bytes: &'a [u8], kind: TextKind) -> Decoded<'a> {
        match self {
            Self::Iso2022(extensions) => extensions.decode(bytes, kind),
            Self::Whole(encoding) => {
                let (text, replaced) = encoding.decode_without_bom_handling(bytes);
                Decoded { text, fault: replaced.then_some(TextFault::Undecodable) }
            }
        }
    }
}

impl Decoded<'_> {
    /// The single values of a multi-valued attribute, without their padding.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.text.split('\\').map(tidy::trim)
    }
}
