//! UIDs computed from a name: the same name gives the same UID, in every run and on every machine.

use uuid::Uuid;

/// The UID of a name: a name-based UUID under the arc 2.25 (PS3.5 B.2).
pub fn uid(name: &str) -> String {
    let root = Uuid::new_v5(&Uuid::NAMESPACE_OID, b"dcm2fhir synth");
    format!("2.25.{}", Uuid::new_v5(&root, name.as_bytes()).as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_uid_of_at_most_64_characters() {
        assert_eq!(uid("ct"), uid("ct"));
        assert_ne!(uid("ct"), uid("mr"));
        for name in ["", "ct", "a longer name"] {
            assert!(uid(name).len() <= 64, "{name}");
        }
    }
}
