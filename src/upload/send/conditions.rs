//! Support of conditional headers. If the server declares support, it is used; otherwise, after a first rejection, the
//! server is read again and the write is sent without the condition.

use std::sync::{Mutex, PoisonError};

use super::answer::{Repeat, Written};
use crate::upload::plan::{Conditions, Write};

/// The known support of conditions.
#[derive(Debug, Default)]
pub struct KnownConditions(Mutex<Known>);

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    taken: Conditions,
    refused: Conditions,
}

impl KnownConditions {
    /// Conditions that the server declares.
    pub fn new(taken: Conditions) -> KnownConditions {
        KnownConditions(Mutex::new(Known { taken, ..Known::default() }))
    }

    /// Conditions that the server rejects.
    pub fn refused(&self) -> Conditions {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).refused
    }

    /// Learns from the results of writes. Writes rejected for a condition that the server may not support are to be
    /// read again, `without` it.
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
