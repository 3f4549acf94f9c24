//! What FHIR takes as a URI and as an id.

/// The text, if it is an absolute URI (RFC 3986 4.3).
pub(crate) fn absolute(text: &str) -> Result<&str, String> {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    };
    if is_oid(text) {
        return Err(format!("want an absolute URI; did you mean urn:oid:{text}?"));
    }
    if text.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err("a URI holds no space".to_string());
    }
    if text.contains(['<', '>', '"', '{', '}', '|', '\\', '^', '`']) {
        return Err("the URI holds a character that must be percent-encoded".to_string());
    }
    match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) && !rest.is_empty() => known_form(text),
        _ => Err("want an absolute URI, as http://hospital.example/mrn or urn:oid:1.2.3".to_string()),
    }
}

fn known_form(uri: &str) -> Result<&str, String> {
    match uri.strip_prefix("urn:oid:") {
        Some(oid) if !is_oid(oid) => Err("urn:oid: wants digits and dots behind it".to_string()),
        _ => Ok(uri),
    }
}

/// Numbers with dots between, the first 0 to 2 (FHIR's oid type).
pub(crate) fn is_oid(text: &str) -> bool {
    let is_number =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    let mut parts = text.split('.');
    matches!(parts.next(), Some("0" | "1" | "2"))
        && text.contains('.')
        && parts.all(|part| !part.is_empty() && is_number(part))
}

/// The text, if it is a FHIR id.
pub(crate) fn id(text: &str) -> Result<&str, String> {
    let is_id_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if (1..=64).contains(&text.len()) && text.bytes().all(is_id_character) {
        return Ok(text);
    }
    Err("want an id of 1 to 64 letters, digits, dots or hyphens behind the slash".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_absolute_uri_is_a_system() {
        for uri in
            ["http://hospital.example/mrn", "urn:oid:1.2.276.0.76", "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"]
        {
            assert_eq!(absolute(uri), Ok(uri));
        }
        for (text, advice) in [
            ("1.2.276.0.76", "did you mean urn:oid:1.2.276.0.76?"),
            ("hospital.example/mrn", "want an absolute URI"),
            ("http:", "want an absolute URI"),
            ("", "want an absolute URI"),
            ("urn:oid:1.02", "digits and dots"),
            ("urn:oid:9.1", "digits and dots"),
            ("http://h/a b", "no space"),
            ("http://h/{id}", "percent-encoded"),
        ] {
            assert!(absolute(text).unwrap_err().contains(advice), "{text}");
        }
    }
}
