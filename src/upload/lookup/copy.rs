//! The result of a read: no resource, one, several, or a deleted one.

use serde_json::value::RawValue;

use crate::upload::json::{Json, NewReferences, with_references};
use crate::upload::package::kind as kind_of;
use crate::upload::rejects::Outcome;
use crate::upload::response::{Response, ResponseEntry};

/// The result of looking up a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It does not exist.
    Nothing,
    /// It exists once.
    One(ServerCopy),
    /// There are several candidates.
    Several,
    /// It was deleted.
    Deleted,
    /// A resource with other identifiers has its id.
    Other(String),
}

/// The server's copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCopy {
    /// `Type/id`.
    pub reference: String,
    /// The ETag for `If-Match`.
    pub etag: Option<String>,
    /// The resource.
    pub resource: Json,
    /// Whether its references were replaced since it was read.
    pub is_corrected: bool,
}

impl Found {
    /// Replaces references that a server left as they were when it gave the resources other ids.
    pub fn correct(&mut self, moved: &NewReferences<'_>) {
        let Found::One(copy) = self else { return };
        let corrected = Json::parse(&with_references(&copy.resource.to_string(), moved));
        if let Some(resource) = corrected.filter(|corrected| *corrected != copy.resource) {
            (copy.resource, copy.is_corrected) = (resource, true);
        }
    }
}

/// The response to one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// The answer to a read by id.
    One(ServerCopy),
    /// Not found.
    Nothing,
    /// Deleted.
    Deleted,
    /// A page of a search, and the address of the next.
    Page(Vec<ServerCopy>, Option<String>),
}

/// Parses a response entry to the read of a resource of this type.
pub fn read_entry(entry: &ResponseEntry<'_>, kind: &str) -> Result<Read, Outcome> {
    let etag = entry.response.as_ref().and_then(|response| response.etag.as_deref());
    read(entry.status(), etag, entry.resource.map_or("", RawValue::get).as_bytes(), kind)
}

/// Parses a response to the read of a resource of this type.
pub fn read(status: &str, etag: Option<&str>, body: &[u8], kind: &str) -> Result<Read, Outcome> {
    match status.get(..3).unwrap_or(status) {
        "404" => return Ok(Read::Nothing),
        "410" => return Ok(Read::Deleted),
        "200" => {}
        status if status.starts_with('3') => return Err(Outcome::redirected(status)),
        _ => return Err(Outcome::of(status, body)),
    }
    let unusable = || Outcome::of("an unusable answer to a read", body);
    let text = std::str::from_utf8(body).map_err(|_| unusable())?;
    if kind_of(text).as_deref() != Some("Bundle") {
        return copy(text, etag, kind).map(Read::One).ok_or_else(unusable);
    }
    let bundle: Response<'_> = serde_json::from_str(text).map_err(|_| unusable())?;
    let next = bundle.link.iter().find(|link| link.relation.as_deref() == Some("next"));
    let texts = bundle.entry.iter().filter(|entry| entry.is_match()).filter_map(|entry| entry.resource);
    // Servers may mark other entries as matches, as an OperationOutcome: only the requested type counts.
    let asked = texts.map(RawValue::get).filter(|text| kind_of(text).as_deref() == Some(kind));
    let copies = asked.map(|text| copy(text, None, kind).ok_or_else(unusable));
    Ok(Read::Page(copies.collect::<Result<_, _>>()?, next.and_then(|link| link.url.clone())))
}

fn copy(text: &str, etag: Option<&str>, kind: &str) -> Option<ServerCopy> {
    let resource = Json::parse(text).filter(|resource| resource.string("resourceType") == Some(kind))?;
    let version = resource.get("meta").and_then(|meta| meta.string("versionId"));
    let etag = version.map(|version| format!("W/\"{version}\"")).or_else(|| etag.map(str::to_string));
    Some(ServerCopy { reference: format!("{kind}/{}", resource.string("id")?), etag, resource, is_corrected: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(status: &str, body: &str) -> String {
        let one = |copy: ServerCopy| format!("{} {}", copy.reference, copy.etag.unwrap_or_default());
        match read(status, Some("W/\"9\""), body.as_bytes(), "ImagingStudy") {
            Ok(Read::One(copy)) => one(copy),
            Ok(Read::Page(copies, next)) => {
                format!("{:?}{}", copies.into_iter().map(one).collect::<Vec<_>>(), next.unwrap_or_default())
            }
            Ok(other) => format!("{other:?}"),
            Err(outcome) => outcome.short,
        }
    }

    #[test]
    fn a_read_finds_nothing_one_or_a_page() {
        let study = r#"{"resourceType":"ImagingStudy","id":"1","meta":{"versionId":"3"}}"#;
        let entry = format!(r#"{{"resource":{study},"search":{{"mode":"match"}}}}"#);
        let told = r#"{"resource":{"resourceType":"OperationOutcome","id":"x"},"search":{"mode":"match"}}"#;
        let set = |entries: &str| format!(r#"{{"resourceType":"Bundle","type":"searchset","entry":[{entries}]}}"#);
        let next = r#"{"resourceType":"Bundle","link":[{"relation":"self"},{"relation":"next","url":"http://h?p=2"}]}"#;
        for (status, body, want) in [
            ("404 Not Found", "", "Nothing"),
            ("410", "", "Deleted"),
            ("200 OK", study, r#"ImagingStudy/1 W/"3""#),
            ("200 OK", r#"{"resourceType":"ImagingStudy","id":"1"}"#, r#"ImagingStudy/1 W/"9""#),
            ("200", &set(""), "[]"),
            ("200", r#"{"resourceType":"Bundle","type":"searchset","total":0}"#, "[]"),
            ("200", next, "[]http://h?p=2"),
            ("200", &set(&format!("{entry},{told}")), r#"["ImagingStudy/1 W/\"3\""]"#),
            ("200", r#"{"resourceType":"OperationOutcome","id":"x"}"#, "an unusable answer to a read: no code"),
            ("200", "<html>", "an unusable answer to a read"),
            ("403", "<h1>no</h1>", "403: no"),
            ("307", "", "307: it redirects elsewhere, give that as --to"),
        ] {
            assert_eq!(shown(status, body), want, "{status} {body}");
        }
    }
}
