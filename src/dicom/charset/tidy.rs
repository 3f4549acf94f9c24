//! Padding and control characters: what a value has around and between its characters.
//!
//! FHIR allows no control characters in a string but tab, line feed and carriage return.

use std::borrow::Cow;

use super::{Decoded, TextFault, TextKind};

/// The bytes without the NUL or space padding that makes their length even (PS3.5 6.2).
pub(super) fn without_padding(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

/// Whether every byte is a printable ASCII character, which all character sets agree on.
pub(super) fn is_plain_ascii(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The value without spaces around it, which mean nothing in a line (PS3.5 6.2).
pub(super) fn trim(value: &str) -> &str {
    value.trim_matches(' ')
}

/// Takes control characters and padding out of decoded text.
pub(super) fn tidy<'a>(decoded: Decoded<'a>, kind: TextKind) -> Decoded<'a> {
    let Decoded { text, mut fault } = decoded;
    let text = match text.chars().any(char::is_control) {
        true => Cow::Owned(without_controls(&text, kind, &mut fault)),
        false => text,
    };
    Decoded { text: trimmed(text, kind), fault }
}

fn without_controls(text: &str, kind: TextKind, fault: &mut Option<TextFault>) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut previous = None;
    for character in text.chars() {
        match (character, kind) {
            // The line feed of a CR LF that has become one space.
            ('\n', TextKind::Line | TextKind::Name) if previous == Some('\r') => {}
            ('\t' | '\n' | '\r', TextKind::Text) => tidy.push(character),
            // A page ends a line, and FHIR has no pages.
            ('\x0C', TextKind::Text) => tidy.push('\n'),
            ('\t' | '\n' | '\r' | '\x0C', _) => tidy.push(' '),
            (control, _) if control.is_control() => {
                tidy.push(char::REPLACEMENT_CHARACTER);
                *fault = (*fault).max(Some(TextFault::ControlCharacter));
            }
            _ => tidy.push(character),
        }
        previous = Some(character);
    }
    tidy
}

fn trimmed(text: Cow<'_, str>, kind: TextKind) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(within(text, kind)),
        Cow::Owned(text) if within(&text, kind).len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(within(&text, kind).to_owned()),
    }
}

fn within(text: &str, kind: TextKind) -> &str {
    match kind {
        // PS3.5 6.2: leading spaces count in ST, LT and UT.
        TextKind::Text => text.trim_end_matches([' ', '\t', '\n', '\r']),
        TextKind::Line | TextKind::Name => trim(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(text: &str, kind: TextKind) -> (String, Option<TextFault>) {
        let decoded = tidy(Decoded { text: Cow::Borrowed(text), fault: None }, kind);
        (decoded.text.into_owned(), decoded.fault)
    }

    #[test]
    fn a_text_keeps_its_lines_and_a_line_has_none() {
        for (text, line, lines) in [
            (" a\r\nb ", "a b", " a\r\nb"),
            ("a\rb\nc", "a b c", "a\rb\nc"),
            ("a\tb\x0Cc", "a b c", "a\tb\nc"),
            ("a\r\n\r\n", "a", "a"),
            ("\r\n \t", "", ""),
        ] {
            assert_eq!(tidied(text, TextKind::Line), (line.to_owned(), None), "{text:?}");
            assert_eq!(tidied(text, TextKind::Text), (lines.to_owned(), None), "{text:?}");
        }
    }

    #[test]
    fn a_control_character_is_replaced_and_reported() {
        for control in ['\0', '\u{7}', '\u{B}', '\u{E}', '\u{1B}', '\u{7F}', '\u{85}', '\u{9F}'] {
            let want = ("a\u{FFFD}b".to_owned(), Some(TextFault::ControlCharacter));
            assert_eq!(tidied(&format!("a{control}b"), TextKind::Text), want, "{control:?}");
        }
    }
}
