//! Sends a package as a whole if possible, and in parts if it is too large.

use std::sync::atomic::Ordering::Relaxed;

use super::answer::Written;
use super::submit::{bundle, by_batches, one_by_one, together};
use crate::error::Error;
use crate::upload::Server;
use crate::upload::plan::Write;
use crate::upload::server::Mode;

impl Server {
    /// Sends the writes, together if possible.
    pub(super) fn submit(&self, writes: &[&Write<'_>]) -> Result<Vec<Written>, Error> {
        // A server that applies a transaction partially could accept a study without its patient.
        let mode = if self.breaks_transactions.load(Relaxed) { self.mode.in_parts() } else { self.mode };
        let written = match mode {
            _ if writes.len() < 2 || writes.len() > self.max_entries => one_by_one(&self.sender, writes)?,
            Mode::Put => one_by_one(&self.sender, writes)?,
            Mode::Batch => self.smaller(writes, by_batches(&self.sender, writes)?, 0)?,
            Mode::Transaction => self.transaction(writes)?,
        };
        if written.iter().any(|written| matches!(written, Written::GaveUp(_))) {
            self.give_ups.fetch_add(1, Relaxed);
        } else if !written.is_empty() {
            self.give_ups.store(0, Relaxed);
        }
        Ok(written)
    }

    fn transaction(&self, writes: &[&Write<'_>]) -> Result<Vec<Written>, Error> {
        let body = bundle(writes, Mode::Transaction, self.sender.base());
        if body.len() > self.max_bytes.load(Relaxed) {
            return one_by_one(&self.sender, writes);
        }
        let written = together(&self.sender, writes, &body)?;
        let is_taken = |written: &Written| matches!(written, Written::Taken(_));
        let is_refused = |written: &Written| matches!(written, Written::Rejected(_));
        if written.iter().any(is_taken) && written.iter().any(is_refused) {
            self.breaks_transactions.store(true, Relaxed);
        }
        self.smaller(writes, written, body.len())
    }

    /// Sends the resources of a too large package one by one: the companions may fit without the study. Packages of
    /// this size are not sent as a whole again.
    fn smaller(&self, writes: &[&Write<'_>], written: Vec<Written>, bytes: usize) -> Result<Vec<Written>, Error> {
        if !matches!(written.first(), Some(Written::TooLarge(_))) {
            return Ok(written);
        }
        self.count_by(|counts| counts.too_large += 1);
        let written = one_by_one(&self.sender, writes)?;
        if bytes > 0 && written.iter().all(|written| matches!(written, Written::Taken(_))) {
            self.max_bytes.fetch_min(bytes - 1, Relaxed);
        }
        Ok(written)
    }
}
