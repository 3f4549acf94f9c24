//! Where a value comes from that no attribute fills: a constant, a count, an option, another element.

use super::Leaf;
use crate::fhir::profile::differences;
use crate::fhir::{Profile, Release};
use crate::mapping::finish::{RULES, Rule};
use crate::mapping::{COMPANIONS, Listed};

/// An element, and in words where it comes from.
#[derive(Debug)]
pub struct Origin {
    /// The element.
    pub element: &'static str,
    /// The words.
    pub words: String,
}

/// Every origin: the finish rules, the rows without attributes, and what a profile adds to them.
pub fn all(profile: Option<&'static Profile>) -> Vec<Origin> {
    let of_rule = |rule: &Rule| (rule.element, format!("{}: {}", rule.from, rule.rule));
    let of_row = |row: &Listed| Some((row.element, row.words()?));
    let of_profile = differences(profile.unwrap_or_default()).into_iter().map(|one| {
        let from = if one.from.is_empty() { String::new() } else { format!("{}: ", one.from) };
        (one.element, format!("{from}{}", one.rule))
    });
    let rules = RULES.iter().map(of_rule).chain(COMPANIONS.iter().filter_map(of_row)).chain(of_profile);
    let mut all: Vec<Origin> = Vec::new();
    for (elements, words) in rules {
        elements.split(", ").for_each(|element| add(&mut all, element, &words));
    }
    all
}

/// What resources claim to conform to, each for itself.
const CLAIM: &str = "*.meta.profile";

/// Adds an origin, or what it says besides of an element.
fn add(all: &mut Vec<Origin>, element: &'static str, words: &str) {
    let element = if element == "meta.profile" { CLAIM } else { element };
    match all.iter_mut().find(|known| known.element == element && element != CLAIM) {
        // A profile has a constant of its own.
        Some(known) if known.words.starts_with("always ") => known.words = words.to_string(),
        Some(known) => known.words = format!("{}; {words}", known.words),
        None => all.push(Origin { element, words: words.to_string() }),
    }
}

/// The place of the origin that names a value most precisely.
pub fn of(leaf: &Leaf, all: &[Origin], release: &Release) -> Option<usize> {
    let precision = |origin: &Origin| {
        let name = release.element(origin.element)?;
        let is_any = name.starts_with('*') && !leaf.is_beside() && leaf.element.contains('.');
        let precision = if is_any { usize::MAX } else { name.len() };
        leaf.is_of(&name).then_some((precision, origin.element == CLAIM && origin.words.ends_with(&leaf.value)))
    };
    let fits = all.iter().enumerate().filter_map(|(place, source)| Some((precision(source)?, place)));
    fits.max().map(|(_, place)| place)
}
