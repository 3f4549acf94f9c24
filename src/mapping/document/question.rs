//! What is asked of the mapping: one element, one release, or all.
//!
//! An element is asked for by its name in any release, by the parent of several, by the end of its name, by a part, or
//! by the keyword or tag of an attribute that fills it.

use super::{Computed, Section};
use crate::fhir::Release;
use crate::issue::keyword;
use crate::mapping::Attribute;

/// What is asked; by default for everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'q> {
    /// An element, a part of its name, or an attribute.
    pub element: Option<&'q str>,
    /// The release that it is asked of.
    pub release: Option<&'static Release>,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// No element is called so; those that there are.
    Unknown(Vec<String>),
    /// Only other releases have it: these.
    NotInRelease(Vec<&'static str>),
}

/// How well a name fits, best first.
const FITS: [fn(&str, &str) -> bool; 5] = [
    |name, asked| name == asked,
    // An element of all companions: `Patient.id` is `*.id`.
    |name, asked| {
        let of = name.strip_prefix('*').and_then(|element| asked.strip_suffix(element));
        of.is_some_and(|of| !of.contains('.'))
    },
    |name, asked| name.starts_with(&format!("{asked}.")),
    |name, asked| format!(".{name}.").contains(&format!(".{asked}.")),
    |name, asked| name.contains(asked),
];

impl Question<'_> {
    /// The part of the document that answers.
    pub(super) fn answer(
        self,
        mut sections: Vec<Section>,
        mut rules: Vec<Computed>,
    ) -> Result<(Vec<Section>, Vec<Computed>), NoAnswer> {
        let lines = sections.iter().flat_map(|section| &section.lines).map(|line| line.element);
        let all: Vec<String> =
            lines.chain(rules.iter().flat_map(|rule| rule.elements.clone())).flat_map(names).collect();
        let asked = self.element.map(|element| element.trim().to_lowercase());
        let fits = asked.as_deref().and_then(|asked| fit(&all, asked));
        let is_asked = |element: &'static str, attributes: &[Attribute]| match (fits, asked.as_deref()) {
            (Some(fits), Some(asked)) => names(element).iter().any(|name| fits(&name.to_lowercase(), asked)),
            (None, Some(asked)) => attributes.iter().any(|attribute| is_of(*attribute, asked)),
            (_, None) => true,
        };
        sections.iter_mut().for_each(|section| section.lines.retain(|line| is_asked(line.element, line.attributes)));
        rules.iter_mut().for_each(|rule| rule.elements.retain(|element| is_asked(element, &[])));
        rules.retain(|rule| !rule.elements.is_empty());
        if rules.is_empty() && sections.iter().all(|section| section.lines.is_empty()) {
            return Err(unknown(&all));
        }
        let elsewhere = releases(&sections, &rules);
        if let Some(release) = self.release {
            sections.iter_mut().for_each(|section| section.lines.retain_mut(|line| line.narrow(release)));
            rules.retain_mut(|rule| rule.narrow(release));
        }
        sections.retain(|section| !section.lines.is_empty());
        match sections.is_empty() && rules.is_empty() {
            true => Err(NoAnswer::NotInRelease(elsewhere)),
            false => Ok((sections, rules)),
        }
    }
}

/// The best way in which any name fits.
fn fit(all: &[String], asked: &str) -> Option<fn(&str, &str) -> bool> {
    let any = |fits: &fn(&str, &str) -> bool| all.iter().any(|name| fits(&name.to_lowercase(), asked));
    FITS.into_iter().find(|fits| !asked.is_empty() && any(fits))
}

/// Whether an attribute is, contains or is inside the one with this keyword, in lower case, or tag, as `(0008,0060)`.
fn is_of(attribute: Attribute, asked: &str) -> bool {
    let digits = asked.replace(['(', ')', ',', ' '], "");
    let mut tags = attribute.wanted().flatten();
    tags.any(|tag| keyword(tag).to_lowercase() == asked || format!("{:04x}{:04x}", tag.0, tag.1) == digits)
}

fn unknown(all: &[String]) -> NoAnswer {
    let mut names: Vec<String> = all.iter().filter(|name| !name.starts_with(STUDY)).cloned().collect();
    names.sort();
    names.dedup();
    NoAnswer::Unknown(names)
}

const STUDY: &str = "ImagingStudy.";

/// The name that the report has and those of the releases, each also with `ImagingStudy` in front where that belongs
/// there.
fn names(element: &'static str) -> Vec<String> {
    let of_releases = Release::ALL.iter().filter_map(|release| release.element(element).map(String::from));
    let mut names: Vec<String> = [element.to_string()].into_iter().chain(of_releases).collect();
    if element.starts_with(char::is_lowercase) {
        names.extend(names.clone().iter().map(|name| format!("{STUDY}{name}")));
    }
    names
}

/// The releases that have any of it.
fn releases(sections: &[Section], rules: &[Computed]) -> Vec<&'static str> {
    let lines = sections.iter().flat_map(|section| &section.lines);
    let has = |release: &&'static Release| {
        let in_lines =
            lines.clone().any(|line| line.releases.iter().any(|(name, at)| *name == release.name && at.is_some()));
        in_lines || rules.iter().any(|rule| rule.elements.iter().any(|element| release.element(element).is_some()))
    };
    Release::ALL.iter().filter(|release| has(release)).map(|release| release.name).collect()
}
