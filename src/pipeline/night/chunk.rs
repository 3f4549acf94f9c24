//! Chunks of an index that are in memory at a time.

use std::collections::VecDeque;

use super::Night;
use crate::error::Error;
use crate::group::Study;
use crate::report::Where;

/// The most records loaded from the index at a time.
const RECORDS_AT_ONCE: u64 = 100_000;
/// The most studies loaded from the index at a time.
const STUDIES_AT_ONCE: usize = 256;

/// Studies that are loaded together.
pub(super) struct Chunk {
    pub studies: Vec<i64>,
    pub records: u64,
}

impl Chunk {
    fn has_room(&self, records: u64) -> bool {
        self.records + records <= RECORDS_AT_ONCE && self.studies.len() < STUDIES_AT_ONCE
    }
}

/// Loaded studies that are kept in memory until they are written, by chunk.
#[derive(Default)]
pub(super) struct Held {
    pub chunks: VecDeque<Vec<Study>>,
    pub records: u64,
    pub is_full: bool,
}

impl Night<'_> {
    /// Splits a list of studies into chunks.
    pub(super) fn chunks(&self, studies: &[i64]) -> Result<Vec<Chunk>, Error> {
        let mut chunks: Vec<Chunk> = Vec::new();
        for study in studies {
            let records = self.index.records(*study)?;
            match chunks.last_mut().filter(|last| last.has_room(records)) {
                Some(last) => {
                    last.records += records;
                    last.studies.push(*study);
                }
                None => chunks.push(Chunk { studies: vec![*study], records }),
            }
        }
        Ok(chunks)
    }

    /// Loads the studies of a chunk; the issues of their files are reported and stored.
    pub(super) fn studies(&self, chunk: &Chunk) -> Result<Vec<Study>, Error> {
        let report = self.run.report;
        self.index.studies(&chunk.studies, self.options(), self.selections, &|study, name, issue| {
            report.issue_of(study, Where { name: Some(name), ..Where::default() }, &issue);
        })
    }

    /// Loads the studies of a chunk without reporting issues.
    pub(super) fn studies_in_silence(&self, chunk: &Chunk) -> Result<Vec<Study>, Error> {
        self.index.studies(&chunk.studies, self.options(), self.selections, &|_, _, _| ())
    }
}
