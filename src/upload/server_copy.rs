//! What an answer to a read says: nothing is there, one resource, several, or one that was deleted.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::outcome::Outcome;

/// What is found of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// There is none.
    Nothing,
    /// There is one.
    One(ServerCopy),
    /// There are several.
    Several,
    /// It was there, and somebody deleted it.
    Deleted,
    /// At its place is a resource that is identified otherwise.
    Other(String),
}

/// The server's copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCopy {
    /// `Type/id`.
    pub reference: String,
    /// What `If-Match` takes.
    pub etag: Option<String>,
    /// The resource.
    pub text: String,
}

/// A part of what a search finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The resources.
    pub copies: Vec<ServerCopy>,
    /// Where the next part is.
    pub next: Option<String>,
}

/// What an answer to a read is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// The answer to a read by id, or that there is nothing.
    Found(Found),
    /// The answer to a search.
    Page(Page),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    #[serde(borrow)]
    resource_type: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    version_id: Option<String>,
}

/// The answer to a search, or to many reads.
#[derive(Deserialize)]
pub struct Bundle<'a> {
    /// Its entries.
    #[serde(default, borrow)]
    pub entry: Vec<BundleEntry<'a>>,
    #[serde(default)]
    link: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    relation: Option<String>,
    url: Option<String>,
}

/// One resource of it.
#[derive(Deserialize)]
pub struct BundleEntry<'a> {
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
    response: Option<Response>,
    search: Option<Search>,
}

#[derive(Deserialize)]
struct Response {
    status: Option<String>,
    etag: Option<String>,
}

#[derive(Deserialize)]
struct Search {
    mode: Option<String>,
}

impl BundleEntry<'_> {
    /// The status of the read that this entry answers; empty if it does not say.
    pub fn status(&self) -> &str {
        self.response.as_ref().and_then(|response| response.status.as_deref()).unwrap_or_default()
    }

    /// What this entry says of the read of a resource of this type.
    pub fn read(&self, kind: &str) -> Result<Read, Outcome> {
        let etag = self.response.as_ref().and_then(|response| response.etag.as_deref());
        read(self.status(), etag, self.resource.map_or("", RawValue::get).as_bytes(), kind)
    }
}

/// What an answer to a read of a resource of this type says.
pub fn read(status: &str, etag: Option<&str>, body: &[u8], kind: &str) -> Result<Read, Outcome> {
    match status.get(..3).unwrap_or(status) {
        "404" => return Ok(Read::Found(Found::Nothing)),
        "410" => return Ok(Read::Found(Found::Deleted)),
        "200" => {}
        _ => return Err(Outcome::of(status, body)),
    }
    let unusable = || Outcome::of("an unusable answer to a read", body);
    let text = std::str::from_utf8(body).map_err(|_| unusable())?;
    let resource: Resource<'_> = serde_json::from_str(text).map_err(|_| unusable())?;
    if resource.resource_type != "Bundle" {
        return copy(text, etag, kind).map(|copy| Read::Found(Found::One(copy))).ok_or_else(unusable);
    }
    let bundle: Bundle<'_> = serde_json::from_str(text).map_err(|_| unusable())?;
    let next = bundle.link.iter().find(|link| link.relation.as_deref() == Some("next"));
    let next = next.and_then(|link| link.url.clone());
    let is_match = |entry: &&BundleEntry<'_>| {
        entry.search.as_ref().and_then(|search| search.mode.as_deref()).is_none_or(|mode| mode == "match")
    };
    // A server may call anything a match, as the outcome of a search: only what was asked for is one.
    let is_asked = |text: &&str| serde_json::from_str::<Resource<'_>>(text).is_ok_and(|of| of.resource_type == kind);
    let texts = bundle.entry.iter().filter(is_match).filter_map(|entry| entry.resource).map(RawValue::get);
    let copies = texts.filter(is_asked).map(|text| copy(text, None, kind).ok_or_else(unusable));
    Ok(Read::Page(Page { copies: copies.collect::<Result<_, _>>()?, next }))
}

fn copy(text: &str, etag: Option<&str>, kind: &str) -> Option<ServerCopy> {
    let Resource { resource_type, id, meta } = serde_json::from_str(text).ok()?;
    let version = meta.and_then(|meta| meta.version_id).map(|version| format!("W/\"{version}\""));
    let reference = format!("{resource_type}/{}", id?);
    let etag = version.or_else(|| etag.map(str::to_string));
    (resource_type == kind).then(|| ServerCopy { reference, etag, text: text.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(status: &str, body: &str) -> String {
        let one = |copy: ServerCopy| format!("{} {}", copy.reference, copy.etag.unwrap_or_default());
        match read(status, Some("W/\"9\""), body.as_bytes(), "ImagingStudy") {
            Ok(Read::Found(Found::One(copy))) => one(copy),
            Ok(Read::Found(other)) => format!("{other:?}"),
            Ok(Read::Page(Page { copies, next })) => {
                format!("{:?}{}", copies.into_iter().map(one).collect::<Vec<_>>(), next.unwrap_or_default())
            }
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
        ] {
            assert_eq!(shown(status, body), want, "{status} {body}");
        }
    }
}
