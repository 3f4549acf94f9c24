//! By which identifier a resource is searched, and whether a copy has another one.

use std::borrow::Cow;

use super::json::Json;
use super::package::{Entry, Target};
use crate::fhir::id;

/// The system of Study Instance UIDs.
const DICOM_UID: &str = "urn:dicom:uid";

/// A system and a value that are searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    system: String,
    value: String,
}

impl Token {
    /// What a resource is identified by, if its search is for one identifier with a system.
    pub fn of(entry: &Entry<'_>) -> Option<Token> {
        match &entry.target {
            Target::Update(search) | Target::Create { search, .. } => Token::of_search(search),
            Target::Id(_) => uid_search(entry).as_deref().and_then(Token::of_search),
            Target::New => None,
        }
    }

    fn of_search(search: &str) -> Option<Token> {
        let query = search.split_once('?')?.1.strip_prefix("identifier=")?;
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
        (!system.is_empty() && !value.is_empty()).then_some(Token { system, value })
    }

    /// Whether a copy has an identifier of the system with another value, and not this one: it is somebody else's.
    pub fn contradicts(&self, copy: &str) -> bool {
        let copy = Json::parse(copy);
        let list = copy.as_ref().and_then(|copy| copy.get("identifier")).map_or(&[][..], Json::items);
        let mut values = list
            .iter()
            .filter(|identifier| identifier.string("system") == Some(&self.system))
            .filter_map(|identifier| identifier.string("value"))
            .peekable();
        values.peek().is_some() && values.all(|value| value != self.value)
    }
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

/// `ImagingStudy?identifier=...`, by the Study Instance UID.
pub fn uid_search(entry: &Entry<'_>) -> Option<String> {
    let value = study_uid(entry)?;
    let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'-'));
    is_plain.then(|| format!("{}?identifier={DICOM_UID}%7C{value}", entry.kind))
}

/// The id that a study has from us.
pub fn study_id(entry: &Entry<'_>) -> Option<String> {
    study_uid(entry).map(|uid| id::study(uid.strip_prefix("urn:oid:").unwrap_or(&uid)))
}

/// The Study Instance UID, as `urn:oid:...`.
fn study_uid<'e>(entry: &'e Entry<'_>) -> Option<Cow<'e, str>> {
    if entry.kind != "ImagingStudy" {
        return None;
    }
    if let Some(value) = first_uid(&entry.text) {
        return Some(Cow::Borrowed(value));
    }
    let resource = Json::parse(&entry.text)?;
    let mut list = resource.get("identifier")?.items().iter();
    let uid = list.find(|identifier| identifier.string("system") == Some(DICOM_UID))?;
    uid.string("value").map(|value| Cow::Owned(value.to_string()))
}

/// The same, where it is the first identifier of a study that contains nothing, as in ours: so the rest is not read.
fn first_uid(text: &str) -> Option<&str> {
    let (head, rest) = text.split_once(r#""identifier":["#)?;
    let (before, value) = rest.split_once(r#""system":"urn:dicom:uid","value":""#)?;
    let opened = |bracket: char| before.matches(bracket).count();
    let is_in_first = opened('{') == opened('}') + 1 && opened('[') == opened(']') && !before.contains("},{");
    let (value, _) = value.split_once('"')?;
    (is_in_first && !head.contains('[') && !value.contains('\\')).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upload::package::Package;

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
            let token = Token::of_search(search);
            assert_eq!(token.as_ref().map(|token| (&*token.system, &*token.value)), want, "{search}");
        }
    }

    #[test]
    fn a_copy_with_another_number_of_the_system_is_somebody_else() {
        let token = Token::of_search("Patient?identifier=urn:a%7C1").unwrap();
        for (identifiers, want) in [
            (r#"[{"system":"urn:a","value":"1"},{"system":"urn:a","value":"2"}]"#, false),
            (r#"[{"system":"urn:a","value":"2"}]"#, true),
            (r#"[{"system":"urn:b","value":"2"}]"#, false),
            ("[]", false),
        ] {
            assert_eq!(token.contradicts(&format!(r#"{{"identifier":{identifiers}}}"#)), want, "{identifiers}");
        }
    }

    #[test]
    fn a_companion_is_not_searched_by_a_uid() {
        let identifiers = r#"[{"system":"urn:dicom:uid","value":"urn:oid:1.2"}]"#;
        for kind in ["Procedure", "Specimen", "ImagingSelection"] {
            let text = format!(r#"{{"resourceType":"{kind}","id":"1","identifier":{identifiers}}}"#);
            let package = Package::parse(&text).unwrap().unwrap();
            assert_eq!(uid_search(&package.entries[0]), None, "{kind}");
        }
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
            let package = Package::parse(&text).unwrap().unwrap();
            assert_eq!(uid_search(&package.entries[0]).as_deref(), want);
        }
    }
}
