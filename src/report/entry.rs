//! One entry of the report, as a line: sort key, NUL, JSON, line feed.

use dicom_core::Tag;
use serde_json::Value;

use super::Where;
use crate::issue::{Issue, Skip, keyword};
use crate::source::{Name, printable};

/// A member of a JSON object and its value as JSON; without one it is left out.
type Member = (&'static str, Option<String>);

/// The line of a file that is left out.
pub(super) fn skipped(name: &Name, skip: &Skip) -> String {
    let (path, reason, message) = (name.to_string(), skip.code(), skip.to_string());
    let tag = match skip {
        Skip::NoUid(tag) | Skip::UnusableUid(tag) => Some(*tag),
        _ => None,
    };
    let [tag, keyword] = attribute(tag);
    let json = object([
        ("path", text(&path)),
        ("reason", text(reason)),
        ("message", text(&message)),
        ("expected", expected(&message)),
        tag,
        keyword,
    ]);
    line(&[&path, reason], &json)
}

/// The line of a value that is dropped or changed.
pub(super) fn issue(place: Where<'_>, issue: &Issue, values: bool) -> String {
    let path = place.name.map(Name::to_string);
    let (reason, message) = (issue.reason.code(), issue.reason.in_words(issue.value.as_deref()));
    let around = issue.tags.len().saturating_sub(1);
    let within: Vec<String> = issue.tags.iter().take(around).map(|tag| object(attribute(Some(*tag)))).collect();
    let [tag, keyword] = attribute(issue.tags.last().copied());
    let json = object([
        ("path", path.as_deref().and_then(text)),
        ("study", place.study.and_then(text)),
        ("series", place.series.and_then(text)),
        ("instance", place.instance.and_then(text)),
        ("element", text(issue.element)),
        tag,
        keyword,
        // The sequences around the attribute, outermost first.
        ("within", (!within.is_empty()).then(|| format!("[{}]", within.join(",")))),
        ("reason", text(reason)),
        ("message", text(&message)),
        ("expected", expected(&message)),
        ("value", issue.value.as_deref().filter(|_| values || issue.reason.tells_value()).and_then(text)),
    ]);
    let [study, series, instance] = [place.study, place.series, place.instance].map(Option::unwrap_or_default);
    let tags: String = issue.tags.iter().map(Tag::to_string).collect();
    line(&[path.as_deref().unwrap_or_default(), study, series, instance, &tags, reason], &json)
}

/// The tag and the keyword of an attribute.
fn attribute(tag: Option<Tag>) -> [Member; 2] {
    [("tag", tag.and_then(|tag| text(&tag.to_string()))), ("keyword", tag.and_then(|tag| text(&keyword(tag))))]
}

/// The expected value in a message.
fn expected(message: &str) -> Option<String> {
    message.split_once(": want ").and_then(|(_, expected)| text(expected))
}

/// A text as JSON.
fn text(text: &str) -> Option<String> {
    Some(Value::from(text).to_string())
}

fn object(members: impl IntoIterator<Item = Member>) -> String {
    let members = members.into_iter().filter_map(|(name, value)| Some(format!("\"{name}\":{}", value?)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn line(keys: &[&str], json: &str) -> String {
    // Printable keys contain no control characters, so no NUL ends the key early.
    let keys: Vec<String> = keys.iter().map(|key| printable(key.as_bytes())).collect();
    format!("{}\0{json}\n", keys.join("\u{1}"))
}
