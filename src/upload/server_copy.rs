//! What an answer to a read says: nothing is there, one resource, or several.

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
    /// A search finds several.
    Several,
}

/// The server's copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCopy {
    /// `Type/id`.
    pub reference: String,
    /// `meta.versionId`.
    pub version: Option<String>,
    /// The resource.
    pub text: String,
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

    /// What this entry says was found.
    pub fn found(&self) -> Result<Found, Outcome> {
        found(self.status(), self.resource.map_or("", RawValue::get).as_bytes())
    }
}

/// What an answer to a read says.
pub fn found(status: &str, body: &[u8]) -> Result<Found, Outcome> {
    match status.get(..3).unwrap_or(status) {
        "404" | "410" => return Ok(Found::Nothing),
        "200" => {}
        _ => return Err(Outcome::of(status, body)),
    }
    let unusable = || Outcome::of("an unusable answer to a read", body);
    let text = std::str::from_utf8(body).map_err(|_| unusable())?;
    let resource: Resource<'_> = serde_json::from_str(text).map_err(|_| unusable())?;
    if resource.resource_type != "Bundle" {
        return stored(text).map(Found::One).ok_or_else(unusable);
    }
    let bundle: Bundle<'_> = serde_json::from_str(text).map_err(|_| unusable())?;
    let is_match = |entry: &&BundleEntry<'_>| {
        entry.search.as_ref().and_then(|search| search.mode.as_deref()).is_none_or(|mode| mode == "match")
    };
    let mut matches = bundle.entry.iter().filter(is_match).filter_map(|entry| entry.resource);
    match (matches.next(), matches.next()) {
        (None, _) => Ok(Found::Nothing),
        (Some(one), None) => stored(one.get()).map(Found::One).ok_or_else(unusable),
        (Some(_), Some(_)) => Ok(Found::Several),
    }
}

fn stored(text: &str) -> Option<ServerCopy> {
    let Resource { resource_type, id, meta } = serde_json::from_str(text).ok()?;
    let reference = format!("{resource_type}/{}", id?);
    Some(ServerCopy { reference, version: meta.and_then(|meta| meta.version_id), text: text.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_finds_nothing_one_or_several() {
        let study = r#"{"resourceType":"ImagingStudy","id":"1","meta":{"versionId":"3"}}"#;
        let entry = format!(r#"{{"resource":{study},"search":{{"mode":"match"}}}}"#);
        let told = r#"{"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}}"#;
        let set = |entries: &str| format!(r#"{{"resourceType":"Bundle","type":"searchset","entry":[{entries}]}}"#);
        for (status, body, want) in [
            ("404 Not Found", String::new(), "nothing"),
            ("410", String::new(), "nothing"),
            ("200 OK", study.to_string(), "ImagingStudy/1 3"),
            ("200", set(""), "nothing"),
            ("200", r#"{"resourceType":"Bundle","type":"searchset","total":0}"#.to_string(), "nothing"),
            ("200", set(&format!("{entry},{told}")), "ImagingStudy/1 3"),
            ("200", set(&format!("{entry},{entry}")), "several"),
            ("200", "<html>".to_string(), "an unusable answer to a read"),
            ("403", "<h1>no</h1>".to_string(), "403"),
        ] {
            let found = match found(status, body.as_bytes()) {
                Ok(Found::Nothing) => "nothing".to_string(),
                Ok(Found::One(stored)) => format!("{} {}", stored.reference, stored.version.unwrap_or_default()),
                Ok(Found::Several) => "several".to_string(),
                Err(outcome) => outcome.short,
            };
            assert_eq!(found, want, "{status} {body}");
        }
    }
}
