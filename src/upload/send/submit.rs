//! Sends writes as one Bundle, in batches, or one by one.

use std::borrow::Cow;

use super::answer::{self, Repeat, Written, entries, taken};
use crate::error::Error;
use crate::http::{Request, Safety, Sender};
use crate::upload::fhir_write;
use crate::upload::json::{NewReferences, push_quoted, references_in};
use crate::upload::plan::Write;
use crate::upload::rejects::Outcome;
use crate::upload::server::Mode;

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
            None => push_quoted(&mut text, &[base, "/", write.url].concat()),
        }
        text.extend([r#","resource":"#, &write.text, r#","request":{"method":""#, write.method, r#"","url":"#]);
        push_quoted(&mut text, write.url);
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

/// The size of a body is no reason to cut the connection below this.
const MIN_CUT_BYTES: usize = 64 * 1024;
/// The approximate size of an entry without its resource.
const ENTRY_BYTES: usize = 256;

/// Sends a Bundle, and returns the result of each entry.
pub fn together(sender: &Sender, writes: &[&Write<'_>], body: &str) -> Result<Vec<Written>, Error> {
    let is_safe = writes.iter().all(|write| write.safety == Safety::Repeatable);
    let safety = if is_safe { Safety::Repeatable } else { Safety::Once };
    let all = |written: Written| vec![written; writes.len()];
    let is_divisible = writes.len() > 1 && body.len() >= MIN_CUT_BYTES;
    let sent = sender.send(&Request { is_divisible, ..fhir_write("POST", "", body) }, safety)?;
    let answer = match taken(sent, writes) {
        Ok(answer) => answer,
        Err(written) => return Ok(all(written)),
    };
    let written = entries(&answer, writes).unwrap_or_else(|| {
        let outcome = Outcome::of("an answer that does not say what became of each entry", &answer.body);
        all(if is_safe { Written::Rejected(outcome) } else { Written::Unknown(outcome) })
    });
    Ok(with_moved(writes, without_dangling(writes, written)))
}

/// A server that gives a resource another id than the request may leave the references to it as they were: what refers
/// to it is read again.
fn with_moved(writes: &[&Write<'_>], mut written: Vec<Written>) -> Vec<Written> {
    let is_moved = |(write, written): &(&&Write<'_>, &Written)| {
        write.method == "PUT" && matches!(written, Written::Taken(Some(place)) if place != write.url)
    };
    let moved: Vec<&Write<'_>> = writes.iter().zip(&written).filter(is_moved).map(|(write, _)| *write).collect();
    for (write, written) in writes.iter().zip(&mut written) {
        if let Written::Taken(place) = written
            && moved.iter().any(|to| refers(write, to))
        {
            *written = Written::Existed(place.take(), Repeat::Yes);
        }
    }
    written
}

/// Whether a server that treats a transaction as a batch could accept a resource without what it refers to.
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

/// Sends each separately, in order, until one is rejected: later ones may refer to it.
pub fn one_by_one(sender: &Sender, writes: &[&Write<'_>]) -> Result<Vec<Written>, Error> {
    in_turn(sender, writes, |_| 1)
}

/// Sends batches of resources that do not refer to each other, until one is rejected.
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
    let (mut all, mut references) = (Vec::with_capacity(writes.len()), NewReferences::new());
    while all.len() < writes.len() {
        let rest = &writes[all.len()..];
        let turn: Vec<Write<'_>> = rest[..count(rest)].iter().map(|write| write.with(&references)).collect();
        let turn: Vec<&Write<'_>> = turn.iter().collect();
        let written = match turn[..] {
            [write] => vec![alone(sender, write)?],
            _ => together(sender, &turn, &bundle(&turn, Mode::Batch, sender.base()))?,
        };
        let written = placed(rest, written);
        for (write, written) in rest.iter().zip(&written) {
            // A server may assign its own id although the request has one.
            if let Written::Taken(Some(reference)) = written {
                let names = write.full_url.into_iter().chain([write.url]).filter(|name| name != reference);
                references.extend(names.map(|name| (name, Some(Cow::Owned(reference.clone())))));
            }
        }
        let missed = missed(rest, &written);
        all.extend(written);
        if let Some(missed) = missed {
            all.resize(writes.len(), missed);
        }
    }
    Ok(all)
}

/// Searches for created resources that others refer to, if the response has no location.
fn placed(writes: &[&Write<'_>], mut written: Vec<Written>) -> Vec<Written> {
    for (write, one) in writes.iter().zip(&mut written) {
        if *one == Written::Taken(None) && write.if_none_exist.is_some() && is_referred_to(write, writes) {
            *one = Written::Existed(None, Repeat::Yes);
        }
    }
    written
}

fn is_referred_to(write: &Write<'_>, by: &[&Write<'_>]) -> bool {
    by.iter().any(|other| refers(other, write))
}

/// The results of resources that may refer to a rejected one, or to one whose place is unknown.
fn missed(writes: &[&Write<'_>], written: &[Written]) -> Option<Written> {
    let is_missed = |(write, written): (&&Write<'_>, &Written)| match written {
        Written::Taken(place) => place.is_none() && is_referred_to(write, writes),
        _ => true,
    };
    if !writes.iter().zip(written).any(is_missed) {
        return None;
    }
    let again = written.iter().find_map(|written| match written {
        Written::Existed(..) => Some(Written::Again(Outcome::ours("not sent yet"), Repeat::No)),
        Written::Again(outcome, _) => Some(Written::Again(outcome.clone(), Repeat::No)),
        Written::Unconditional(outcome) => Some(Written::Unconditional(outcome.clone())),
        _ => None,
    });
    let never = || Written::Rejected(Outcome::ours("not sent, because what it may refer to was not taken"));
    Some(again.unwrap_or_else(never))
}

fn alone(sender: &Sender, write: &Write<'_>) -> Result<Written, Error> {
    let mut request = fhir_write(write.method, write.url, &write.text);
    let conditions = [
        ("if-none-exist", write.if_none_exist),
        ("if-match", write.if_match),
        ("if-none-match", write.if_none_match.then_some("*")),
    ];
    request.headers.extend(conditions.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
    Ok(answer::alone(sender.send(&request, write.safety)?, write))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_says_what_to_do_with_each() {
        let text = Cow::Borrowed("{}");
        let patient = Write { method: "POST", url: "Patient", text, ..Write::default() };
        let patient = Write { if_none_exist: Some("identifier=x"), ..patient };
        let study = Write { method: "PUT", url: "ImagingStudy/1", if_none_match: true, ..patient.clone() };
        let study = Write { if_none_exist: None, ..study };
        let text = bundle(&[&patient, &study], Mode::Transaction, "http://h");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["type"], "transaction");
        assert_eq!(value["entry"][0]["request"]["ifNoneExist"], "identifier=x");
        assert_eq!(value["entry"][1]["fullUrl"], "http://h/ImagingStudy/1");
        assert_eq!(value["entry"][1]["request"]["ifNoneMatch"], "*");
    }
}
