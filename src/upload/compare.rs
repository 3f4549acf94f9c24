//! Whether the server's copy says the same as ours, and whether it knows of instances that ours lacks.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What the server adds by itself, or what is no content.
const NOT_COMPARED: [&str; 3] = ["id", "meta", "text"];

/// Whether two resources say the same. The order of elements does not matter, and references may be absolute.
pub fn is_equal(ours: &str, theirs: &str, base: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok().map(|value| content(value, base));
    matches!((parse(ours), parse(theirs)), (Some(ours), Some(theirs)) if ours == theirs)
}

fn content(resource: Value, base: &str) -> Value {
    let Value::Object(members) = resource else { return resource };
    let kept = members.into_iter().filter(|(name, _)| !NOT_COMPARED.contains(&name.as_str()));
    relative(Value::Object(kept.collect()), base)
}

/// The value with the server's own references made relative.
fn relative(value: Value, base: &str) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(|item| relative(item, base)).collect()),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| match value {
                Value::String(text) if name == "reference" => {
                    let short = text.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
                    (name, Value::String(short.unwrap_or(&text).to_string()))
                }
                other => (name, relative(other, base)),
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// How many instances the server's ImagingStudy has that ours would take away. Where instances are not listed, the
/// counts say it.
pub fn lost_instances(ours: &str, theirs: &str) -> u64 {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (ours, theirs) = (Listing::of(&parse(ours)), Listing::of(&parse(theirs)));
    let listed = theirs.instances.difference(&ours.instances).count() as u64;
    let series: u64 = theirs
        .series
        .iter()
        .map(|(uid, number)| {
            let here = ours.series.iter().find(|(other, _)| other == uid);
            // A series that is gone is a loss even where it says no number.
            here.map_or((*number).max(1), |(_, here)| number.saturating_sub(*here))
        })
        .sum();
    listed.max(series).max(theirs.number.saturating_sub(ours.number))
}

struct Listing {
    number: u64,
    series: Vec<(String, u64)>,
    instances: BTreeSet<(String, String)>,
}

impl Listing {
    fn of(study: &Value) -> Listing {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut found = Listing { number: count(study), series: Vec::new(), instances: BTreeSet::new() };
        for series in list(&study["series"]) {
            let uid = text(&series["uid"]);
            let instances = list(&series["instance"]);
            found.series.push((uid.clone(), count(&series).max(instances.len() as u64)));
            found.instances.extend(instances.iter().map(|instance| (uid.clone(), text(&instance["uid"]))));
        }
        found.number = found.number.max(found.series.iter().map(|(_, number)| number).sum());
        found
    }
}

fn count(value: &Value) -> u64 {
    value["numberOfInstances"].as_u64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_adds_is_no_difference() {
        let ours =
            r#"{"resourceType":"ImagingStudy","id":"1","status":"available","subject":{"reference":"Patient/p"}}"#;
        let theirs = r#"{"resourceType":"ImagingStudy","meta":{"versionId":"1"},"text":{"status":"generated"},"id":"7",
            "subject":{"reference":"http://h/fhir/Patient/p"},"status":"available"}"#;
        assert!(is_equal(ours, theirs, "http://h/fhir"));
        assert!(!is_equal(ours, theirs, "http://other/fhir"));
        assert!(!is_equal(ours, &theirs.replace("available", "unknown"), "http://h/fhir"));
        assert!(!is_equal(ours, "<html>", "http://h/fhir"));
    }

    fn study(series: &[(&str, &[&str])]) -> String {
        let series: Vec<Value> = series
            .iter()
            .map(|(uid, instances)| {
                let list: Vec<Value> = instances.iter().map(|uid| serde_json::json!({"uid": uid})).collect();
                serde_json::json!({"uid": uid, "numberOfInstances": list.len(), "instance": list})
            })
            .collect();
        let all: usize = series.iter().map(|series| series["instance"].as_array().unwrap().len()).sum();
        serde_json::json!({"numberOfInstances": all, "series": series}).to_string()
    }

    #[test]
    fn instances_that_only_the_server_has_are_counted() {
        let all = study(&[("1", &["a", "b"]), ("2", &["c"])]);
        for (ours, want) in [
            (all.clone(), 0),
            (study(&[("1", &["a", "b", "x"]), ("2", &["c"]), ("3", &["d"])]), 0),
            (study(&[("1", &["a"]), ("2", &["c"])]), 1),
            (study(&[("1", &["a", "x", "y"]), ("2", &["c"])]), 1),
            (study(&[("1", &["a", "b"])]), 1),
            (r#"{"numberOfInstances":3}"#.to_string(), 3),
            ("{}".to_string(), 3),
        ] {
            assert_eq!(lost_instances(&ours, &all), want, "{ours}");
        }
        assert_eq!(lost_instances(&all, r#"{"numberOfInstances":5}"#), 2);
        assert_eq!(lost_instances(&all, r#"{"series":[{"uid":"9"}]}"#), 1);
    }
}
