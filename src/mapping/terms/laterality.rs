//! Sides of the body, as the concepts of PS3.16 CID 244.

use super::system::SCT;
use crate::fhir::Coding;

const RIGHT: Coding = Coding::constant(SCT, "24028007", "Right");
const LEFT: Coding = Coding::constant(SCT, "7771000", "Left");
const BILATERAL: Coding = Coding::constant(SCT, "51440002", "Bilateral");
const UNILATERAL: Coding = Coding::constant(SCT, "66459002", "Unilateral");

/// The side that Laterality (0020,0060), Image Laterality (0020,0062) or Frame Laterality (0020,9072) names.
///
/// `U`, unpaired, is no side.
pub fn laterality(value: &str) -> Option<Coding> {
    match value.trim() {
        "L" => Some(LEFT),
        "R" => Some(RIGHT),
        "B" => Some(BILATERAL),
        _ => None,
    }
}

/// The side that a SNOMED CT code stands for, as in Anatomic Region Modifier Sequence (0008,2220).
pub fn laterality_code(sct_code: &str) -> Option<Coding> {
    [RIGHT, LEFT, BILATERAL, UNILATERAL].into_iter().find(|side| side.code == sct_code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::terms::snomed_from_legacy;

    #[test]
    fn left_right_and_both_are_sides_and_unpaired_is_not() {
        for (value, want) in [
            ("L", Some(LEFT)),
            ("R ", Some(RIGHT)),
            ("B", Some(BILATERAL)),
            ("U", None),
            ("", None),
            ("l", None),
            ("LEFT", None),
        ] {
            assert_eq!(laterality(value), want, "{value:?}");
        }
    }

    #[test]
    fn a_modifier_is_a_side_only_if_it_is_in_the_context_group() {
        for (code, want) in [
            ("7771000", Some("Left")),
            ("24028007", Some("Right")),
            ("51440002", Some("Bilateral")),
            ("66459002", Some("Unilateral")),
            ("419161000", None),
            ("38266002", None),
        ] {
            assert_eq!(laterality_code(code).and_then(|side| side.display).as_deref(), want, "{code}");
        }
    }

    #[test]
    fn the_legacy_codes_of_the_sides_lead_to_them() {
        for (legacy, want) in [("G-A100", RIGHT), ("G-A101", LEFT), ("G-A102", BILATERAL), ("G-A103", UNILATERAL)] {
            let concept = snomed_from_legacy(legacy).unwrap();
            assert_eq!(laterality_code(&concept.code), Some(want), "{legacy}");
        }
    }
}
