//! SNOMED CT concepts: from the SNOMED-RT style codes that DICOM used before, and how to tell the two apart.

use std::sync::LazyLock;

use super::{system, table};
use crate::fhir::{Coding, Text};

static LEGACY: LazyLock<Vec<[&'static str; 3]>> =
    LazyLock::new(|| table::rows(include_str!("data/snomed_legacy.tsv")).collect());

/// The SNOMED CT concept of a code of schemes SRT, SNM3, 99SDM or SNM, such as `T-D1100`; a few have no display.
pub fn snomed_from_legacy(code: &str) -> Option<Coding> {
    let [_, code, display] = table::find(&LEGACY, code, |[legacy, ..]| legacy)?;
    let display = table::optional(display).map(Text::Borrowed);
    Some(Coding { display, ..Coding::constant(system::SCT, code, "") })
}

/// Whether this is a well-formed SNOMED CT concept identifier.
///
/// Files put legacy codes under SCT and concept identifiers under SRT; this tells them apart.
pub fn is_snomed_concept_id(code: &str) -> bool {
    (6..=18).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_digit())
        && !code.starts_with('0')
        && is_concept_partition(code)
        && has_check_digit(code)
}

// SNOMED CT Release File Specification, SCTID: the partition 00 or 10 before the check digit marks a concept.
fn is_concept_partition(code: &str) -> bool {
    let before_check_digit = code.get(..code.len() - 1).unwrap_or_default();
    before_check_digit.ends_with("00") || before_check_digit.ends_with("10")
}

// SNOMED CT Release File Specification, SCTID: the last digit is a Verhoeff check digit.
fn has_check_digit(code: &str) -> bool {
    let digits = code.bytes().rev().map(|byte| byte.saturating_sub(b'0'));
    digits.enumerate().fold(0, |sum, (position, digit)| compose(sum, permute(digit, position % 8))) == 0
}

fn permute(digit: u8, times: usize) -> u8 {
    (0..times).fold(digit, |digit, _| [1, 5, 7, 6, 2, 8, 3, 0, 9, 4][usize::from(digit) % 10])
}

// The product of two symmetries of a pentagon: 0 to 4 are rotations, 5 to 9 reflections.
fn compose(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b) % 5,
        (false, true) => 5 + (a - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legacy_code_becomes_its_concept() {
        for (legacy, code, display) in [
            ("T-D1100", "69536005", Some("Head")),
            ("T-D4000", "113345001", Some("Abdominal structure (body structure)")),
            ("T-D3200", "43799004", Some("Intra-thoracic")),
            ("T-04000", "76752008", Some("Breast")),
            ("R-10206", "399348003", Some("Antero-posterior")),
            ("T-D00F7", "1217257000", Some("Cervico-thoracic spine")),
            ("T-11180", "91609006", Some("Mandible")),
            ("T-F6078", "714645007", None),
        ] {
            let concept = snomed_from_legacy(legacy).unwrap();
            assert_eq!((&*concept.code, concept.display.as_deref()), (code, display), "{legacy}");
        }
    }

    #[test]
    fn an_unknown_legacy_code_is_not_translated() {
        for code in ["", "T-D1100 ", "t-d1100", "T-XXXXX", "69536005"] {
            assert_eq!(snomed_from_legacy(code), None, "{code:?}");
        }
    }

    #[test]
    fn a_concept_identifier_is_told_by_its_form_and_check_digit() {
        for (code, want) in [
            ("7771000", true),
            ("816094009", true),
            ("1217257000", true),
            ("999000031000000106", true),
            ("37436014", false),
            ("816094008", false),
            ("12345678", false),
            ("T-D1100", false),
            ("077710001", false),
            ("", false),
            ("١٢٣٤٥٦٧", false),
        ] {
            assert_eq!(is_snomed_concept_id(code), want, "{code}");
        }
    }

    #[test]
    fn every_translation_is_a_concept_identifier_and_no_legacy_code_is() {
        for [legacy, code, _] in LEGACY.iter() {
            assert!(is_snomed_concept_id(code), "{legacy}: {code}");
            assert!(!is_snomed_concept_id(legacy), "{legacy}");
        }
    }
}
