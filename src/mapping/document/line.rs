//! One row of the mapping as a line of the document.

use super::element::in_release;
use crate::dicom::Tag;
use crate::fhir::Release;
use crate::issue::keyword;
use crate::mapping::row::Values;
use crate::mapping::{Attribute, Row};

/// A row, without what it fills and how.
pub struct Line {
    /// The element, as the report names it.
    pub element: &'static str,
    /// The element by the name of each release.
    pub releases: Vec<(&'static str, Option<&'static str>)>,
    /// The attributes that it is filled from.
    pub attributes: &'static [Attribute],
    /// Where DICOM defines them.
    pub citation: &'static str,
    /// `one`, or `many`.
    pub values: &'static str,
}

/// The lines of a table.
pub fn lines<P>(rows: &'static [Row<P>]) -> Vec<Line> {
    rows.iter().map(line).collect()
}

fn line<P>(row: &'static Row<P>) -> Line {
    Line {
        element: row.element,
        releases: Release::ALL.iter().map(|release| (release.name, in_release(row, release))).collect(),
        attributes: row.attributes,
        citation: row.citation,
        values: match row.values {
            Values::One => "one",
            Values::Many => "many",
        },
    }
}

impl Line {
    /// The names that the element has, each with its releases; without them where all releases agree.
    pub fn names(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut names: Vec<(&str, Vec<&str>)> = Vec::new();
        for (release, name) in self.releases.iter().filter_map(|(release, name)| Some((*release, (*name)?))) {
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

    /// The attributes by the sequence that they stand in; those of the root first, without one.
    pub fn groups(&self) -> Vec<(Vec<Tag>, Vec<Attribute>)> {
        let mut groups: Vec<(Vec<Tag>, Vec<Attribute>)> = vec![(Vec::new(), Vec::new())];
        for attribute in self.attributes {
            let (_, sequence) = attribute.path().split_last().unwrap_or((&Tag(0, 0), &[]));
            match groups.iter_mut().find(|(known, _)| known == sequence) {
                Some((_, attributes)) => attributes.push(*attribute),
                None => groups.push((sequence.to_vec(), vec![*attribute])),
            }
        }
        groups.retain(|(_, attributes)| !attributes.is_empty());
        groups
    }
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
    ("code", "a coded entry: code value, scheme, version, meaning (PS3.3 8.8), with the schemes of (0008,0110)"),
    ("person", "a person's identification: the codes of (0040,1101) (PS3.3 10.1)"),
    ("issuer", "who gave a number out: local name, universal id and its type (PS3.3 10.14)"),
];
