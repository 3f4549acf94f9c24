//! One entry of the report, as a line: sort key, NUL, JSON, line feed.

use dicom_core::Tag;
use serde::Serialize;

use super::Where;
use crate::issue::{Issue, Skip, keyword};
use crate::source::{Name, printable};

#[derive(Serialize)]
struct SkippedEntry<'a> {
    path: &'a str,
    reason: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(flatten)]
    attribute: Option<Attribute>,
}

#[derive(Serialize)]
struct IssueEntry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    study: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    element: &'a str,
    #[serde(flatten)]
    attribute: Option<Attribute>,
    /// The sequences around the attribute, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    within: Vec<Attribute>,
    reason: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
}

#[derive(Serialize)]
struct Attribute {
    tag: String,
    keyword: String,
}

impl From<Tag> for Attribute {
    fn from(tag: Tag) -> Attribute {
        Attribute { tag: tag.to_string(), keyword: keyword(tag) }
    }
}

/// The line of a file that is left out.
pub(super) fn skipped(name: &Name, skip: &Skip) -> String {
    let (path, reason, message) = (name.to_string(), skip.code(), skip.to_string());
    let attribute = match skip {
        Skip::NoUid(tag) | Skip::UnusableUid(tag) | Skip::SeveralUids(tag) => Some(Attribute::from(*tag)),
        _ => None,
    };
    let entry = SkippedEntry { path: &path, reason, message: &message, expected: expected(&message), attribute };
    line(&[&path, reason], &entry)
}

/// The line of a value that is dropped or changed.
pub(super) fn issue(place: Where<'_>, issue: &Issue, values: bool) -> String {
    let (path, reason, message) =
        (place.name.map(Name::to_string), issue.reason.code(), issue.reason.in_words(issue.value.as_deref()));
    let around = issue.tags.len().saturating_sub(1);
    let tags: Vec<String> = issue.tags.iter().map(Tag::to_string).collect();
    let entry = IssueEntry {
        path: path.as_deref(),
        study: place.study,
        series: place.series,
        instance: place.instance,
        element: issue.element,
        attribute: issue.tags.last().map(|tag| Attribute::from(*tag)),
        within: issue.tags.iter().take(around).map(|tag| Attribute::from(*tag)).collect(),
        reason,
        message: &message,
        expected: expected(&message),
        value: issue.value.as_deref().filter(|_| values || issue.reason.tells_value()),
    };
    let uids = [place.study, place.series, place.instance].map(Option::unwrap_or_default);
    line(&[entry.path.unwrap_or_default(), uids[0], uids[1], uids[2], &tags.concat(), reason], &entry)
}

/// The expected value in a message.
fn expected(message: &str) -> Option<&str> {
    message.split_once(": want ").map(|(_, expected)| expected)
}

fn line(keys: &[&str], entry: &impl Serialize) -> String {
    let json = serde_json::to_string(entry).expect("text and lists of text are always JSON");
    // Printable keys contain no control characters, so no NUL ends the key early.
    let keys: Vec<String> = keys.iter().map(|key| printable(key.as_bytes())).collect();
    format!("{}\0{json}\n", keys.join("\u{1}"))
}
