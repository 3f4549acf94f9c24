//! Small value sets of FHIR: performer functions, gender, endpoint connection types.

use super::{Coded, system};

/// The function of whom Performing Physician's Name (0008,1050) names.
pub const PRF: Coded = Coded { system: system::PARTICIPATION_TYPE, code: "PRF", display: "performer" };
/// The function of whom Operators' Name (0008,1070) names.
pub const SPRF: Coded = Coded { system: system::PARTICIPATION_TYPE, code: "SPRF", display: "secondary performer" };

/// Endpoint.connectionType of the endpoints that serve DICOM objects.
const ENDPOINT_CONNECTION_TYPES: [Coded; 5] = [
    connection_type("dicom-qido-rs", "DICOM QIDO-RS"),
    connection_type("dicom-stow-rs", "DICOM STOW-RS"),
    connection_type("dicom-wado-rs", "DICOM WADO-RS"),
    connection_type("dicom-wado-uri", "DICOM WADO-URI"),
    connection_type("ihe-iid", "IHE IID"),
];

const fn connection_type(code: &'static str, display: &'static str) -> Coded {
    Coded { system: system::ENDPOINT_CONNECTION_TYPE, code, display }
}

/// The connection type with this code.
pub fn endpoint_connection_type(code: &str) -> Option<Coded> {
    ENDPOINT_CONNECTION_TYPES.into_iter().find(|kind| kind.code == code)
}

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
pub fn animal_gender_status(value: &str) -> Option<Coded> {
    let status = |code, display| Some(Coded { system: system::ANIMAL_GENDER_STATUS, code, display });
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
            assert_eq!(animal_gender_status(value).map(|coded| coded.code), want, "{value:?}");
        }
    }

    #[test]
    fn a_connection_type_is_found_by_its_code() {
        assert_eq!(endpoint_connection_type("ihe-iid").map(|kind| kind.display), Some("IHE IID"));
        assert_eq!(endpoint_connection_type("hl7-fhir-rest"), None);
    }
}
