//! Searches by identifier, and comparison of a copy's identifiers.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::head::Head;
use crate::fhir::{bundle, id};
use crate::upload::json::{Json, finder};

/// The system of Study Instance UIDs.
const DICOM_UID: &str = "urn:dicom:uid";
/// The beginning of an identifier that is a UID, as compact JSON.
const UID_IDENTIFIER: &str = r#""system":"urn:dicom:uid","value":"urn:oid:"#;
/// Finds it.
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| finder(UID_IDENTIFIER));

/// A search for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// `Type?query`.
    pub query: String,
    /// System and value, if the search is for one identifier with a system.
    token: Option<(String, String)>,
}

impl Search {
    /// The search for an identifier.
    pub fn by(kind: &str, system: &str, value: &str) -> Search {
        let query = format!("{kind}?{}", bundle::search(system, value));
        Search { query, token: Some((system.to_string(), value.to_string())) }
    }

    /// Parses a search query.
    pub fn parse(query: String) -> Search {
        Search { token: token(&query), query }
    }

    /// Whether a copy has an identifier of the system, but not with this value, so that it is another resource.
    pub fn contradicts(&self, copy: &Json) -> bool {
        let mut values = self.values(copy).peekable();
        values.peek().is_some() && !self.is_had_by(copy)
    }

    /// Whether a copy has the identifier.
    pub fn is_had_by(&self, copy: &Json) -> bool {
        self.token.as_ref().is_some_and(|(_, value)| self.values(copy).any(|other| other == value))
    }

    /// The values of a copy in the search's system.
    fn values<'c>(&'c self, copy: &'c Json) -> impl Iterator<Item = &'c str> {
        let of_system = move |identifier: &&Json| {
            self.token.as_ref().is_some_and(|(system, _)| identifier.string("system") == Some(system))
        };
        copy.list("identifier").iter().filter(of_system).filter_map(|identifier| identifier.string("value"))
    }
}

fn token(query: &str) -> Option<(String, String)> {
    let query = query.split_once('?')?.1.strip_prefix("identifier=")?;
    let text = if query.contains(['&', '+']) { None } else { decoded(query) }?;
    let mut parts = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => parts.last_mut()?.extend(characters.next()),
            '|' => parts.push(String::new()),
            ',' => return None,
            other => parts.last_mut()?.push(other),
        }
    }
    let [system, value] = parts.try_into().ok()?;
    (!system.is_empty() && !value.is_empty()).then_some((system, value))
}

fn decoded(text: &str) -> Option<String> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            out.push(*byte);
        }
    }
    String::from_utf8(out).ok()
}

/// The search for a study by its Study Instance UID.
pub fn uid_search(kind: &str, place: Option<&str>, text: &str) -> Option<Search> {
    let id = place.and_then(|place| place.split_once('/')).map_or("", |(_, id)| id);
    by_uid(&study_uid(kind, id, text)?)
}

/// The search for a UID, given as `urn:oid:...`.
pub fn by_uid(uid: &str) -> Option<Search> {
    let is_plain = uid.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'-'));
    is_plain.then(|| Search::by("ImagingStudy", DICOM_UID, uid))
}

/// Our id of a study.
pub fn study_place(kind: &str, text: &str) -> Option<String> {
    let uid = study_uid(kind, "", text)?;
    Some(format!("{kind}/{}", id::study(uid.strip_prefix("urn:oid:").unwrap_or(&uid))))
}

/// The Study Instance UID, as `urn:oid:...`. It usually equals the id, so that the rest of the study is not parsed.
fn study_uid(kind: &str, id: &str, text: &str) -> Option<String> {
    if kind != "ImagingStudy" {
        return None;
    }
    let is_it = |found: usize| {
        let rest = text[found + UID_IDENTIFIER.len()..].strip_prefix(id);
        rest.is_some_and(|rest| rest.starts_with('"'))
    };
    if !id.is_empty() && FINDER.find_iter(text.as_bytes()).any(is_it) {
        return Some(["urn:oid:", id].concat());
    }
    let head: Head = serde_json::from_str(text).ok()?;
    let mut tokens = head.identifier.iter().filter_map(|identifier| identifier.token());
    tokens.find(|(system, _)| *system == DICOM_UID).map(|(_, value)| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::id::Ids;
    use crate::upload::package::parse;

    #[test]
    fn a_search_for_one_identifier_names_it() {
        for (search, want) in [
            ("Patient?identifier=urn:a%7Cb", Some(("urn:a", "b"))),
            ("Patient?identifier=urn:a|b", Some(("urn:a", "b"))),
            ("Patient?identifier=http://h%7CV%5C%7C1%5C%2C2%20x", Some(("http://h", "V|1,2 x"))),
            ("Patient?identifier=b", None),
            ("Patient?identifier=%7Cb", None),
            ("Patient?identifier=a%7Cb,c%7Cd", None),
            ("Patient?identifier=a%7Cb&active=true", None),
            ("Patient?name=x", None),
        ] {
            let token = token(search);
            assert_eq!(token.as_ref().map(|(system, value)| (&**system, &**value)), want, "{search}");
        }
    }

    #[test]
    fn a_copy_with_another_number_of_the_system_is_somebody_else() {
        let search = Search::parse("Patient?identifier=urn:a%7C1".to_string());
        for (identifiers, want) in [
            (r#"[{"system":"urn:a","value":"1"},{"system":"urn:a","value":"2"}]"#, false),
            (r#"[{"system":"urn:a","value":"2"}]"#, true),
            (r#"[{"system":"urn:b","value":"2"}]"#, false),
            ("[]", false),
        ] {
            let copy = Json::parse(&format!(r#"{{"identifier":{identifiers}}}"#)).unwrap();
            assert_eq!(search.contradicts(&copy), want, "{identifiers}");
        }
    }

    #[test]
    fn a_companion_is_not_searched_by_a_uid() {
        let identifiers = r#"[{"system":"urn:dicom:uid","value":"urn:oid:1.2"}]"#;
        for kind in ["Procedure", "Specimen", "ImagingSelection"] {
            let text = format!(r#"{{"resourceType":"{kind}","id":"1","identifier":{identifiers}}}"#);
            assert_eq!(parse(&text, &Ids::new("")).unwrap()[0].search, None, "{kind}");
        }
    }

    #[test]
    fn our_id_of_a_study_is_its_uid_or_the_uuid_of_it() {
        let of = |value: &str| {
            let identifier = format!(r#"{{"system":"urn:dicom:uid","value":"{value}"}}"#);
            study_place("ImagingStudy", &format!(r#"{{"resourceType":"ImagingStudy","identifier":[{identifier}]}}"#))
        };
        assert_eq!(of("urn:oid:1.2").as_deref(), Some("ImagingStudy/1.2"));
        assert_eq!(of("urn:oid:1.2 3"), Some(format!("ImagingStudy/{}", id::uuid("1.2 3"))));
        assert_eq!(study_place("ImagingStudy", "{}"), None);
    }

    #[test]
    fn a_study_is_searched_by_its_uid() {
        for (identifiers, want) in [
            (
                r#"[{"system":"urn:dicom:uid","value":"urn:oid:1.2"}]"#,
                Some("ImagingStudy?identifier=urn:dicom:uid%7Curn:oid:1.2"),
            ),
            (
                r#"[{"value":"x"},{"value":"urn:oid:1.2","system":"urn:dicom:uid"}]"#,
                Some("ImagingStudy?identifier=urn:dicom:uid%7Curn:oid:1.2"),
            ),
            (r#"[{"system":"urn:dicom:uid","value":"a b"}]"#, None),
            (r#"[{"value":"x"}],"basedOn":[{"identifier":{"system":"urn:dicom:uid","value":"urn:oid:9"}}]"#, None),
            (
                r#"[{"type":{"coding":[{"system":"s"}]},"system":"urn:dicom:uid","value":"urn:oid:1.2"}]"#,
                Some("ImagingStudy?identifier=urn:dicom:uid%7Curn:oid:1.2"),
            ),
            ("[]", None),
        ] {
            let text = format!(r#"{{"resourceType":"ImagingStudy","id":"1","identifier":{identifiers}}}"#);
            let search = parse(&text, &Ids::new("")).unwrap().remove(0).search;
            assert_eq!(search.as_ref().map(|search| &*search.query), want);
        }
    }
}
