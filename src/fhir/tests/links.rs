//! Where references lead, in every way of referring.

use std::collections::BTreeSet;

use super::*;
use crate::fhir::datatypes::ResourceType;
use crate::fhir::identifier::Identifier;
use crate::fhir::imaging_selection::ImagingSelection;
use crate::fhir::references::{Companion, Identity};
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

/// An order by its accession number.
fn order(value: &str) -> Reference {
    let identifier = Identifier { value: value.into(), ..Identifier::default() };
    let request = resource::ServiceRequest { identifier: vec![identifier.clone()], ..Default::default() };
    Reference::with(Resource::ServiceRequest(request), Some(identifier), None)
}

#[test]
fn an_order_that_the_study_is_not_based_on_stands_beside_it_and_never_inside() {
    for (references, beside) in [(References::Separate, 2), (References::Contained, 0), (References::Logical, 0)] {
        let study = ImagingStudy { based_on: vec![order("A1")], other_orders: vec![order("A2")], ..sample::minimal() };
        let linked = linked(study, &crate::fhir::release::R4, references);
        let orders = |all: &[Companion]| {
            all.iter().filter(|found| found.resource_type() == ResourceType::ServiceRequest).count()
        };
        assert_eq!(orders(&linked.beside), beside, "{references}");
        assert_eq!(orders(&linked.contained), usize::from(references == References::Contained), "{references}");
    }
}

#[test]
fn a_selection_refers_to_what_is_beside_its_study_and_else_by_number() {
    for (references, is_beside) in
        [(References::Separate, true), (References::Contained, false), (References::Logical, false)]
    {
        let study = sample::maximal();
        let selection = ImagingSelection {
            id: "s".into(),
            subject: Reference::default(),
            issued: None,
            based_on: vec![order("A9")],
            code: None,
            study_uid: study.uid.to_string(),
            derived_from: Reference {
                identifier: Some(Identifier {
                    value: format!("urn:oid:{}", study.uid).into(),
                    ..Identifier::default()
                }),
                ..Reference::to(ResourceType::ImagingStudy)
            },
            series_uid: "1.2".into(),
            instances: vec![],
        };
        let sharing = Sharing::alone(Ids::new(""));
        let linked = link(study, vec![selection], &crate::fhir::release::R5, references, &sharing);
        let [selection] = &linked.selections[..] else { panic!("one selection") };
        let referred = [&selection.subject, &selection.based_on[0], &selection.derived_from];
        assert_eq!(referred.map(|one| one.literal.is_some()), [is_beside; 3], "{references}");
        assert!(referred.iter().all(|one| one.identifier.is_some() && one.resource.is_none()), "{references}");
        let literals: Vec<&str> = referred.iter().filter_map(|one| one.literal.as_deref()).collect();
        let companions = linked.beside.iter().map(|one| format!("{}/{}", one.resource_type().name(), one.id));
        let known: BTreeSet<String> = companions.chain([format!("ImagingStudy/{}", linked.study.id)]).collect();
        assert!(literals.iter().all(|literal| known.contains(*literal)), "{literals:?} {known:?}");
    }
}

#[test]
fn a_number_of_another_thing_completes_none_and_one_contradiction_stays() {
    let told = |value: &str, assigner: &str| Identifier {
        value: value.into(),
        assigner: (!assigner.is_empty()).then(|| assigner.into()),
        ..Identifier::default()
    };
    for (other, want) in [(told("1", "HOSP"), Some("HOSP")), (told("2", "HOSP"), None)] {
        let mut known = Reference { identifier: Some(told("1", "")), ..Reference::default() };
        known.merge_into(Reference { identifier: Some(other), ..Reference::default() });
        assert_eq!(known.identifier.unwrap().assigner.as_ref().map(|assigner| assigner.text()), want);
    }
    for (before, differs, after) in
        [(true, true, true), (false, true, true), (true, false, true), (false, false, false)]
    {
        let companion = |name: &str, contradicted| Companion {
            id: "1".into(),
            identity: Identity::Private,
            resource: Resource::Organization(resource::Organization { name: Some(name.into()), ..Default::default() }),
            subject: Reference::default(),
            contradicted,
        };
        let mut known = companion("A", false);
        known.merge(companion(if differs { "B" } else { "A" }, before));
        assert_eq!(known.contradicted, after, "{before} {differs}");
    }
}
