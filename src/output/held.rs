//! Checks whether a document lacks instances of the existing file, and so must not replace it: a run over a part of an
//! archive would otherwise delete the rest.
//!
//! Files are streamed, one resource at a time; only hashes of instances are kept.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::held_manifest::loses_references;
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

/// Whether the old file has instances that the new one lacks. A file that is not FHIR has none.
pub(super) fn loses_instances(old: &Path, new: &Path) -> bool {
    if let Some(loses) = loses_references(old, new) {
        return loses;
    }
    let Ok(old) = File::open(old) else { return false };
    let old = Held::read(old);
    if old.0.is_empty() {
        return false;
    }
    let Ok(new) = File::open(new) else { return true };
    old.has_more_than(&Held::read(new))
}

/// The instances of each study.
#[derive(Debug, Default)]
struct Held(HashMap<u64, StudyHeld>);

#[derive(Debug, Default)]
struct StudyHeld {
    instances: u64,
    series: HashMap<u64, SeriesHeld>,
}

#[derive(Debug, Default)]
struct SeriesHeld {
    instances: u64,
    /// Hashes of the UIDs; empty for documents without instances.
    uids: HashSet<u64>,
}

/// The elements of a resource that list its instances.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Resource {
    resource_type: String,
    id: String,
    identifier: Vec<Identifier>,
    number_of_instances: u64,
    series: Vec<Series>,
    entry: Vec<Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identifier {
    system: String,
    value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    resource: Option<Resource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Series {
    uid: String,
    number_of_instances: u64,
    instance: Vec<Instance>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Instance {
    uid: String,
}

impl Held {
    /// Reads consecutive resources and Bundles, until the end or a syntax error.
    fn read(file: impl Read) -> Held {
        let mut held = Held::default();
        let resources = serde_json::Deserializer::from_reader(BufReader::new(file)).into_iter::<Resource>();
        resources.map_while(Result::ok).for_each(|resource| held.take(resource));
        held
    }

    fn take(&mut self, resource: Resource) {
        if resource.resource_type == "ImagingStudy" {
            let study = self.0.entry(xxh3_64(resource.study_uid().as_bytes())).or_default();
            study.instances = resource.number_of_instances;
            study
                .series
                .extend(resource.series.into_iter().map(|series| (xxh3_64(series.uid.as_bytes()), series.held())));
        }
        resource.entry.into_iter().filter_map(|entry| entry.resource).for_each(|resource| self.take(resource));
    }

    fn has_more_than(&self, new: &Held) -> bool {
        self.0.iter().any(|(uid, old)| new.0.get(uid).is_none_or(|new| old.has_more_than(new)))
    }
}

impl Resource {
    /// The Study Instance UID among the identifiers. The id can differ between releases.
    fn study_uid(&self) -> &str {
        let uid = self.identifier.iter().find(|identifier| identifier.system == "urn:dicom:uid");
        uid.map_or(&self.id, |identifier| &identifier.value)
    }
}

impl Series {
    fn held(self) -> SeriesHeld {
        let uids = self.instance.iter().map(|instance| xxh3_64(instance.uid.as_bytes())).collect();
        SeriesHeld { instances: self.number_of_instances, uids }
    }
}

impl StudyHeld {
    fn has_more_than(&self, new: &StudyHeld) -> bool {
        let lost = |(uid, old): (&u64, &SeriesHeld)| new.series.get(uid).is_none_or(|new| old.has_more_than(new));
        // A document without series has only counts.
        self.instances > new.instances || (!new.series.is_empty() && self.series.iter().any(lost))
    }
}

impl SeriesHeld {
    fn has_more_than(&self, new: &SeriesHeld) -> bool {
        self.instances > new.instances || (!new.uids.is_empty() && !self.uids.is_subset(&new.uids))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"{"resourceType":"ImagingStudy","id":"1","numberOfInstances":3,"series":[
        {"uid":"1.1","numberOfInstances":2,"instance":[{"uid":"a"},{"uid":"b"}]},
        {"uid":"1.2","numberOfInstances":1,"instance":[{"uid":"c"}]}]}"#;

    fn study(series: &str, instances: u32) -> String {
        format!(r#"{{"resourceType":"ImagingStudy","id":"1","numberOfInstances":{instances},"series":[{series}]}}"#)
    }

    #[test]
    fn a_document_with_fewer_or_other_instances_loses_some() {
        let first = r#"{"uid":"1.1","numberOfInstances":2,"instance":[{"uid":"a"},{"uid":"b"}]}"#;
        let other = r#"{"uid":"1.2","numberOfInstances":1,"instance":[{"uid":"d"}]}"#;
        let counted = r#"{"uid":"1.1","numberOfInstances":2},{"uid":"1.2","numberOfInstances":1}"#;
        let bundle = format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{OLD}}},{{"fullUrl":"x"}}]}}"#);
        for (new, want) in [
            (OLD.to_string(), false),
            (bundle, false),
            (study(first, 2), true),
            (study(&format!("{first},{other}"), 3), true),
            (study(counted, 3), false),
            (study("", 3), false),
            (study("", 2), true),
            (study(counted, 3).replace(r#""id":"1""#, r#""id":"2""#), true),
            (String::new(), true),
        ] {
            assert_eq!(Held::read(OLD.as_bytes()).has_more_than(&Held::read(new.as_bytes())), want, "{new}");
        }
    }

    #[test]
    fn what_is_no_fhir_has_no_instances() {
        for text in ["", "old", "[1]", r#"{"a":1}"#, r#"{"resourceType":"Patient","id":"1"}"#] {
            assert!(Held::read(text.as_bytes()).0.is_empty(), "{text}");
        }
    }
}
