//! What of an index is in memory at a time.

use std::collections::VecDeque;

use super::Night;
use crate::error::Error;
use crate::group::Study;

/// Records of studies that are made of the index at a time.
const RECORDS_AT_ONCE: u64 = 100_000;
/// Studies that are made of the index at a time.
const STUDIES_AT_ONCE: usize = 256;

/// Studies that are made of the index together.
pub(super) struct Chunk {
    pub studies: Vec<i64>,
    pub records: u64,
}

impl Chunk {
    fn has_room(&self, records: u64) -> bool {
        self.records + records <= RECORDS_AT_ONCE && self.studies.len() < STUDIES_AT_ONCE
    }
}

/// Studies that stay in memory until they are written, by the chunks in which they came.
#[derive(Default)]
pub(super) struct Held {
    pub chunks: VecDeque<Vec<Study>>,
    pub records: u64,
    pub is_full: bool,
}

impl Night<'_> {
    /// Cuts a list of studies into what is in memory at a time.
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
}
