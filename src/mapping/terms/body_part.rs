//! Body Part Examined (0018,0015) as SNOMED CT, by PS3.16 Annex L.
//!
//! One rule for all spellings: the value is a defined term or the meaning of one, compared by letters and digits alone.
//! So `L_SPINE`, `L SPINE` and `LSPINE` are the term, and `LUMBAR SPINE` and `Lumbar^Spine` its meaning, Lumbar spine.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{system, table};
use crate::fhir::Coding;

/// Terms, each with the code and the meaning of its region.
static BODY_PARTS: LazyLock<Vec<[&'static str; 3]>> =
    LazyLock::new(|| table::rows(include_str!("data/body_part.tsv")).collect());

/// The regions by their meanings; of one that several terms mean, each has the same code.
static MEANINGS: LazyLock<BTreeMap<String, &'static [&'static str; 3]>> =
    LazyLock::new(|| BODY_PARTS.iter().map(|row| (plain(row[2]), row)).collect());

/// The anatomical region of a defined term, of one that Annex L has since renamed, or of the meaning of either.
pub fn body_part(value: &str) -> Option<Coding> {
    let plain = plain(value);
    let row = table::find(&BODY_PARTS, &plain, |[term, ..]| term).or_else(|| MEANINGS.get(&plain).copied());
    row.map(|[_, code, display]| Coding::constant(system::SCT, code, display))
}

/// The letters and digits of a value, in upper case. A plus joins two terms, and a backslash two values: they stay.
fn plain(value: &str) -> String {
    let is_sign = |character: &char| character.is_alphanumeric() || matches!(character, '+' | '\\');
    value.chars().filter(is_sign).map(|character| character.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::terms::is_snomed_concept_id;

    #[test]
    fn a_defined_term_becomes_its_region() {
        for (term, code, display) in [
            ("CHEST", "816094009", "Chest"),
            ("THORAX", "816094009", "Chest"),
            ("chest ", "816094009", "Chest"),
            ("WHOLE BODY", "38266002", "Entire body"),
            ("WHOLEBODY", "38266002", "Entire body"),
            ("C-SPINE", "122494005", "Cervical spine"),
            ("c_spine\0", "122494005", "Cervical spine"),
            ("TLSPINE", "1217256009", "Thoraco-lumbar spine"),
            ("LEG", "30021000", "Lower leg"),
            ("ARM", "40983000", "Upper arm"),
            ("L_SPINE", "122496007", "Lumbar spine"),
            ("LUMBAR SPINE", "122496007", "Lumbar spine"),
            ("Lumbar^Spine", "122496007", "Lumbar spine"),
            ("HEAD AND NECK", "774007", "Head and Neck"),
            ("HEAD_NECK", "774007", "Head and Neck"),
            ("abdomen/pelvis", "818982008", "Abdomen and Pelvis"),
            ("Chest, Abdomen and Pelvis", "416775004", "Chest, Abdomen and Pelvis"),
            ("3RDVENTRICLE", "49841001", "Third ventricle"),
        ] {
            assert_eq!(body_part(term), Some(Coding::constant(system::SCT, code, display)), "{term:?}");
        }
    }

    #[test]
    fn a_term_that_annex_l_does_not_code_is_no_region() {
        for term in [
            "",
            " ",
            "_",
            "CHEST+ABDOMEN",
            "THX",
            "FETALARM",
            "THORAX AP",
            "Brust",
            "KNEE_LEFT",
            "HIP+KNEE",
            "BRAIN W_O",
            "L\\SPINE",
            "OTHER",
        ] {
            assert_eq!(body_part(term), None, "{term:?}");
        }
    }

    #[test]
    fn a_meaning_has_one_code() {
        for [term, code, display] in BODY_PARTS.iter() {
            assert_eq!(body_part(display).unwrap().code, *code, "{term}");
        }
    }

    #[test]
    fn every_region_is_a_snomed_concept_and_every_term_in_its_plain_form() {
        for [term, code, display] in BODY_PARTS.iter() {
            assert!(is_snomed_concept_id(code), "{term}: {code}");
            assert!(!display.is_empty(), "{term}");
            assert!(term.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()), "{term}");
        }
    }
}
