//! The lists of files and values of a page, limited for each kind. A JSON report has them all.

use std::collections::BTreeMap;

use super::bounded::Bounded;
use super::maker::Maker;
use crate::issue::{Reason, Skip};
use crate::report::counts::words;

/// The most listed files of each reason.
const MAX_FILES: usize = 1000;
/// The most listed values of each reason and maker.
const MAX_VALUES: usize = 50;
/// The most combinations of reason and maker.
const MAX_KINDS: usize = 400;

/// Entries by line, sorted and deduplicated by its key.
type Entries = Bounded<String, u64>;

/// Listed files and values.
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
    /// The number of values, including those not listed.
    pub count: u64,
    /// The listed values.
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
