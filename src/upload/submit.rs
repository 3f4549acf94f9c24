//! Sends what is to be written: as one Bundle, or one by one. Every entry's status is looked at, also inside a 200.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::capability::Mode;
use super::fhir_write;
use super::json::{References, push_quoted, references_in, with_references};
use super::outcome::Outcome;
use super::plan::Write;
use crate::error::Error;
use crate::fhir::id::is_id;
use crate::http::{Answer, Safety, Sender, Sent};

/// What became of one written resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The server has it, under this `Type/id` where it says so.
    Taken(Option<String>),
    /// It was to be created, and is there already, under this `Type/id` where the server says so: look again.
    Existed(Option<String>, Repeat),
    /// The server does not want it.
    Rejected(Outcome),
    /// Somebody else was there first: look again.
    Conflict(Outcome, Repeat),
    /// The server may know no `If-Match`.
    Unconditional(Outcome),
    /// The request is too large for the server.
    TooLarge(Outcome),
    /// The server did not answer.
    GaveUp(Outcome),
    /// It may be there, and must not be sent again.
    Unknown(Outcome),
}

/// Whether a request was sent before, so that what is found there may be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It was sent once.
    No,
    /// It was sent, not answered, and sent again.
    Yes,
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
        let if_none_match = write.if_none_match.then_some("*");
        for (name, value) in
            [("ifNoneExist", write.if_none_exist), ("ifMatch", write.if_match), ("ifNoneMatch", if_none_match)]
        {
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
    let sent = sender.send(&fhir_write("POST", "", body), safety)?;
    let answer = match taken(sent, writes) {
        Ok(answer) => answer,
        Err(written) => return Ok(all(written)),
    };
    let written = entries(&answer, writes).unwrap_or_else(|| {
        let outcome = Outcome::of("an answer that does not say what became of each entry", &answer.body);
        all(if is_safe { Written::Rejected(outcome) } else { Written::Unknown(outcome) })
    });
    Ok(without_dangling(writes, written))
}

/// A server that calls a batch a transaction may take a resource and not what it refers to.
fn without_dangling(writes: &[&Write<'_>], mut written: Vec<Written>) -> Vec<Written> {
    let is_there = |written: &Written| matches!(written, Written::Taken(_) | Written::Existed(..));
    if !written.iter().any(is_there) || written.iter().all(is_there) {
        return written;
    }
    let missing: Vec<bool> = written.iter().map(|written| !is_there(written)).collect();
    for (place, write) in writes.iter().enumerate().filter(|(place, _)| !missing[*place]) {
        let dangles = writes.iter().zip(&missing).any(|(other, missing)| *missing && refers(write, other));
        if dangles {
            written[place] = Written::Rejected(Outcome::ours("the server took it, but not what it refers to"));
        }
    }
    written
}

/// Whether a resource refers to another.
fn refers(write: &Write<'_>, to: &Write<'_>) -> bool {
    references_in(&write.text).any(|reference| Some(reference) == to.full_url || reference == to.url)
}

/// Sends each by itself, in order, until one is not taken: those behind it may refer to it.
pub fn one_by_one(sender: &Sender, writes: &[&Write<'_>]) -> Result<Vec<Written>, Error> {
    in_turn(sender, writes, |_| 1)
}

/// Sends batches, each of resources that do not refer to each other, until something is not taken.
pub fn by_batches(sender: &Sender, writes: &[&Write<'_>]) -> Result<Vec<Written>, Error> {
    in_turn(sender, writes, |rest| {
        let is_free = |place: &usize| !rest[..*place].iter().any(|before| refers(rest[*place], before));
        (1..rest.len()).take_while(is_free).count() + 1
    })
}

fn in_turn(
    sender: &Sender,
    writes: &[&Write<'_>],
    count: impl Fn(&[&Write<'_>]) -> usize,
) -> Result<Vec<Written>, Error> {
    let (mut all, mut references) = (Vec::with_capacity(writes.len()), References::new());
    while all.len() < writes.len() {
        let rest = &writes[all.len()..];
        let turn: Vec<Write<'_>> = rest[..count(rest)].iter().map(|write| resolved(write, &references)).collect();
        let turn: Vec<&Write<'_>> = turn.iter().collect();
        let written = match turn[..] {
            [write] => vec![alone(sender, write)?],
            _ => together(sender, &turn, &bundle(&turn, Mode::Batch, sender.base()))?,
        };
        for (write, written) in rest.iter().zip(&written) {
            if let (Some(full_url), Written::Taken(Some(reference))) = (write.full_url, written) {
                references.insert(full_url, Some(Cow::Owned(reference.clone())));
            }
        }
        let missed = missed(&written);
        all.extend(written);
        if let Some(missed) = missed {
            all.resize(writes.len(), missed);
        }
    }
    Ok(all)
}

/// What becomes of those that may refer to what was not taken.
fn missed(written: &[Written]) -> Option<Written> {
    written.iter().find(|written| !matches!(written, Written::Taken(_)))?;
    let again = written.iter().find_map(|written| match written {
        Written::Existed(..) => Some(Written::Conflict(Outcome::ours("not sent yet"), Repeat::No)),
        Written::Conflict(outcome, _) => Some(Written::Conflict(outcome.clone(), Repeat::No)),
        Written::Unconditional(outcome) => Some(Written::Unconditional(outcome.clone())),
        _ => None,
    });
    let never = || Written::Rejected(Outcome::ours("not sent, because what it may refer to was not taken"));
    Some(again.unwrap_or_else(never))
}

/// A write with what it refers to.
fn resolved<'w>(write: &'w Write<'_>, references: &References<'_>) -> Write<'w> {
    Write {
        method: write.method,
        url: Cow::Borrowed(&write.url),
        if_none_exist: write.if_none_exist,
        if_match: write.if_match,
        if_none_match: write.if_none_match,
        full_url: write.full_url,
        text: with_references(&write.text, references),
        safety: write.safety,
        is_update: write.is_update,
        changes: Vec::new(),
    }
}

fn alone(sender: &Sender, write: &Write<'_>) -> Result<Written, Error> {
    let mut request = fhir_write(write.method, &write.url, &write.text);
    let conditions = [
        ("if-none-exist", write.if_none_exist),
        ("if-match", write.if_match),
        ("if-none-match", write.if_none_match.then_some("*")),
    ];
    request.headers.extend(conditions.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
    let sent = sender.send(&request, write.safety)?;
    Ok(match taken(sent, &[write]) {
        Ok(answer) => done(&answer.status.to_string(), answer.header("location"), write, repeat(&answer)),
        Err(written) => written,
    })
}

fn repeat(answer: &Answer) -> Repeat {
    if answer.is_repeat { Repeat::Yes } else { Repeat::No }
}

/// The answer of a server that took the request.
fn taken(sent: Sent, writes: &[&Write<'_>]) -> Result<Answer, Written> {
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
        400.. if writes.len() > 1 && outcome().is_about_size() => Err(Written::TooLarge(outcome())),
        _ => Err(refused(&status, outcome(), writes, repeat(&answer))),
    }
}

fn refused(status: &str, outcome: Outcome, writes: &[&Write<'_>], repeat: Repeat) -> Written {
    let has_conditions = writes.iter().any(|write| write.if_match.is_some() || write.if_none_match);
    match status.get(..3) {
        // The copy that we read has been replaced, or one was created, in the meantime.
        Some("409" | "412") => Written::Conflict(outcome, repeat),
        Some("404" | "410") if writes.iter().any(|write| write.is_update) => Written::Conflict(outcome, repeat),
        Some("400" | "501") if has_conditions => Written::Unconditional(outcome),
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
    let of = |(entry, write): (&Entry<'_>, &&Write<'_>)| {
        let response = entry.response.as_ref()?;
        let status = response.status.trim();
        Some(match status.starts_with('2') {
            true => done(status, response.location.as_deref(), write, repeat(answer)),
            false => refused(status, Outcome::of_value(status, response.outcome), &[write], repeat(answer)),
        })
    };
    bundle.entry.iter().zip(writes).map(of).collect()
}

/// What a success means: a conditional create that is answered by 200 created nothing.
fn done(status: &str, location: Option<&str>, write: &Write<'_>, repeat: Repeat) -> Written {
    let place = reference(location, write);
    match write.if_none_exist.is_some() && status.starts_with("200") {
        true => Written::Existed(place, repeat),
        false => Written::Taken(place),
    }
}

/// How the server calls what it took: `Type/id` out of a location, also where that is not the id that we gave.
fn reference(location: Option<&str>, write: &Write<'_>) -> Option<String> {
    let (kind, own) = write.url.split_once('/').map_or((&*write.url, None), |(kind, id)| (kind, Some(id)));
    let parts: Vec<&str> = location.unwrap_or_default().split('/').collect();
    let place = parts.iter().rposition(|part| *part == kind);
    let id = place.and_then(|place| parts.get(place + 1)).copied().filter(|id| is_id(id)).or(own)?;
    Some(format!("{kind}/{id}"))
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
            if_none_match: method == "PUT",
            full_url: None,
            text: "{}".into(),
            safety: Safety::Repeatable,
            is_update: false,
            changes: Vec::new(),
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
        assert_eq!(value["entry"][1]["request"]["ifNoneMatch"], "*");
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
        assert!(matches!(written[2], Written::Conflict(..)));
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
