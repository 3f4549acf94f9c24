//! The table of a profile, as `mapping --profile` prints it, is what is written: nothing more, nothing less.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::fhir::imaging_study::{Instance, Instances, KeyObject, SopClass};

/// An instance that says all that a profile asks for.
#[derive(Debug)]
struct Note(KeyObject);

impl Instances for Note {
    fn visit(&self, each: &mut dyn FnMut(&Instance<'_>) -> bool) {
        let class = SopClass::Urn("urn:oid:1.2.840.10008.5.1.4.1.1.88.59");
        let (title, key_object) = (Some("Of Interest"), Some(&self.0));
        each(&Instance {
            uid: "1.2.3.9",
            sop_class: class,
            number: None,
            title,
            number_of_frames: Some(3),
            key_object,
        });
    }
}

/// What is written of the study and of what stands beside it: the values of each path, but for what names a resource.
fn values(study: ImagingStudy<'_>, profile: &Profile) -> BTreeMap<String, BTreeSet<String>> {
    let linked = link(study, Vec::new(), profile.release, References::Separate, &Sharing::alone(Ids::new("")));
    let dialect = Dialect { release: profile.release, profile, meta: Meta::NONE };
    let mut found = BTreeMap::new();
    add(&mut found, "", &serde_json::from_str(&json::text(&linked, dialect)).unwrap());
    let own = [Role::Creator, Role::CreatorOrganization, Role::WebViewer];
    for companion in linked.beside.iter().filter(|companion| !own.contains(&companion.resource.role())) {
        let text = json::text(companion, dialect);
        add(&mut found, companion.resource_type().name(), &serde_json::from_str(&text).unwrap());
    }
    found
}

fn add(found: &mut BTreeMap<String, BTreeSet<String>>, path: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| !["id", "reference"].contains(&name.as_str())) {
                let dot = if path.is_empty() { "" } else { "." };
                add(found, &format!("{path}{dot}{}", name.trim_start_matches('_')), value);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| add(found, path, item)),
        other => drop(found.entry(path.to_string()).or_default().insert(other.to_string())),
    }
}

/// The paths whose values differ with the profile; of a resource that is there with and without it.
fn changed(profile: &'static Profile, study: &dyn Fn() -> ImagingStudy<'static>) -> BTreeSet<String> {
    let before = values(study(), &Profile { release: profile.release, ..*Profile::NONE });
    let mut own = study();
    conform(profile, &mut own, &inputs());
    let after = values(own, profile);
    let kind =
        |path: &str| path.split('.').next().filter(|first| first.starts_with(char::is_uppercase)).map(String::from);
    let kinds = |values: &BTreeMap<String, _>| values.keys().map(|path| kind(path)).collect::<BTreeSet<_>>();
    let both: BTreeSet<_> = kinds(&before).intersection(&kinds(&after)).cloned().collect();
    let all = before.keys().chain(after.keys()).filter(|path| both.contains(&kind(path)));
    all.filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

fn samples() -> Vec<fn() -> ImagingStudy<'static>> {
    let bare = || ImagingStudy { procedure: Vec::new(), regions: vec![Region::Spine], ..sample::maximal() };
    let selected = || {
        let note = KeyObject { title: Some(Coding::constant("urn:dcm", "113000", "x")), description: Some("y".into()) };
        let mut study = sample::maximal();
        study.series.as_mut().unwrap()[0].instances = Some(Box::leak(Box::new(Note(note))));
        study
    };
    let unplaced = || {
        let mut study = sample::maximal();
        study.endpoint.clear();
        study.series.iter_mut().flatten().for_each(|series| series.endpoint.clear());
        study
    };
    let twice = || {
        let mut study = sample::maximal();
        study.based_on = [study.based_on.clone(), sample::maximal().based_on].concat();
        if let Some(identifier) = study.based_on[1].identifier.as_mut() {
            identifier.value = "B-1".into();
        }
        study
    };
    vec![sample::maximal, sample::identified, sample::phantom, bare, selected, unplaced, twice]
}

/// Whether a path is, or lies in, one of the elements of a line of the table.
fn names(element: &str, path: &str) -> bool {
    let is_in = |element: &str| path == element || path.strip_prefix(element).is_some_and(|rest| rest.starts_with('.'));
    element.split(", ").any(|one| match one {
        "meta.profile" => is_in(one) || path.ends_with(".meta.profile"),
        "Identifier.type" => path.to_lowercase().contains("identifier.type."),
        // An endpoint more is a resource more.
        "series.endpoint" => is_in(one) || path.starts_with("Endpoint.connectionType"),
        // A performer less is a person less.
        "series.performer" => is_in(one) || path.starts_with("Practitioner."),
        one => is_in(one),
    })
}

#[test]
fn every_change_of_a_profile_stands_in_its_table() {
    for profile in Profile::ALL {
        let table = differences(profile);
        for sample in samples() {
            let changed = changed(profile, &sample);
            let untold: Vec<_> =
                changed.iter().filter(|path| !table.iter().any(|one| names(one.element, path))).collect();
            assert_eq!(untold, Vec::<&String>::new(), "{} {:?}", profile.name, profile.release.name);
        }
    }
}

/// What options give, what is left out of the study before, whom performers refer to, and what is only demanded.
const ELSEWHERE: [&str; 5] = ["Reference", "(demanded)", "series.instance", "endpoint", "series.performer"];

/// What documents and resources of their own have, which tests of `explain --profile` hold to what is written.
const OF_DOCUMENTS: [&str; 5] =
    ["Bundle", "Composition", "Device.manufacturer", "Organization.", "Endpoint.payloadMime"];

#[test]
fn every_line_of_a_table_is_a_change() {
    for profile in Profile::ALL {
        let changed: BTreeSet<String> = samples().iter().flat_map(|sample| changed(profile, sample)).collect();
        let is_elsewhere =
            |element: &str| ELSEWHERE.contains(&element) || OF_DOCUMENTS.iter().any(|start| element.starts_with(start));
        for one in differences(profile).iter().filter(|one| !is_elsewhere(one.element)) {
            let is_changed = one.element.split(", ").any(|element| changed.iter().any(|path| names(element, path)));
            assert!(
                is_changed,
                "{} {}: {} is the same without the profile",
                profile.name, profile.release.name, one.element
            );
        }
    }
}
