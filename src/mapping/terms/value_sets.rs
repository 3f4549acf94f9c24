//! Small value sets of FHIR: performer functions, gender, animals.

use super::system;
use crate::fhir::Coding;

/// The function of whom Performing Physician's Name (0008,1050) names.
pub const PRF: Coding = Coding::constant(system::PARTICIPATION_TYPE, "PRF", "performer");
/// The function of whom Operators' Name (0008,1070) names.
pub const SPRF: Coding = Coding::constant(system::PARTICIPATION_TYPE, "SPRF", "secondary performer");

/// The administrative gender of Patient's Sex (0010,0040).
pub fn gender(value: &str) -> Option<&'static str> {
    match value.trim() {
        "M" => Some("male"),
        "F" => Some("female"),
        "O" => Some("other"),
        _ => None,
    }
}

/// The gender status of an animal by Patient's Sex Neutered (0010,2203).
pub fn animal_gender_status(value: &str) -> Option<Coding> {
    let status = |code, display| Some(Coding::constant(system::ANIMAL_GENDER_STATUS, code, display));
    match value.trim() {
        "ALTERED" => status("neutered", "Neutered"),
        "UNALTERED" => status("intact", "Intact"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sex_that_dicom_defines_is_a_gender() {
        for (value, want) in
            [("M", Some("male")), ("F ", Some("female")), ("O", Some("other")), ("U", None), ("m", None), ("", None)]
        {
            assert_eq!(gender(value), want, "{value:?}");
        }
    }

    #[test]
    fn an_altered_animal_is_neutered() {
        for (value, want) in [("ALTERED", Some("neutered")), ("UNALTERED", Some("intact")), ("YES", None), ("", None)] {
            assert_eq!(animal_gender_status(value).map(|coding| coding.code).as_deref(), want, "{value:?}");
        }
    }
}
