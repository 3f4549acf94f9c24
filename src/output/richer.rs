//! Checks whether the existing file of a companion has more or other data than the new one, and so must not be
//! replaced: a run over other studies of the patient may know less, or mean another person.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

/// The largest file that is read; companions are smaller.
const MAX_BYTES: u64 = 1 << 20;

/// Elements with the same name in every release, so that another release is not a difference.
const ELEMENTS: [&str; 11] = [
    "address",
    "birthDate",
    "code",
    "gender",
    "identifier",
    "manufacturer",
    "modelNumber",
    "name",
    "requester",
    "serialNumber",
    "type",
];

/// Elements of which a person or thing has only one.
const FACTS: [&str; 5] = ["birthDate", "gender", "manufacturer", "name", "serialNumber"];

/// Whether the old file is a companion with more or other data than the new one.
pub(super) fn says_more(old: &Path, new: &Path) -> bool {
    // Most documents have no old file, and then the new one is not parsed.
    companion(old).is_some_and(|old| companion(new).is_some_and(|new| has_more(&old, &new)))
}

fn companion(path: &Path) -> Option<Value> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    let resource: Value = serde_json::from_slice(&bytes).ok()?;
    let kind = resource["resourceType"].as_str()?;
    (!matches!(kind, "Bundle" | "ImagingStudy")).then_some(resource)
}

fn has_more(old: &Value, new: &Value) -> bool {
    // The name of a device has a different form in each release.
    let is_told_alike = |element: &str| element != "name" || old["resourceType"] != "Device";
    let has = |resource: &Value, element: &str| !resource[element].is_null();
    ELEMENTS
        .iter()
        .filter(|element| is_told_alike(element) && has(old, element))
        .any(|element| !has(new, element) || FACTS.contains(element) && !covers(&new[*element], &old[*element]))
}

/// Whether the new value contains every word of the old one, ignoring case; a date may be more precise.
fn covers(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::String(new), Value::String(old)) => new.to_lowercase().starts_with(&old.to_lowercase()),
        _ => words(new).is_superset(&words(old)),
    }
}

/// All words in a value.
fn words(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => [text.to_lowercase()].into(),
        Value::Array(items) => items.iter().flat_map(words).collect(),
        Value::Object(members) => members.values().flat_map(words).collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_says_less_or_something_else_is_told_from_what_says_more() {
        let patient = json!({"resourceType": "Patient", "name": [{"family": "Doe", "given": ["Jane"]}],
            "birthDate": "1970-01", "gender": "female"});
        let with = |element: &str, value: Value| {
            let mut patient = patient.clone();
            patient[element] = value;
            patient
        };
        for (new, want) in [
            (patient.clone(), false),
            (with("address", json!([{"city": "Berne"}])), false),
            (with("birthDate", "1970-01-02".into()), false),
            (with("birthDate", "1971-01".into()), true),
            (with("birthDate", Value::Null), true),
            (with("gender", "male".into()), true),
            (with("name", json!([{"family": "DOE", "given": ["Jane", "Ann"]}])), false),
            (with("name", json!([{"family": "Roe", "given": ["Jane"]}])), true),
            (with("name", json!([{"family": "Doe"}])), true),
        ] {
            assert_eq!(has_more(&patient, &new), want, "{new}");
        }
    }

    #[test]
    fn another_release_is_no_difference() {
        for (old, new) in [
            (json!({"code": {"text": "CT"}}), json!({"code": {"concept": {"text": "CT"}}})),
            (json!({"class": {"code": "IMP"}, "status": "unknown"}), json!({"status": "unknown"})),
            (
                json!({"resourceType": "Device", "name": [{"value": "A", "type": {"coding": [{"code": "x"}]}}]}),
                json!({"resourceType": "Device", "deviceName": [{"name": "A", "type": "x"}]}),
            ),
        ] {
            assert!(!has_more(&old, &new) && !has_more(&new, &old), "{old} {new}");
        }
    }
}
