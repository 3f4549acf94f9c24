//! The single files and values of a page: some of each kind. A report in JSON has them all.

use std::collections::BTreeMap;

use super::bounded::Bounded;
use super::maker::Maker;
use crate::issue::{Reason, Skip};
use crate::report::counts::words;

/// Files that are listed of each reason, at most.
const MAX_FILES: usize = 1000;
/// Values that are listed of each reason and maker, at most.
const MAX_VALUES: usize = 50;
/// Reasons and makers together, at most.
const MAX_KINDS: usize = 400;

/// Entries by their line: its key sorts it, and makes equal ones one.
type Entries = Bounded<String, u64>;

/// What was left out and dropped, as far as a page has room.
#[derive(Debug)]
pub struct Lists {
    /// By code and words of the reason.
    pub files: BTreeMap<(&'static str, String), Entries>,
    /// By reason and maker.
    pub values: Bounded<(Reason, Maker), Values>,
}

/// The values of one reason and maker.
#[derive(Debug)]
pub struct Values {
    /// How many there are.
    pub count: u64,
    /// Those that are listed.
    pub entries: Entries,
}

impl Default for Values {
    fn default() -> Values {
        Values { count: 0, entries: Bounded::new(MAX_VALUES) }
    }
}

impl Default for Lists {
    fn default() -> Lists {
        Lists { files: BTreeMap::new(), values: Bounded::new(MAX_KINDS) }
    }
}

impl Lists {
    /// A file is left out.
    pub fn skipped(&mut self, skip: &Skip, line: String) {
        let reason = (skip.code(), words(skip));
        self.files.entry(reason).or_insert_with(|| Bounded::new(MAX_FILES)).add(line, 1);
    }

    /// A value is dropped or changed.
    pub fn issue(&mut self, reason: Reason, maker: Maker, line: String) {
        if let Some(values) = self.values.get_mut((reason, maker)) {
            values.count += 1;
            values.entries.add(line, 1);
        }
    }
}

/// The JSON of an entry's line.
pub fn json(line: &str) -> &str {
    line.split_once('\0').map_or(line, |(_, json)| json).trim_end()
}
