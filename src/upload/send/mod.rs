//! Sends one package.
//!
//! ```text
//! entries ──take turns──▶ look up ──▶ plan ──▶ submit ──▶ journal, rejects, counts
//!                            ▲────── conflicts, up to four rounds ─────────┘
//! ```

mod answer;
mod conditions;
mod dry_run;
mod record;
mod subjects;
mod submit;
mod turns;
mod whole;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;

use super::counts::End;
use super::journal::{Fate, Past};
use super::json::{Json, NewReferences, references_in};
use super::lookup::{Found, Unread, Wanted};
use super::package::{Entry, Target, adapt};
use super::plan::{Allowed, Step, Write, contradictions, reference, step};
use super::rejects::Outcome;
use super::{Elsewhere, Server};
use crate::error::Error;
use answer::Written;
pub use conditions::KnownConditions;
pub use dry_run::print;
use record::{Ended, State, ended, rejected, stopped};
use turns::Known;
pub use turns::Turns;

/// The most rounds after conflicts.
const MAX_ROUNDS: u32 = 4;

/// The entries of a package that are open in a round, with the server's copies.
struct Open<'r> {
    entries: &'r [Entry<'r>],
    places: Vec<usize>,
    found: Vec<Found>,
}

impl Server {
    /// Sends a package, and records the results; `original` is its document.
    pub(super) fn package(&self, entries: &[Entry<'_>], original: &mut dyn FnMut() -> String) -> Result<bool, Error> {
        self.sender.interrupt.check()?;
        let (sent, gone) = self.adapted(entries);
        self.leave_out(entries, &gone);
        let entries = sent;
        let identities: Vec<&str> = entries.iter().map(Entry::identity).collect();
        let is_of_use = |place: usize, known: &Known| {
            let entry = &entries[place];
            // Another content of a Patient is compared: it may contradict.
            let is_kept = !self.allowed.overwrite_companions && entry.kind != "Patient";
            let is_same = known.is_of(entry) || is_kept && known.has_subject_of(entry);
            entry.is_comparable() && is_same
        };
        let (_held, known) = self.turns.hold(&identities, is_of_use);
        let results = self.results(&entries, self.states(&entries, known), &gone)?;
        self.record(&entries, &results, original)
    }

    /// The entries as the server takes them, and the references that become logical.
    fn adapted<'p, 't>(&self, entries: &'p [Entry<'t>]) -> (Cow<'p, [Entry<'t>]>, NewReferences<'p>) {
        if !self.allowed.server_ids {
            return (Cow::Borrowed(entries), NewReferences::new());
        }
        let (entries, gone) = adapt(entries, self.takes_ids);
        (Cow::Owned(entries), gone)
    }

    /// Keeps what is left out, unless only its own Bundle has a name for it, as those of `convert`.
    fn leave_out(&self, entries: &[Entry<'_>], gone: &NewReferences<'_>) {
        let is_of_all = |entry: &&Entry<'_>| entry.full_url.as_deref().is_none_or(|url| !url.starts_with("urn:"));
        let names = entries.iter().filter(is_of_all).flat_map(|entry| [entry.own_place(), entry.full_url.as_deref()]);
        let left_out = names.flatten().filter(|name| gone.contains_key(name));
        let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        elsewhere.extend(left_out.map(|name| (name.to_string(), Elsewhere::LeftOut)));
    }

    /// Results known from the journal and this run. If anything is to be sent, the journal is not enough for the
    /// others: somebody may have deleted what the study refers to.
    fn states(&self, entries: &[Entry<'_>], known: Vec<Option<Known>>) -> Vec<State> {
        let past: Vec<Option<Past<'_>>> =
            entries.iter().map(|entry| self.journal.as_ref().and_then(|journal| journal.past(entry))).collect();
        let is_there = |past: &Past<'_>| matches!(past.fate, Fate::Accepted | Fate::Present);
        let is_done = |past: &Option<Past<'_>>| past.as_ref().is_some_and(|past| past.is_same && is_there(past));
        let all_done = past.iter().zip(&known).all(|(past, known)| known.is_some() || is_done(past));
        let of = |((entry, past), known): ((&Entry<'_>, Option<Past<'_>>), Option<Known>)| {
            if let Some(known) = known {
                return State::of(End::Shared, Some(known.reference(entry)));
            }
            let Some(past) = past else { return State::default() };
            let place = past.reference.unwrap_or(&entry.key).to_string();
            match past.fate {
                Fate::Accepted | Fate::Present if all_done => State::of(End::Journaled, Some(place)),
                Fate::Accepted | Fate::Present => State { place: Some(place), ..State::default() },
                Fate::Unknown if past.is_same => State::unknown(),
                Fate::Unknown | Fate::Rejected => State::default(),
            }
        };
        entries.iter().zip(past).zip(known).map(of).collect()
    }

    fn results(
        &self,
        entries: &[Entry<'_>],
        mut states: Vec<State>,
        gone: &NewReferences<'_>,
    ) -> Result<Vec<Ended>, Error> {
        let mut allowed = Allowed { without: self.conditions.refused(), ..self.allowed };
        for round in 1..=MAX_ROUNDS {
            if states.iter().all(|state| state.ended.is_some()) {
                break;
            }
            self.round(entries, &mut states, gone, &mut allowed, round)?;
        }
        let lost = || rejected(Outcome::ours("409: the server's copy kept changing"));
        Ok(states.into_iter().map(|state| state.ended.unwrap_or_else(lost)).collect())
    }

    /// Reads, plans and sends once. Entries to be read again have no result, unless it is the last round.
    fn round(
        &self,
        entries: &[Entry<'_>],
        states: &mut [State],
        gone: &NewReferences<'_>,
        allowed: &mut Allowed,
        round: u32,
    ) -> Result<(), Error> {
        let Some(open) = self.read(entries, states)? else { return Ok(()) };
        let places = open.references(states, *allowed);
        let steps = self.steps(&open, &places, gone, *allowed);
        let own_places: Vec<Option<&str>> = open.places.iter().map(|place| places[*place].as_deref()).collect();
        if let Some(results) = stopped(&steps, &own_places) {
            open.places.iter().zip(results).for_each(|(place, result)| states[*place].ended = Some(result));
            return Ok(());
        }
        self.note_contradictions(&open);
        let writes: Vec<&Write<'_>> = steps.iter().filter_map(Step::write).collect();
        let written = if self.dry_run { print(&writes, self.diff) } else { self.submit(&writes)? };
        let written = self.conditions.learn(&writes, written, &mut allowed.without);
        let (last, is_again) = (round == MAX_ROUNDS, written.iter().any(|one| matches!(one, Written::Again(..))));
        let mut written = written.into_iter();
        for ((step, place), own) in steps.iter().zip(&open.places).zip(own_places) {
            let written = step.write().and_then(|_| written.next());
            ended(&mut states[*place], step, written, own, last);
        }
        if is_again && !last {
            self.sender.pause(round);
        }
        Ok(())
    }

    /// The server's copies of the open entries; `None`, with results, if they cannot be read.
    fn read<'r>(&self, entries: &'r [Entry<'r>], states: &mut [State]) -> Result<Option<Open<'r>>, Error> {
        let places: Vec<usize> = (0..entries.len()).filter(|place| states[*place].ended.is_none()).collect();
        let wanted: Vec<Wanted<'_>> =
            places.iter().map(|place| (&entries[*place], states[*place].place.as_deref())).collect();
        let outcome = match self.lookup.read(&self.sender, &wanted) {
            Ok(mut found) => {
                let moved = given_other_ids(entries, states);
                if !moved.is_empty() {
                    found.iter_mut().for_each(|found| found.correct(&moved));
                }
                return Ok(Some(Open { entries, places, found }));
            }
            Err(Unread::Stop(error)) => return Err(error),
            Err(Unread::Refused(outcome)) => outcome,
            Err(Unread::GaveUp(outcome)) => {
                self.give_ups.fetch_add(1, Relaxed);
                outcome
            }
        };
        places.iter().for_each(|place| states[*place].ended = Some(rejected(outcome.clone())));
        Ok(None)
    }

    /// The plan for the open entries; `places` is where the server has, or will have, all entries.
    fn steps<'r>(
        &self,
        open: &'r Open<'_>,
        places: &'r [Option<String>],
        gone: &NewReferences<'r>,
        allowed: Allowed,
    ) -> Vec<Step<'r>> {
        let moved = self.moved(open.entries);
        let mut references = references(open.entries, places, gone);
        for (from, to) in &moved {
            references.entry(from).or_insert(to.as_deref().map(Cow::Borrowed));
        }
        let step = |(entry, found)| step(entry, found, &references, allowed, self.sender.base());
        let mut steps: Vec<Step<'r>> = open.all().map(step).collect();
        self.refuse_unresolved(&mut steps);
        steps
    }

    /// References to resources outside the package that have another id on the server, or `None` if they were left out.
    fn moved(&self, entries: &[Entry<'_>]) -> Vec<(String, Option<String>)> {
        let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        if elsewhere.is_empty() {
            return Vec::new();
        }
        let all = entries.iter().flat_map(|entry| references_in(&entry.text));
        let place = |from: &str| match elsewhere.get(from)? {
            Elsewhere::At(place) => Some(Some(place.clone())),
            Elsewhere::LeftOut => Some(None),
            Elsewhere::Nowhere => None,
        };
        all.filter_map(|from| Some((from.to_string(), place(from)?))).collect()
    }

    /// Every referenced entry must be sent too, and none may have been rejected.
    fn refuse_unresolved(&self, steps: &mut [Step<'_>]) {
        let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        let is_at_risk = |to: &str| to.starts_with("urn:uuid:") || elsewhere.get(to) == Some(&Elsewhere::Nowhere);
        let writes = || steps.iter().filter_map(Step::write);
        let sent: BTreeSet<&str> =
            writes().filter_map(|write| write.full_url).chain(writes().map(|write| write.url)).collect();
        let dangles = |write: &Write<'_>| {
            // Of a subject that was left out, and has neither number nor name, nothing is left.
            write.text.contains(r#""subject":{}"#)
                || references_in(&write.text).any(|to| is_at_risk(to) && !sent.contains(to))
        };
        let dangling: Vec<bool> = steps.iter().map(|step| step.write().is_some_and(dangles)).collect();
        for (step, _) in steps.iter_mut().zip(dangling).filter(|(_, dangles)| *dangles) {
            *step = Step::Refused(Outcome::ours("it refers to a resource that is not in its Bundle or was not taken"));
        }
    }

    /// Notes Patients on the server that contradict ours: their Patient ID may be another person's.
    fn note_contradictions(&self, open: &Open<'_>) {
        for (entry, found) in open.all().filter(|(entry, _)| entry.kind == "Patient") {
            let Found::One(copy) = found else { continue };
            let Some(ours) = Json::parse(&entry.text) else { continue };
            let what = contradictions(&ours, &copy.resource);
            if !what.is_empty() {
                self.count_by(|counts| counts.contradicts(&entry.key, &what));
            }
        }
    }
}

impl Open<'_> {
    fn all(&self) -> impl Iterator<Item = (&Entry<'_>, &Found)> {
        self.places.iter().map(|place| &self.entries[*place]).zip(&self.found)
    }

    /// The reference to each entry, if known.
    fn references(&self, states: &[State], allowed: Allowed) -> Vec<Option<String>> {
        let mut all: Vec<Option<String>> = states.iter().map(|state| state.reference().map(str::to_string)).collect();
        for (place, (entry, found)) in self.places.iter().zip(self.all()) {
            all[*place] = reference(entry, found, allowed).map(str::to_string);
        }
        all
    }
}

/// The resources that were created under another id than requested, and their places.
fn given_other_ids<'r>(entries: &'r [Entry<'_>], states: &'r [State]) -> NewReferences<'r> {
    let of = |(entry, state): (&'r Entry<'_>, &'r State)| {
        let (wanted, ended) = (entry.place.as_deref()?, state.ended.as_ref()?);
        let got = ended.reference.as_deref().filter(|got| ended.end == End::Created && *got != wanted)?;
        Some((wanted, Some(Cow::Borrowed(got))))
    };
    entries.iter().zip(states).filter_map(of).collect()
}

/// The references between the resources: the place on the server, or else the entry that creates it.
fn references<'r>(
    entries: &'r [Entry<'_>],
    places: &'r [Option<String>],
    gone: &NewReferences<'r>,
) -> NewReferences<'r> {
    let mut references = gone.clone();
    for (entry, place) in entries.iter().zip(places) {
        let full_url = entry.full_url.as_deref();
        let Some(at) = place.as_deref().or(full_url) else { continue };
        let own = entry.place.as_deref().filter(|_| entry.target != Target::New);
        for name in [full_url, own].into_iter().flatten().filter(|name| *name != at) {
            references.insert(name, Some(Cow::Borrowed(at)));
        }
    }
    references
}

impl<'e> Step<'e> {
    fn write(&self) -> Option<&Write<'e>> {
        if let Step::Send(write) = self { Some(write) } else { None }
    }
}
