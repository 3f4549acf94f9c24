//! JSON as a list of elements and values, and the difference of two lists.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

/// One value of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Leaf {
    /// The element, as `series.modality.coding.code`; of other resources than ImagingStudy with their type in front.
    pub element: String,
    /// The value.
    pub value: String,
}

/// The values of a resource in order; a list has one after the other. Those of a resource inside it go by its own type.
pub fn leaves(resource: &Value) -> Vec<Leaf> {
    let mut found = Vec::new();
    collect(resource, "", &mut found);
    found
}

fn collect(value: &Value, element: &str, found: &mut Vec<Leaf>) {
    let leaf = |value| Leaf { element: element.to_string(), value };
    match value {
        Value::Object(members) => {
            let element = match value["resourceType"].as_str() {
                Some("ImagingStudy") => "",
                other => other.unwrap_or(element),
            };
            for (name, member) in members.iter().filter(|(name, _)| *name != "resourceType") {
                let dot = if element.is_empty() { "" } else { "." };
                collect(member, &format!("{element}{dot}{name}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, element, found)),
        Value::String(text) => found.push(leaf(super::display(text))),
        other => found.push(leaf(other.to_string())),
    }
}

impl Leaf {
    /// Whether it is of an element or inside it; `*.id` is that of any resource beside the study.
    pub fn is_of(&self, element: &str) -> bool {
        // What a primitive value lacks stands beside it, under its name with a line in front.
        let own = self.element.replace('_', "");
        match element.strip_prefix('*') {
            Some(part) => format!(".{own}.").contains(&format!("{part}.")),
            None => own.strip_prefix(element).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
        }
    }

    /// Whether it is of a resource of another type than ImagingStudy.
    pub fn is_beside(&self) -> bool {
        self.element.starts_with(char::is_uppercase)
    }
}

/// What is in `all` and not in `known`, where each is counted.
pub fn without(mut all: Vec<Leaf>, known: &[Leaf]) -> Vec<Leaf> {
    let mut counts = counts(known);
    all.retain(|leaf| !take(&mut counts, leaf));
    all
}

/// What is in `some` and in `all`, where each is counted.
pub fn within(mut some: Vec<Leaf>, all: &[Leaf]) -> Vec<Leaf> {
    let mut counts = counts(all);
    some.retain(|leaf| take(&mut counts, leaf));
    some
}

fn counts(leaves: &[Leaf]) -> HashMap<&Leaf, usize> {
    let mut counts = HashMap::new();
    leaves.iter().for_each(|leaf| *counts.entry(leaf).or_default() += 1);
    counts
}

/// Takes one of these leaves away; whether there was one.
fn take(counts: &mut HashMap<&Leaf, usize>, leaf: &Leaf) -> bool {
    let left = counts.get_mut(leaf).filter(|left| **left > 0);
    left.map(|left| *left -= 1).is_some()
}
