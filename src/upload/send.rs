//! One package, from what it wants to what became of it.

use std::borrow::Cow;
use std::io::{Write as _, stdout};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::Server;
use super::capability::Mode;
use super::counts::End;
use super::identities::Known;
use super::journal::Fate;
use super::json::References;
use super::lookup::Unread;
use super::outcome::Outcome;
use super::package::{Entry, Package};
use super::plan::{Step, Write, reference, step};
use super::record::{Ended, rejected, result, stopped};
use super::server_copy::Found;
use super::server_ids;
use super::submit::{Written, bundle, one_by_one, together};
use super::whose;
use crate::error::Error;

/// How often a package that met a conflict is looked at again.
const MAX_CONFLICTS: u32 = 4;

/// What is known of a resource before anything is sent.
enum Before {
    /// It is on the server, by this reference: the journal says so, or this run has seen to it.
    Known(End, String),
    /// It was sent, may not be sent again, and nobody knows more.
    Unknown,
    /// Nothing.
    Open,
}

impl Server {
    /// Sends a package, and records what became of it.
    pub(super) fn package(&self, package: &Package<'_>) -> Result<(), Error> {
        self.sender.interrupt.check()?;
        let (entries, gone) = match self.takes_ids {
            true => (Cow::Borrowed(package.entries.as_slice()), References::new()),
            false => {
                let (entries, gone) = server_ids::adapt(&package.entries);
                (Cow::Owned(entries), gone)
            }
        };
        let identities: Vec<&str> = entries.iter().map(Entry::identity).collect();
        let is_of_use = |place: usize, known: &Known| {
            let is_same = known.hash == entries[place].hash;
            (is_same || !self.allowed.overwrite_companions) && (is_same || known.subject == entries[place].subject())
        };
        let (_held, known) = self.identities.hold(&identities, is_of_use);
        let before = entries.iter().zip(known).map(|(entry, known)| self.before(entry, known)).collect();
        let results = self.results(&entries, before, &gone)?;
        self.record(package, &entries, &results)
    }

    fn results(&self, entries: &[Entry<'_>], before: Vec<Before>, gone: &References<'_>) -> Result<Vec<Ended>, Error> {
        let mut results: Vec<Option<Ended>> = before.iter().map(|before| before.result()).collect();
        for round in 1..=MAX_CONFLICTS {
            let open: Vec<usize> = (0..entries.len()).filter(|place| results[*place].is_none()).collect();
            if open.is_empty() {
                break;
            }
            let mut references = gone.clone();
            for (entry, before) in entries.iter().zip(&before) {
                if let (Some(full_url), Before::Known(_, reference)) = (&entry.full_url, before) {
                    references.insert(full_url, Some(Cow::Borrowed(reference)));
                }
            }
            let wanted: Vec<&Entry<'_>> = open.iter().map(|place| &entries[*place]).collect();
            let found = self.round(&wanted, references, round == MAX_CONFLICTS)?;
            open.iter().zip(found).for_each(|(place, result)| results[*place] = result);
        }
        let lost = || rejected(Outcome::ours("409: the server's copy kept changing"));
        Ok(results.into_iter().map(|result| result.unwrap_or_else(lost)).collect())
    }

    /// Reads, plans and sends once. What met a conflict has no result, unless it is the last round.
    fn round(&self, wanted: &[&Entry<'_>], known: References<'_>, last: bool) -> Result<Vec<Option<Ended>>, Error> {
        let found = match self.lookup.read(&self.sender, wanted)? {
            Ok(found) => found,
            Err(Unread::Refused(outcome)) => return Ok(vec![Some(rejected(outcome)); wanted.len()]),
            Err(Unread::GaveUp(outcome)) => {
                self.give_ups.fetch_add(1, Relaxed);
                return Ok(vec![Some(rejected(outcome)); wanted.len()]);
            }
        };
        let places: Vec<Option<Cow<'_, str>>> =
            wanted.iter().zip(&found).map(|(entry, found)| reference(entry, found, self.allowed)).collect();
        let mut references = known;
        for (entry, place) in wanted.iter().zip(&places) {
            if let (Some(full_url), Some(to)) = (&entry.full_url, place) {
                references.insert(full_url, Some(Cow::Borrowed(to)));
            }
        }
        let base = &self.sender.base;
        let steps: Vec<Step<'_>> = wanted
            .iter()
            .zip(&found)
            .map(|(entry, found)| step(entry, found, &references, self.allowed, base))
            .collect();
        if let Some(results) = stopped(&steps, &places) {
            return Ok(results.into_iter().map(Some).collect());
        }
        self.note_contradictions(wanted, &found);
        let writes: Vec<&Write<'_>> = steps.iter().filter_map(Step::write).collect();
        let mut written = if self.dry_run { self.pretend(&writes) } else { self.submit(&writes)? }.into_iter();
        let mut results = Vec::with_capacity(steps.len());
        let mut met_conflict = false;
        drop(references);
        for (step, place) in steps.iter().zip(places) {
            let written = step.write().and_then(|_| written.next());
            met_conflict |= matches!(written, Some(Written::Conflict(_)));
            results.push(result(step, written, place, last));
        }
        if met_conflict && !last {
            self.sender
                .clock
                .sleep(Duration::from_millis(500).mul_f64(self.sender.clock.random()), &self.sender.interrupt);
        }
        Ok(results)
    }

    /// Names the server's Patients that contradict ours: the Patient ID may be another person's there.
    fn note_contradictions(&self, wanted: &[&Entry<'_>], found: &[Found]) {
        for (entry, found) in wanted.iter().zip(found).filter(|(entry, _)| entry.kind == "Patient") {
            let Found::One(stored) = found else { continue };
            let what = whose::contradictions(&entry.text, &stored.text);
            if !what.is_empty() {
                self.counts().contradicts(&entry.key, &what);
            }
        }
    }

    /// Sends what is to be sent, together if it may be.
    fn submit(&self, writes: &[&Write<'_>]) -> Result<Vec<Written>, Error> {
        let written = match writes {
            [] => Vec::new(),
            [_] => one_by_one(&self.sender, writes)?,
            _ if self.mode == Mode::Put || writes.len() > self.max_entries => one_by_one(&self.sender, writes)?,
            _ => {
                let body = bundle(writes, self.mode, &self.sender.base);
                if body.len() > self.max_bytes {
                    one_by_one(&self.sender, writes)?
                } else {
                    let written = together(&self.sender, writes, &body)?;
                    match written.first() {
                        // The companions may fit without the study.
                        Some(Written::TooLarge(_)) => one_by_one(&self.sender, writes)?,
                        _ => written,
                    }
                }
            }
        };
        let gave_up = written.iter().any(|written| matches!(written, Written::GaveUp(_)));
        match (gave_up, written.is_empty()) {
            (true, _) => drop(self.give_ups.fetch_add(1, Relaxed)),
            (false, false) => self.give_ups.store(0, Relaxed),
            (false, true) => {}
        }
        Ok(written)
    }

    /// Says what would be sent.
    fn pretend(&self, writes: &[&Write<'_>]) -> Vec<Written> {
        let mut out = stdout().lock();
        for write in writes {
            let word = if write.is_update { "update" } else { "create" };
            let _ = writeln!(out, "{word} {}", write.url);
        }
        writes.iter().map(|write| Written::Taken(Some(write.url.to_string()))).collect()
    }

    /// What the journal and this run know already.
    fn before(&self, entry: &Entry<'_>, known: Option<Known>) -> Before {
        if let Some(known) = known {
            return Before::Known(End::Shared, known.reference);
        }
        match self.journal.as_ref().and_then(|journal| journal.past(entry)).filter(|past| past.hash == entry.hash) {
            None => Before::Open,
            Some(past) => match past.fate {
                Fate::Accepted | Fate::Present => {
                    Before::Known(End::Journaled, past.reference.clone().unwrap_or_else(|| entry.key.to_string()))
                }
                Fate::Unknown => Before::Unknown,
                Fate::Rejected => Before::Open,
            },
        }
    }
}

impl Before {
    fn result(&self) -> Option<Ended> {
        match self {
            Before::Known(end, reference) => {
                Some(Ended { end: *end, outcome: None, reference: Some(reference.clone()) })
            }
            Before::Unknown => {
                let outcome = Outcome::ours("an earlier run sent it, and nobody knows whether it arrived");
                Some(Ended { end: End::Unknown, outcome: Some(outcome), reference: None })
            }
            Before::Open => None,
        }
    }
}

impl<'e> Step<'e> {
    fn write(&self) -> Option<&Write<'e>> {
        if let Step::Send(write) = self { Some(write) } else { None }
    }
}
