//! JSON (RFC 8259) piece by piece from a source of any size: nothing is kept but what is asked for, and what is passed
//! over may be as long and as deep as it likes.

use std::io;

use crate::dicom::bytes::Bytes;

/// How much is read at once.
const BUFFER_BYTES: usize = 16 << 10;

/// Why the text cannot be read further.
#[derive(Debug)]
pub(super) enum Stop {
    /// The text ends inside a value.
    Cut,
    /// It is no JSON.
    NotJson,
    /// The source failed.
    Read(io::Error),
}

/// A text, and how far it was read.
pub(super) struct Lexer<'b> {
    source: &'b mut dyn Bytes,
    buffer: Vec<u8>,
    at: usize,
    /// Where the buffer starts in the source.
    start: u64,
}

impl<'b> Lexer<'b> {
    pub fn new(source: &'b mut dyn Bytes) -> Lexer<'b> {
        Lexer { source, buffer: Vec::new(), at: 0, start: 0 }
    }

    /// How many bytes were read.
    pub fn position(&self) -> u64 {
        self.start + self.at as u64
    }

    /// The buffered bytes from here; empty only at the end.
    fn rest(&mut self) -> Result<&[u8], Stop> {
        if self.at >= self.buffer.len() {
            self.start += self.buffer.len() as u64;
            self.at = 0;
            self.buffer.resize(BUFFER_BYTES, 0);
            let count = self.source.read_at(self.start, &mut self.buffer);
            self.buffer.truncate(*count.as_ref().unwrap_or(&0));
            count.map_err(Stop::Read)?;
        }
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    /// The next byte, not consumed.
    fn peek(&mut self) -> Result<Option<u8>, Stop> {
        Ok(self.rest()?.first().copied())
    }

    /// The next byte.
    fn byte(&mut self) -> Result<u8, Stop> {
        let byte = self.peek()?.ok_or(Stop::Cut)?;
        self.at += 1;
        Ok(byte)
    }

    /// The next byte that is not white space, not consumed; `None` at the end.
    pub fn token(&mut self) -> Result<Option<u8>, Stop> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                next => return Ok(next),
            }
        }
    }

    /// Consumes a byte if it comes next.
    pub fn take(&mut self, sign: u8) -> Result<bool, Stop> {
        let comes = self.token()?.ok_or(Stop::Cut)? == sign;
        self.at += usize::from(comes);
        Ok(comes)
    }

    /// Consumes a byte that must come next.
    pub fn expect(&mut self, sign: u8) -> Result<(), Stop> {
        if self.take(sign)? { Ok(()) } else { Err(Stop::NotJson) }
    }

    /// Skips some bytes if the text starts with them.
    pub fn skip_mark(&mut self, mark: &[u8]) -> Result<(), Stop> {
        let starts = self.rest()?.starts_with(mark);
        self.at += if starts { mark.len() } else { 0 };
        Ok(())
    }

    /// Goes on to the next member or element, up to the sign that closes. `first` says whether none came yet.
    pub fn next(&mut self, first: bool, close: u8) -> Result<bool, Stop> {
        if self.take(close)? {
            return Ok(false);
        }
        if !first {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Reads the name of a member, up to so many bytes of it.
    pub fn name(&mut self, name: &mut Vec<u8>, limit: usize) -> Result<(), Stop> {
        name.clear();
        self.string(name, limit)?;
        self.expect(b':')
    }

    /// Appends a string as UTF-8, and says whether it was no longer than the limit. Half a surrogate pair becomes the
    /// three bytes that UTF-8 would have for it, which are no character: so two of them are never taken for one.
    pub fn string(&mut self, text: &mut Vec<u8>, limit: usize) -> Result<bool, Stop> {
        self.expect(b'"')?;
        let end = text.len() + limit;
        let mut fits = true;
        loop {
            let rest = self.rest()?;
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(rest.len());
            let room = end.saturating_sub(text.len()).min(plain);
            text.extend_from_slice(rest.get(..room).unwrap_or_default());
            fits &= room == plain;
            self.at += plain;
            match self.byte_in_string()? {
                Some(b'"') => return Ok(fits),
                Some(_) => {
                    let before = text.len();
                    self.escaped(text)?;
                    fits &= text.len() <= end;
                    if !fits {
                        text.truncate(before);
                    }
                }
                None => {}
            }
        }
    }

    /// The quote or backslash that comes next; `None` where more has to be read first.
    fn byte_in_string(&mut self) -> Result<Option<u8>, Stop> {
        if self.at < self.buffer.len() {
            return self.byte().map(Some);
        }
        self.peek()?.ok_or(Stop::Cut).map(|_| None)
    }

    /// Appends the character behind a backslash.
    fn escaped(&mut self, text: &mut Vec<u8>) -> Result<(), Stop> {
        text.push(match self.byte()? {
            b'b' => 8,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.unicode(text),
            sign @ (b'"' | b'\\' | b'/') => sign,
            _ => return Err(Stop::NotJson),
        });
        Ok(())
    }

    fn unicode(&mut self, text: &mut Vec<u8>) -> Result<(), Stop> {
        let high = self.unit()?;
        if !(0xD800..0xDC00).contains(&high) || self.peek()? != Some(b'\\') {
            push(text, high);
            return Ok(());
        }
        self.at += 1;
        if self.peek()? != Some(b'u') {
            // What was half of a pair stands before another escape.
            push(text, high);
            return self.escaped(text);
        }
        self.at += 1;
        let low = self.unit()?;
        if (0xDC00..0xE000).contains(&low) {
            push(text, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
        } else {
            push(text, high);
            push(text, low);
        }
        Ok(())
    }

    fn unit(&mut self) -> Result<u32, Stop> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.byte()?).to_digit(16).ok_or(Stop::NotJson)?;
        }
        Ok(unit)
    }

    /// Appends a number, `true`, `false` or `null` as it is written, up to so many bytes.
    pub fn word(&mut self, text: &mut Vec<u8>, limit: usize) -> Result<(), Stop> {
        let start = text.len();
        self.token()?;
        while let Some(byte @ (b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'+' | b'.')) = self.peek()? {
            if text.len() - start >= limit {
                return Err(Stop::NotJson);
            }
            text.push(byte);
            self.at += 1;
        }
        let word = text.get(start..).unwrap_or_default();
        let is_number = matches!(word, [b'-', b'0'..=b'9', ..] | [b'0'..=b'9', ..]);
        match word {
            _ if is_number => Ok(()),
            b"true" | b"false" | b"null" => Ok(()),
            _ if self.peek()?.is_none() => Err(Stop::Cut),
            _ => Err(Stop::NotJson),
        }
    }

    /// Passes over a value, however deep: brackets are counted, and what stands between them is only looked at for its
    /// strings.
    pub fn skip(&mut self) -> Result<(), Stop> {
        let mut depth = 0_u64;
        loop {
            match self.token()?.ok_or(Stop::Cut)? {
                b'"' => self.string(&mut Vec::new(), 0).map(|_| ())?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => self.at += 1,
                _ => self.word(&mut Vec::new(), MAX_WORD_BYTES)?,
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

/// The longest number.
pub(super) const MAX_WORD_BYTES: usize = 1 << 10;

/// Appends a character, or the bytes of one that there is not.
fn push(text: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(character) => text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        None => text.extend([0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F].map(|byte| byte as u8)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_read_with_its_escapes_and_cut_at_its_limit() {
        for (text, limit, want, fits) in [
            (r#""plain""#, 99, &b"plain"[..], true),
            (r#""""#, 0, b"", true),
            (r#""a\"b\\c\/d\n""#, 99, b"a\"b\\c/d\n", true),
            (r#""\u00e9\uD83D\uDE00""#, 99, "é😀".as_bytes(), true),
            (r#""\uD83D!""#, 99, b"\xED\xA0\xBD!", true),
            (r#""\uD83D\u0041""#, 99, b"\xED\xA0\xBDA", true),
            (r#""\uD83D\n""#, 99, b"\xED\xA0\xBD\n", true),
            (r#""\uDE00""#, 99, b"\xED\xB8\x80", true),
            (r#""\uDE00""#, 2, b"", false),
            (r#""abcdef""#, 3, b"abc", false),
            (r#""ab\ncdef""#, 2, b"ab", false),
        ] {
            let mut source = text.as_bytes();
            let mut read = Vec::new();
            let whole = Lexer::new(&mut source).string(&mut read, limit).unwrap();
            assert_eq!((read.as_slice(), whole), (want, fits), "{text}");
        }
    }

    #[test]
    fn a_value_of_any_size_and_depth_is_passed_over() {
        let deep = "[{\"a\":".repeat(100_000) + "1" + &"}]".repeat(100_000);
        let long = format!("\"{}\"", "\\n".repeat(100_000));
        for text in ["1", "-1.5e3", "null", "\"]\"", "[]", "{\"a\":[1,{}],\"b\":\"}\"}", &deep, &long] {
            let whole = format!(" {text} ,");
            let mut source = whole.as_bytes();
            let mut lexer = Lexer::new(&mut source);
            lexer.skip().unwrap();
            assert!(lexer.take(b',').unwrap(), "{}", &text[..text.len().min(20)]);
        }
    }

    #[test]
    fn what_is_no_json_is_told_from_what_is_cut() {
        for (text, cut) in [
            ("[1, 2", true),
            ("\"ab", true),
            ("\"\\", true),
            ("{\"a\":", true),
            ("]", false),
            ("nul", true),
            ("nul ", false),
            ("", true),
        ] {
            let mut source = text.as_bytes();
            let stop = Lexer::new(&mut source).skip().unwrap_err();
            assert_eq!(matches!(stop, Stop::Cut), cut, "{text}: {stop:?}");
        }
    }
}
