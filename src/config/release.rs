//! The FHIR release that was asked for, by its name.

use std::str::FromStr;

use super::suggest;

/// A release that the tool can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseName(pub &'static str);

const RELEASES: [(&str, &str); 5] = [
    ("r4", "4.0.1"),
    ("r4b", "4.3.0"),
    ("r5", "5.0.0"),
    ("r6-ballot2", "6.0.0-ballot2"),
    ("r6-ballot5", "6.0.0-ballot5"),
];

impl Default for ReleaseName {
    fn default() -> ReleaseName {
        ReleaseName("r6-ballot2")
    }
}

impl FromStr for ReleaseName {
    type Err = String;

    fn from_str(text: &str) -> Result<ReleaseName, String> {
        let lower = text.to_ascii_lowercase();
        let lower = if lower == "r6" { "r6-ballot5" } else { &lower };
        let found = RELEASES.iter().find(|(name, version)| *name == lower || *version == lower);
        found
            .map(|(name, _)| ReleaseName(name))
            .ok_or_else(|| suggest::unknown("release", text, &RELEASES.map(|r| r.0)))
    }
}
