//! What the server has already of a package: one batch of reads where the server takes batches, else one read each.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::exchange::{Answer, Request};
use super::json::push_quoted;
use super::outcome::Outcome;
use super::package::{Entry, Target};
use super::retry::Safety;
use super::sender::{Sender, Sent};
use super::server_copy::{Bundle, Found, found};
use crate::error::Error;

/// Why it is not known what the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It did not answer.
    GaveUp(Outcome),
    /// It does not say.
    Refused(Outcome),
}

/// Reads what is there.
#[derive(Debug)]
pub struct Lookup {
    batch: AtomicBool,
}

/// What came of many reads in one request.
enum Batch {
    Found(Vec<Found>),
    GaveUp(String),
    /// Not this time, or this batch.
    Failed,
    /// The server takes no batches, or not such ones.
    Refused,
}

impl Lookup {
    /// By batches or not.
    pub fn new(batch: bool) -> Lookup {
        Lookup { batch: AtomicBool::new(batch) }
    }

    /// What the server has of each entry, or why that cannot be known.
    pub fn read(&self, sender: &Sender, entries: &[&Entry<'_>]) -> Result<Result<Vec<Found>, Unread>, Error> {
        let paths: Vec<Option<&str>> = entries.iter().map(|entry| path(entry)).collect();
        let wanted: Vec<&str> = paths.iter().flatten().copied().collect();
        let batch = if wanted.len() > 1 && self.batch.load(Relaxed) { batch(sender, &wanted)? } else { Batch::Failed };
        let is_refused = match batch {
            Batch::Found(found) => return Ok(Ok(spread(&paths, found))),
            Batch::GaveUp(why) => return Ok(Err(Unread::GaveUp(unreadable(&why)))),
            Batch::Failed => false,
            Batch::Refused => true,
        };
        let mut all = Vec::with_capacity(wanted.len());
        for path in wanted {
            match single(sender, path)? {
                Ok(found) => all.push(found),
                Err(unread) => return Ok(Err(unread)),
            }
        }
        if is_refused {
            // Each by itself was answered: it was the batch that the server did not like.
            self.batch.store(false, Relaxed);
        }
        Ok(Ok(spread(&paths, all)))
    }
}

/// What was found, with nothing for those that were not asked for.
fn spread(paths: &[Option<&str>], found: Vec<Found>) -> Vec<Found> {
    let mut found = found.into_iter();
    paths.iter().map(|path| path.and_then(|_| found.next()).unwrap_or(Found::Nothing)).collect()
}

fn path<'e>(entry: &'e Entry<'_>) -> Option<&'e str> {
    match &entry.target {
        Target::Id(id) => Some(id),
        Target::Update(search) | Target::Create { search, .. } => Some(search),
        Target::New => None,
    }
}

fn single(sender: &Sender, path: &str) -> Result<Result<Found, Unread>, Error> {
    Ok(match sender.send(&Request::get(path), Safety::Repeatable)? {
        Sent::Answer(answer) => found(&answer.status.to_string(), &answer.body).map_err(Unread::Refused),
        Sent::GaveUp(why) | Sent::Unknown(why) => Err(Unread::GaveUp(unreadable(&why))),
        Sent::Refused(why) => Err(Unread::Refused(unreadable(&why))),
    })
}

fn unreadable(why: &str) -> Outcome {
    Outcome::ours(&format!("the server cannot be read: {why}"))
}

fn batch(sender: &Sender, paths: &[&str]) -> Result<Batch, Error> {
    let mut body = String::with_capacity(64 + paths.iter().map(|path| path.len() + 64).sum::<usize>());
    body.push_str(r#"{"resourceType":"Bundle","type":"batch","entry":["#);
    for (place, path) in paths.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        body.extend([comma, r#"{"request":{"method":"GET","url":"#]);
        push_quoted(&mut body, path);
        body.push_str("}}");
    }
    body.push_str("]}");
    Ok(match sender.send(&Request::write("POST", "", body.as_bytes()), Safety::Repeatable)? {
        Sent::Answer(Answer { status: 200, body, .. }) => answers(&body, paths.len()),
        Sent::Answer(answer) => failed(&answer.status.to_string()),
        Sent::GaveUp(why) | Sent::Unknown(why) => Batch::GaveUp(why),
        Sent::Refused(_) => Batch::Failed,
    })
}

/// What the answer to a batch says of each read.
fn answers(body: &[u8], reads: usize) -> Batch {
    let Ok(bundle) = serde_json::from_slice::<Bundle<'_>>(body) else { return Batch::Refused };
    if bundle.entry.len() != reads {
        return Batch::Refused;
    }
    let mut all = Vec::with_capacity(reads);
    for entry in &bundle.entry {
        match entry.found() {
            Ok(found) => all.push(found),
            Err(_) => return failed(entry.status()),
        }
    }
    Batch::Found(all)
}

/// Whether a status is about batches as such. Others may pass, or are about what is in this batch.
fn failed(status: &str) -> Batch {
    match status.get(..3).unwrap_or(status) {
        "408" | "409" | "413" | "429" => Batch::Failed,
        "501" => Batch::Refused,
        other if other.starts_with(['3', '5']) => Batch::Failed,
        _ => Batch::Refused,
    }
}
