//! Looks up which resources of a package the server already has: by one batch of reads if the server supports batches,
//! else one by one.
//!
//! Each resource is read by our id, by the id that the server was seen to use, and searched by its identifier. Several
//! lookups are combined, because searches may be cached or lag behind writes.

mod copy;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::json::push_quoted;
use super::package::{Entry, Target};
use super::rejects::Outcome;
use super::response::Response;
use super::{fhir_read, fhir_write};
use crate::error::Error;
use crate::http::{Answer, Safety, Sender, Sent};
pub use copy::{Found, ServerCopy};
use copy::{Read, read, read_entry};

/// The most pages of one search.
const MAX_PAGES: usize = 20;

/// Why a lookup failed.
#[derive(Debug)]
pub enum Unread {
    /// The server did not respond.
    GaveUp(Outcome),
    /// The server refused.
    Refused(Outcome),
    /// The run ends.
    Stop(Error),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Unread {
        Unread::Stop(error)
    }
}

/// Looks up resources.
#[derive(Debug)]
pub struct Lookup {
    batch: AtomicBool,
    takes_ids: bool,
}

/// A resource to look up, and the reference under which the server was seen to have it.
pub type Wanted<'w> = (&'w Entry<'w>, Option<&'w str>);

/// One read of a resource.
struct Ask<'w> {
    /// Index of the wanted resource.
    of: usize,
    /// `Type/id` or `Type?search`.
    path: &'w str,
    /// The type.
    kind: &'w str,
}

impl Ask<'_> {
    fn is_search(&self) -> bool {
        self.path.contains('?')
    }
}

/// The result of a batch of reads.
enum Batch {
    Read(Vec<Read>),
    /// This batch failed.
    Failed,
    /// The server does not support such batches.
    Refused,
}

impl Lookup {
    /// `batch`: whether to use batches; `takes_ids`: whether the server accepts our ids.
    pub fn new(batch: bool, takes_ids: bool) -> Lookup {
        Lookup { batch: AtomicBool::new(batch), takes_ids }
    }

    /// The server's copy of each resource, or why the lookup failed.
    pub fn read(&self, sender: &Sender, wanted: &[Wanted<'_>]) -> Result<Vec<Found>, Unread> {
        let asks: Vec<Ask<'_>> = wanted.iter().enumerate().flat_map(|(of, wanted)| self.asks(of, *wanted)).collect();
        let mut all: Vec<Vec<(bool, Read)>> = wanted.iter().map(|_| Vec::new()).collect();
        for (ask, answer) in asks.iter().zip(self.answers(sender, &asks)?) {
            all[ask.of].push((ask.is_search(), answer));
        }
        wanted.iter().zip(all).map(|((entry, _), answers)| one(sender, entry, answers)).collect()
    }

    /// The reads for one resource.
    fn asks<'w>(&self, of: usize, (entry, seen): Wanted<'w>) -> impl Iterator<Item = Ask<'w>> + use<'w> {
        let is_ours = entry.target == Target::Put || self.takes_ids;
        let own = entry.place.as_deref().filter(|_| is_ours);
        let seen = seen.filter(|place| own != Some(place));
        let search = entry.search.as_ref().map(|search| search.query.as_str());
        [own, seen, search].into_iter().flatten().map(move |path| Ask { of, path, kind: &entry.kind })
    }

    fn answers(&self, sender: &Sender, asks: &[Ask<'_>]) -> Result<Vec<Read>, Unread> {
        let batch = if asks.len() > 1 && self.batch.load(Relaxed) { batch(sender, asks)? } else { Batch::Failed };
        if let Batch::Read(found) = batch {
            return Ok(found);
        }
        let all = asks.iter().map(|ask| single(sender, ask.path, ask.kind)).collect::<Result<_, _>>()?;
        if matches!(batch, Batch::Refused) {
            // Single reads succeeded, so the batch was the problem.
            self.batch.store(false, Relaxed);
        }
        Ok(all)
    }
}

/// Combines the responses to all reads of a resource; each is by search or by id.
fn one(sender: &Sender, entry: &Entry<'_>, answers: Vec<(bool, Read)>) -> Result<Found, Unread> {
    let is_other = |copy: &ServerCopy| entry.search.as_ref().is_some_and(|search| search.contradicts(&copy.resource));
    let (mut copies, mut searched) = (Vec::<ServerCopy>::new(), Vec::new());
    let (mut is_deleted, mut other) = (false, None);
    for (is_search, answer) in answers {
        match answer {
            Read::One(copy) if is_other(&copy) => other = Some(copy.reference),
            Read::One(copy) if is_search => searched.push(copy),
            Read::One(copy) => copies.push(copy),
            Read::Deleted => is_deleted = true,
            Read::Nothing => {}
            Read::Page(found, next) => searched.extend(rest(sender, found, next, &entry.kind)?),
        }
    }
    copies.dedup_by(|copy, first| copy.reference == first.reference);
    searched.retain(|copy| copies.iter().all(|read| read.reference != copy.reference));
    searched.dedup_by(|copy, first| copy.reference == first.reference);
    // A copy found only by search is read itself if it is to be changed or would be a duplicate.
    let is_in_doubt = entry.is_main() || copies.len() + searched.len() > 1;
    for copy in searched {
        if !is_in_doubt {
            copies.push(copy);
        } else if let Read::One(copy) = single(sender, &copy.reference, &entry.kind)? {
            copies.push(copy);
        }
    }
    // A copy at our id without the identifier is not the one that has the identifier now.
    let has_it = |copy: &ServerCopy| entry.search.as_ref().is_some_and(|search| search.is_had_by(&copy.resource));
    if !entry.is_main() && copies.iter().any(has_it) {
        copies.retain(has_it);
    }
    Ok(match (copies.pop(), copies.is_empty()) {
        (Some(copy), true) => Found::One(copy),
        (Some(_), false) => Found::Several,
        (None, _) if is_deleted => Found::Deleted,
        (None, _) => other.map_or(Found::Nothing, Found::Other),
    })
}

/// All results of a search, page by page, up to a limit.
fn rest(
    sender: &Sender,
    mut copies: Vec<ServerCopy>,
    mut next: Option<String>,
    kind: &str,
) -> Result<Vec<ServerCopy>, Unread> {
    let refused = |why| Err(Unread::Refused(unreadable(why)));
    for _ in 0..MAX_PAGES {
        let Some(address) = next.filter(|_| copies.len() < 2) else { return Ok(copies) };
        let Some(path) = below(&address, sender.base()) else { return refused("a search goes on at another address") };
        match single(sender, path, kind)? {
            Read::Page(more, then) => (copies, next) = ([copies, more].concat(), then),
            _ => return refused("a page of a search is missing"),
        }
    }
    refused("a search does not end")
}

/// A URL of the server as a path relative to its base.
fn below<'a>(address: &'a str, base: &str) -> Option<&'a str> {
    match address.strip_prefix(base) {
        Some(rest) if rest.starts_with(['/', '?']) => Some(rest.trim_start_matches('/')),
        None if !address.contains("://") => Some(address.trim_start_matches('/')),
        _ => None,
    }
}

fn single(sender: &Sender, path: &str, kind: &str) -> Result<Read, Unread> {
    match sender.send(&fhir_read(path), Safety::Repeatable)? {
        Sent::Answer(answer) => {
            read(&answer.status.to_string(), answer.header("etag"), &answer.body, kind).map_err(Unread::Refused)
        }
        Sent::GaveUp(why) | Sent::Cut(why) | Sent::Unknown(why) => Err(Unread::GaveUp(unreadable(&why))),
        Sent::Refused(why) => Err(Unread::Refused(unreadable(&why))),
    }
}

fn unreadable(why: &str) -> Outcome {
    Outcome::ours(&format!("the server cannot be read: {why}"))
}

fn batch(sender: &Sender, asks: &[Ask<'_>]) -> Result<Batch, Unread> {
    let mut body = String::from(r#"{"resourceType":"Bundle","type":"batch","entry":["#);
    for (place, ask) in asks.iter().enumerate() {
        body.push_str(if place == 0 { "" } else { "," });
        body.push_str(r#"{"request":{"method":"GET","url":"#);
        push_quoted(&mut body, ask.path);
        body.push_str("}}");
    }
    body.push_str("]}");
    Ok(match sender.send(&fhir_write("POST", "", &body), Safety::Repeatable)? {
        Sent::Answer(Answer { status: 200, body, .. }) => answers(&body, asks),
        Sent::Answer(answer) => failed(&answer.status.to_string()),
        Sent::GaveUp(why) | Sent::Cut(why) | Sent::Unknown(why) => return Err(Unread::GaveUp(unreadable(&why))),
        Sent::Refused(_) => Batch::Failed,
    })
}

/// Parses the response to a batch.
fn answers(body: &[u8], asks: &[Ask<'_>]) -> Batch {
    let Ok(bundle) = serde_json::from_slice::<Response<'_>>(body) else { return Batch::Refused };
    if bundle.entry.len() != asks.len() {
        return Batch::Refused;
    }
    let mut all = Vec::with_capacity(asks.len());
    for (entry, ask) in bundle.entry.iter().zip(asks) {
        match read_entry(entry, ask.kind) {
            Ok(found) => all.push(found),
            Err(_) => return failed(entry.status()),
        }
    }
    Batch::Read(all)
}

/// Whether a status means that batches are not supported. Others are temporary or concern this batch.
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
