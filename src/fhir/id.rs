//! Ids that do not change from run to run.
//!
//! A study's id is its Study Instance UID. A companion has the same id in two studies only if an identifier with a
//! system identifies it; otherwise its id is stable, but private to the study, as two people can have the same bare
//! Patient ID.

use uuid::Uuid;

use super::datatypes::ResourceType;
use super::identifier::Identifier;

/// The namespace of companion ids before the salt: the UUIDv5 of `dcm2fhir:companion` in the URL namespace.
const COMPANIONS: Uuid = Uuid::from_u128(0x1b7e4b7e_afae_53b8_970d_ac69a700e23e);

/// Placeholder values, without punctuation and in capitals.
const PLACEHOLDERS: [&str; 21] = [
    "ANON",
    "ANONYMISED",
    "ANONYMIZED",
    "ANONYMOUS",
    "DEFAULT",
    "DEIDENTIFIED",
    "DUMMY",
    "EMPTY",
    "ID",
    "NA",
    "NOID",
    "NONE",
    "NOTAVAILABLE",
    "NULL",
    "PATIENT",
    "PATIENTID",
    "REMOVED",
    "TEST",
    "UNDEFINED",
    "UNK",
    "UNKNOWN",
];

/// Whether a text can be the id of a FHIR resource, or of a series or an instance.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
}

/// The id of the study with this Study Instance UID: the UID itself, or its UUID where no id can hold it.
pub fn study(uid: &str) -> String {
    if is_id(uid) { uid.to_owned() } else { uuid(uid).to_string() }
}

/// The UUIDv5 of a UID, in the namespace that RFC 4122 sets aside for OIDs.
pub fn uuid(uid: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, uid.as_bytes())
}

/// The id of the ImagingSelection that a Key Object Selection makes of one series. The document's study is part of it:
/// one SOP Instance UID in studies of two patients is two, also in two runs.
pub fn selection(study_uid: &str, sop_instance_uid: &str, series_uid: &str) -> String {
    let document = uuid(&format!("{study_uid} {sop_instance_uid}"));
    Uuid::new_v5(&document, series_uid.as_bytes()).to_string()
}

/// Whether an identifier's value is a placeholder: `0`, `ANON`, `N/A`, `XXX`.
pub fn is_placeholder(value: &str) -> bool {
    let value: String = value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    value.chars().all(|c| c == '0') || value.chars().all(|c| c == 'X') || PLACEHOLDERS.contains(&value.as_str())
}

/// Whether an identifier is globally unique: it has a system and no replaced bytes.
pub fn is_shared(identifier: &Identifier) -> bool {
    identifier.token().is_some_and(|(_, value)| !is_placeholder(value))
}

/// Computes the ids of companions, keyed by the salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    namespace: Uuid,
}

impl Ids {
    /// Ids with the salt of `--id-salt`, which may be empty.
    pub fn new(salt: &str) -> Ids {
        Ids { namespace: Uuid::new_v5(&COMPANIONS, salt.as_bytes()) }
    }

    /// The id of a resource with an identifier and system, the same in every study.
    pub fn shared(&self, kind: ResourceType, system: &str, value: &str) -> String {
        self.of(&["shared", kind.name(), system, value])
    }

    /// The id of a resource that belongs to a patient: the same number of two patients has two ids.
    pub fn shared_of(&self, kind: ResourceType, system: &str, value: &str, subject: &[String]) -> String {
        let mut parts = vec!["shared", kind.name(), system, value, "of"];
        parts.extend(subject.iter().map(String::as_str));
        self.of(&parts)
    }

    /// The id of a resource that is private to a study, by its role and known values.
    pub fn private(&self, kind: ResourceType, study_uid: &str, role: &str, known: &[&str]) -> String {
        let mut parts = vec!["private", kind.name(), study_uid, role];
        parts.extend(known);
        self.of(&parts)
    }

    /// The UUIDv5 of the parts, each with its length so that different lists never collide.
    fn of(&self, parts: &[&str]) -> String {
        let name: String = parts.iter().map(|part| format!("{}:{part},", part.len())).collect();
        Uuid::new_v5(&self.namespace, name.as_bytes()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::super::identifier::IdText;
    use super::*;

    #[test]
    fn a_study_is_named_by_its_uid_or_by_the_uuid_of_one_that_no_id_can_hold() {
        assert_eq!(study("1.2.840.1"), "1.2.840.1");
        for uid in ["1.2_3", "", "a/b", &"1".repeat(65)] {
            assert_eq!(study(uid), uuid(uid).to_string(), "{uid}");
        }
    }

    #[test]
    fn a_placeholder_names_nobody() {
        for value in ["0", "000-00-0000", "anon", "N/A", "?", "", "xxx", "Unknown", "No ID"] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["10", "X1", "ANON-17", "4711"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn only_an_identifier_with_a_system_is_shared() {
        let bare = Identifier { value: "4711".into(), ..Identifier::default() };
        let whose = Identifier { system: Some("urn:oid:1.2".into()), ..bare.clone() };
        let placeholder = Identifier { value: "0".into(), ..whose.clone() };
        let lossy = Identifier { value: IdText::lossy("\u{FFFD}1", b"\xC41"), ..whose.clone() };
        assert_eq!([&bare, &whose, &placeholder, &lossy].map(is_shared), [false, true, false, false]);
    }

    #[test]
    fn the_salt_changes_every_companion_and_lengths_keep_parts_apart() {
        let (plain, salted) = (Ids::new(""), Ids::new("pepper"));
        let shared = |ids: Ids, system, value| ids.shared(ResourceType::Patient, system, value);
        assert_eq!(shared(plain, "a", "b"), shared(Ids::new(""), "a", "b"));
        assert_ne!(shared(plain, "a", "b"), shared(salted, "a", "b"));
        assert_ne!(shared(plain, "ab", "c"), shared(plain, "a", "bc"));
        let private = |study, role| plain.private(ResourceType::Patient, study, role, &["4711"]);
        assert_ne!(private("1.2", "subject"), private("1.3", "subject"));
        assert_ne!(private("1.2", "subject"), private("1.2", "actor"));
    }
}
