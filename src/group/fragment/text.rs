//! The values of a fragment as text: hashes and bytes in base64, names and UIDs percent-encoded, so that a line is
//! plain ASCII whatever a file is called.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD as BYTES, URL_SAFE_NO_PAD as HASH};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::dicom::StoredValues;
use crate::group::FileNotes;
use crate::name::{Name, os_string};

/// Percent-encoded in names too: JSON would escape the quote and the backslash, and `!` separates an entry from its
/// archive.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%').add(b'"').add(b'\\').add(b'!');

/// A 64-bit hash in eleven characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Hash(pub u64);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 11];
        let length = HASH.encode_slice(self.0.to_be_bytes(), &mut text).expect("eight bytes are eleven characters");
        f.write_str(std::str::from_utf8(&text[..length]).expect("base64 is ASCII"))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 11];
        let length = HASH.encode_slice(self.0.to_be_bytes(), &mut text).expect("eight bytes are eleven characters");
        serializer.serialize_str(std::str::from_utf8(&text[..length]).expect("base64 is ASCII"))
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Hash;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a hash: eleven characters of base64")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Hash, E> {
                let mut bytes = [0; 9];
                match HASH.decode_slice(text, &mut bytes) {
                    Ok(8) => Ok(Hash(u64::from_be_bytes([
                        bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
                    ]))),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Decodes base64 and parses the bytes.
fn decoded<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    make: fn(&[u8]) -> Option<T>,
    what: &'static str,
) -> Result<T, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let bytes = BYTES.decode(text.as_bytes()).ok();
    bytes.and_then(|bytes| make(&bytes)).ok_or_else(|| D::Error::custom(format!("not the bytes of {what}")))
}

/// Stored values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored(pub StoredValues);

impl Serialize for Stored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BYTES.encode(self.0.as_bytes()))
    }
}

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Stored, D::Error> {
        decoded(deserializer, StoredValues::from_bytes, "stored values").map(Stored)
    }
}

/// The notes of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes(pub FileNotes);

impl Notes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Notes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BYTES.encode(self.0.to_bytes()))
    }
}

impl<'de> Deserialize<'de> for Notes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Notes, D::Error> {
        decoded(deserializer, FileNotes::from_bytes, "what is noted of a file").map(Notes)
    }
}

/// The name of a file, with the entry of an archive behind a `!`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(pub Name);

impl Serialize for FileName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let file = percent_encode(self.0.place.as_encoded_bytes(), ENCODED);
        match &self.0.entry {
            None => serializer.collect_str(&file),
            Some(entry) => {
                serializer.collect_str(&format_args!("{file}!{}", percent_encode(entry.as_bytes(), ENCODED)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for FileName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FileName, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let (file, entry) = text.split_once('!').map_or((&*text, None), |(file, entry)| (file, Some(entry)));
        let place = os_string(&percent_decode_str(file).collect::<Vec<u8>>());
        let entry = entry.map(|entry| percent_decode_str(entry).decode_utf8_lossy().into_owned());
        Ok(FileName(Name { place, entry }))
    }
}

/// Marks a packed part of a UID; no UID contains it.
const PACKED: char = '~';
/// Marks a part that is packed as a number; since version 2 of the lines.
const PACKED_NUMBER: char = '=';
/// Shorter parts of a UID are not packed.
const MIN_PACKED: usize = 12;
/// The characters of a packed UID by their codes; [`PAD`] stands behind an odd number of them.
const CHARACTERS: &[u8; 11] = b"0123456789.";
const PAD: u8 = 0xF;

/// A part of a UID, packed to two thirds if it is long, and to less if it is a number: UIDs made from UUIDs share no
/// prefix in a series.
pub fn packed(part: &str) -> String {
    if part.len() < MIN_PACKED {
        return part.to_string();
    }
    if let Some(number) = part.parse::<u128>().ok().filter(|_| part.starts_with(|first| matches!(first, '1'..='9'))) {
        let bytes = number.to_be_bytes();
        let first = bytes.iter().take_while(|byte| **byte == 0).count();
        return format!("{PACKED_NUMBER}{}", HASH.encode(&bytes[first..]));
    }
    let code = |byte: u8| CHARACTERS.iter().position(|known| *known == byte).map(|code| code as u8);
    let codes: Option<Vec<u8>> = part.bytes().map(code).collect();
    let Some(mut codes) = codes else { return part.to_string() };
    if codes.len() % 2 == 1 {
        codes.push(PAD);
    }
    let bytes: Vec<u8> = codes.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    format!("{PACKED}{}", HASH.encode(bytes))
}

/// The part of a UID, unpacked if it was packed; `None` if it is invalid.
pub fn unpacked(text: &str) -> Option<Cow<'_, str>> {
    if let Some(packed) = text.strip_prefix(PACKED_NUMBER) {
        let bytes = HASH.decode(packed).ok().filter(|bytes| bytes.len() <= size_of::<u128>())?;
        let number = bytes.iter().fold(0, |number: u128, byte| number << u8::BITS | u128::from(*byte));
        return Some(number.to_string().into());
    }
    let Some(packed) = text.strip_prefix(PACKED) else { return Some(text.into()) };
    let bytes = HASH.decode(packed).ok()?;
    let mut codes: Vec<u8> = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]).collect();
    codes.pop_if(|last| *last == PAD);
    let characters = codes.iter().map(|code| CHARACTERS.get(usize::from(*code)).map(|byte| char::from(*byte)));
    characters.collect::<Option<String>>().map(Cow::Owned)
}

/// The key of a study, before the tab of a line: a UID of digits and dots as it is, others encoded. So a key is never
/// taken for the absent value `\N` of a table, and contains no line end.
pub fn key(study_uid: &str) -> String {
    percent_encode(study_uid.as_bytes(), ENCODED).to_string()
}

/// The Study Instance UID of a key.
pub fn study_uid(key: &str) -> Option<String> {
    percent_decode_str(key).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_whatever_it_is_and_is_plain_text() {
        let entry = |entry: &str| Name { place: "cd!1.zip".into(), entry: Some(entry.into()) };
        let odd = os_string(b"a\n\t\"\\%41!\xff \xc3\xb6");
        for name in [Name::file("a/b c.dcm"), Name::file(odd), entry("IM!1"), entry(""), Name::file("")] {
            let json = serde_json::to_string(&FileName(name.clone())).unwrap();
            assert!(json.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\'), "{json}");
            assert_eq!(serde_json::from_str::<FileName>(&json).unwrap().0, name);
        }
    }

    #[test]
    fn a_hash_comes_back_and_nothing_else_is_one() {
        for hash in [0, 1, u64::MAX, 0x0123_4567_89AB_CDEF] {
            let json = serde_json::to_string(&Hash(hash)).unwrap();
            assert_eq!((json.len(), serde_json::from_str::<Hash>(&json).unwrap()), (13, Hash(hash)));
        }
        for json in ["\"\"", "\"AAAAAAAAAA\"", "\"AAAAAAAAAAAA\"", "\"AAAAAAAAAA!\"", "7", "\"AAAAAAAAAAB\""] {
            assert!(serde_json::from_str::<Hash>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_part_of_a_uid_comes_back_in_less_room() {
        for (part, characters) in [
            ("", 0),
            ("1.2.3", 5),
            ("123456789012", 8),
            ("2.25.1234567890123456789", 17),
            ("340282366920938463463374607431768211455", 23),
            ("340282366920938463463374607431768211456", 28),
            ("023456789012", 9),
            ("+23456789012", 12),
            ("x23456789012", 12),
        ] {
            assert_eq!(packed(part).len(), characters, "{part}");
            assert_eq!(unpacked(&packed(part)).as_deref(), Some(part));
        }
        assert_eq!(unpacked("~EjRWeJAS").as_deref(), Some("123456789012"), "as version 1 has it");
        for text in ["~!", "~A", "~-_-_", "=!", "=A", "=AAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(unpacked(text), None, "{text}");
        }
    }

    #[test]
    fn a_study_is_told_from_the_others_by_its_key() {
        for (uid, want) in [("1.2.840", "1.2.840"), ("1\t2", "1%092"), ("\\N", "%5CN"), ("1%2", "1%252")] {
            assert_eq!(key(uid), want);
            assert_eq!(study_uid(want).as_deref(), Some(uid));
        }
    }
}
