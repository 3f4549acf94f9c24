//! Locks on resources: no resource is in two requests at once.
//!
//! A package locks all its resources in one step, so that there is no deadlock. Shared resources that are on the server
//! are remembered, and need no lock: they are not sent again.

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_128;

use crate::upload::package::Entry;

/// The locked resources, and those known to be on the server.
#[derive(Debug, Default)]
pub struct Turns {
    state: Mutex<State>,
    released: Condvar,
}

/// The hash of an identity: there may be millions of them.
type Key = u128;

#[derive(Debug, Default)]
struct State {
    held: HashSet<Key>,
    known: HashMap<Key, Known>,
    waiting: usize,
}

/// A shared resource that is on the server. There may be millions of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The reference to it, if that is not its key.
    reference: Option<Box<str>>,
    /// Half of the hash of what was sent.
    hash: u64,
    /// The hash of the subject that it was sent with.
    subject: u64,
}

impl Known {
    /// A resource that the server has under this `Type/id`.
    pub fn of(entry: &Entry<'_>, reference: &str) -> Known {
        Known {
            reference: (*reference != entry.key).then(|| reference.into()),
            hash: entry.hash as u64,
            subject: entry.subject,
        }
    }

    /// The reference to it.
    pub fn reference(&self, entry: &Entry<'_>) -> String {
        self.reference.as_deref().unwrap_or(&entry.key).to_string()
    }

    /// Whether the content is what was sent.
    pub fn is_of(&self, entry: &Entry<'_>) -> bool {
        self.hash == entry.hash as u64
    }

    /// Whether it belongs to the same patient, if it belongs to one.
    pub fn has_subject_of(&self, entry: &Entry<'_>) -> bool {
        self.subject == entry.subject
    }
}

/// Locks, held until it is dropped.
#[derive(Debug)]
pub struct Held<'i> {
    turns: &'i Turns,
    mine: Vec<Key>,
}

impl Turns {
    /// Locks all of them, or waits until all are free; those that are known and usable are not locked. Returns what is
    /// known of each.
    pub fn hold(&self, all: &[&str], is_of_use: impl Fn(usize, &Known) -> bool) -> (Held<'_>, Vec<Option<Known>>) {
        let all: Vec<Key> = all.iter().map(|identity| xxh3_128(identity.as_bytes())).collect();
        let known = |state: &State| -> Vec<Option<Known>> {
            let of =
                |(place, key): (usize, &Key)| state.known.get(key).filter(|known| is_of_use(place, known)).cloned();
            all.iter().enumerate().map(of).collect()
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = known(&state);
        while all.iter().zip(&found).any(|(key, found)| found.is_none() && state.held.contains(key)) {
            state.waiting += 1;
            state = self.released.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
            found = known(&state);
        }
        let mine: Vec<Key> = all.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(key, _)| *key).collect();
        state.held.extend(&mine);
        drop(state);
        (Held { turns: self, mine }, found)
    }

    /// Remembers that a shared resource is on the server.
    pub fn remember(&self, identity: &str, known: Known) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).known.insert(xxh3_128(identity.as_bytes()), known);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.state.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.mine {
            state.held.remove(key);
        }
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.turns.released.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::thread;

    use super::*;

    #[test]
    fn one_identity_has_one_holder() {
        let (turns, inside) = (Turns::default(), AtomicUsize::new(0));
        thread::scope(|scope| {
            for thread in 0..8 {
                let (turns, inside) = (&turns, &inside);
                scope.spawn(move || {
                    for round in 0..200 {
                        let own = format!("own {thread} {round}");
                        let mut both = ["shared", &own];
                        if thread % 2 == 0 {
                            both.reverse();
                        }
                        let (held, _) = turns.hold(&both, |_, _| true);
                        assert_eq!(inside.fetch_add(1, SeqCst), 0);
                        inside.fetch_sub(1, SeqCst);
                        drop(held);
                    }
                });
            }
        });
        assert!(turns.state.lock().unwrap().held.is_empty());
    }

    #[test]
    fn what_is_known_is_not_waited_for() {
        let turns = Turns::default();
        let (first, _) = turns.hold(&["endpoint"], |_, _| true);
        turns.remember("endpoint", Known { reference: None, hash: 7, subject: 0 });
        let (_second, known) = turns.hold(&["endpoint", "study"], |_, known| known.hash == 7);
        assert_eq!(known.iter().flatten().count(), 1);
        drop(first);
        let (_, known) = turns.hold(&["endpoint"], |_, known| known.hash == 8);
        assert_eq!(known, [None], "it would be sent, so it was taken");
    }
}
