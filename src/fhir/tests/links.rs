//! Where references lead, in every way of referring.

use std::collections::BTreeSet;

use super::*;
use crate::fhir::datatypes::ResourceType;
use crate::fhir::identifier::Identifier;
use crate::fhir::references::Identity;
use crate::fhir::resource::Reference;
use crate::fhir::resource::{self, Resource};
use crate::fhir::sample;

fn parse(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_logical_study_contains_only_its_endpoints() {
    for release in Release::ALL {
        let linked = linked(sample::maximal(), release, References::Logical);
        assert!(linked.beside.is_empty());
        assert!(linked.contained.iter().all(|companion| companion.resource_type() == ResourceType::Endpoint));
        assert_eq!(linked.contained.len(), 2, "{}", release.name);
    }
}

#[test]
fn a_contained_resource_stands_once_and_is_referred_to() {
    for release in Release::ALL {
        let linked = linked(sample::maximal(), release, References::Contained);
        let value = parse(&study_text(&linked, release));
        let mut ids = Vec::new();
        members(&value["contained"], "id", &mut ids);
        let ids: Vec<String> = ids.into_iter().map(|id| format!("#{}", id.as_str().unwrap())).collect();
        let unique: BTreeSet<String> = ids.iter().cloned().collect();
        assert_eq!(ids.len(), unique.len(), "{}", release.name);
        assert_eq!(unique, literals(&value).into_iter().collect(), "{}", release.name);
    }
}

#[test]
fn a_separate_study_refers_to_all_that_is_beside_it_and_to_nothing_else() {
    for release in Release::ALL {
        let linked = linked(sample::maximal(), release, References::Separate);
        assert!(linked.contained.is_empty());
        let mut referred: BTreeSet<String> = literals(&parse(&study_text(&linked, release))).into_iter().collect();
        let mut beside = BTreeSet::new();
        for companion in &linked.beside {
            let text = json::text(companion, release);
            referred.extend(literals(&parse(&text)));
            beside.insert(format!("{}/{}", companion.resource_type().name(), companion.id));
        }
        assert_eq!(referred, beside, "{}", release.name);
        assert_eq!(beside.len(), linked.beside.len());
    }
}

/// The subject of the sample with another identifier, linked in the study of another UID.
fn subject(study_uid: &str, system: Option<&'static str>, value: &str) -> (String, bool) {
    let mut study = sample::minimal();
    study.uid = study_uid.into();
    let identifier = Identifier { system: system.map(Into::into), value: value.into(), ..Identifier::default() };
    let patient = resource::Patient { identifier: vec![identifier.clone()], ..resource::Patient::default() };
    let resource = Some(Box::new(Resource::Patient(patient)));
    study.subject = Reference { identifier: Some(identifier), resource, ..Reference::to(ResourceType::Patient) };
    let companion = linked(study, &crate::fhir::release::R4, References::Separate).beside.remove(0);
    (companion.id.clone(), companion.is_shared())
}

#[test]
fn a_patient_is_one_in_two_studies_only_where_a_system_says_so() {
    for (system, value, shared) in [
        (Some("urn:oid:1.2"), "4711", true),
        (None, "4711", false),
        (Some("urn:oid:1.2"), "ANON", false),
        (Some("urn:oid:1.2"), "000", false),
    ] {
        let (one, other) = (subject("1.2.3", system, value), subject("1.2.4", system, value));
        assert_eq!(one, subject("1.2.3", system, value), "stable");
        assert_eq!(one.0 == other.0, shared, "{system:?} {value}");
        assert_eq!(one.1, shared, "{system:?} {value}");
    }
    assert_ne!(subject("1.2.3", Some("urn:oid:1.2"), "1").0, subject("1.2.3", Some("urn:oid:1.3"), "1").0);
}

#[test]
fn an_endpoint_is_the_same_in_every_study() {
    let ids = |study_uid: &str| {
        let mut study = sample::maximal();
        study.uid = study_uid.into();
        let linked = linked(study, &crate::fhir::release::R5, References::Separate);
        let endpoints = linked.beside.into_iter().filter(|found| found.identity == Identity::Addressed);
        endpoints.map(|found| found.id).collect::<Vec<_>>()
    };
    assert_eq!(ids("1.2.3").len(), 2);
    assert_eq!(ids("1.2.3"), ids("1.2.4"));
}

#[test]
fn a_reference_that_the_user_gives_stands_instead_of_the_companion() {
    let release = &crate::fhir::release::R4;
    let mut study = sample::maximal();
    study.subject.literal = Some("Patient/123".into());
    let linked = linked(study, release, References::Separate);
    assert!(linked.beside.iter().all(|companion| companion.resource_type() != ResourceType::Patient));
    let order = linked.beside.iter().find(|found| found.resource_type() == ResourceType::ServiceRequest).unwrap();
    assert_eq!(order.subject.literal.as_deref(), Some("Patient/123"));
    assert!(study_text(&linked, release).contains(r#""subject":{"reference":"Patient/123","type":"Patient","#));
}

#[test]
fn what_is_said_twice_of_one_thing_is_united_and_contradictions_are_noted() {
    let beside = |change: fn(&mut resource::Device)| {
        let mut study = sample::maximal();
        let actor = &mut study.series.as_mut().unwrap()[0].performer[2].actor;
        if let Some(Resource::Device(device)) = actor.resource.as_deref_mut() {
            change(device);
        }
        let found = linked(study, &crate::fhir::release::R4, References::Separate).beside;
        found.into_iter().find(|found| found.resource_type() == ResourceType::Device).unwrap()
    };
    let mut merged = beside(|_| {});
    merged.merge(beside(|device| device.version = vec!["3.0".into()]));
    assert!(!merged.contradicted);
    let Resource::Device(device) = &merged.resource else { panic!("a Device") };
    assert_eq!(device.version, ["1.0", "2.0", "3.0"]);
    merged.merge(beside(|device| device.serial_number = Some("78".into())));
    assert!(merged.contradicted);
}
