//! How a file is called: in reports and messages, and while it is written.
//!
//! A file name may hold anything but NUL and `/`: terminal escapes, newlines, bytes of an old encoding. What is shown
//! is one line of safe text, and still tells two files apart.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

/// Where an item stands: a file, an object, a reader of the library's caller, or an entry of one of these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The path, the address, or whatever else its source calls it.
    pub place: OsString,
    /// The entry inside of it, where it is an archive.
    pub entry: Option<String>,
}

impl Name {
    /// The name of something that is no entry of an archive.
    pub fn file(place: impl Into<OsString>) -> Name {
        Name { place: place.into(), entry: None }
    }
}

/// A name of bytes, as the system has it.
#[cfg(unix)]
pub fn os_string(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
pub fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_printable(f, self.place.as_encoded_bytes())?;
        let Some(entry) = &self.entry else { return Ok(()) };
        f.write_str("!/")?;
        write_printable(f, entry.as_bytes())
    }
}

/// Text from a file or a file name, as one line that no terminal takes for a command.
pub fn printable(text: &[u8]) -> String {
    let mut line = String::with_capacity(text.len());
    let _ = write_printable(&mut line, text);
    line
}

/// A path as text that no terminal takes for a command.
pub fn printable_path(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes())
}

/// A message as one line that no terminal takes for a command. Names that [`printable`] escaped stay as they are.
pub fn one_line(message: &str) -> String {
    let escaped = |character: char| match is_unsafe(character) {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    message.chars().map(escaped).collect()
}

/// Bytes that are not UTF-8 become `\xNN`, control and direction characters `\n` or `\u{NN}`, a backslash `\\`.
pub fn write_printable(f: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'\\')
        && let Ok(plain) = std::str::from_utf8(bytes)
    {
        return f.write_str(plain);
    }
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' if cfg!(unix) => f.write_str("\\\\")?,
                _ if is_unsafe(character) => write!(f, "{}", character.escape_default())?,
                _ => f.write_char(character)?,
            }
        }
        chunk.invalid().iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
    }
    Ok(())
}

/// Controls, line separators, and the marks that turn the direction of writing.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// How the name of a file begins that is still being written.
pub const TEMPORARY_PREFIX: &str = ".dcm2fhir-";
/// And how it ends.
pub const TEMPORARY_SUFFIX: &str = ".tmp";

/// Whether the name is that of a file which a run is still writing, or was when it was killed.
pub fn is_temporary(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(TEMPORARY_PREFIX.as_bytes()) && name.ends_with(TEMPORARY_SUFFIX.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_safe_text() {
        for (name, want) in [
            ("a/b.dcm".as_bytes(), "a/b.dcm"),
            (b"line\nbreak", "line\\nbreak"),
            (b"\x1b[31mred", "\\u{1b}[31mred"),
            (b"J\xf6rg", "J\\xf6rg"),
            ("J\u{f6}rg".as_bytes(), "J\u{f6}rg"),
            ("\u{202e}gpj".as_bytes(), "\\u{202e}gpj"),
        ] {
            assert_eq!(printable(name), want);
        }
    }

    #[test]
    #[cfg(unix)]
    fn two_files_never_share_a_name() {
        assert_ne!(printable(b"a\nb"), printable(b"a\\nb"));
        assert_ne!(printable(b"\xff"), printable(b"\\xff"));
    }

    #[test]
    fn a_message_is_escaped_once() {
        let message = format!("{}: a\\b\n\u{1b}[31m", printable(b"line\nbreak"));
        let line = one_line(&message);
        assert_eq!(line, "line\\nbreak: a\\b\\n\\u{1b}[31m");
        assert_eq!(one_line(&line), line);
    }

    #[test]
    fn an_entry_stands_behind_its_archive() {
        let name = Name { place: "cd.zip".into(), entry: Some("IM\n1".into()) };
        assert_eq!(name.to_string(), "cd.zip!/IM\\n1");
    }
}
