//! Which conditions the server takes. A server that says so is believed; of others a first refusal is a reason to look
//! again, and then to send without.

use std::sync::{Mutex, PoisonError};

use super::answer::{Repeat, Written};
use crate::upload::plan::{Conditions, Write};

/// What is known of a server's conditions.
#[derive(Debug, Default)]
pub struct KnownConditions(Mutex<Known>);

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    taken: Conditions,
    refused: Conditions,
}

impl KnownConditions {
    /// The server says that it takes these.
    pub fn new(taken: Conditions) -> KnownConditions {
        KnownConditions(Mutex::new(Known { taken, ..Known::default() }))
    }

    /// Those that the server refuses.
    pub fn refused(&self) -> Conditions {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).refused
    }

    /// Learns from what became of writes. What was refused for a condition that may be unknown to the server is to be
    /// looked at again, `without` it.
    pub fn learn(&self, writes: &[&Write<'_>], written: Vec<Written>, without: &mut Conditions) -> Vec<Written> {
        let of = |is: fn(&Written) -> bool| -> Conditions {
            let all = writes.iter().zip(&written).filter(|(_, written)| is(written));
            all.fold(Conditions::default(), |sum, (write, _)| sum.or(conditions(write)))
        };
        let is_taken = |written: &Written| matches!(written, Written::Taken(_));
        let [taken, refused] = [of(is_taken), of(|written| matches!(written, Written::Unconditional(_)))];
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.taken = known.taken.or(taken);
        if written.iter().any(is_taken) {
            known.refused = known.refused.or(*without);
        }
        let dropped = refused.but(known.taken).but(*without);
        if dropped == Conditions::default() {
            return written;
        }
        *without = without.or(dropped);
        let again = |written| match written {
            Written::Unconditional(outcome) => Written::Again(outcome, Repeat::No),
            other => other,
        };
        written.into_iter().map(again).collect()
    }
}

fn conditions(write: &Write<'_>) -> Conditions {
    Conditions { if_match: write.if_match.is_some(), if_none_match: write.if_none_match }
}
