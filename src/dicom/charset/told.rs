//! What the user says of character sets that no data set declares, or that are declared wrongly: `--charset`.

use std::collections::BTreeMap;

use encoding_rs::Encoding;

use super::{CharacterSet, Coding, Told};

/// The character sets of an archive, where its data sets do not tell them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CharacterSets {
    undeclared: Option<CharacterSet>,
    /// By (0008,0005) as it is compared.
    declared: BTreeMap<String, CharacterSet>,
}

impl CharacterSets {
    /// Reads `NAME`, the set of bytes above 7F that none is declared for, and `NAME=NAME`, what a declared one is.
    pub fn parse<T: AsRef<str>>(options: &[T]) -> Result<CharacterSets, String> {
        let mut sets = CharacterSets::default();
        for option in options.iter().map(AsRef::as_ref) {
            let (declared, name) = option.split_once('=').map_or((None, option), |(left, right)| (Some(left), right));
            let set = named(name).ok_or_else(|| expected(name))?;
            let before = match declared.map(comparable) {
                Some(declared) if declared.is_empty() => return Err(expected("")),
                Some(declared) => sets.declared.insert(declared, told(set, Told::Instead)),
                None => sets.undeclared.replace(told(set, Told::UnlessUtf8)),
            };
            if before.is_some_and(|before| before.coding != set.coding) {
                return Err("--charset gives two sets for the same".to_string());
            }
        }
        Ok(sets)
    }

    /// The set that the raw value of (0008,0005) stands for.
    pub fn of(&self, raw: &[u8]) -> CharacterSet {
        let declared = CharacterSet::parse(raw);
        if *self == CharacterSets::default() {
            return declared;
        }
        let instead = self.declared.get(&comparable(&String::from_utf8_lossy(raw))).copied();
        let undeclared = self.undeclared.filter(|_| declared == CharacterSet::DEFAULT);
        instead.or(undeclared).unwrap_or(declared)
    }
}

fn told(set: CharacterSet, told: Told) -> CharacterSet {
    CharacterSet { told: Some(told), ..set }
}

/// A set by a value of (0008,0005), else by a name of the WHATWG Encoding Standard in which ASCII is ASCII.
fn named(name: &str) -> Option<CharacterSet> {
    let term = CharacterSet::parse(name.as_bytes());
    if !comparable(name).is_empty() && term.fault.is_none() {
        return Some(term);
    }
    let encoding = Encoding::for_label(name.as_bytes()).filter(|encoding| encoding.is_ascii_compatible())?;
    Some(CharacterSet { coding: Coding::Whole(encoding), ..CharacterSet::DEFAULT })
}

/// The letters and digits, and what separates values.
fn comparable(declared: &str) -> String {
    let is_sign = |character: &char| character.is_alphanumeric() || *character == '\\';
    declared.chars().filter(is_sign).map(|character| character.to_ascii_uppercase()).collect()
}

fn expected(name: &str) -> String {
    format!(
        "no character set is called {name:?}: want a term of DICOM such as \"ISO_IR 100\", GB18030 or \
         \"ISO 2022 IR 149\", or a name such as windows-1252 or Shift_JIS"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicom::charset::TextFault::{self, *};

    fn decoded(options: &[&str], declared: &str, bytes: &[u8]) -> (String, Option<TextFault>) {
        let sets = CharacterSets::parse(options).unwrap();
        let decoded = sets.of(declared.as_bytes()).decode_name(bytes);
        (decoded.text.into_owned(), decoded.fault)
    }

    #[test]
    fn undeclared_bytes_are_of_the_set_that_the_user_names_unless_they_are_utf_8() {
        for (option, bytes, want, fault) in [
            ("ISO_IR 100", b"M\xFCller".as_slice(), "Müller", Some(TakenAsTold)),
            ("ISO_IR 100", b"Miller", "Miller", None),
            ("ISO_IR 100", "Müller".as_bytes(), "Müller", Some(TakenAsUtf8)),
            ("ISO_IR 144", b"\xBB\xD8\xDC", "Лим", Some(TakenAsTold)),
            ("GB18030", b"\xCD\xF5^\xD0\xA1", "王^小", Some(TakenAsTold)),
            ("ISO 2022 IR 149", b"\xB1\xE8^\xC8\xF1", "김^희", Some(TakenAsTold)),
            ("windows-1252", b"\x8A", "Š", Some(TakenAsTold)),
            ("shift_jis", b"\x8E\x52\x93\x63", "山田", Some(TakenAsTold)),
            ("ISO_IR 166", b"\xDB", "\u{FFFD}", Some(Undecodable)),
        ] {
            assert_eq!(decoded(&[option], "", bytes), (want.into(), fault), "{option}");
        }
        assert_eq!(decoded(&["ISO_IR 144"], "ISO_IR 100", b"\xFC"), ("ü".into(), None), "a declared set stands");
        assert_eq!(decoded(&["ISO_IR 100"], "ISO_IR 6 ", b"\xFC"), ("ü".into(), Some(TakenAsTold)));
    }

    #[test]
    fn a_set_that_is_declared_wrongly_is_the_one_that_the_user_names() {
        let options = ["ISO_IR 100=ISO_IR 144", "\\ISO 2022 IR 58=GBK", "EBCDIC=utf-8"];
        for (declared, bytes, want, fault) in [
            ("ISO_IR 100 ", b"\xBB".as_slice(), "Л", Some(TakenAsTold)),
            ("iso-ir-100", b"\xBB", "Л", Some(TakenAsTold)),
            ("\\ISO 2022 IR 58", b"\xCD\xF5", "王", Some(TakenAsTold)),
            ("EBCDIC", "ü".as_bytes(), "ü", Some(TakenAsTold)),
            ("ISO_IR 101", b"\xA3", "Ł", None),
            ("", b"\xA3", "\u{FFFD}", Some(Undecodable)),
        ] {
            assert_eq!(decoded(&options, declared, bytes), (want.into(), fault), "{declared}");
        }
    }

    #[test]
    fn what_is_no_set_is_refused_with_advice() {
        for options in [&["latin-99"][..], &[""], &["=ISO_IR 100"], &["ISO_IR 100="], &["utf-16"], &["iso-2022-jp"]] {
            assert!(CharacterSets::parse(options).unwrap_err().contains("windows-1252"), "{options:?}");
        }
        assert!(CharacterSets::parse(&["GBK", "ISO_IR 100"]).unwrap_err().contains("two sets"));
        assert!(CharacterSets::parse(&["ISO_IR 100", "iso_ir 100"]).is_ok());
    }
}
