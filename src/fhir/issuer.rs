//! Whether numbers can be of one issuer: the same rule within a study and across studies.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

/// What is stated of a number's issuer, as hashes, so that it reveals nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Told {
    /// The universal id of the header, as a system or as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub universal: Option<u64>,
    /// The local name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<u64>,
    /// The system that the user gives for the local name, or for numbers without any issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<u64>,
}

impl Told {
    /// Identifies an issuer whose universal id is not stated.
    fn stand_in(&self) -> Option<u64> {
        self.given.or(self.local).filter(|_| self.universal.is_none())
    }
}

/// Whether all of these can be one issuer: one universal id, and no name beside it that it is not told with.
pub fn can_be_one(all: &[Told]) -> bool {
    let universal: BTreeSet<u64> = all.iter().filter_map(|one| one.universal).collect();
    let names: BTreeSet<u64> = all.iter().filter(|one| one.universal.is_some()).filter_map(|one| one.local).collect();
    let is_known = |one: &&Told| {
        one.given.is_some_and(|system| universal.contains(&system))
            || one.local.is_some_and(|name| names.contains(&name))
    };
    let known: BTreeSet<u64> = all.iter().filter(is_known).filter_map(Told::stand_in).collect();
    let others: BTreeSet<u64> = all.iter().filter_map(Told::stand_in).filter(|one| !known.contains(one)).collect();
    universal.len() + others.len() <= 1
}

/// The hash of the parts, each with its length so that no two lists read alike.
pub fn hash<'t>(parts: impl IntoIterator<Item = &'t str>) -> u64 {
    let mut hasher = Xxh3Default::new();
    for part in parts {
        hasher.update(&part.len().to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An issuer as `universal id/local name/the user's system`.
    fn told(issuer: &str) -> Told {
        let mut parts = issuer.split('/').map(|part| (!part.is_empty()).then(|| hash([part])));
        let mut next = || parts.next().flatten();
        Told { universal: next(), local: next(), given: next() }
    }

    #[test]
    fn issuers_are_one_by_the_universal_id_and_where_it_is_not_told_by_the_name() {
        for (issuers, want) in [
            (&["U", "U"] as &[&str], true),
            (&["U", "V"], false),
            (&["U/A", "U/B"], true),
            (&["U/A", "/A"], true),
            (&["U", "/A"], false),
            (&["U", "/A", "U/A"], true),
            (&["U/A", "V/A", "/A"], false),
            (&["/A", "/A"], true),
            (&["/A", "/B"], false),
            (&["U/A", "/A/S"], true),
            (&["U/A", "/B/S"], false),
            (&["U", "/A/U"], true),
            (&["U", "/A/U", "/B/U"], true),
            (&["/A/S", "/B/S"], true),
            (&["/A/S", "//S"], true),
            (&["U/A", "//S"], false),
            (&["U/A", "/A/S", "/B/S"], true),
            (&["", "", "/A"], true),
        ] {
            let mut all: Vec<Told> = issuers.iter().map(|issuer| told(issuer)).collect();
            assert_eq!(can_be_one(&all), want, "{issuers:?}");
            all.reverse();
            assert_eq!(can_be_one(&all), want, "{issuers:?}");
        }
    }
}
