//! Body Part Examined (0018,0015) as SNOMED CT, by PS3.16 Annex L.

use std::sync::LazyLock;

use super::{Coded, system, table};

static BODY_PARTS: LazyLock<Vec<(&'static str, Coded)>> = LazyLock::new(|| {
    table::rows(include_str!("data/body_part.tsv"))
        .map(|[term, code, display]| (term, Coded { system: system::SCT, code, display }))
        .collect()
});

/// The anatomical region of a defined term, or of one that Annex L has since renamed.
///
/// Case, spaces, underscores and hyphens do not count: `Whole body` is `WHOLEBODY`.
pub fn body_part(term: &str) -> Option<Coded> {
    let letters = term.bytes().filter(|byte| !is_filler(*byte)).map(|byte| byte.to_ascii_uppercase());
    let position = BODY_PARTS.binary_search_by(|(key, _)| key.bytes().cmp(letters.clone())).ok()?;
    BODY_PARTS.get(position).map(|(_, region)| *region)
}

fn is_filler(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'_' | b'-' | b'\0')
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
            ("3RDVENTRICLE", "49841001", "Third ventricle"),
        ] {
            assert_eq!(body_part(term), Some(Coded { system: system::SCT, code, display }), "{term:?}");
        }
    }

    #[test]
    fn a_term_that_annex_l_does_not_code_is_no_region() {
        for term in ["", " ", "_", "CHEST+ABDOMEN", "THX", "FETALARM", "THORAX AP", "Brust"] {
            assert_eq!(body_part(term), None, "{term:?}");
        }
    }

    #[test]
    fn every_region_is_a_snomed_concept_and_every_term_in_its_plain_form() {
        for (term, region) in BODY_PARTS.iter() {
            assert!(is_snomed_concept_id(region.code), "{term}: {}", region.code);
            assert!(!region.display.is_empty(), "{term}");
            assert!(term.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()), "{term}");
        }
    }
}
