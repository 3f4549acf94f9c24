//! Sends what is to be written: as one Bundle, or one by one. Every entry's status is looked at, also inside a 200.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::capability::Mode;
use super::exchange::{Answer, Request};
use super::json::{References, push_quoted, with_references};
use super::outcome::Outcome;
use super::plan::Write;
use super::retry::Safety;
use super::sender::{Sender, Sent};
use crate::error::Error;

/// What became of one written resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The server has it, under this `Type/id` where it says so.
    Taken(Option<String>),
    /// The server does not want it.
    Rejected(Outcome),
    /// Somebody else was there first: look again.
    Conflict(Outcome),
    /// The request is too large for the server.
    TooLarge(Outcome),
    /// The server did not answer.
    GaveUp(Outcome),
    /// It may be there, and must not be sent again.
    Unknown(Outcome),
}

/// The Bundle with these entries.
pub fn bundle(writes: &[&Write<'_>], mode: Mode, base: &str) -> String {
    let kind = if mode == Mode::Batch { "batch" } else { "transaction" };
    let bytes = writes.iter().map(|write| write.text.len() + ENTRY_BYTES).sum();
    let mut text = String::with_capacity(bytes);
    text.extend([r#"{"resourceType":"Bundle","type":""#, kind, r#"","entry":["#]);
    for (place, write) in writes.iter().enumerate() {
        text.push_str(if place == 0 { r#"{"fullUrl":"# } else { r#",{"fullUrl":"# });
        match write.full_url {
            Some(full_url) => push_quoted(&mut text, full_url),
            None => push_quoted(&mut text, &format!("{base}/{}", write.url)),
        }
        text.extend([r#","resource":"#, &write.text, r#","request":{"method":""#, write.method, r#"","url":"#]);
        push_quoted(&mut text, &write.url);
        for (name, value) in [("ifNoneExist", write.if_none_exist), ("ifMatch", write.if_match.as_deref())] {
            if let Some(value) = value {
                text.extend([",\"", name, "\":"]);
                push_quoted(&mut text, value);
            }
        }
        text.push_str("}}");
    }
    text.push_str("]}");
    text
}

/// About what an entry has beside its resource.
const ENTRY_BYTES: usize = 256;

/// Sends a Bundle, and says what became of each entry.
pub fn together(sender: &Sender, writes: &[&Write<'_>], body: &str) -> Result<Vec<Written>, Error> {
    let is_safe = writes.iter().all(|write| write.safety == Safety::Repeatable);
    let safety = if is_safe { Safety::Repeatable } else { Safety::Once };
    let all = |written: Written| vec![written; writes.len()];
    let sent = sender.send(&Request::write("POST", "", body.as_bytes()), safety)?;
    let answer = match taken(sent, writes.iter().any(|write| write.if_match.is_some())) {
        Ok(answer) => answer,
        Err(written) => return Ok(all(written)),
    };
    Ok(entries(&answer, writes).unwrap_or_else(|| {
        let outcome = Outcome::of("an answer that does not say what became of each entry", &answer.body);
        all(if is_safe { Written::Rejected(outcome) } else { Written::Unknown(outcome) })
    }))
}

/// Sends each by itself, in order, until one is not taken: those behind it may refer to it.
pub fn one_by_one(sender: &Sender, writes: &[&Write<'_>]) -> Result<Vec<Written>, Error> {
    let (mut all, mut references) = (Vec::with_capacity(writes.len()), References::new());
    for write in writes {
        let written = alone(sender, write, &references)?;
        let Written::Taken(reference) = &written else {
            all.push(written);
            break;
        };
        if let (Some(full_url), Some(reference)) = (write.full_url, reference) {
            references.insert(full_url, Some(Cow::Owned(reference.clone())));
        }
        all.push(written);
    }
    let missed = match all.last() {
        Some(Written::Conflict(outcome)) => Written::Conflict(outcome.clone()),
        _ => Written::Rejected(Outcome::ours("not sent, because what it may refer to was not taken")),
    };
    all.resize(writes.len(), missed);
    Ok(all)
}

fn alone(sender: &Sender, write: &Write<'_>, references: &References<'_>) -> Result<Written, Error> {
    let text = with_references(&write.text, references);
    let request = Request {
        if_none_exist: write.if_none_exist,
        if_match: write.if_match.as_deref(),
        ..Request::write(write.method, &write.url, text.as_bytes())
    };
    let sent = sender.send(&request, write.safety)?;
    Ok(match taken(sent, write.if_match.is_some()) {
        Ok(answer) => Written::Taken(reference(answer.location.as_deref(), write)),
        Err(written) => written,
    })
}

/// The answer of a server that took the request.
fn taken(sent: Sent, is_conditional: bool) -> Result<Answer, Written> {
    let answer = match sent {
        Sent::Answer(answer) => answer,
        Sent::GaveUp(why) => return Err(Written::GaveUp(Outcome::ours(&format!("gave up: {why}")))),
        Sent::Unknown(why) => return Err(Written::Unknown(unknown(&why))),
        Sent::Refused(why) => return Err(Written::Rejected(Outcome::ours(&why))),
    };
    let status = answer.status.to_string();
    let outcome = || Outcome::of(&status, &answer.body);
    match answer.status {
        200..300 => Ok(answer),
        300..400 => {
            Err(Written::Rejected(Outcome::ours(&format!("{status}: it redirects elsewhere, give that as --to"))))
        }
        413 => Err(Written::TooLarge(outcome())),
        _ => Err(refused(&status, outcome(), is_conditional)),
    }
}

fn refused(status: &str, outcome: Outcome, is_conditional: bool) -> Written {
    match status.get(..3) {
        Some("409") => Written::Conflict(outcome),
        // The version that we read has been replaced in the meantime.
        Some("412") if is_conditional => Written::Conflict(outcome),
        _ => Written::Rejected(outcome),
    }
}

fn unknown(why: &str) -> Outcome {
    Outcome::ours(&format!(
        "{why}: it may have been taken, and is not sent again, because that could make a second one"
    ))
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(default, borrow)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    response: Option<Response<'a>>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    location: Option<Cow<'a, str>>,
    #[serde(borrow)]
    outcome: Option<&'a RawValue>,
}

/// What a response Bundle says of each entry; `None` if it does not say it.
fn entries(answer: &Answer, writes: &[&Write<'_>]) -> Option<Vec<Written>> {
    let bundle: Bundle<'_> = serde_json::from_slice(&answer.body).ok()?;
    if bundle.entry.len() != writes.len() {
        return None;
    }
    bundle
        .entry
        .iter()
        .zip(writes)
        .map(|(entry, write)| entry.response.as_ref().map(|found| of(found, write)))
        .collect()
}

fn of(response: &Response<'_>, write: &Write<'_>) -> Written {
    let status = response.status.trim();
    if status.starts_with('2') {
        return Written::Taken(reference(response.location.as_deref(), write));
    }
    refused(status, Outcome::of_value(status, response.outcome), write.if_match.is_some())
}

/// How the server calls what it took: `Type/id` out of a location, or where we put it.
fn reference(location: Option<&str>, write: &Write<'_>) -> Option<String> {
    if write.method == "PUT" {
        return Some(write.url.to_string());
    }
    let parts: Vec<&str> = location?.split('/').collect();
    let place = parts.iter().rposition(|part| *part == write.url)?;
    Some(format!("{}/{}", write.url, parts.get(place + 1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(method: &'static str, url: &'static str) -> Write<'static> {
        Write {
            method,
            url: url.into(),
            if_none_exist: (method == "POST").then_some("identifier=x"),
            if_match: None,
            full_url: None,
            text: "{}".into(),
            safety: Safety::Repeatable,
            is_update: false,
        }
    }

    #[test]
    fn a_bundle_says_what_to_do_with_each() {
        let (patient, study) = (write("POST", "Patient"), write("PUT", "ImagingStudy/1"));
        let text = bundle(&[&patient, &study], Mode::Transaction, "http://h");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["type"], "transaction");
        assert_eq!(value["entry"][0]["request"]["ifNoneExist"], "identifier=x");
        assert_eq!(value["entry"][1]["fullUrl"], "http://h/ImagingStudy/1");
    }

    #[test]
    fn a_failed_entry_inside_a_200_is_seen() {
        let body = r#"{"resourceType":"Bundle","entry":[
            {"response":{"status":"201 Created","location":"http://h/fhir/Patient/77/_history/1"}},
            {"response":{"status":"422","outcome":{"resourceType":"OperationOutcome","issue":[{"code":"invalid"}]}}},
            {"response":{"status":"409 Conflict"}}]}"#;
        let answer = Answer { status: 200, body: body.into(), ..Answer::default() };
        let writes = [write("POST", "Patient"), write("PUT", "Device/d"), write("PUT", "ImagingStudy/1")];
        let writes: Vec<&Write<'_>> = writes.iter().collect();
        let written = entries(&answer, &writes).unwrap();
        assert_eq!(written[0], Written::Taken(Some("Patient/77".into())));
        assert!(matches!(&written[1], Written::Rejected(outcome) if outcome.short == "422: invalid"));
        assert!(matches!(written[2], Written::Conflict(_)));
        assert!(entries(&answer, &writes[..2]).is_none());
    }
}
