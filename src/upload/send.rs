//! One package, from what it wants to what became of it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{Write as _, stdout};
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::Server;
use super::capability::Mode;
use super::counts::End;
use super::identities::Known;
use super::journal::{Fate, Past};
use super::json::{References, references_in};
use super::lookup::{Unread, Wanted};
use super::outcome::Outcome;
use super::package::{Entry, Package, Target};
use super::plan::{Allowed, Conditions, Step, Write, reference, step};
use super::record::{Ended, State, ended, rejected, stopped};
use super::server_copy::Found;
use super::server_ids;
use super::submit::{Repeat, Written, bundle, by_batches, one_by_one, together};
use super::whose;
use crate::error::Error;

/// How often a package that met a conflict is looked at again.
const MAX_ROUNDS: u32 = 4;

/// The longest value of a difference that is shown.
const MAX_SHOWN_CHARACTERS: usize = 160;

impl Server {
    /// Sends a package, and records what became of it.
    pub(super) fn package(&self, package: &Package<'_>) -> Result<(), Error> {
        self.sender.interrupt.check()?;
        let (entries, gone) = match self.allowed.server_ids {
            false => (Cow::Borrowed(package.entries.as_slice()), References::new()),
            true => {
                let (entries, gone) = server_ids::adapt(&package.entries, self.takes_ids);
                (Cow::Owned(entries), gone)
            }
        };
        let identities: Vec<&str> = entries.iter().map(Entry::identity).collect();
        let is_of_use = |place: usize, known: &Known| {
            let entry = &entries[place];
            known.is_of(entry) || (!self.allowed.overwrite_companions && known.has_subject_of(entry))
        };
        let (_held, known) = self.identities.hold(&identities, is_of_use);
        let results = self.results(&entries, self.states(&entries, known), &gone)?;
        self.record(package, &entries, &results)
    }

    /// What the journal and this run know already. Where anything is to be sent, the journal's word on the others is not
    /// enough: somebody may have deleted what the study refers to.
    fn states(&self, entries: &[Entry<'_>], known: Vec<Option<Known>>) -> Vec<State> {
        let past: Vec<Option<&Past>> =
            entries.iter().map(|entry| self.journal.as_ref().and_then(|journal| journal.past(entry))).collect();
        let is_there = |past: &Past| matches!(past.fate, Fate::Accepted | Fate::Present);
        let is_done = |(entry, past): (&Entry<'_>, &Option<&Past>)| {
            past.is_some_and(|past| past.hash == entry.hash && is_there(past))
        };
        let all_done = entries.iter().zip(&past).zip(&known).all(|(pair, known)| known.is_some() || is_done(pair));
        let of = |((entry, past), known): ((&Entry<'_>, Option<&Past>), Option<Known>)| {
            if let Some(known) = known {
                return State::of(End::Shared, Some(known.reference(entry)));
            }
            let Some(past) = past else { return State::default() };
            let place = past.reference.clone().unwrap_or_else(|| entry.key.to_string());
            match past.fate {
                Fate::Accepted | Fate::Present if all_done => State::of(End::Journaled, Some(place)),
                Fate::Accepted | Fate::Present => State { place: Some(place), ..State::default() },
                Fate::Unknown if past.hash == entry.hash => State::unknown(),
                Fate::Unknown | Fate::Rejected => State::default(),
            }
        };
        entries.iter().zip(past).zip(known).map(of).collect()
    }

    fn results(
        &self,
        entries: &[Entry<'_>],
        mut states: Vec<State>,
        gone: &References<'_>,
    ) -> Result<Vec<Ended>, Error> {
        let mut allowed = self.allowed;
        allowed.without = self.conditions.lock().unwrap_or_else(PoisonError::into_inner)[1];
        for round in 1..=MAX_ROUNDS {
            if states.iter().all(|state| state.ended.is_some()) {
                break;
            }
            self.round(entries, &mut states, gone, &mut allowed, round == MAX_ROUNDS)?;
        }
        let lost = || rejected(Outcome::ours("409: the server's copy kept changing"));
        Ok(states.into_iter().map(|state| state.ended.unwrap_or_else(lost)).collect())
    }

    /// Reads, plans and sends once. What met a conflict has no result, unless it is the last round.
    fn round(
        &self,
        entries: &[Entry<'_>],
        states: &mut [State],
        gone: &References<'_>,
        allowed: &mut Allowed,
        last: bool,
    ) -> Result<(), Error> {
        let open: Vec<usize> = (0..entries.len()).filter(|place| states[*place].ended.is_none()).collect();
        let wanted: Vec<Wanted<'_>> =
            open.iter().map(|place| (&entries[*place], states[*place].place.as_deref())).collect();
        let found = match self.lookup.read(&self.sender, &wanted)? {
            Ok(found) => found,
            Err(unread) => {
                let (Unread::Refused(outcome) | Unread::GaveUp(outcome)) = &unread;
                self.give_ups.fetch_add(matches!(unread, Unread::GaveUp(_)).into(), Relaxed);
                open.iter().for_each(|place| states[*place].ended = Some(rejected(outcome.clone())));
                return Ok(());
            }
        };
        let mut places: Vec<Option<Cow<'_, str>>> = states.iter().map(State::reference).collect();
        for (place, found) in open.iter().zip(&found) {
            places[*place] = reference(&entries[*place], found, *allowed);
        }
        let moved = self.moved(entries);
        let mut references = references(entries, &places, gone);
        for (from, to) in &moved {
            references.entry(from).or_insert(Some(Cow::Borrowed(to)));
        }
        let base = self.sender.base();
        let mut steps: Vec<Step<'_>> = open
            .iter()
            .zip(&found)
            .map(|(place, found)| step(&entries[*place], found, &references, *allowed, base))
            .collect();
        self.refuse_unresolved(&mut steps);
        let places: Vec<Option<String>> = places.into_iter().map(|place| place.map(Cow::into_owned)).collect();
        let own_places: Vec<Option<&str>> = open.iter().map(|place| places[*place].as_deref()).collect();
        if let Some(results) = stopped(&steps, &own_places) {
            open.iter().zip(results).for_each(|(place, result)| states[*place].ended = Some(result));
            return Ok(());
        }
        self.note_contradictions(&wanted, &found);
        let writes: Vec<&Write<'_>> = steps.iter().filter_map(Step::write).collect();
        let written = if self.dry_run { self.pretend(&writes) } else { self.submit(&writes)? };
        let mut written = self.learn(&writes, written, allowed).into_iter();
        let mut met_conflict = false;
        for ((step, place), own) in steps.iter().zip(&open).zip(own_places) {
            let written = step.write().and_then(|_| written.next());
            met_conflict |= matches!(written, Some(Written::Conflict(..)));
            ended(&mut states[*place], step, written, own, last);
        }
        if met_conflict && !last {
            let pause = Duration::from_millis(500).mul_f64(self.sender.clock.random());
            self.sender.clock.sleep(pause, &self.sender.interrupt);
        }
        Ok(())
    }

    /// What the resources refer to that is not in their package, and that this run has seen under another id.
    fn moved(&self, entries: &[Entry<'_>]) -> Vec<(String, String)> {
        let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        if elsewhere.is_empty() {
            return Vec::new();
        }
        let all = entries.iter().flat_map(|entry| references_in(&entry.text));
        all.filter_map(|from| Some((from.to_string(), elsewhere.get(from)?.clone()?))).collect()
    }

    /// A reference to an entry must lead to one that is sent with it, and no reference to what the server did not take.
    fn refuse_unresolved(&self, steps: &mut [Step<'_>]) {
        let name = |write: &Write<'_>| [write.full_url.unwrap_or_default().to_string(), write.url.to_string()];
        let sent: BTreeSet<String> = steps.iter().filter_map(Step::write).flat_map(name).collect();
        let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        let is_missing = |to: &str| matches!(elsewhere.get(to), Some(None));
        let dangles = |to: &str| !sent.contains(to) && (to.starts_with("urn:uuid:") || is_missing(to));
        for step in steps {
            if step.write().is_some_and(|write| references_in(&write.text).any(dangles)) {
                *step =
                    Step::Refused(Outcome::ours("it refers to a resource that is not in its Bundle or was not taken"));
            }
        }
    }

    /// Finds out whether the server takes `If-Match` and `If-None-Match`. One that says so is believed; of others a first
    /// refusal is a reason to look again, and then to send without.
    fn learn(&self, writes: &[&Write<'_>], written: Vec<Written>, allowed: &mut Allowed) -> Vec<Written> {
        let of = |is: fn(&Written) -> bool| -> Conditions {
            let all = writes.iter().zip(&written).filter(|(_, written)| is(written));
            all.fold(Conditions::default(), |sum, (write, _)| sum.or(write.conditions()))
        };
        let is_taken = |written: &Written| matches!(written, Written::Taken(_));
        let [taken, refused] = [of(is_taken), of(|written| matches!(written, Written::Unconditional(_)))];
        let mut known = self.conditions.lock().unwrap_or_else(PoisonError::into_inner);
        known[0] = known[0].or(taken);
        if written.iter().any(is_taken) {
            known[1] = known[1].or(allowed.without);
        }
        let dropped = refused.but(known[0]).but(allowed.without);
        if dropped == Conditions::default() {
            return written;
        }
        allowed.without = allowed.without.or(dropped);
        let again = |written| match written {
            Written::Unconditional(outcome) => Written::Conflict(outcome, Repeat::No),
            other => other,
        };
        written.into_iter().map(again).collect()
    }

    /// Names the server's Patients that contradict ours: the Patient ID may be another person's there.
    fn note_contradictions(&self, wanted: &[Wanted<'_>], found: &[Found]) {
        for ((entry, _), found) in wanted.iter().zip(found).filter(|((entry, _), _)| entry.kind == "Patient") {
            let Found::One(stored) = found else { continue };
            let what = whose::contradictions(&entry.text, &stored.text);
            if !what.is_empty() {
                self.counts().contradicts(&entry.key, &what);
            }
        }
    }

    /// Sends what is to be sent, together if it may be.
    fn submit(&self, writes: &[&Write<'_>]) -> Result<Vec<Written>, Error> {
        // One that takes a part of a transaction could take a study without its patient.
        let mode = if self.breaks_transactions.load(Relaxed) { self.mode.in_parts() } else { self.mode };
        let written = match (writes, mode) {
            ([] | [_], _) | (_, Mode::Put) => one_by_one(&self.sender, writes)?,
            _ if writes.len() > self.max_entries => one_by_one(&self.sender, writes)?,
            (_, Mode::Batch) => self.smaller(writes, by_batches(&self.sender, writes)?, 0)?,
            (_, Mode::Transaction) => {
                let body = bundle(writes, mode, self.sender.base());
                if body.len() > self.max_bytes.load(Relaxed) {
                    one_by_one(&self.sender, writes)?
                } else {
                    let written = together(&self.sender, writes, &body)?;
                    let is_there = |written: &Written| matches!(written, Written::Taken(_));
                    if written.iter().any(is_there)
                        && written.iter().any(|written| matches!(written, Written::Rejected(_)))
                    {
                        self.breaks_transactions.store(true, Relaxed);
                    }
                    self.smaller(writes, written, body.len())?
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

    /// Sends one by one what was too much at once: the companions may fit without the study. What the server took so is
    /// not tried at once again.
    fn smaller(&self, writes: &[&Write<'_>], written: Vec<Written>, bytes: usize) -> Result<Vec<Written>, Error> {
        if !matches!(written.first(), Some(Written::TooLarge(_))) {
            return Ok(written);
        }
        self.counts().too_large += 1;
        let written = one_by_one(&self.sender, writes)?;
        if bytes > 0 && written.iter().all(|written| matches!(written, Written::Taken(_))) {
            self.max_bytes.fetch_min(bytes - 1, Relaxed);
        }
        Ok(written)
    }

    /// Says what would be sent.
    fn pretend(&self, writes: &[&Write<'_>]) -> Vec<Written> {
        let mut out = stdout().lock();
        for write in writes {
            let word = if write.is_update { "update" } else { "create" };
            let _ = writeln!(out, "{word} {}", write.url);
            for change in write.changes.iter().filter(|_| self.diff) {
                let shown = |value: &Option<_>| value.as_ref().map_or("nothing".to_string(), shortened);
                let _ = writeln!(out, "  {}: {} -> {}", change.path, shown(&change.before), shown(&change.after));
            }
        }
        writes.iter().map(|write| Written::Taken(Some(write.url.to_string()))).collect()
    }
}

fn shortened(value: &super::json::Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// How the resources refer to each other: by where the server has them, or else by the entry that creates them.
fn references<'r>(
    entries: &'r [Entry<'_>],
    places: &'r [Option<Cow<'_, str>>],
    gone: &References<'r>,
) -> References<'r> {
    let mut references = gone.clone();
    for (entry, place) in entries.iter().zip(places) {
        let full_url = entry.full_url.as_deref();
        let at = place.as_deref().or(full_url).map(Cow::Borrowed);
        let own = match &entry.target {
            Target::Id(id) => Some(&**id),
            Target::Update(_) => Some(&*entry.key),
            Target::Create { .. } | Target::New => None,
        };
        for name in [full_url, own].into_iter().flatten() {
            if at.is_some() && at.as_deref() != Some(name) {
                references.insert(name, at.clone());
            }
        }
    }
    references
}

impl<'e> Step<'e> {
    pub(super) fn write(&self) -> Option<&Write<'e>> {
        if let Step::Send(write) = self { Some(write) } else { None }
    }
}

impl Write<'_> {
    fn conditions(&self) -> Conditions {
        Conditions { if_match: self.if_match.is_some(), if_none_match: self.if_none_match }
    }
}

impl Conditions {
    fn or(self, other: Conditions) -> Conditions {
        Conditions {
            if_match: self.if_match || other.if_match,
            if_none_match: self.if_none_match || other.if_none_match,
        }
    }

    fn but(self, other: Conditions) -> Conditions {
        Conditions {
            if_match: self.if_match && !other.if_match,
            if_none_match: self.if_none_match && !other.if_none_match,
        }
    }
}
