//! What became of the resources of a package: in the journal, among the rejects, and in the numbers of the run.

use std::borrow::Cow;
use std::sync::atomic::Ordering::Relaxed;

use super::Server;
use super::counts::End;
use super::identities::Known;
use super::journal::Fate;
use super::outcome::Outcome;
use super::package::{Entry, Package};
use super::plan::Step;
use super::submit::Written;
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
                self.identities.remember(entry.identity(), Known { reference: reference.clone(), hash: entry.hash });
            }
        }
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

    fn count(&self, results: Vec<(&Entry<'_>, &Ended)>) {
        let mut counts = self.counts();
        for (entry, result) in results {
            let ends = if entry.is_main() { &mut counts.studies } else { &mut counts.companions };
            ends.add(result.end);
            if let Some(outcome) = &result.outcome {
                counts.refused(&entry.key, &outcome.short);
                self.sender.progress.refused(1);
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

/// Of something that was not taken.
pub(super) fn rejected(outcome: Outcome) -> Ended {
    Ended { end: End::Rejected, outcome: Some(outcome), reference: None }
}

/// What becomes of a package of which something cannot be sent: nothing of it is.
pub(super) fn stopped(steps: &[Step<'_>], places: &[Option<Cow<'_, str>>]) -> Option<Vec<Ended>> {
    let why = steps.iter().find_map(|step| match step {
        Step::Held(lost) => Some(Outcome::ours(&format!("the server's copy has {lost} instances that this one lacks"))),
        Step::Refused(outcome) => Some(outcome.clone()),
        _ => None,
    })?;
    let one = |(step, place): (&Step<'_>, &Option<Cow<'_, str>>)| match step {
        Step::Unchanged => {
            Ended { end: End::Unchanged, outcome: None, reference: place.as_deref().map(str::to_string) }
        }
        Step::Kept => Ended { end: End::Kept, outcome: None, reference: place.as_deref().map(str::to_string) },
        Step::Held(_) => Ended { end: End::Held, outcome: Some(why.clone()), reference: None },
        Step::Send(_) | Step::Refused(_) => rejected(why.clone()),
    };
    Some(steps.iter().zip(places).map(one).collect())
}

/// What became of a resource; `None` if it is to be looked at again.
pub(super) fn result(
    step: &Step<'_>,
    written: Option<Written>,
    reference: Option<Cow<'_, str>>,
    last: bool,
) -> Option<Ended> {
    let reference = reference.map(Cow::into_owned);
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
