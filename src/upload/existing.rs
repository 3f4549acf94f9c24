//! What the server has already of a package: one batch of reads where the server takes batches, else one read each.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::{Answer, Request};
use super::json::push_quoted;
use super::outcome::Outcome;
use super::package::{Entry, Target};
use super::retry::Safety;
use super::sender::{Sender, Sent};
use crate::error::Error;

/// What is found of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// There is none.
    Nothing,
    /// There is one.
    One(Stored),
    /// A search finds several.
    Several,
}

/// The server's copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// `Type/id`.
    pub reference: String,
    /// `meta.versionId`.
    pub version: Option<String>,
    /// The resource.
    pub text: String,
}

/// Reads what is there.
#[derive(Debug)]
pub struct Reading {
    batch: AtomicBool,
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

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(default, borrow)]
    entry: Vec<BundleEntry<'a>>,
}

#[derive(Deserialize)]
struct BundleEntry<'a> {
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

impl Reading {
    /// By batches or not.
    pub fn new(batch: bool) -> Reading {
        Reading { batch: AtomicBool::new(batch) }
    }

    /// What the server has of each entry, or why that cannot be known.
    pub fn read(&self, sender: &Sender, entries: &[&Entry<'_>]) -> Result<Result<Vec<Found>, Outcome>, Error> {
        let paths: Vec<Option<&str>> = entries.iter().map(|entry| path(entry)).collect();
        let wanted: Vec<&str> = paths.iter().flatten().copied().collect();
        if wanted.len() > 1
            && self.batch.load(Relaxed)
            && let Some(found) = batch(sender, &wanted)?
        {
            let mut found = found.into_iter();
            return Ok(Ok(paths.iter().map(|path| next(&mut found, path.is_some())).collect()));
        }
        if wanted.len() > 1 {
            self.batch.store(false, Relaxed);
        }
        let mut all = Vec::with_capacity(entries.len());
        for path in &paths {
            all.push(match path.map(|path| single(sender, path)).transpose()? {
                None => Found::Nothing,
                Some(Ok(found)) => found,
                Some(Err(outcome)) => return Ok(Err(outcome)),
            });
        }
        Ok(Ok(all))
    }
}

fn next(found: &mut impl Iterator<Item = Found>, was_read: bool) -> Found {
    if was_read { found.next().unwrap_or(Found::Nothing) } else { Found::Nothing }
}

fn path<'e>(entry: &'e Entry<'_>) -> Option<&'e str> {
    match &entry.target {
        Target::Id(id) => Some(id),
        Target::Update(search) | Target::Create { search, .. } => Some(search),
        Target::New => None,
    }
}

fn single(sender: &Sender, path: &str) -> Result<Result<Found, Outcome>, Error> {
    Ok(match sender.send(&Request::get(path), Safety::Repeatable)? {
        Sent::Answer(answer) => found(&answer.status.to_string(), &answer.body),
        Sent::GaveUp(why) | Sent::Unknown(why) => Err(Outcome::ours(&format!("the server cannot be read: {why}"))),
    })
}

/// Many reads in one request; `None` where the server does not answer it entry by entry.
fn batch(sender: &Sender, paths: &[&str]) -> Result<Option<Vec<Found>>, Error> {
    let mut body = String::with_capacity(64 + paths.iter().map(|path| path.len() + 64).sum::<usize>());
    body.push_str(r#"{"resourceType":"Bundle","type":"batch","entry":["#);
    for (place, path) in paths.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        body.extend([comma, r#"{"request":{"method":"GET","url":"#]);
        push_quoted(&mut body, path);
        body.push_str("}}");
    }
    body.push_str("]}");
    let sent = sender.send(&Request::write("POST", "", body.as_bytes()), Safety::Repeatable)?;
    let Sent::Answer(Answer { status: 200, body, .. }) = sent else { return Ok(None) };
    let Ok(bundle) = serde_json::from_slice::<Bundle<'_>>(&body) else { return Ok(None) };
    if bundle.entry.len() != paths.len() {
        return Ok(None);
    }
    let found = bundle.entry.iter().map(|entry| {
        let status = entry.response.as_ref()?.status.as_deref()?;
        found(status, entry.resource.map_or("", RawValue::get).as_bytes()).ok()
    });
    Ok(found.collect())
}

/// What an answer to a read says.
fn found(status: &str, body: &[u8]) -> Result<Found, Outcome> {
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

fn stored(text: &str) -> Option<Stored> {
    let Resource { resource_type, id, meta } = serde_json::from_str(text).ok()?;
    let reference = format!("{resource_type}/{}", id?);
    Some(Stored { reference, version: meta.and_then(|meta| meta.version_id), text: text.to_string() })
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
