//! How releases are called: by the user, and by servers.

use std::str::FromStr;

use super::Release;
use crate::options::unknown;

impl Release {
    /// The release of this name or version, in any case.
    pub fn parse(name: &str) -> Option<&'static Release> {
        if name.eq_ignore_ascii_case("r6") {
            return Some(Release::NEWEST);
        }
        let named =
            |release: &&&Release| name.eq_ignore_ascii_case(release.name) || name.eq_ignore_ascii_case(release.version);
        Release::ALL.iter().find(named).copied()
    }

    /// The release of a server with this `CapabilityStatement.fhirVersion`; patch versions do not matter.
    pub fn of_server(version: &str) -> Option<&'static Release> {
        let minor = |version: &str| -> Option<String> {
            let (numbers, label) = version.split_once('-').map_or((version, None), |(a, b)| (a, Some(b)));
            let mut numbers = numbers.split('.');
            Some(format!("{}.{} {}", numbers.next()?, numbers.next()?, label.unwrap_or_default()))
        };
        Release::ALL.iter().find(|release| minor(release.version) == minor(version)).copied()
    }

    /// Whether a server of this version may be able to read the release: within one generation the user decides.
    pub fn is_read_by(&self, version: &str) -> bool {
        generation(self.version) == generation(version)
    }

    /// The releases that are nearest to a version that is none of them: those of its publication, else of its
    /// generation.
    pub fn near(version: &str) -> Vec<&'static Release> {
        let same = |part: fn(&str) -> &str| -> Vec<&'static Release> {
            Release::ALL.iter().copied().filter(|release| part(release.version) == part(version)).collect()
        };
        let published = same(publication);
        if published.is_empty() { same(generation) } else { published }
    }
}

impl FromStr for &Release {
    type Err = String;

    fn from_str(text: &str) -> Result<&'static Release, String> {
        Release::parse(text).ok_or_else(|| unknown("release", text, &Release::ALL.map(|release| release.name)))
    }
}

/// What a version is a release or a draft of: R4B began as 4.1, and R5 as 4.2 to 4.6.
fn publication(version: &str) -> &str {
    let end = version.match_indices('.').nth(1).map_or(version.len(), |(end, _)| end);
    match &version[..end] {
        "4.1" => "4.3",
        "4.2" | "4.4" | "4.5" | "4.6" => "5.0",
        other => other,
    }
}

/// The number of the R.
fn generation(version: &str) -> &str {
    publication(version).split('.').next().unwrap_or_default()
}
