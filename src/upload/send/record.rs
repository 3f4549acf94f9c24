//! Records the results of a package: in the journal, the rejects, and the counts of the run.

use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;

use super::answer::{Repeat, Written};
use super::turns::Known;
use crate::error::Error;
use crate::upload::counts::End;
use crate::upload::journal::Fate;
use crate::upload::package::{Entry, Target};
use crate::upload::plan::Step;
use crate::upload::rejects::Outcome;
use crate::upload::{Elsewhere, Server};

/// The run ends after this many packages in a row without a response.
const MAX_GIVE_UPS: u32 = 3;

/// The result of a resource, with the reason if it was rejected.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    /// The result.
    pub end: End,
    /// The reason if it was rejected.
    pub outcome: Option<Outcome>,
    /// Its `Type/id` on the server.
    pub reference: Option<String>,
}

impl Server {
    /// Records the results of a package; `original` is its document.
    pub(super) fn record(
        &self,
        entries: &[Entry<'_>],
        results: &[Ended],
        original: &mut dyn FnMut() -> String,
    ) -> Result<bool, Error> {
        let all = || entries.iter().zip(results);
        for (entry, result) in all() {
            if let (true, Some(reference)) = (entry.is_shared() && result.end.is_there(), &result.reference) {
                self.turns.remember(entry.identity(), Known::of(entry, reference));
            }
        }
        self.note_elsewhere(all());
        if let Some(journal) = &self.journal {
            let news = all().filter(|(_, result)| !matches!(result.end, End::Journaled | End::Shared));
            journal.add(news.map(|(entry, result)| (entry, result.end.fate(), result.reference.as_deref())))?;
        }
        self.list(all(), original)?;
        self.count(all());
        if self.give_ups.load(Relaxed) >= MAX_GIVE_UPS {
            return Err(self.sender.error("it does not answer any more; what was not sent yet was left"));
        }
        Ok(all().all(|(_, result)| result.end.is_there()))
    }

    /// Adds rejected resources to the rejects and to the list for the report.
    fn list<'a>(
        &self,
        all: impl Iterator<Item = (&'a Entry<'a>, &'a Ended)>,
        original: &mut dyn FnMut() -> String,
    ) -> Result<(), Error> {
        let refused: Vec<_> =
            all.filter_map(|(entry, result)| Some((entry, result.end, result.outcome.as_ref()?))).collect();
        let main = refused.iter().max_by_key(|(entry, ..)| entry.is_main());
        if let (Some((.., outcome)), Some(rejects)) = (main, &self.rejects) {
            rejects.add(outcome, &original())?;
        }
        refused.iter().try_for_each(|(entry, end, outcome)| self.list_not_taken(&entry.key, *end, &outcome.short))
    }

    /// Adds rejected resources to the list for the report.
    pub(in crate::upload) fn list_not_taken(&self, name: &str, end: End, why: &str) -> Result<(), Error> {
        let listed = self.not_taken.as_ref().map_or(Ok(()), |list| list.add(name, end.name(), why));
        listed.map_err(|source| Error::Write { path: std::env::temp_dir(), source })
    }

    fn note_elsewhere<'a>(&self, all: impl Iterator<Item = (&'a Entry<'a>, &'a Ended)>) {
        let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        for (entry, result) in all {
            let is_at_home = result.reference.as_deref().is_none_or(|reference| reference == entry.key);
            match result.end {
                End::Held | End::Rejected => drop(elsewhere.insert(entry.key.to_string(), Elsewhere::Nowhere)),
                End::Unknown => {}
                // Created resources of a Bundle have an entry that others refer to.
                _ if is_at_home || entry.full_url.is_some() && matches!(entry.target, Target::Create | Target::New) => {
                    elsewhere.remove(&*entry.key);
                }
                _ => elsewhere.extend(result.reference.clone().map(|at| (entry.key.to_string(), Elsewhere::At(at)))),
            }
        }
    }

    fn count<'a>(&self, all: impl Iterator<Item = (&'a Entry<'a>, &'a Ended)>) {
        self.count_by(|counts| {
            for (entry, result) in all {
                let ends = if entry.is_main() { &mut counts.studies } else { &mut counts.companions };
                ends.add(result.end);
                if let Some(outcome) = &result.outcome {
                    counts.refused(&entry.key, &outcome.short);
                    self.progress.refused(1);
                }
            }
        });
    }
}

impl End {
    /// Whether the server has it.
    fn is_there(self) -> bool {
        matches!(self, End::Created | End::Updated | End::Unchanged | End::Kept | End::Journaled | End::Shared)
    }

    /// Its key in the journal.
    fn fate(self) -> Fate {
        match self {
            End::Created | End::Updated => Fate::Accepted,
            End::Unchanged | End::Kept | End::Journaled | End::Shared => Fate::Present,
            End::Held | End::Rejected => Fate::Rejected,
            End::Unknown => Fate::Unknown,
        }
    }
}

/// The state of a resource while its package is sent.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// The result, once known.
    pub ended: Option<Ended>,
    /// Its place on the server.
    pub place: Option<String>,
    /// It was sent without a response, so that the server's copy may be ours.
    pub sent: Option<End>,
}

impl State {
    /// The state of a known resource.
    pub fn of(end: End, reference: Option<String>) -> State {
        State { ended: Some(Ended { end, outcome: None, reference }), ..State::default() }
    }

    /// The state of a resource that may be on the server and must not be sent again.
    pub fn unknown() -> State {
        let outcome = Outcome::ours("an earlier run sent it, and nobody knows whether it arrived");
        let ended = Ended { end: End::Unknown, outcome: Some(outcome), reference: None };
        State { ended: Some(ended), ..State::default() }
    }

    /// The reference to it.
    pub fn reference(&self) -> Option<&str> {
        self.ended.as_ref()?.reference.as_deref()
    }
}

/// The state of a rejected resource.
pub(super) fn rejected(outcome: Outcome) -> Ended {
    Ended { end: End::Rejected, outcome: Some(outcome), reference: None }
}

/// The results of a package that cannot be sent completely: nothing of it is sent.
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
        Step::Send(_) => Ended { end, outcome: Some(why.clone().of_another()), reference: None },
    };
    Some(steps.iter().zip(places).map(one).collect())
}

/// Records the result of a resource, or that the server is to be read again.
pub(super) fn ended(state: &mut State, step: &Step<'_>, written: Option<Written>, reference: Option<&str>, last: bool) {
    let there = |end, place: Option<String>| {
        let reference = place.or_else(|| reference.map(str::to_string));
        Some(Ended { end, outcome: None, reference })
    };
    let end = match step {
        Step::Send(write) if write.is_update => End::Updated,
        _ => End::Created,
    };
    let refused = |outcome| Some(rejected(outcome));
    state.ended = match (written, step) {
        (Some(Written::Taken(place)), _) => there(state.sent.unwrap_or(end), place),
        (Some(Written::Existed(place, repeat)), _) if !last => {
            state.place = place.or(state.place.take());
            state.sent = state.sent.or((repeat == Repeat::Yes).then_some(end));
            None
        }
        (Some(Written::Again(_, repeat)), _) if !last => {
            state.sent = state.sent.or((repeat == Repeat::Yes).then_some(end));
            None
        }
        (Some(Written::Unknown(outcome)), _) => {
            Some(Ended { end: End::Unknown, outcome: Some(outcome), reference: None })
        }
        (Some(Written::Existed(..)), _) => refused(Outcome::ours("the server has one, and does not say where")),
        (Some(Written::TooLarge(outcome)), _) => refused(outcome.with_advice("--gzip sends fewer bytes")),
        (
            Some(
                Written::Again(outcome, _)
                | Written::Rejected(outcome)
                | Written::Unconditional(outcome)
                | Written::GaveUp(outcome),
            ),
            _,
        ) => refused(outcome),
        (None, Step::Unchanged) => there(state.sent.unwrap_or(End::Unchanged), None),
        (None, Step::Kept) => there(End::Kept, None),
        (None, _) => refused(Outcome::ours("the server said nothing of it")),
    };
}
