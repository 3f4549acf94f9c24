//! JSON as text, for changes without parsing, and as a tree, for merging.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use memchr::arch::all::packedpair::HeuristicFrequencyRank;
use memchr::memmem::{Finder, FinderBuilder};
use memchr::{memchr_iter, memchr3};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The deepest nesting of resources.
const MAX_DEPTH: usize = 64;

/// A JSON value. Members keep their order and numbers their text, so that content of others is not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// An object.
    Object(Vec<(String, Json)>),
    /// An array.
    List(Vec<Json>),
    /// A string.
    Text(String),
    /// A number, `true`, `false` or `null`, as text.
    Other(String),
}

impl Json {
    /// Parses a text.
    pub fn parse(text: &str) -> Option<Json> {
        tree(text.trim(), 0)
    }

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.members().iter().find(|(of, _)| of == name).map(|(_, value)| value)
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> &[(String, Json)] {
        if let Json::Object(members) = self { members } else { &[] }
    }

    /// The items of an array; none of anything else.
    pub fn items(&self) -> &[Json] {
        if let Json::List(items) = self { items } else { &[] }
    }

    /// The items of a member that is an array; none of anything else.
    pub fn list(&self, name: &str) -> &[Json] {
        self.get(name).map_or(&[], Json::items)
    }

    /// A string.
    pub fn text(&self) -> Option<&str> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }

    /// A number, `true`, `false` or `null`, as text.
    pub fn other(&self) -> Option<&str> {
        if let Json::Other(text) = self { Some(text) } else { None }
    }

    /// A member that is a string.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Json::text)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        push(&mut out, self);
        f.write_str(&out)
    }
}

fn push(out: &mut String, json: &Json) {
    match json {
        Json::Object(members) => {
            out.push('{');
            for (place, (name, value)) in members.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                push_quoted(out, name);
                out.push(':');
                push(out, value);
            }
            out.push('}');
        }
        Json::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                push(out, item);
            }
            out.push(']');
        }
        Json::Text(text) => push_quoted(out, text),
        Json::Other(text) => out.push_str(text),
    }
}

fn tree(text: &str, depth: usize) -> Option<Json> {
    let below = |value: &RawValue| tree(value.get(), depth + 1);
    match text.as_bytes().first()? {
        b'{' | b'[' if depth == MAX_DEPTH => None,
        b'{' => {
            let Members(members) = serde_json::from_str(text).ok()?;
            let members = members.into_iter().map(|(name, value)| Some((name, below(value)?)));
            members.collect::<Option<_>>().map(Json::Object)
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            items.into_iter().map(below).collect::<Option<_>>().map(Json::List)
        }
        b'"' => serde_json::from_str(text).ok().map(Json::Text),
        _ => serde_json::from_str::<&RawValue>(text).ok().map(|value| Json::Other(value.get().to_string())),
    }
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'de>, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The values of `reference` in a compact resource.
pub fn references_in(text: &str) -> impl Iterator<Item = &str> {
    FINDER.find_iter(text.as_bytes()).map(|found| {
        let value = &text[found + MEMBER.len()..];
        &value[..value.find('"').unwrap_or(value.len())]
    })
}

/// The beginning of a reference.
const MEMBER: &str = "\"reference\":\"";
/// Finds it.
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| finder(MEMBER));

/// A finder that looks for the rare letters of a text first.
pub fn finder(text: &str) -> Finder<'_> {
    FinderBuilder::new().build_forward_with_ranker(InFhir, text)
}

/// How frequent bytes are in FHIR as JSON. By default quotes and colons count as rare.
struct InFhir;

impl HeuristicFrequencyRank for InFhir {
    fn rank(&self, byte: u8) -> u8 {
        match byte {
            b'A'..=b'Z' | b'j' | b'k' | b'q' | b'w'..=b'z' => 50,
            b'b' | b'f'..=b'h' | b'p' | b'v' => 100,
            b'a'..=b'z' => 200,
            _ => u8::MAX,
        }
    }
}

/// Replacements of references in a Bundle; `None` removes the reference.
pub type NewReferences<'r> = BTreeMap<&'r str, Option<Cow<'r, str>>>;

/// The text on one line and without escapes that JSON does not need; unchanged if it is so already, as the output of
/// `convert`.
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
    // What reads references and types as text must not miss one that is escaped, as `ServiceRequest\/1` by PHP.
    let is_escaped = |place: usize| matches!(bytes.get(place + 1), Some(b'/' | b'u'));
    let is_other = memchr3(b'\n', b'\r', b'\t', bytes).is_some()
        || memchr_iter(b' ', bytes).any(is_between)
        || memchr_iter(b'\\', bytes).any(is_escaped);
    match is_other {
        // Text nested too deeply for a tree: remove line feeds, which no JSON string contains.
        true => Cow::Owned(Json::parse(text).map_or_else(|| text.replace(['\n', '\r'], " "), |json| json.to_string())),
        false => Cow::Borrowed(text),
    }
}

/// Adds the text as a JSON string.
pub fn push_quoted(out: &mut String, text: &str) {
    // Without an early end the loop works on many bytes at once.
    let is_plain = text.bytes().fold(true, |so_far, byte| so_far & (byte >= b' ') & (byte != b'"') & (byte != b'\\'));
    if is_plain {
        out.extend(["\"", text, "\""]);
    } else {
        out.push_str(&serde_json::to_string(text).expect("a text is JSON"));
    }
}

/// The resource with the id of a `Type/id`; it must not have an id yet.
pub fn with_id(text: &str, place: &str) -> String {
    let (kind, id) = place.split_once('/').unwrap_or_default();
    let start = format!("{{\"resourceType\":\"{kind}\"");
    match text.strip_prefix(start.as_str()) {
        Some(rest) => format!("{start},\"id\":\"{id}\"{rest}"),
        None => format!("{{\"id\":\"{id}\",{}", text.strip_prefix('{').unwrap_or(text)),
    }
}

/// The compact resource without its id, which precedes any nested id.
pub fn without_id(text: &str, id: &str) -> String {
    let member = format!("\"id\":\"{id}\"");
    let Some((before, after)) = text.split_once(&member) else { return text.to_string() };
    match after.strip_prefix(',') {
        Some(rest) => format!("{before}{rest}"),
        None => format!("{}{after}", before.trim_end_matches(',')),
    }
}

/// The compact resource with replaced references. A reference whose replacement is `None` is removed, so that it stays
/// logical.
pub fn with_references<'t>(text: &'t str, references: &NewReferences<'_>) -> Cow<'t, str> {
    if references.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(found) = FINDER.find(&text.as_bytes()[at..]) {
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
        assert_eq!(one_line("{ \"a b\" : [ 1,\n\t\"x\\\" y\\\\\" ] }"), r#"{"a b":[1,"x\" y\\"]}"#);
    }

    #[test]
    fn what_is_no_tree_is_one_line_all_the_same() {
        let deep = "[\n".repeat(70) + &"]".repeat(70);
        assert!(!one_line(&deep).contains('\n') && one_line("{\n\"a\": \n").trim() == "{ \"a\":");
    }

    #[test]
    fn a_tree_gives_back_what_it_was_made_of() {
        for text in [r#"{"b":1.10,"a":[{"c":"x\"y"},[],{},null,true],"Zoë":-1e5}"#, "[]", "\"\"", "0"] {
            assert_eq!(Json::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "{", "[1,]", "{\"a\":}", &"[".repeat(200_000), &("[".repeat(999) + &"]".repeat(999))] {
            assert_eq!(Json::parse(text), None);
        }
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
        let with = with_id(r#"{"resourceType":"Patient","active":true}"#, "Patient/p");
        assert_eq!(with, r#"{"resourceType":"Patient","id":"p","active":true}"#);
        assert_eq!(with_id(r#"{"a":1,"resourceType":"X"}"#, "X/p"), r#"{"id":"p","a":1,"resourceType":"X"}"#);
        assert_eq!(with_id(r#"{"resourceType":"Patient"}"#, "Patient/p"), r#"{"resourceType":"Patient","id":"p"}"#);
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
