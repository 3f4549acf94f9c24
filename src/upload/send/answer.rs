//! The result of each write in a response, also inside a 200.

use std::time::SystemTime;

use serde_json::value::RawValue;

use crate::fhir::id::is_id;
use crate::http::{Answer, Decision, Sent, decide};
use crate::upload::plan::Write;
use crate::upload::rejects::Outcome;
use crate::upload::response::{Response, ResponseEntry};

/// The result of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The server has it, under this `Type/id` if stated.
    Taken(Option<String>),
    /// It exists, under this `Type/id` if stated, perhaps not as it was sent: read again.
    Existed(Option<String>, Repeat),
    /// The server rejects it.
    Rejected(Outcome),
    /// A conflict with another writer, or a temporary failure: read again.
    Again(Outcome, Repeat),
    /// The server may not support `If-Match`.
    Unconditional(Outcome),
    /// The request is too large for the server.
    TooLarge(Outcome),
    /// There was no response.
    GaveUp(Outcome),
    /// It may have been written, and must not be sent again.
    Unknown(Outcome),
}

/// Whether a request was sent before, so that the server's copy may be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It was sent once.
    No,
    /// It was sent again, after no response.
    Yes,
}

/// The result of a single write.
pub fn alone(sent: Sent, write: &Write<'_>) -> Written {
    match taken(sent, &[write]) {
        Ok(answer) => done(&answer.status.to_string(), answer.header("location"), write, repeat(&answer)),
        Err(written) => written,
    }
}

fn repeat(answer: &Answer) -> Repeat {
    if answer.is_repeat { Repeat::Yes } else { Repeat::No }
}

/// The result in a successful response.
pub fn taken(sent: Sent, writes: &[&Write<'_>]) -> Result<Answer, Written> {
    let answer = match sent {
        Sent::Answer(answer) => answer,
        Sent::GaveUp(why) => return Err(Written::GaveUp(Outcome::ours(&format!("gave up: {why}")))),
        Sent::Cut(why) => return Err(Written::TooLarge(Outcome::ours(&why))),
        Sent::Unknown(why) => return Err(Written::Unknown(unknown(&why))),
        Sent::Refused(why) => return Err(Written::Rejected(Outcome::ours(&why))),
    };
    let status = answer.status.to_string();
    let outcome = || Outcome::of(&status, &answer.body);
    match answer.status {
        200..300 => Ok(answer),
        300..400 => Err(Written::Rejected(Outcome::redirected(&status))),
        413 => Err(Written::TooLarge(outcome())),
        400.. if writes.len() > 1 && outcome().is_about_size() => Err(Written::TooLarge(outcome())),
        _ => Err(refused(&status, outcome(), writes, repeat(&answer))),
    }
}

fn refused(status: &str, outcome: Outcome, writes: &[&Write<'_>], repeat: Repeat) -> Written {
    let has_conditions = writes.iter().any(|write| write.if_match.is_some() || write.if_none_match);
    match status.get(..3) {
        // The copy was replaced or created since it was read.
        Some("409" | "412") => Written::Again(outcome, repeat),
        Some("404" | "410") if writes.iter().any(|write| write.is_update) => Written::Again(outcome, repeat),
        Some("400" | "501") if has_conditions => Written::Unconditional(outcome),
        _ => Written::Rejected(outcome),
    }
}

fn unknown(why: &str) -> Outcome {
    Outcome::ours(&format!(
        "{why}: it may have been taken, and is not sent again, because that could make a second one"
    ))
}

/// The result of a failed entry: temporary failures are retried, as for a request.
fn refused_entry(status: &str, outcome: Outcome, write: &Write<'_>, repeat: Repeat) -> Written {
    let number = status.get(..3).and_then(|number| number.parse().ok()).unwrap_or_default();
    let answer = Answer { status: number, ..Answer::default() };
    match decide(&Ok(answer), write.safety, SystemTime::UNIX_EPOCH) {
        Decision::Again(_) | Decision::AgainBriefly => Written::Again(outcome, Repeat::Yes),
        Decision::Unknown => Written::Unknown(unknown(&outcome.short)),
        Decision::Final => refused(status, outcome, &[write], repeat),
    }
}

/// The result of each entry of a response Bundle; `None` if they are missing.
pub fn entries(answer: &Answer, writes: &[&Write<'_>]) -> Option<Vec<Written>> {
    let bundle: Response<'_> = serde_json::from_slice(&answer.body).ok()?;
    if bundle.entry.len() != writes.len() {
        return None;
    }
    let of = |(entry, write): (&ResponseEntry<'_>, &&Write<'_>)| {
        let (response, status) = (entry.response.as_ref()?, entry.status());
        let outcome = || Outcome::of(status, response.outcome.map_or("", RawValue::get).as_bytes());
        match status.starts_with('2') {
            _ if status.is_empty() => None,
            true => Some(done(status, response.location.as_deref(), write, repeat(answer))),
            false => Some(refused_entry(status, outcome(), write, repeat(answer))),
        }
    };
    bundle.entry.iter().zip(writes).map(of).collect()
}

/// The result of a success: a conditional create with 200 created nothing.
fn done(status: &str, location: Option<&str>, write: &Write<'_>, repeat: Repeat) -> Written {
    let place = reference(location, write);
    match write.if_none_exist.is_some() && status.starts_with("200") {
        true => Written::Existed(place, repeat),
        false => Written::Taken(place),
    }
}

/// The `Type/id` of a location, which may differ from the id in the request.
fn reference(location: Option<&str>, write: &Write<'_>) -> Option<String> {
    let (kind, own) = write.url.split_once('/').map_or((write.url, None), |(kind, id)| (kind, Some(id)));
    let parts = location.unwrap_or_default().rsplit('/');
    let told = parts.clone().skip(1).zip(parts).find(|(of, _)| *of == kind).map(|(_, id)| id);
    let id = told.filter(|id| is_id(id)).or(own)?;
    Some([kind, "/", id].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(method: &'static str, url: &'static str) -> Write<'static> {
        let if_none_exist = (method == "POST").then_some("identifier=x");
        Write { method, url, if_none_exist, if_none_match: method == "PUT", text: "{}".into(), ..Write::default() }
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
        assert!(matches!(written[2], Written::Again(..)));
        assert!(entries(&answer, &writes[..2]).is_none());
    }

    #[test]
    fn a_create_that_finds_one_and_another_id_in_the_location_are_believed() {
        let (patient, study) = (write("POST", "Patient"), write("PUT", "ImagingStudy/1"));
        for (status, location, write, want) in [
            ("201", Some("http://h/fhir/Patient/7/_history/1"), &patient, Written::Taken(Some("Patient/7".into()))),
            ("200 OK", Some("Patient/7"), &patient, Written::Existed(Some("Patient/7".into()), Repeat::No)),
            ("200", None, &patient, Written::Existed(None, Repeat::No)),
            ("201", None, &study, Written::Taken(Some("ImagingStudy/1".into()))),
            ("201", Some("ImagingStudy/9/_history/1"), &study, Written::Taken(Some("ImagingStudy/9".into()))),
            ("200", Some("http://h/fhir"), &study, Written::Taken(Some("ImagingStudy/1".into()))),
        ] {
            assert_eq!(done(status, location, write, Repeat::No), want, "{status} {location:?}");
        }
    }
}
