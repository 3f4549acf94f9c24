//! The invariant, over whatever was written: resources, or Bundles.
//!
//! From a study no chain of references leads to a resource whose subject is another. No shared resource and no search
//! rests on a value that lost bytes. Equal ids mean equal identifiers, and equal searches equal subjects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// A resource, and the names by which others of its scope refer to it.
struct Found<'v> {
    resource: &'v Value,
    names: Vec<String>,
    /// The search of a conditional request.
    search: Option<String>,
}

/// Checks all documents of a run together, and gives for each companion, by type and id, the studies that refer to it.
pub fn check(documents: &[Value]) -> BTreeMap<String, BTreeSet<String>> {
    let is_bundle = documents.iter().any(|document| document["resourceType"] == "Bundle");
    let scopes: Vec<Vec<Found<'_>>> = match is_bundle {
        true => documents.iter().map(|bundle| list(&bundle["entry"]).map(of_entry).collect()).collect(),
        false => vec![documents.iter().map(of_resource).collect()],
    };
    let mut referring: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for scope in &scopes {
        let names: BTreeMap<&str, &Found<'_>> =
            scope.iter().flat_map(|found| found.names.iter().map(move |name| (name.as_str(), found))).collect();
        for found in scope {
            if is_bundle {
                continue;
            }
            assert_eq!(scope.iter().filter(|other| other.names == found.names).count(), 1, "{:?} twice", found.names);
        }
        for study in scope.iter().filter(|found| is_main(found.resource)) {
            for reached in reached(study, &names) {
                referring.entry(key(reached)).or_default().insert(study.names[0].clone());
            }
        }
    }
    let all: Vec<&Found<'_>> = scopes.iter().flatten().collect();
    equal_ids_are_equal(&all);
    searches(&all);
    documents.iter().for_each(no_lost_value_has_a_system);
    shared_rest_on_whole_values(&all, &referring);
    referring
}

fn of_resource(resource: &Value) -> Found<'_> {
    let name = format!("{}/{}", text(&resource["resourceType"]), text(&resource["id"]));
    Found { resource, names: vec![name], search: None }
}

fn of_entry(entry: &Value) -> Found<'_> {
    let (resource, request) = (&entry["resource"], &entry["request"]);
    let full_url = text(&entry["fullUrl"]);
    let uuid = full_url.strip_prefix("urn:uuid:").unwrap_or(full_url);
    let id = resource["id"].as_str().unwrap_or(uuid);
    let kind = text(&resource["resourceType"]);
    let url = text(&request["url"]);
    let query = request["ifNoneExist"].as_str().or_else(|| url.split_once('?').map(|(_, query)| query));
    let names = vec![format!("{kind}/{id}"), full_url.to_string()];
    Found { resource, names, search: query.map(|query| format!("{kind}?{query}")) }
}

fn is_main(resource: &Value) -> bool {
    matches!(text(&resource["resourceType"]), "ImagingStudy" | "ImagingSelection")
}

/// The type and id, by which a resource is met in several Bundles.
fn key(found: &Found<'_>) -> String {
    found.names[0].clone()
}

/// All that a study leads to; each that has a subject must have the study's.
fn reached<'f, 'v>(study: &'f Found<'v>, names: &BTreeMap<&str, &'f Found<'v>>) -> Vec<&'f Found<'v>> {
    let own = subject(study.resource);
    let contained: Vec<String> =
        list(&study.resource["contained"]).map(|resource| format!("#{}", text(&resource["id"]))).collect();
    for resource in list(&study.resource["contained"]).filter(|resource| !resource["subject"].is_null()) {
        assert_eq!(subject(resource), own, "contained in {}: {resource}", study.names[0]);
    }
    let (mut found, mut open): (Vec<&Found<'_>>, Vec<&Found<'_>>) = (Vec::new(), vec![study]);
    while let Some(next) = open.pop() {
        for literal in literals(next.resource) {
            if literal.starts_with('#') {
                assert!(contained.contains(&literal), "{literal} of {}", study.names[0]);
                continue;
            }
            let Some(to) = names.get(literal.as_str()) else { continue };
            if found.iter().any(|known| std::ptr::eq(*known, *to)) || std::ptr::eq(*to, study) {
                continue;
            }
            if !to.resource["subject"].is_null() && !is_one_person(to.resource, study.resource, names) {
                assert_eq!(subject(to.resource), own, "{} leads to {}", study.names[0], to.resource);
            }
            found.push(to);
            open.push(to);
        }
    }
    found
}

/// What tells the subject of a resource from others: the reference, else the identifier.
fn subject(resource: &Value) -> String {
    let subject = &resource["subject"];
    match subject["reference"].as_str() {
        Some(literal) => literal.to_string(),
        None => subject["identifier"].to_string(),
    }
}

/// Whether two resources have subjects of one number, of which one is told by reference and the other by identifier.
fn is_one_person(one: &Value, other: &Value, names: &BTreeMap<&str, &Found<'_>>) -> bool {
    let numbers = |of: &Value| {
        let told = &of["subject"];
        match names.get(text(&told["reference"])) {
            Some(found) => tokens(found.resource),
            None => tokens(&json!({"identifier": [told["identifier"]]})),
        }
    };
    numbers(one).intersection(&numbers(other)).next().is_some()
}

fn literals(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let own = members.get("reference").and_then(Value::as_str).map(str::to_string);
            own.into_iter().chain(members.values().flat_map(literals)).collect()
        }
        Value::Array(items) => items.iter().flat_map(literals).collect(),
        _ => Vec::new(),
    }
}

/// The identifiers that say whose they are.
fn tokens(resource: &Value) -> BTreeSet<(String, String)> {
    let with_system = list(&resource["identifier"]).filter(|identifier| identifier["system"].is_string());
    with_system.map(|one| (text(&one["system"]).to_string(), text(&one["value"]).to_string())).collect()
}

/// A resource that stands in several documents under one id is one thing: they have an identifier in common.
fn equal_ids_are_equal(all: &[&Found<'_>]) {
    let mut by_id: BTreeMap<String, &Found<'_>> = BTreeMap::new();
    for found in all {
        let Some(known) = by_id.insert(key(found), found) else { continue };
        if text(&found.resource["resourceType"]) == "Endpoint" {
            continue;
        }
        let (one, other) = (tokens(known.resource), tokens(found.resource));
        assert!(one.intersection(&other).next().is_some(), "{} is two: {one:?} {other:?}", found.names[0]);
    }
}

/// No search looks for what lost bytes, and one search is of one subject and of one resource.
fn searches(all: &[&Found<'_>]) {
    let mut by_search: BTreeMap<&str, &Found<'_>> = BTreeMap::new();
    for found in all {
        let Some(search) = &found.search else { continue };
        for lost in ["%EF%BF%BD", "\u{FFFD}", "%09", "%0A", "%0D", "%00"] {
            assert!(!search.contains(lost), "{search}");
        }
        if let Some(known) = by_search.insert(search, found) {
            assert_eq!(subject(known.resource), subject(found.resource), "{search}");
            assert_eq!(key(known), key(found), "{search}");
        }
    }
}

/// Wherever an identifier stands: where bytes were replaced, it is of no system.
fn no_lost_value_has_a_system(value: &Value) {
    match value {
        Value::Object(members) => {
            let lost = members.get("value").and_then(Value::as_str).is_some_and(|value| value.contains('\u{FFFD}'));
            assert!(!lost || !members.contains_key("system"), "{value}");
            members.values().for_each(no_lost_value_has_a_system);
        }
        Value::Array(items) => items.iter().for_each(no_lost_value_has_a_system),
        _ => {}
    }
}

/// What several studies refer to has an identifier with a system, or an address.
fn shared_rest_on_whole_values(all: &[&Found<'_>], referring: &BTreeMap<String, BTreeSet<String>>) {
    let study_of = |name: &String| name.starts_with("ImagingStudy/");
    for found in all {
        let studies =
            referring.get(&key(found)).map_or(0, |studies| studies.iter().filter(|name| study_of(name)).count());
        let is_own = matches!(text(&found.resource["resourceType"]), "Endpoint" | "ImagingStudy");
        assert!(studies < 2 || is_own || !tokens(found.resource).is_empty(), "{} is shared", found.resource);
    }
}

pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The checker sees what it is there for.
#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    #[test]
    #[should_panic(expected = "leads to")]
    fn an_order_of_another_patient_is_seen() {
        check(&[
            json!({"resourceType":"ImagingStudy","id":"1","subject":{"reference":"Patient/1"},"basedOn":[{"reference":"ServiceRequest/o"}]}),
            json!({"resourceType":"ServiceRequest","id":"o","subject":{"reference":"Patient/2"}}),
        ]);
    }

    #[test]
    #[should_panic(expected = "%EF%BF%BD")]
    fn a_search_for_a_lost_value_is_seen() {
        check(&[
            json!({"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"},
            "request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=urn:p%7C%EF%BF%BD1"}}]}),
        ]);
    }

    #[test]
    #[should_panic(expected = "is shared")]
    fn a_shared_patient_without_a_system_is_seen() {
        let study = |id| json!({"resourceType":"ImagingStudy","id":id,"subject":{"reference":"Patient/1"}});
        check(&[study("1"), study("2"), json!({"resourceType":"Patient","id":"1","identifier":[{"value":"1"}]})]);
    }

    #[test]
    #[should_panic(expected = "is two")]
    fn one_id_of_two_people_is_seen() {
        let bundle = |value| {
            json!({"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:1",
                "resource":{"resourceType":"Patient","identifier":[{"system":"urn:p","value":value}]}}]})
        };
        check(&[bundle("1"), bundle("2")]);
    }
}
