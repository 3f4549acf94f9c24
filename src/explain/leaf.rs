//! JSON as a list of elements and values, and the difference of two lists.

use serde::Serialize;
use serde_json::Value;

/// One value of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leaf {
    /// The element, as `series.modality.coding.code`; of other resources than ImagingStudy with their type in front.
    pub element: String,
    /// The value.
    pub value: String,
}

/// The values of a resource in order; a list has one after the other.
pub fn leaves(resource: &Value) -> Vec<Leaf> {
    let mut found = Vec::new();
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    collect(resource, if kind == "ImagingStudy" { "" } else { kind }, &mut found);
    found.retain(|leaf| !leaf.element.ends_with("resourceType"));
    found
}

fn collect(value: &Value, element: &str, found: &mut Vec<Leaf>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let dot = if element.is_empty() { "" } else { "." };
                collect(member, &format!("{element}{dot}{name}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, element, found)),
        Value::String(text) => found.push(Leaf { element: element.to_string(), value: super::display(text) }),
        other => found.push(Leaf { element: element.to_string(), value: other.to_string() }),
    }
}

/// What is in `all` and not in `known`, where each is counted.
pub fn without(all: Vec<Leaf>, mut known: Vec<Leaf>) -> Vec<Leaf> {
    let is_new = |leaf: &Leaf| match known.iter().position(|other| other == leaf) {
        Some(at) => {
            known.swap_remove(at);
            false
        }
        None => true,
    };
    let mut new = all;
    new.retain(is_new);
    new
}
