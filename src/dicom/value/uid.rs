//! UI: unique identifiers (PS3.5 9.1), and whether FHIR can hold them.

/// The UID without padding: a trailing NUL by the standard (PS3.5 6.2), and spaces on either side by accident.
pub fn trim_uid(raw: &[u8]) -> &[u8] {
    let is_padding = |byte: &u8| matches!(byte, 0 | b' ');
    let start = raw.iter().position(|byte| !is_padding(byte)).unwrap_or(raw.len());
    let end = raw.iter().rposition(|byte| !is_padding(byte)).map_or(start, |last| last + 1);
    raw.get(start..end).unwrap_or_default()
}

/// Whether `urn:oid:` can stand before it: `[0-2](\.(0|[1-9][0-9]*))+`.
pub fn is_oid(uid: &str) -> bool {
    let Some((root, rest)) = uid.split_once('.') else { return false };
    matches!(root, "0" | "1" | "2") && rest.split('.').all(is_arc)
}

/// Whether a resource can have it as its id: `[A-Za-z0-9\-\.]{1,64}`.
pub fn is_fhir_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        // To the last byte without a branch, so that many are looked at in one step.
        && text.bytes().fold(true, |all, byte| all & (byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.')))
}

/// A number without leading zeros.
fn is_arc(text: &str) -> bool {
    text == "0" || (!text.is_empty() && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_padding_of_a_uid_is_taken_off() {
        for (raw, want) in [
            (&b"1.2.3\0"[..], &b"1.2.3"[..]),
            (b"1.2.3 ", b"1.2.3"),
            (b" 1.2.3\0\0", b"1.2.3"),
            (b"1.2 .3", b"1.2 .3"),
            (b"\0", b""),
            (b"", b""),
        ] {
            assert_eq!(trim_uid(raw), want, "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn an_oid_has_at_least_two_numbers_without_leading_zeros() {
        for (uid, want) in [
            ("1.2.840.10008.1.1", true),
            ("2.25.329800735698586629295641978511506172918", true),
            ("0.0", true),
            ("1", false),
            ("3.1", false),
            ("1.2.03", false),
            ("1.2..3", false),
            ("1.2.", false),
            (".1.2", false),
            ("1.2.x", false),
            ("1.2 ", false),
            ("", false),
        ] {
            assert_eq!(is_oid(uid), want, "{uid:?}");
        }
    }

    #[test]
    fn a_fhir_id_is_short_and_plain() {
        let longest = "1".repeat(64);
        let too_long = "1".repeat(65);
        for (id, want) in [
            ("1.2.840.10008", true),
            ("a-B.9", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("1_2", false),
            ("1/2", false),
            ("ä", false),
        ] {
            assert_eq!(is_fhir_id(id), want, "{id:?}");
        }
    }

    proptest! {
        #[test]
        fn trimming_twice_is_trimming_once(raw in prop::collection::vec(prop::sample::select(&b"\0 1.9"[..]), 0..12)) {
            prop_assert_eq!(trim_uid(trim_uid(&raw)), trim_uid(&raw));
        }
    }
}
