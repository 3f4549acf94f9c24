//! Identifiers: their types, and the system that a universal entity identifier stands for.

use std::sync::LazyLock;

use uuid::Uuid;

use super::{is_oid, system, table};
use crate::fhir::Coding;

/// The type of the identifier that holds the Study Instance UID.
pub const STUDY_INSTANCE_UID: Coding = Coding::constant(system::DCM, "110180", "Study Instance UID");

static TYPES: LazyLock<Vec<[&'static str; 2]>> =
    LazyLock::new(|| table::rows(include_str!("data/identifier_type.tsv")).collect());

/// The identifier type with this code of HL7 table 0203, as in Identifier Type Code (0040,0035).
pub fn identifier_type(code: &str) -> Option<Coding> {
    let [code, display] = table::find(&TYPES, code, |[code, _]| code)?;
    Some(Coding::constant(system::IDENTIFIER_TYPE, code, display))
}

/// The identifier system of Universal Entity ID (0040,0032) and its type (0040,0033).
///
/// Types without a URI form (DNS, EUI64, X400, X500) and identifiers that are not what their type says have none.
pub fn system_of(id: &str, id_type: &str) -> Option<String> {
    let id = id.trim();
    match id_type.trim() {
        "ISO" => is_oid(id).then(|| format!("urn:oid:{id}")),
        "UUID" => uuid(id).map(|uuid| format!("urn:uuid:{uuid}")),
        "URI" => is_absolute_uri(id).then(|| id.to_owned()),
        _ => None,
    }
}

// The hyphenated form only; Uuid prints it in lower case, as FHIR wants it.
fn uuid(text: &str) -> Option<Uuid> {
    const HYPHENATED_LENGTH: usize = 36;
    (text.len() == HYPHENATED_LENGTH).then(|| Uuid::try_parse(text).ok())?
}

// RFC 3986 4.3: a scheme, a colon, and characters that a URI may hold.
fn is_absolute_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !rest.is_empty()
        && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_type_has_its_display() {
        for (code, want) in [
            ("ACSN", Some("Accession ID")),
            ("FILL", Some("Filler Identifier")),
            ("MR", Some("Medical record number")),
            ("PLAC", Some("Placer Identifier")),
            ("VN", Some("Visit number")),
            ("XX", Some("Organization identifier")),
            ("NNxxx", None),
            ("mr", None),
            ("", None),
        ] {
            let display = identifier_type(code).and_then(|kind| kind.display);
            assert_eq!(display.as_deref(), want, "{code}");
        }
    }

    #[test]
    fn a_universal_entity_identifier_is_a_system_only_if_it_is_what_its_type_says() {
        for (id, id_type, want) in [
            ("1.2.276.0.76.3.1", "ISO", Some("urn:oid:1.2.276.0.76.3.1")),
            (" 1.2.3 ", "ISO ", Some("urn:oid:1.2.3")),
            ("1.02.3", "ISO", None),
            ("3.1", "ISO", None),
            ("1", "ISO", None),
            ("1.2.", "ISO", None),
            ("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "UUID", Some("urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
            ("6ba7b8109dad11d180b400c04fd430c8", "UUID", None),
            ("6ba7b810-9dad-11d1-80b4-00c04fd430cé", "UUID", None),
            ("http://hospital.example/patients", "URI", Some("http://hospital.example/patients")),
            ("urn:oid:1.2.3", "URI", Some("urn:oid:1.2.3")),
            ("hospital.example/patients", "URI", None),
            ("http://a b", "URI", None),
            ("1http:x", "URI", None),
            ("x:", "URI", None),
            ("hospital.example", "DNS", None),
            ("1.2.3", "", None),
            ("", "ISO", None),
        ] {
            assert_eq!(system_of(id, id_type).as_deref(), want, "{id:?} {id_type:?}");
        }
    }
}
