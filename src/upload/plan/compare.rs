//! Compares our elements with the server's. Pure.

use super::whose::relative;
use crate::upload::json::Json;

/// The extension for an absent value.
pub const DATA_ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

/// Whether a value is only an absent reason.
pub fn is_absent(value: &Json) -> bool {
    let says = |extension: &Json| extension.string("url") == Some(DATA_ABSENT);
    matches!(value.members(), [(name, list)] if name == "extension" && list.items().iter().all(says))
}

/// The key of a list item: its reference, or its identifier.
pub fn key(item: &Json) -> Option<(&str, &str)> {
    if let Some(reference) = item.string("reference") {
        return Some(("", reference));
    }
    let identifier = item.get("identifier").unwrap_or(item);
    Some((identifier.string("system")?, identifier.string("value")?))
}

/// Whether theirs contains everything of ours. References may be absolute.
pub fn covers(theirs: &Json, ours: &Json, base: &str) -> bool {
    match (ours, theirs) {
        (Json::Object(members), Json::Object(_)) => members.iter().all(|(name, value)| {
            theirs.get(name).is_some_and(|there| match (name.as_str(), value.text(), there.text()) {
                ("reference", Some(own), Some(there)) => relative(own, base) == relative(there, base),
                _ => covers(there, value, base),
            })
        }),
        (Json::List(own), Json::List(there)) => own.iter().all(|item| there.iter().any(|to| covers(to, item, base))),
        _ => ours == theirs,
    }
}
