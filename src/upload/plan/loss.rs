//! What an update would lose from the server's copy: instances, and a status that somebody set.

use std::collections::BTreeSet;

use crate::upload::json::Json;

/// Whether the copy is entered-in-error or cancelled.
pub fn is_withdrawn(copy: &Json) -> bool {
    matches!(copy.string("status"), Some("entered-in-error" | "cancelled"))
}

/// The number of instances that the server's ImagingStudy would lose, by the counts if instances are not listed.
pub fn lost_instances(ours: &Json, theirs: &Json) -> u64 {
    let (ours, theirs) = (Listing::of(ours), Listing::of(theirs));
    let listed = theirs.instances.difference(&ours.instances).count() as u64;
    let series: u64 = theirs
        .series
        .iter()
        .map(|(uid, number)| {
            let here = ours.series.iter().find(|(other, _)| other == uid);
            // A missing series is a loss even without a count.
            here.map_or((*number).max(1), |(_, here)| number.saturating_sub(*here))
        })
        .sum();
    listed.max(series).max(theirs.number.saturating_sub(ours.number))
}

struct Listing<'j> {
    number: u64,
    series: Vec<(&'j str, u64)>,
    instances: BTreeSet<(&'j str, &'j str)>,
}

impl<'j> Listing<'j> {
    fn of(study: &'j Json) -> Listing<'j> {
        let mut found = Listing { number: count(study), series: Vec::new(), instances: BTreeSet::new() };
        for series in study.list("series") {
            let uid = series.string("uid").unwrap_or_default();
            let instances = series.list("instance");
            found.series.push((uid, count(series).max(instances.len() as u64)));
            found.instances.extend(instances.iter().map(|one| (uid, one.string("uid").unwrap_or_default())));
        }
        found.number = found.number.max(found.series.iter().map(|(_, number)| number).sum());
        found
    }
}

fn count(of: &Json) -> u64 {
    of.get("numberOfInstances").and_then(Json::other).and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study(series: &[(&str, &[&str])]) -> String {
        let series: Vec<serde_json::Value> = series
            .iter()
            .map(|(uid, instances)| {
                let list: Vec<serde_json::Value> =
                    instances.iter().map(|uid| serde_json::json!({"uid": uid})).collect();
                serde_json::json!({"uid": uid, "numberOfInstances": list.len(), "instance": list})
            })
            .collect();
        let all: usize = series.iter().map(|series| series["instance"].as_array().unwrap().len()).sum();
        serde_json::json!({"numberOfInstances": all, "series": series}).to_string()
    }

    fn lost_instances(ours: &str, theirs: &str) -> u64 {
        super::lost_instances(&Json::parse(ours).unwrap(), &Json::parse(theirs).unwrap())
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
