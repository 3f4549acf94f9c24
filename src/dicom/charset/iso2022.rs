//! Code extensions: escape sequences that designate character sets within a value (PS3.5 6.1.2.5, ISO 2022).
//!
//! At every delimiter and line end the sets of the first value of (0008,0005) are active again (PS3.5 6.1.2.5.3).

use std::borrow::Cow;

use super::repertoire::{Escape, Half, Repertoire};
use super::{Decoded, TextFault, TextKind};

const ESC: u8 = 0x1B;

/// The sets that (0008,0005) declares: those that a value starts with, and those that escape sequences may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extensions {
    /// The set of the first value, if it lives above 0x80; below, every value starts with ASCII.
    initial: Option<Repertoire>,
    /// One bit for each declared repertoire.
    declared: u16,
    /// The only set above 0x80 that bytes without an escape sequence can mean, if there is just one.
    fallback: Option<Repertoire>,
}

impl Extensions {
    pub(super) const DEFAULT: Self = Self { initial: None, declared: 0, fallback: None };

    /// The sets after the first value; those of two bytes in G0 always need their escape sequence.
    pub(super) fn starting_with(first: Option<Repertoire>) -> Self {
        let initial = first.filter(|set| set.half() == Half::G1);
        Self { initial, declared: first.map_or(0, Repertoire::bit), fallback: None }
    }

    /// Adds the set of a later value.
    pub(super) fn and(self, later: Option<Repertoire>) -> Self {
        let Some(set) = later else { return self };
        let fallback = match set.half() {
            Half::G0 => self.fallback,
            Half::G1 if self.reaches_g1() => None,
            Half::G1 => Some(set),
        };
        Self { declared: self.declared | set.bit(), fallback, ..self }
    }

    fn reaches_g1(self) -> bool {
        let g0 = Repertoire::JisX0208.bit() | Repertoire::JisX0212.bit();
        self.declared & !g0 != 0
    }

    /// Decodes a value, following its escape sequences.
    pub(super) fn decode<'a>(self, bytes: &'a [u8], kind: TextKind) -> Decoded<'a> {
        let mut decoder = Decoder {
            sets: self,
            kind,
            g0: None,
            g1: self.initial,
            is_utf8: std::str::from_utf8(bytes).is_ok(),
            text: String::with_capacity(bytes.len() * 2),
            fault: None,
        };
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            rest = decoder.step(byte, rest, after);
        }
        Decoded { text: Cow::Owned(decoder.text), fault: decoder.fault }
    }
}

/// The state of a value that is being decoded.
struct Decoder {
    sets: Extensions,
    kind: TextKind,
    /// The set below 0x80; none is ASCII.
    g0: Option<Repertoire>,
    /// The set above 0x80; none until one is designated.
    g1: Option<Repertoire>,
    is_utf8: bool,
    text: String,
    fault: Option<TextFault>,
}

impl Decoder {
    /// Takes one character, run or escape sequence from the front, and returns what follows it.
    fn step<'b>(&mut self, byte: u8, rest: &'b [u8], after: &'b [u8]) -> &'b [u8] {
        match byte {
            ESC => self.escape(after),
            b' ' | 0x00..=0x1F | 0x7F => self.single(byte, after),
            0x80.. => self.run(rest, |byte| byte >= 0x80, Self::above),
            _ if self.g0.is_some() => self.run(rest, |byte| matches!(byte, 0x21..=0x7E), Self::below),
            _ => self.single(byte, after),
        }
    }

    /// An ASCII character; one that ends a line, a value or a component ends the designations too.
    fn single<'b>(&mut self, byte: u8, after: &'b [u8]) -> &'b [u8] {
        if self.is_delimiter(byte) {
            self.g0 = None;
            self.g1 = self.sets.initial;
        }
        self.text.push(char::from(byte));
        after
    }

    fn is_delimiter(&self, byte: u8) -> bool {
        match byte {
            0x00..=0x1F => true,
            b'\\' => self.kind != TextKind::Text,
            b'^' | b'=' => self.kind == TextKind::Name,
            _ => false,
        }
    }

    fn escape<'b>(&mut self, after: &'b [u8]) -> &'b [u8] {
        let Some(escape) = Escape::parse(after) else {
            self.text.push(char::REPLACEMENT_CHARACTER);
            self.blame(TextFault::UnknownEscape);
            return after;
        };
        if escape.repertoire.is_some_and(|set| self.sets.declared & set.bit() == 0) {
            self.blame(TextFault::UndeclaredEscape);
        }
        match escape.half {
            Half::G0 => self.g0 = escape.repertoire,
            Half::G1 => self.g1 = escape.repertoire,
        }
        after.get(escape.length..).unwrap_or_default()
    }

    fn run<'b>(&mut self, rest: &'b [u8], belongs: fn(u8) -> bool, decode: fn(&mut Self, &[u8])) -> &'b [u8] {
        let length = rest.iter().take_while(|&&byte| belongs(byte)).count();
        let (run, rest) = rest.split_at(length);
        decode(self, run);
        rest
    }

    fn below(&mut self, run: &[u8]) {
        self.append(self.g0, run);
    }

    fn above(&mut self, run: &[u8]) {
        if self.g1.is_some() {
            return self.append(self.g1, run);
        }
        if self.is_utf8 {
            self.text.push_str(&String::from_utf8_lossy(run));
            return self.blame(TextFault::TakenAsUtf8);
        }
        if self.sets.fallback.is_some() {
            self.blame(TextFault::MissingEscape);
        }
        self.append(self.sets.fallback, run);
    }

    fn append(&mut self, set: Option<Repertoire>, run: &[u8]) {
        let whole = match set {
            Some(set) => set.decode(run, &mut self.text),
            None => {
                self.text.extend(run.iter().map(|_| char::REPLACEMENT_CHARACTER));
                false
            }
        };
        if !whole {
            self.blame(TextFault::Undecodable);
        }
    }

    fn blame(&mut self, fault: TextFault) {
        self.fault = self.fault.max(Some(fault));
    }
}
