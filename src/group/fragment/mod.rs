//! Fragments of studies: the data of a study from a scan, as lines of text that another process merges.
//!
//! A line is the study's key, a tab, and JSON. Lines of a study can be merged in any order and any number of times, and
//! a study can be split into lines anywhere: the result depends only on the files. A line of no study has an empty key:
//! it lists files that were left out, or the totals of the scan.

mod add;
mod cut;
mod keep;
mod line;
mod skipped;
mod text;
mod unit;

#[cfg(test)]
mod tests;

use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

pub use add::{Builder, Built, Outline};
pub use cut::Cutter;
pub use keep::{Kept, Scanned};
pub use line::{End, Instance, InstanceUid, PartEnd, Total};
pub use skipped::{SkippedFile, skipped_entry, skipped_line};
pub use text::{key, study_uid};
pub use unit::{Malformed, parse};

use crate::name::Name;

/// The hash that identifies a file.
pub fn file_hash(name: &Name) -> u64 {
    let file = name.place.as_encoded_bytes();
    let Some(entry) = &name.entry else { return xxh3_64(file) };
    let mut hasher = Xxh3Default::new();
    hasher.update(file);
    hasher.update(&[0]);
    hasher.update(entry.as_bytes());
    hasher.digest()
}

/// Combines hashes.
pub fn joined(hashes: &[u64]) -> u64 {
    let mut hasher = Xxh3Default::new();
    hashes.iter().for_each(|hash| hasher.update(&hash.to_le_bytes()));
    hasher.digest()
}

/// The hash of a line without its key, by which lines of files that were left out are counted.
pub fn line_hash(json: &[u8]) -> u64 {
    xxh3_64(json)
}

/// The hash of a study's key, by which studies are counted and partitioned.
pub fn key_hash(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}
