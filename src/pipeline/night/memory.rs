//! Document hashes in the index, so that unchanged documents are not written again.

use super::{NOT_TAKEN, Night};
use crate::error::Error;
use crate::index::{Document, Written};
use crate::output::{DocumentName, Placed, WriteDocument, document_hash, write_hashed};
use crate::pipeline::counts::StudyCounts;
use crate::pipeline::stored_report::StoredReport;
use crate::pipeline::write::{Destination, Memory};

impl Memory for Night<'_> {
    fn document(
        &self,
        name: &DocumentName,
        study_uid: &str,
        given: &Destination<'_>,
        write: WriteDocument<'_>,
    ) -> Result<Placed, Error> {
        let number = {
            let mut state = self.state();
            if !state.given.insert((name.resource_type, name.id.clone())) {
                return Ok(Placed::NameTaken);
            }
            state.numbers.get(study_uid).copied().unwrap_or_default()
        };
        let before = match self.stays {
            false => None,
            true if name.is_main() => self.index.last_hash(self.target, number)?,
            true => self.index.document_hash(self.target, name.resource_type, &name.id)?,
        };
        let is_known = !self.unread.contains(&number);
        let (placed, hash, is_as_before) = self.place(name, (before, is_known), given, write)?;
        // A server is given the model, and may not need the bytes.
        let hash = match placed {
            Placed::Written => hash.or_else(|| document_hash(write).ok()),
            // The server's state is unknown then: the document counts as changed next time.
            Placed::NotTaken => Some(NOT_TAKEN),
            Placed::NameTaken | Placed::HeldBack(_) => None,
        };
        let mut state = self.state();
        if name.is_main() {
            state.hashes.extend(hash.map(|hash| (study_uid.to_string(), (hash, is_as_before))));
        } else if let Some(hash) = hash.filter(|_| self.stays) {
            let (resource_type, id) = (name.resource_type.to_string(), name.id.clone());
            state.documents.push(Document { resource_type, id, study: number, hash });
        }
        Ok(placed)
    }

    fn study(&self, study_uid: &str, id: &str, counts: &StudyCounts, _: &Placed) -> Result<(), Error> {
        let issues = self.run.report.take_kept(study_uid);
        let mut state = self.state();
        let hash = state.hashes.remove(study_uid);
        match hash {
            Some((_, true)) => state.counts.unchanged += 1,
            Some((NOT_TAKEN, _)) | None => {}
            Some(_) => state.counts.written += 1,
        }
        if self.stays
            && let Some(study) = state.numbers.get(study_uid).copied()
        {
            let told = StoredReport { counts: counts.clone(), issues }.to_bytes();
            let hash = hash.map(|(hash, _)| hash);
            let is_done = hash.is_some_and(|hash| hash != NOT_TAKEN);
            state.written.push(Written { study, id: id.to_string(), hash, is_done, told });
        }
        Ok(())
    }
}

impl Night<'_> {
    /// Writes a document, unless its hash is still `before` and it still exists. If it `is_known` which files are gone,
    /// the new one may have fewer instances. Returns also its hash, if its bytes were needed, and whether it is
    /// unchanged.
    fn place(
        &self,
        name: &DocumentName,
        (before, is_known): (Option<u64>, bool),
        given: &Destination<'_>,
        write: WriteDocument<'_>,
    ) -> Result<(Placed, Option<u64>, bool), Error> {
        if let Some(before) = before
            && !self.rewrites()
            && given.sink.has(name)
        {
            let now = document_hash(write).expect("nothing is written to");
            if now == before && now != NOT_TAKEN {
                given.sink.stands(name);
                return Ok((Placed::Written, Some(now), true));
            }
        }
        let mut hash = None;
        let mut hashed = |out: &mut dyn std::io::Write| {
            hash = Some(write_hashed(out, write)?);
            Ok(())
        };
        let next = before
            .filter(|_| is_known)
            .map(|before| given.sink.next_document(name, before, &mut hashed))
            .transpose()?;
        let placed = match next.flatten() {
            Some(placed) => placed,
            None => given.give(name, &mut hashed)?,
        };
        Ok((placed, hash, false))
    }
}
