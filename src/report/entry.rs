//! One entry of the report, as a line: sort key, NUL, JSON, line feed.

use std::borrow::Cow;

use dicom_core::Tag;
use serde::Serialize;

use super::Where;
use crate::issue::{Issue, Skip, keyword};
use crate::name::{Name, write_printable};

/// A file that is left out.
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

/// A value that is dropped or changed.
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

/// An attribute by its tag and keyword.
#[derive(Serialize)]
struct Attribute {
    tag: String,
    keyword: Cow<'static, str>,
}

impl From<&Tag> for Attribute {
    fn from(tag: &Tag) -> Attribute {
        Attribute { tag: tag.to_string(), keyword: keyword(*tag) }
    }
}

/// The line of a file that is left out.
pub(super) fn skipped(name: &Name, skip: &Skip) -> String {
    let (path, reason, message) = (name.to_string(), skip.code(), skip.to_string());
    let attribute = match skip {
        Skip::NoUid(tag) | Skip::UnusableUid(tag) => Some(tag.into()),
        _ => None,
    };
    let entry = SkippedEntry { path: &path, reason, message: &message, expected: expected(&message), attribute };
    line([&path, reason], &entry)
}

/// The line of a value that is dropped or changed.
pub(super) fn issue(place: Where<'_>, issue: &Issue, values: bool) -> String {
    let Where { study, series, instance, .. } = place;
    let path = place.name.map(Name::to_string);
    let path = path.as_deref();
    let (reason, message) = (issue.reason.code(), issue.reason.in_words(issue.value.as_deref()));
    let (attribute, around) = issue.tags.split_last().unzip();
    let entry = IssueEntry {
        path,
        study,
        series,
        instance,
        element: issue.element,
        attribute: attribute.map(Attribute::from),
        within: around.unwrap_or_default().iter().map(Attribute::from).collect(),
        reason,
        message: &message,
        expected: expected(&message),
        value: issue.value.as_deref().filter(|_| values || issue.reason.tells_value()),
    };
    let tags: String = issue.tags.iter().map(Tag::to_string).collect();
    let [path, study, series, instance] = [path, study, series, instance].map(Option::unwrap_or_default);
    line([path, study, series, instance, &tags, reason], &entry)
}

/// The expected value in a message.
fn expected(message: &str) -> Option<&str> {
    message.split_once(": want ").map(|(_, expected)| expected)
}

fn line<const N: usize>(keys: [&str; N], entry: &impl Serialize) -> String {
    let mut line = String::new();
    for (at, key) in keys.into_iter().enumerate() {
        line.push_str(if at > 0 { "\u{1}" } else { "" });
        // Printable keys contain no control characters, so no NUL ends the key early.
        write_printable(&mut line, key.as_bytes()).expect("a string takes all");
    }
    let json = serde_json::to_string(entry).expect("an entry has text alone");
    line.extend(["\0", &json, "\n"]);
    line
}
