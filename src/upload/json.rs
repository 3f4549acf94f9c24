//! JSON as text: what can be done to a resource without taking it apart.

use std::borrow::Cow;
use std::collections::BTreeMap;

use memchr::{memchr_iter, memchr3, memmem};

/// How the others of a Bundle refer to a resource, and what stands for that: nothing, where nothing can.
pub type References<'r> = BTreeMap<&'r str, Option<Cow<'r, str>>>;

/// The text on one line, and untouched where it seems to be so already: most is what `convert` wrote.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let is_between = |place: usize| {
        let (before, after) = (&bytes[..place], &bytes[place + 1..]);
        before == b"{"
            || before.ends_with(b"\":")
            || (before.ends_with(b"\"") && after.starts_with(b":"))
            || (before.ends_with(b",") && after.starts_with(b"\""))
    };
    match memchr3(b'\n', b'\r', b'\t', bytes).is_some() || memchr_iter(b' ', bytes).any(is_between) {
        true => Cow::Owned(compact(text)),
        false => Cow::Borrowed(text),
    }
}

/// Adds the text as a JSON string.
pub fn push_quoted(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && !matches!(byte, b'"' | b'\\')) {
        out.extend(["\"", text, "\""]);
    } else {
        out.push_str(&serde_json::to_string(text).expect("a text is JSON"));
    }
}

/// The text on one line: without the white space between its parts.
pub fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in text.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            in_string = character == '"';
        }
        out.push(character);
    }
    out
}

/// The resource with an id, which it must not have yet.
pub fn with_id(text: &str, kind: &str, id: &str) -> String {
    let start = format!("{{\"resourceType\":\"{kind}\"");
    match text.strip_prefix(start.as_str()) {
        Some(rest) => format!("{start},\"id\":\"{id}\"{rest}"),
        None => format!("{{\"id\":\"{id}\",{}", text.strip_prefix('{').unwrap_or(text)),
    }
}

/// The compact resource with other references: each key that stands as one is replaced, by nothing where its value is
/// `None`, so that the reference stays logical.
pub fn with_references<'t>(text: &'t str, references: &References<'_>) -> Cow<'t, str> {
    const MEMBER: &str = "\"reference\":\"";
    if references.is_empty() {
        return Cow::Borrowed(text);
    }
    let finder = memmem::Finder::new(MEMBER);
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(found) = finder.find(&text.as_bytes()[at..]) {
        let start = at + found;
        let value = &text[start + MEMBER.len()..];
        let value = &value[..value.find('"').unwrap_or(value.len())];
        at = text.len().min(start + MEMBER.len() + value.len() + 1);
        let Some(to) = references.get(value) else { continue };
        if copied == 0 {
            out.reserve(text.len() + text.len() / 8);
        }
        out.push_str(&text[copied..start]);
        match to {
            Some(to) => out.extend([MEMBER, to, "\""]),
            None if text[at..].starts_with(',') => at += 1,
            None => out.truncate(out.trim_end_matches(',').len()),
        }
        copied = at;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_only_between_the_parts() {
        assert_eq!(compact("{ \"a b\" : [ 1,\n\t\"x\\\" y\\\\\" ] }"), r#"{"a b":[1,"x\" y\\"]}"#);
    }

    #[test]
    fn what_is_on_one_line_is_not_copied() {
        assert!(matches!(one_line("{\"a\":\"b, c: d\"}\n"), Cow::Borrowed("{\"a\":\"b, c: d\"}")));
        for text in ["{ \"a\":1}", "{\"a\": 1}", "{\"a\" :1}", "{\"a\":1, \"b\":2}", "{\"a\":\n1}"] {
            assert!(matches!(one_line(text), Cow::Owned(_)), "{text}");
        }
    }

    #[test]
    fn a_string_is_quoted_as_json_wants_it() {
        for text in ["Patient/1", "a\"b", "a\\b", "a\nb", "\u{1}", "Zoë"] {
            let mut quoted = String::new();
            push_quoted(&mut quoted, text);
            assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }
    }

    #[test]
    fn an_id_stands_behind_the_type() {
        let with = with_id(r#"{"resourceType":"Patient","active":true}"#, "Patient", "p");
        assert_eq!(with, r#"{"resourceType":"Patient","id":"p","active":true}"#);
        assert_eq!(with_id(r#"{"a":1,"resourceType":"X"}"#, "X", "p"), r#"{"id":"p","a":1,"resourceType":"X"}"#);
        assert_eq!(with_id(r#"{"resourceType":"Patient"}"#, "Patient", "p"), r#"{"resourceType":"Patient","id":"p"}"#);
    }

    #[test]
    fn references_are_replaced_or_taken_away_and_nothing_else() {
        let references = [("urn:uuid:1", Some("Patient/7")), ("urn:uuid:2", None)]
            .map(|(from, to)| (from, to.map(Cow::Borrowed)))
            .into();
        for (text, want) in [
            (r#"{"reference":"urn:uuid:1","type":"Patient"}"#, r#"{"reference":"Patient/7","type":"Patient"}"#),
            (r#"{"reference":"urn:uuid:2","type":"Patient"}"#, r#"{"type":"Patient"}"#),
            (r#"{"type":"Patient","reference":"urn:uuid:2"}"#, r#"{"type":"Patient"}"#),
            (r#"{"reference":"urn:uuid:3"}"#, r#"{"reference":"urn:uuid:3"}"#),
            (r#"{"value":"urn:uuid:1"}"#, r#"{"value":"urn:uuid:1"}"#),
        ] {
            assert_eq!(with_references(text, &references), want);
        }
    }
}
