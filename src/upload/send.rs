//! One package, from what it wants to what became of it.

use std::borrow::Cow;
use std::io::{Write as _, stdout};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::Server;
use super::capability::Mode;
use super::identities::Known;
use super::journal::Fate;
use super::outcome::Outcome;
use super::package::{Entry, Package};
use super::plan::{References, Step, Write, reference, step};
use super::server_ids;
use super::submit::{Written, bundle, one_by_one, together};
use super::tally::End;
use crate::error::Error;

/// How often a package that met a conflict is looked at again.
const MAX_CONFLICTS: u32 = 4;
/// Packages in a row that the server did not answer, before the run ends.
const MAX_GIVE_UPS: u32 = 3;

/// What became of a resource, and why where it was not taken.
#[derive(Debug, Clone)]
struct Ended {
    end: End,
    outcome: Option<Outcome>,
    reference: Option<String>,
}

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
    pub(super) fn package(&self, package: &Package) -> Result<(), Error> {
        self.sender.interrupt.check()?;
        let (entries, gone) = match self.takes_ids {
            true => (Cow::Borrowed(package.entries.as_slice()), References::new()),
            false => {
                let (entries, gone) = server_ids::adapt(package.entries.clone());
                (Cow::Owned(entries), gone)
            }
        };
        let _held = self.identities.hold(entries.iter().map(Entry::identity).collect());
        let results = self.results(&entries, gone)?;
        self.record(package, &entries, &results)
    }

    fn results(&self, entries: &[Entry], gone: References) -> Result<Vec<Ended>, Error> {
        let before: Vec<Before> = entries.iter().map(|entry| self.before(entry)).collect();
        let mut results: Vec<Option<Ended>> = before.iter().map(|before| before.result()).collect();
        for round in 1..=MAX_CONFLICTS {
            let open: Vec<usize> = (0..entries.len()).filter(|place| results[*place].is_none()).collect();
            if open.is_empty() {
                break;
            }
            let mut references = gone.clone();
            for (entry, before) in entries.iter().zip(&before) {
                if let (Some(full_url), Before::Known(_, reference)) = (&entry.full_url, before) {
                    references.insert(full_url.clone(), Some(reference.clone()));
                }
            }
            let wanted: Vec<&Entry> = open.iter().map(|place| &entries[*place]).collect();
            let found = self.round(&wanted, references, round == MAX_CONFLICTS)?;
            open.iter().zip(found).for_each(|(place, result)| results[*place] = result);
        }
        let lost = || rejected(Outcome::ours("409: the server's copy kept changing"));
        Ok(results.into_iter().map(|result| result.unwrap_or_else(lost)).collect())
    }

    /// Reads, plans and sends once. What met a conflict has no result, unless it is the last round.
    fn round(&self, wanted: &[&Entry], mut references: References, last: bool) -> Result<Vec<Option<Ended>>, Error> {
        let found = match self.reading.read(&self.sender, wanted)? {
            Ok(found) => found,
            Err(outcome) => return Ok(vec![Some(rejected(outcome)); wanted.len()]),
        };
        for (entry, found) in wanted.iter().zip(&found) {
            if let (Some(full_url), Some(to)) = (&entry.full_url, reference(entry, found, self.allowed)) {
                references.insert(full_url.clone(), Some(to));
            }
        }
        let base = &self.sender.base;
        let steps: Vec<Step> = wanted
            .iter()
            .zip(&found)
            .map(|(entry, found)| step(entry, found, &references, self.allowed, base))
            .collect();
        let places: Vec<Option<String>> =
            wanted.iter().zip(&found).map(|(entry, found)| reference(entry, found, self.allowed)).collect();
        if let Some(results) = stopped(&steps, &places) {
            return Ok(results.into_iter().map(Some).collect());
        }
        let writes: Vec<&Write> = steps.iter().filter_map(Step::write).collect();
        let mut written = if self.dry_run { self.pretend(&writes) } else { self.submit(&writes)? }.into_iter();
        let mut results = Vec::with_capacity(steps.len());
        let mut met_conflict = false;
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

    /// Sends what is to be sent, together if it may be.
    fn submit(&self, writes: &[&Write]) -> Result<Vec<Written>, Error> {
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
    fn pretend(&self, writes: &[&Write]) -> Vec<Written> {
        let mut out = stdout().lock();
        for write in writes {
            let word = if write.is_update { "update" } else { "create" };
            let _ = writeln!(out, "{word} {}", write.url);
        }
        writes.iter().map(|write| Written::Taken(Some(write.url.clone()))).collect()
    }

    /// What the journal and this run know already.
    fn before(&self, entry: &Entry) -> Before {
        if let Some(known) = self.identities.known(&entry.identity())
            && (!self.allowed.overwrite_companions || known.hash == entry.hash)
        {
            return Before::Known(End::Shared, known.reference);
        }
        match self.journal.as_ref().and_then(|journal| journal.past(entry)).filter(|past| past.hash == entry.hash) {
            None => Before::Open,
            Some(past) => match past.fate {
                Fate::Accepted | Fate::Present => {
                    Before::Known(End::Journaled, past.reference.clone().unwrap_or_else(|| entry.key.clone()))
                }
                Fate::Unknown => Before::Unknown,
                Fate::Rejected => Before::Open,
            },
        }
    }

    fn record(&self, package: &Package, entries: &[Entry], results: &[Ended]) -> Result<(), Error> {
        let all = entries.iter().zip(results);
        for (entry, result) in all.clone() {
            if let (true, Some(reference)) = (entry.is_shared() && result.end.is_there(), &result.reference) {
                self.identities.remember(entry.identity(), Known { reference: reference.clone(), hash: entry.hash });
            }
        }
        if let Some(journal) = &self.journal {
            let news = all.clone().filter(|(_, result)| !matches!(result.end, End::Journaled | End::Shared));
            journal.add(news.map(|(entry, result)| (entry, result.end.fate(), result.reference.clone())))?;
        }
        let refused = all.clone().filter(|(_, result)| result.outcome.is_some());
        let refused = refused.max_by_key(|(entry, _)| entry.is_main());
        if let (Some((_, Ended { outcome: Some(outcome), .. })), Some(rejects)) = (refused, &self.rejects) {
            rejects.add(outcome, &package.text)?;
        }
        self.count(all.collect());
        if self.give_ups.load(Relaxed) >= MAX_GIVE_UPS {
            return Err(self.sender.error("it does not answer any more; what was not sent yet was left"));
        }
        Ok(())
    }

    fn count(&self, results: Vec<(&Entry, &Ended)>) {
        let mut tally = self.tally();
        for (entry, result) in results {
            let ends = if entry.is_main() { &mut tally.studies } else { &mut tally.companions };
            ends.add(result.end);
            if let Some(outcome) = &result.outcome {
                tally.refused(&entry.key, &outcome.short);
                self.sender.progress.refused(1);
            }
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

impl End {
    /// Whether the server has it.
    fn is_there(self) -> bool {
        matches!(self, End::Created | End::Updated | End::Unchanged | End::Kept | End::Journaled | End::Shared)
    }

    /// What the journal calls it.
    fn fate(self) -> Fate {
        match self {
            End::Created | End::Updated => Fate::Accepted,
            End::Unchanged | End::Kept | End::Journaled | End::Shared => Fate::Present,
            End::Held | End::Rejected => Fate::Rejected,
            End::Unknown => Fate::Unknown,
        }
    }
}

impl Step {
    fn write(&self) -> Option<&Write> {
        if let Step::Send(write) = self { Some(write) } else { None }
    }
}

fn rejected(outcome: Outcome) -> Ended {
    Ended { end: End::Rejected, outcome: Some(outcome), reference: None }
}

/// What becomes of a package of which something cannot be sent: nothing of it is.
fn stopped(steps: &[Step], places: &[Option<String>]) -> Option<Vec<Ended>> {
    let why = steps.iter().find_map(|step| match step {
        Step::Held(lost) => Some(Outcome::ours(&format!("the server's copy has {lost} instances that this one lacks"))),
        Step::Refused(outcome) => Some(outcome.clone()),
        _ => None,
    })?;
    let one = |(step, place): (&Step, &Option<String>)| match step {
        Step::Unchanged => Ended { end: End::Unchanged, outcome: None, reference: place.clone() },
        Step::Kept => Ended { end: End::Kept, outcome: None, reference: place.clone() },
        Step::Held(_) => Ended { end: End::Held, outcome: Some(why.clone()), reference: None },
        Step::Send(_) | Step::Refused(_) => rejected(why.clone()),
    };
    Some(steps.iter().zip(places).map(one).collect())
}

fn result(step: &Step, written: Option<Written>, reference: Option<String>, last: bool) -> Option<Ended> {
    let there = |end, reference| Some(Ended { end, outcome: None, reference });
    match (step, written) {
        (Step::Unchanged, _) => there(End::Unchanged, reference),
        (Step::Kept, _) => there(End::Kept, reference),
        (Step::Send(write), Some(Written::Taken(place))) => {
            there(if write.is_update { End::Updated } else { End::Created }, place.or(reference))
        }
        (_, Some(Written::Conflict(_))) if !last => None,
        (_, Some(Written::Unknown(outcome))) => {
            Some(Ended { end: End::Unknown, outcome: Some(outcome), reference: None })
        }
        (_, Some(Written::Conflict(outcome) | Written::Rejected(outcome))) => Some(rejected(outcome)),
        (_, Some(Written::TooLarge(outcome) | Written::GaveUp(outcome))) => Some(rejected(outcome)),
        (Step::Held(_) | Step::Refused(_) | Step::Send(_), None) => {
            Some(rejected(Outcome::ours("the server said nothing of it")))
        }
        (Step::Held(_) | Step::Refused(_), Some(Written::Taken(_))) => None,
    }
}
