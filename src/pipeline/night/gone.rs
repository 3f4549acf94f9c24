//! Handles documents whose files are gone.

use std::collections::HashSet;

use super::{Night, NightCounts, beside, main};
use crate::error::Error;
use crate::index::{Document, Standing};
use crate::issue::{Issue, Reason};
use crate::options::index::Gone;
use crate::report::Where;

/// Studies whose files are all gone, and what is done with their documents.
pub(super) struct GoneStudies {
    all: Vec<Standing>,
    how: Gone,
    /// Why documents stay.
    reason: Reason,
}

impl Night<'_> {
    /// Finds the studies whose files are all gone: also where a file is there, and has become another. If they are more
    /// than `--max-gone`, their documents stay.
    pub(super) fn gone_studies(&self) -> Result<GoneStudies, Error> {
        let mut all = Vec::new();
        if self.stays {
            self.index.each_gone(self.target, |standing| match self.unread.contains(&standing.study) {
                true => self.sink.stands(&main(self.run.job, standing.id)),
                false => all.push(standing),
            })?;
        }
        self.state().counts.gone = all.len() as u64;
        let (gone, known) = (all.len() as u64, (all.len() + self.index.count_studies()?) as u64);
        let is_too_many = self.gone != Gone::Keep && !self.run.job.config.index.max_gone.allows_studies(gone, known);
        let (how, reason) =
            if is_too_many { (Gone::Keep, Reason::TooManyGone) } else { (self.gone, Reason::FilesGone) };
        Ok(GoneStudies { all, how, reason })
    }

    /// Handles documents of companions that no study refers to any more.
    pub(super) fn remove_documents(&self, studies: &[i64], gone: &GoneStudies) -> Result<(), Error> {
        if !self.stays {
            return Ok(());
        }
        let written: HashSet<i64> = studies.iter().copied().collect();
        let mut removed = Vec::new();
        for document in self.index.documents(self.target)? {
            let name = beside(document.clone());
            let is_here = self.state().given.contains(&(name.resource_type, name.id.clone()));
            let is_of_all = document.is_shared() && !written.is_empty() && self.unread.is_empty();
            let is_of_these = written.contains(&document.study) || is_of_all;
            let is_left_over = !is_here && is_of_these && gone.how == Gone::Delete;
            if is_left_over && self.sink.remove(&name, document.hash)? {
                removed.push(document);
            } else if !is_here {
                self.sink.stands(&name);
            }
        }
        self.index.forget_documents(self.target, &[], &removed)?;
        let digest = self.index.digest()?;
        self.index.set_last_digest(self.target, digest)
    }

    /// Handles documents of studies whose files are all gone.
    pub(super) fn settle_gone(&self, gone: GoneStudies) -> Result<(), Error> {
        let GoneStudies { all, how, reason } = gone;
        let documents = if all.is_empty() { Vec::new() } else { self.index.documents(self.target)? };
        let mut removed = Vec::new();
        for standing in all {
            let name = main(self.run.job, standing.id.clone());
            let is_removed = match (how, standing.hash) {
                (Gone::Delete, Some(hash)) => self.sink.remove(&name, hash)?,
                (Gone::EnteredInError, Some(_)) => self.sink.withdraw(&name, &standing.uid)?,
                _ => false,
            };
            if is_removed {
                self.remove_beside(&documents, standing.study)?;
                removed.push(standing.study);
                let NightCounts { deleted, withdrawn, .. } = &mut self.state().counts;
                *(if how == Gone::Delete { deleted } else { withdrawn }) += 1;
            } else {
                self.sink.stands(&name);
                let reason = if how == Gone::Delete { Reason::GoneButChanged } else { reason };
                let place = Where { study: Some(&standing.uid), ..Where::default() };
                self.run.report.issue(place, &Issue::new("ImagingStudy", &[], reason));
            }
        }
        self.index.forget_documents(self.target, &removed, &[])
    }

    fn remove_beside(&self, documents: &[Document], study: i64) -> Result<(), Error> {
        let mut removed = Vec::new();
        for document in documents.iter().filter(|document| document.study == study) {
            if self.sink.remove(&beside(document.clone()), document.hash)? {
                removed.push(document.clone());
            }
        }
        self.index.forget_documents(self.target, &[], &removed)
    }
}
