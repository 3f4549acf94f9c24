//! What the server has already of a package: one batch of reads where the server takes batches, else one read each.
//!
//! Each resource is read by the id that is ours, by the one that the server was seen to use, and searched by its
//! identifier. No single answer is believed where another can be had: searches may be cached, or lag behind writes.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::identified::{Token, study_id, uid_search};
use super::json::push_quoted;
use super::outcome::Outcome;
use super::package::{Entry, Target};
use super::server_copy::{Bundle, Found, Page, Read, ServerCopy, read};
use super::{fhir_read, fhir_write};
use crate::error::Error;
use crate::http::{Answer, Safety, Sender, Sent};

/// Pages of one search that are read.
const MAX_PAGES: usize = 20;

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
    takes_ids: bool,
}

/// What is wanted: a resource, and where the server was seen to have it.
pub type Wanted<'w> = (&'w Entry<'w>, Option<&'w str>);

/// One read of a resource.
struct Ask {
    /// Which of the wanted it is for.
    of: usize,
    /// `Type/id` or `Type?search`.
    path: String,
}

/// What came of many reads in one request.
enum Batch {
    Read(Vec<Read>),
    GaveUp(String),
    /// Not this time, or this batch.
    Failed,
    /// The server takes no batches, or not such ones.
    Refused,
}

/// A result, or why there is none; an error ends the run.
type Known<T> = Result<Result<T, Unread>, Error>;

/// The value, or the function returns why there is none.
macro_rules! known {
    ($result:expr) => {
        match $result? {
            Ok(value) => value,
            Err(unread) => return Ok(Err(unread)),
        }
    };
}

impl Lookup {
    /// By batches or not; whether ids of ours can be there.
    pub fn new(batch: bool, takes_ids: bool) -> Lookup {
        Lookup { batch: AtomicBool::new(batch), takes_ids }
    }

    /// What the server has of each resource, or why that cannot be known.
    pub fn read(&self, sender: &Sender, wanted: &[Wanted<'_>]) -> Known<Vec<Found>> {
        let asks: Vec<Ask> = wanted.iter().enumerate().flat_map(|(of, wanted)| self.asks(of, *wanted)).collect();
        let answers = known!(self.answers(sender, wanted, &asks));
        let mut all: Vec<Vec<(bool, Read)>> = wanted.iter().map(|_| Vec::new()).collect();
        for (ask, answer) in asks.iter().zip(answers) {
            all[ask.of].push((ask.path.contains('?'), answer));
        }
        let mut found = Vec::with_capacity(wanted.len());
        for ((entry, _), answers) in wanted.iter().zip(all) {
            found.push(known!(one(sender, entry, answers)));
        }
        Ok(Ok(found))
    }

    /// The reads that a resource takes.
    fn asks(&self, of: usize, (entry, place): Wanted<'_>) -> impl Iterator<Item = Ask> {
        let own = match &entry.target {
            Target::Id(id) => Some(id.to_string()),
            Target::Create { id: Some(id), .. } if self.takes_ids => Some(format!("{}/{id}", entry.kind)),
            Target::Update(_) if self.takes_ids => study_id(entry).map(|id| format!("{}/{id}", entry.kind)),
            _ => None,
        };
        let search = match &entry.target {
            Target::Id(_) => uid_search(entry),
            Target::Update(search) | Target::Create { search, .. } => Some(search.clone()),
            Target::New => None,
        };
        let place = place.filter(|place| own.as_deref() != Some(place)).map(str::to_string);
        [own, place, search].into_iter().flatten().map(move |path| Ask { of, path })
    }

    fn answers(&self, sender: &Sender, wanted: &[Wanted<'_>], asks: &[Ask]) -> Known<Vec<Read>> {
        let kind = |ask: &Ask| &*wanted[ask.of].0.kind;
        let reads: Vec<(&str, &str)> = asks.iter().map(|ask| (ask.path.as_str(), kind(ask))).collect();
        let batch = if reads.len() > 1 && self.batch.load(Relaxed) { batch(sender, &reads)? } else { Batch::Failed };
        let is_refused = match batch {
            Batch::Read(found) => return Ok(Ok(found)),
            Batch::GaveUp(why) => return Ok(Err(Unread::GaveUp(unreadable(&why)))),
            Batch::Failed => false,
            Batch::Refused => true,
        };
        let mut all = Vec::with_capacity(reads.len());
        for (path, kind) in reads {
            all.push(known!(single(sender, path, kind)));
        }
        if is_refused {
            // Each by itself was answered: it was the batch that the server did not like.
            self.batch.store(false, Relaxed);
        }
        Ok(Ok(all))
    }
}

/// What the answers of all reads of a resource come to; each is by search or by id.
fn one(sender: &Sender, entry: &Entry<'_>, answers: Vec<(bool, Read)>) -> Known<Found> {
    let is_there = answers.iter().any(|(_, read)| matches!(read, Read::Found(Found::One(_))));
    let token = is_there.then(|| Token::of(entry)).flatten();
    let (mut copies, mut searched) = (Vec::<ServerCopy>::new(), Vec::new());
    let (mut is_deleted, mut other) = (false, None);
    for (is_search, answer) in answers {
        match answer {
            Read::Found(Found::One(copy)) if token.as_ref().is_some_and(|token| token.contradicts(&copy.text)) => {
                other = Some(copy.reference);
            }
            Read::Found(Found::One(copy)) if !is_search => copies.push(copy),
            Read::Found(Found::Deleted) => is_deleted = true,
            Read::Found(Found::One(copy)) => searched.push(copy),
            Read::Found(_) => {}
            Read::Page(page) => searched.extend(known!(rest(sender, page, &entry.kind))),
        }
    }
    copies.dedup_by(|copy, first| copy.reference == first.reference);
    searched.retain(|copy| copies.iter().all(|read| read.reference != copy.reference));
    searched.dedup_by(|copy, first| copy.reference == first.reference);
    // What only a search has is read itself where it is to be changed, or where it makes a second one.
    let is_in_doubt = entry.is_main() || copies.len() + searched.len() > 1;
    for copy in searched {
        if !is_in_doubt {
            copies.push(copy);
        } else if let Read::Found(Found::One(copy)) = known!(single(sender, &copy.reference, &entry.kind)) {
            copies.push(copy);
        }
    }
    Ok(Ok(match (copies.pop(), copies.is_empty()) {
        (Some(copy), true) => Found::One(copy),
        (Some(_), false) => Found::Several,
        (None, _) if is_deleted => Found::Deleted,
        (None, _) => other.map_or(Found::Nothing, Found::Other),
    }))
}

/// All that a search finds, page by page, until it is too much.
fn rest(sender: &Sender, mut page: Page, kind: &str) -> Known<Vec<ServerCopy>> {
    let mut copies = page.copies;
    for _ in 0..MAX_PAGES {
        let Some(next) = page.next.filter(|_| copies.len() < 2) else { return Ok(Ok(copies)) };
        let Some(path) = below(&next, sender.base()) else {
            return Ok(Err(Unread::Refused(unreadable("a search goes on at another address"))));
        };
        page = match known!(single(sender, path, kind)) {
            Read::Page(page) => page,
            Read::Found(_) => return Ok(Err(Unread::Refused(unreadable("a page of a search is missing")))),
        };
        copies.append(&mut page.copies);
    }
    Ok(Err(Unread::Refused(unreadable("a search does not end"))))
}

/// An address of the server as a path below its base.
fn below<'a>(address: &'a str, base: &str) -> Option<&'a str> {
    match address.strip_prefix(base) {
        Some(rest) if rest.starts_with(['/', '?']) => Some(rest.trim_start_matches('/')),
        None if !address.contains("://") => Some(address.trim_start_matches('/')),
        _ => None,
    }
}

fn single(sender: &Sender, path: &str, kind: &str) -> Known<Read> {
    Ok(match sender.send(&fhir_read(path), Safety::Repeatable)? {
        Sent::Answer(answer) => {
            read(&answer.status.to_string(), answer.header("etag"), &answer.body, kind).map_err(Unread::Refused)
        }
        Sent::GaveUp(why) | Sent::Unknown(why) => Err(Unread::GaveUp(unreadable(&why))),
        Sent::Refused(why) => Err(Unread::Refused(unreadable(&why))),
    })
}

fn unreadable(why: &str) -> Outcome {
    Outcome::ours(&format!("the server cannot be read: {why}"))
}

fn batch(sender: &Sender, reads: &[(&str, &str)]) -> Result<Batch, Error> {
    let mut body = String::with_capacity(64 + reads.iter().map(|(path, _)| path.len() + 64).sum::<usize>());
    body.push_str(r#"{"resourceType":"Bundle","type":"batch","entry":["#);
    for (place, (path, _)) in reads.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        body.extend([comma, r#"{"request":{"method":"GET","url":"#]);
        push_quoted(&mut body, path);
        body.push_str("}}");
    }
    body.push_str("]}");
    Ok(match sender.send(&fhir_write("POST", "", &body), Safety::Repeatable)? {
        Sent::Answer(Answer { status: 200, body, .. }) => answers(&body, reads),
        Sent::Answer(answer) => failed(&answer.status.to_string()),
        Sent::GaveUp(why) | Sent::Unknown(why) => Batch::GaveUp(why),
        Sent::Refused(_) => Batch::Failed,
    })
}

/// What the answer to a batch says of each read.
fn answers(body: &[u8], reads: &[(&str, &str)]) -> Batch {
    let Ok(bundle) = serde_json::from_slice::<Bundle<'_>>(body) else { return Batch::Refused };
    if bundle.entry.len() != reads.len() {
        return Batch::Refused;
    }
    let mut all = Vec::with_capacity(reads.len());
    for (entry, (_, kind)) in bundle.entry.iter().zip(reads) {
        match entry.read(kind) {
            Ok(found) => all.push(found),
            Err(_) => return failed(entry.status()),
        }
    }
    Batch::Read(all)
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

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn a_next_page_is_below_the_base() {
        for (address, want) in [
            ("http://h/fhir?_getpages=1", Some("?_getpages=1")),
            ("http://h/fhir/Patient?page=2", Some("Patient?page=2")),
            ("Patient?page=2", Some("Patient?page=2")),
            ("http://h/fhir2/Patient?page=2", None),
            ("http://evil/fhir?_getpages=1", None),
        ] {
            assert_eq!(below(address, "http://h/fhir"), want, "{address}");
        }
    }
}
