//! One row of the mapping as a line of the document.

use std::borrow::Cow;

use crate::dicom::Tag;
use crate::fhir::Release;
use crate::issue::keyword;
use crate::mapping::row::Values;
use crate::mapping::{Attribute, Listed, Row};

/// A row, without what it fills and how.
pub struct Line {
    /// The element, as the report names it.
    pub element: &'static str,
    /// The element by the name of each release.
    pub releases: Vec<(&'static str, Option<Cow<'static, str>>)>,
    /// The attributes that it is filled from.
    pub attributes: &'static [Attribute],
    /// Where DICOM defines them.
    pub citation: &'static str,
    /// `one`, or `many`.
    pub values: &'static str,
    /// What it is instead, where it is of no attribute.
    pub source: Option<String>,
}

/// The lines of a table.
pub fn lines<P>(rows: &'static [Row<P>]) -> Vec<Line> {
    rows.iter().map(line).collect()
}

fn line<P>(row: &'static Row<P>) -> Line {
    Line {
        element: row.element,
        releases: releases(row.name()),
        attributes: row.attributes,
        citation: row.citation,
        values: match row.values {
            Values::One => "one",
            Values::Many => "many",
        },
        source: None,
    }
}

/// The lines of what is listed.
pub fn listed(all: &'static [Listed]) -> Vec<Line> {
    let line = |listed: &'static Listed| Line {
        element: listed.element,
        releases: releases(listed.element),
        attributes: listed.attributes(),
        citation: listed.citation(),
        values: "",
        source: listed.words(),
    };
    all.iter().map(line).collect()
}

fn releases(element: &'static str) -> Vec<(&'static str, Option<Cow<'static, str>>)> {
    Release::ALL.iter().map(|release| (release.name, release.element(element))).collect()
}

impl Line {
    /// Says what one release says only; whether it says anything.
    pub fn narrow(&mut self, release: &Release) -> bool {
        self.releases.retain(|(name, element)| *name == release.name && element.is_some());
        !self.releases.is_empty()
    }

    /// The names that the element has, each with its releases; without them where all releases agree.
    pub fn names(&self) -> Vec<(&str, Vec<&'static str>)> {
        let mut names: Vec<(&str, Vec<&str>)> = Vec::new();
        for (release, name) in self.releases.iter().filter_map(|(release, name)| Some((*release, name.as_deref()?))) {
            match names.last_mut().filter(|(last, _)| *last == name) {
                Some((_, releases)) => releases.push(release),
                None => names.push((name, vec![release])),
            }
        }
        if let [(_, releases)] = names.as_mut_slice()
            && releases.len() == self.releases.len()
        {
            releases.clear();
        }
        names
    }

    /// The attributes by the places where they stand: the root, or the items of a sequence.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for attribute in self.attributes {
            let Some((_, place)) = attribute.path().split_last() else { continue };
            match groups.iter_mut().find(|group| group.places == [place]) {
                Some(group) => group.attributes.push(*attribute),
                None => groups.push(Group { places: vec![place], attributes: vec![*attribute] }),
            }
        }
        groups.sort_by_key(|group| group.places.first().is_some_and(|place| !place.is_empty()));
        join_alike(groups)
    }
}

/// Attributes that stand at the same places.
pub struct Group {
    /// The sequences on the way to them; none for the root.
    pub places: Vec<&'static [Tag]>,
    /// The attributes.
    pub attributes: Vec<Attribute>,
}

impl Group {
    /// Where the attributes are: nothing to say of the root alone.
    pub fn place(&self) -> Option<String> {
        let named = |place: &[Tag]| match place {
            [] => "here".to_string(),
            sequences => {
                format!("in {}", sequences.iter().map(|sequence| tag(*sequence)).collect::<Vec<_>>().join(" > "))
            }
        };
        let is_root = self.places.iter().all(|place| place.is_empty());
        (!is_root).then(|| self.places.iter().map(|place| named(place)).collect::<Vec<_>>().join(" and "))
    }

    fn names(&self) -> Vec<String> {
        self.attributes.iter().copied().map(attribute).collect()
    }
}

/// Groups that have the same attributes at other places are one.
fn join_alike(groups: Vec<Group>) -> Vec<Group> {
    let mut joined: Vec<Group> = Vec::new();
    for group in groups {
        match joined.iter_mut().find(|known| known.names() == group.names()) {
            Some(known) => known.places.extend(group.places),
            None => joined.push(group),
        }
    }
    joined
}

/// `(0008,0050) AccessionNumber`.
pub fn tag(tag: Tag) -> String {
    format!("{tag} {}", keyword(tag))
}

/// The attribute, with the macro that its items have: `(0008,1032) ProcedureCodeSequence [code]`.
pub fn attribute(attribute: Attribute) -> String {
    let named = attribute.path().last().map(|last| tag(*last)).unwrap_or_default();
    match content(attribute) {
        Some(content) => format!("{named} [{content}]"),
        None => named,
    }
}

/// The macro of a sequence's items, as the document explains it.
pub fn content(attribute: Attribute) -> Option<&'static str> {
    match attribute {
        Attribute::Value(_) => None,
        Attribute::Code(_) => Some("code"),
        Attribute::Person(_) => Some("person"),
        Attribute::Issuer(_) => Some("issuer"),
    }
}

/// What the words in brackets stand for, and where DICOM defines it.
pub const CONTENTS: [(&str, &str); 3] = [
    (
        "code",
        "a coded entry: code value, scheme, version, meaning (PS3.3 8.8), with the schemes of (0008,0110); a code \
         whose scheme is not known keeps its value without a system, beside its meaning as text",
    ),
    ("person", "a person's identification: the codes of (0040,1101) (PS3.3 10.1)"),
    ("issuer", "who gave a number out: local name, universal id and its type (PS3.3 10.14)"),
];
