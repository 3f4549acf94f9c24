//! What became of the resources of a package: in the journal, among the rejects, and in the numbers of the run.

use std::borrow::Cow;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;

use super::Server;
use super::counts::End;
use super::identities::Known;
use super::journal::Fate;
use super::outcome::Outcome;
use super::package::{Entry, Package, Target};
use super::plan::Step;
use super::submit::{Repeat, Written};
use crate::error::Error;

/// Packages in a row that the server did not answer, before the run ends.
const MAX_GIVE_UPS: u32 = 3;

/// What became of a resource, and why where it was not taken.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    /// What became of it.
    pub end: End,
    /// Why it was not taken.
    pub outcome: Option<Outcome>,
    /// How the server calls it.
    pub reference: Option<String>,
}

impl Server {
    /// Keeps what became of a package.
    pub(super) fn record(&self, package: &Package<'_>, entries: &[Entry<'_>], results: &[Ended]) -> Result<(), Error> {
        let all = entries.iter().zip(results);
        for (entry, result) in all.clone() {
            if let (true, Some(reference)) = (entry.is_shared() && result.end.is_there(), &result.reference) {
                self.identities.remember(entry.identity(), Known::of(entry, reference));
            }
        }
        self.note_elsewhere(all.clone());
        if let Some(journal) = &self.journal {
            let news = all.clone().filter(|(_, result)| !matches!(result.end, End::Journaled | End::Shared));
            journal.add(news.map(|(entry, result)| (entry, result.end.fate(), result.reference.as_deref())))?;
        }
        let refused = all.clone().filter(|(_, result)| result.outcome.is_some());
        let refused = refused.max_by_key(|(entry, _)| entry.is_main());
        if let (Some((_, Ended { outcome: Some(outcome), .. })), Some(rejects)) = (refused, &self.rejects) {
            rejects.add(outcome, package.text)?;
        }
        if let Some(list) = &self.not_taken {
            for (entry, result) in all.clone() {
                let Some(outcome) = &result.outcome else { continue };
                list.add(&entry.key, result.end.name(), &outcome.short).map_err(not_listed)?;
            }
        }
        self.count(all.collect());
        if self.give_ups.load(Relaxed) >= MAX_GIVE_UPS {
            return Err(self.sender.error("it does not answer any more; what was not sent yet was left"));
        }
        Ok(())
    }

    fn note_elsewhere<'a>(&self, all: impl Iterator<Item = (&'a Entry<'a>, &'a Ended)>) {
        let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        for (entry, result) in all {
            let is_at_home = result.reference.as_deref().is_none_or(|reference| reference == entry.key);
            match result.end {
                End::Held | End::Rejected => drop(elsewhere.insert(entry.key.to_string(), None)),
                End::Unknown => {}
                // Those that are created have an entry that others refer to.
                _ if is_at_home || matches!(entry.target, Target::Create { .. } | Target::New) => {
                    elsewhere.remove(&*entry.key);
                }
                _ => drop(elsewhere.insert(entry.key.to_string(), result.reference.clone())),
            }
        }
    }

    fn count(&self, results: Vec<(&Entry<'_>, &Ended)>) {
        let mut counts = self.counts();
        for (entry, result) in results {
            let ends = if entry.is_main() { &mut counts.studies } else { &mut counts.companions };
            ends.add(result.end);
            if let Some(outcome) = &result.outcome {
                counts.refused(&entry.key, &outcome.short);
                self.progress.refused(1);
            }
        }
    }
}

fn not_listed(source: std::io::Error) -> Error {
    Error::Write { path: "a temporary file".into(), source }
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

/// What is known of a resource while its package is sent.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// What became of it, once that is known.
    pub ended: Option<Ended>,
    /// Where the server was seen to have it.
    pub place: Option<String>,
    /// It was sent without an answer, so that what is there may be ours.
    pub sent: Option<End>,
}

impl State {
    /// Of a resource that is known.
    pub fn of(end: End, reference: Option<String>) -> State {
        State { ended: Some(Ended { end, outcome: None, reference }), ..State::default() }
    }

    /// Of one that may be on the server, and must not be sent again.
    pub fn unknown() -> State {
        let outcome = Outcome::ours("an earlier run sent it, and nobody knows whether it arrived");
        let ended = Ended { end: End::Unknown, outcome: Some(outcome), reference: None };
        State { ended: Some(ended), ..State::default() }
    }

    /// How others refer to it.
    pub fn reference(&self) -> Option<Cow<'static, str>> {
        self.ended.as_ref().and_then(|ended| ended.reference.clone()).map(Cow::Owned)
    }
}

/// Of something that was not taken.
pub(super) fn rejected(outcome: Outcome) -> Ended {
    Ended { end: End::Rejected, outcome: Some(outcome), reference: None }
}

/// What becomes of a package of which something cannot be sent: nothing of it is.
pub(super) fn stopped(steps: &[Step<'_>], places: &[Option<&str>]) -> Option<Vec<Ended>> {
    let why = steps.iter().find_map(|step| match step {
        Step::Held(harm) => Some((End::Held, harm.outcome())),
        Step::Refused(outcome) => Some((End::Rejected, outcome.clone())),
        _ => None,
    });
    let (end, why) = why?;
    let there = |end, place: &Option<&str>| Ended { end, outcome: None, reference: place.map(str::to_string) };
    let one = |(step, place): (&Step<'_>, &Option<&str>)| match step {
        Step::Unchanged => there(End::Unchanged, place),
        Step::Kept => there(End::Kept, place),
        Step::Held(harm) => Ended { end: End::Held, outcome: Some(harm.outcome()), reference: None },
        Step::Refused(outcome) => rejected(outcome.clone()),
        Step::Send(_) => Ended { end, outcome: Some(why.clone()), reference: None },
    };
    Some(steps.iter().zip(places).map(one).collect())
}

/// Notes what became of a resource, or that it is to be looked at again.
pub(super) fn ended(state: &mut State, step: &Step<'_>, written: Option<Written>, reference: Option<&str>, last: bool) {
    let there = |end, place: Option<String>| {
        let reference = place.or_else(|| reference.map(str::to_string));
        Some(Ended { end, outcome: None, reference })
    };
    let end = match step {
        Step::Send(write) if write.is_update => End::Updated,
        _ => End::Created,
    };
    state.ended = match written {
        Some(Written::Taken(place)) => there(end, place),
        Some(Written::Existed(place, repeat)) if !last => {
            state.place = place.or(state.place.take());
            state.sent = state.sent.or((repeat == Repeat::Yes).then_some(end));
            None
        }
        Some(Written::Conflict(_, repeat)) if !last => {
            state.sent = state.sent.or((repeat == Repeat::Yes).then_some(end));
            None
        }
        Some(Written::Unknown(outcome)) => Some(Ended { end: End::Unknown, outcome: Some(outcome), reference: None }),
        Some(Written::Existed(..)) => Some(rejected(Outcome::ours("the server has one, and does not say where"))),
        Some(Written::Conflict(outcome, _) | Written::Rejected(outcome) | Written::Unconditional(outcome)) => {
            Some(rejected(outcome))
        }
        Some(Written::TooLarge(outcome)) => Some(rejected(outcome.with_advice("--gzip sends fewer bytes"))),
        Some(Written::GaveUp(outcome)) => Some(rejected(outcome)),
        None => match step {
            Step::Unchanged => there(state.sent.unwrap_or(End::Unchanged), None),
            Step::Kept => there(End::Kept, None),
            _ => Some(rejected(Outcome::ours("the server said nothing of it"))),
        },
    };
}
