//! What the user says of character sets that no data set declares, or that are declared wrongly: `--charset`.

use std::str::FromStr;

use encoding_rs::Encoding;

use super::{CharacterSet, Coding, Told};

/// `NAME`, the set of bytes above 7F that none is declared for, or `NAME=NAME`, what a declared one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharacterSetRule {
    /// The wrong (0008,0005), as it is compared; none for text that declares no set.
    declared: Option<String>,
    set: CharacterSet,
}

impl CharacterSetRule {
    /// Whether both are about the same text and name different sets.
    pub fn contradicts(&self, other: &CharacterSetRule) -> bool {
        self.declared == other.declared && self.set.coding != other.set.coding
    }
}

impl FromStr for CharacterSetRule {
    type Err = String;

    fn from_str(text: &str) -> Result<CharacterSetRule, String> {
        let (declared, name) = text.split_once('=').map_or((None, text), |(left, right)| (Some(left), right));
        let declared = declared.map(comparable);
        let told = if declared.is_some() { Told::Instead } else { Told::UnlessUtf8 };
        match named(name) {
            Some(set) if declared.as_deref() != Some("") => {
                Ok(CharacterSetRule { declared, set: CharacterSet { told: Some(told), ..set } })
            }
            Some(_) => Err(expected("")),
            None => Err(expected(name)),
        }
    }
}

/// The set that the raw value of (0008,0005) stands for.
pub fn character_set(rules: &[CharacterSetRule], raw: &[u8]) -> CharacterSet {
    let declared = CharacterSet::parse(raw);
    if rules.is_empty() {
        return declared;
    }
    let of = |wanted: Option<&str>| rules.iter().find(|rule| rule.declared.as_deref() == wanted).map(|rule| rule.set);
    let instead = of(Some(&comparable(&String::from_utf8_lossy(raw))));
    let undeclared = of(None).filter(|_| declared == CharacterSet::DEFAULT);
    instead.or(undeclared).unwrap_or(declared)
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
        let rules: Vec<CharacterSetRule> = options.iter().map(|option| option.parse().unwrap()).collect();
        let decoded = character_set(&rules, declared.as_bytes()).decode_name(bytes);
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
        for option in ["latin-99", "", "=ISO_IR 100", "ISO_IR 100=", "utf-16", "iso-2022-jp"] {
            assert!(option.parse::<CharacterSetRule>().unwrap_err().contains("windows-1252"), "{option:?}");
        }
    }

    #[test]
    fn two_rules_contradict_each_other_where_one_text_would_have_two_sets() {
        let rule = |text: &str| text.parse::<CharacterSetRule>().unwrap();
        for (one, other, want) in
            [("GBK", "ISO_IR 100", true), ("ISO_IR 100", "iso_ir 100", false), ("GBK", "ISO_IR 100=ISO_IR 101", false)]
        {
            assert_eq!(rule(one).contradicts(&rule(other)), want, "{one} {other}");
        }
    }
}
