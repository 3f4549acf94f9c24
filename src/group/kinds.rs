//! Deduplicated kinds: class, title and frames of the instances of a shard.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::NewKind;
use crate::mapping::KindPart;

/// The kinds by fingerprint, and their parts by place.
#[derive(Debug, Default)]
pub struct Kinds {
    by_fingerprint: HashMap<u64, KnownKind, BuildHasherDefault<Prehashed>>,
    parts: Vec<KindPart>,
}

/// A known kind.
#[derive(Debug, Clone, Copy)]
struct KnownKind {
    place: u32,
    /// Whether it has issues; then it is mapped again for each file, so that each is reported.
    has_issues: bool,
}

impl Kinds {
    /// Whether an instance of this kind can be added without the kind being mapped.
    pub fn knows(&self, fingerprint: u64) -> bool {
        self.by_fingerprint.get(&fingerprint).is_some_and(|kind| !kind.has_issues)
    }

    /// The index of a kind, which is added if it is new.
    pub fn place(&mut self, fingerprint: u64, new: Option<NewKind>) -> u32 {
        self.place_with(fingerprint, || new.unwrap_or_default())
    }

    /// The index of a kind, which is made by `new` if it is new.
    pub fn place_with(&mut self, fingerprint: u64, new: impl FnOnce() -> NewKind) -> u32 {
        let kind = self.by_fingerprint.entry(fingerprint).or_insert_with(|| {
            let NewKind { part, has_issues } = new();
            self.parts.push(part);
            let place = u32::try_from(self.parts.len() - 1).expect("a shard has fewer than 2^32 different titles");
            KnownKind { place, has_issues }
        });
        kind.place
    }

    /// The fingerprints, each at its place.
    pub fn fingerprints(&self) -> Vec<u64> {
        let mut fingerprints = vec![0; self.parts.len()];
        self.by_fingerprint.iter().for_each(|(fingerprint, kind)| fingerprints[kind.place as usize] = *fingerprint);
        fingerprints
    }

    /// The parts, each at its place.
    pub fn into_parts(self) -> Vec<KindPart> {
        self.parts
    }
}

/// A hasher for fingerprints, which are hashes already.
#[derive(Debug, Default)]
struct Prehashed(u64);

impl Hasher for Prehashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
