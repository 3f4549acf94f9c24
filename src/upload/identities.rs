//! No resource is in two requests at once: who wants one that another holds waits.
//!
//! Everything that a package needs is taken in one step, so that two packages never wait for each other. What several
//! studies share is remembered once it is on the server.

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex, PoisonError};

/// What is in a request now, and what is known of the server.
#[derive(Debug, Default)]
pub struct Identities {
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Debug, Default)]
struct State {
    held: HashSet<String>,
    known: HashMap<String, Known>,
}

/// A shared resource that is on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// How others refer to it, as `Type/id`.
    pub reference: String,
    /// The hash of what was sent.
    pub hash: u128,
}

/// Identities that nobody else can take until it is dropped.
#[derive(Debug)]
pub struct Held<'i> {
    identities: &'i Identities,
    mine: Vec<String>,
}

impl Identities {
    /// Takes all of them, or waits until all are free.
    pub fn hold(&self, mine: Vec<String>) -> Held<'_> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = |state: &mut State| mine.iter().any(|identity| state.held.contains(identity));
        let mut state = self.released.wait_while(state, busy).unwrap_or_else(PoisonError::into_inner);
        state.held.extend(mine.iter().cloned());
        drop(state);
        Held { identities: self, mine }
    }

    /// What is known of a shared resource.
    pub fn known(&self, identity: &str) -> Option<Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).known.get(identity).cloned()
    }

    /// Remembers that a shared resource is on the server.
    pub fn remember(&self, identity: String, known: Known) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).known.insert(identity, known);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut state = self.identities.state.lock().unwrap_or_else(PoisonError::into_inner);
        for identity in &self.mine {
            state.held.remove(identity);
        }
        drop(state);
        self.identities.released.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::thread;

    use super::*;

    #[test]
    fn one_identity_has_one_holder() {
        let (identities, inside) = (Identities::default(), AtomicUsize::new(0));
        thread::scope(|scope| {
            for thread in 0..8 {
                let (identities, inside) = (&identities, &inside);
                scope.spawn(move || {
                    for round in 0..200 {
                        let own = format!("own {thread} {round}");
                        let mut both = vec!["shared".to_string(), own];
                        if thread % 2 == 0 {
                            both.reverse();
                        }
                        let held = identities.hold(both);
                        assert_eq!(inside.fetch_add(1, SeqCst), 0);
                        inside.fetch_sub(1, SeqCst);
                        drop(held);
                    }
                });
            }
        });
        assert!(identities.state.lock().unwrap().held.is_empty());
    }
}
