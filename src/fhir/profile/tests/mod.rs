//! The sample studies, as each profile has them.

mod table;

use super::*;
use crate::fhir::datatypes::{CodeableConcept, DateTime, ResourceType, TimeOfDay};
use crate::fhir::document::Document;
use crate::fhir::id::Ids;
use crate::fhir::identifier::Identifier;
use crate::fhir::imaging_study::ImagingStudy;
use crate::fhir::json::{self, Layout};
use crate::fhir::references::{Linked, Sharing, link};
use crate::fhir::region::Region;
use crate::fhir::resource::{Reference, Resource};
use crate::fhir::{Dialect, Meta, sample};
use crate::issue::Reason;
use crate::options::References;
use serde_json::Value;

fn profile(name: &str) -> &'static Profile {
    Profile::find(name, None).unwrap()
}

fn inputs() -> ProfileOptions {
    let identifier = Identifier { system: Some("urn:oid:1.9".into()), value: "H".into(), ..Identifier::default() };
    ProfileOptions {
        creator: Some("City".into()),
        creator_id: Some(identifier),
        retrieve_location: Some("1.2.3.4".into()),
        viewer: Some("https://viewer.example/?study={study}&x=1".into()),
        ..ProfileOptions::default()
    }
}

fn conformed(name: &str, mut study: ImagingStudy<'static>) -> (ImagingStudy<'static>, Vec<(&'static str, Reason)>) {
    let profile = profile(name);
    assert_eq!(lacks(profile, &study), [], "{name}");
    let changes = conform(profile, &mut study, &inputs());
    (study, changes.into_iter().map(|change| (change.element, change.reason)).collect())
}

/// A conforming study as JSON, with logical references unless the profile says otherwise.
fn written(name: &str, study: ImagingStudy<'static>) -> Value {
    let (profile, (study, _)) = (profile(name), conformed(name, study));
    let references = profile.references.unwrap_or_default();
    let linked = link(study, Vec::new(), profile.release, references, &Sharing::alone(Ids::new("")));
    let dialect = Dialect { release: profile.release, profile, meta: Meta::NONE };
    serde_json::from_str(&json::text(&linked, dialect)).unwrap()
}

const NOON: DateTime = DateTime {
    year: 2026,
    month: 11,
    day: 26,
    time: Some(TimeOfDay { hour: 12, minute: 0, second: 0, microsecond: 0, fraction_digits: 0, offset_minutes: 0 }),
};

fn document(study: ImagingStudy<'static>, made_at: DateTime) -> Value {
    let (study, _) = conformed("mado", study);
    let dialect = Dialect { release: profile("mado").release, profile: profile("mado"), meta: Meta::NONE };
    let content = |linked: &Linked<'_>| json::digest(linked, dialect);
    let document = Document::of(study, dialect.release, &Sharing::alone(Ids::new("")), made_at, content);
    serde_json::from_str(&json::text(&document, dialect)).unwrap()
}

fn entries<'v>(document: &'v Value, kind: &str) -> Vec<&'v Value> {
    let all = document["entry"].as_array().unwrap();
    all.iter().map(|entry| &entry["resource"]).filter(|resource| resource["resourceType"] == kind).collect()
}

#[test]
fn a_profile_is_found_by_its_name_and_a_release_that_it_has() {
    for (name, release, want) in [
        ("mado", None, Some("4.0.1")),
        ("eu-imaging", None, Some("4.0.1")),
        ("eu-imaging", Some(Release::R5), Some("5.0.0")),
        ("mado", Some(Release::R5), None),
        ("mii", Some(Release::R4), Some("4.0.1")),
        ("none", None, None),
        ("", None, None),
    ] {
        assert_eq!(Profile::find(name, release).map(|found| found.release.version), want, "{name}");
    }
}

fn of_modality(code: &'static str) -> ImagingStudy<'static> {
    let mut study = sample::maximal();
    for series in study.series.iter_mut().flatten() {
        series.modality = Some(Coding::constant("http://dicom.nema.org/resources/ontology/DCM", code, "").into());
    }
    study
}

#[test]
fn a_study_that_lacks_what_is_demanded_is_told_what_it_lacks() {
    let study = sample::maximal;
    let bare = || ImagingStudy { series: None, started: None, modality: Vec::new(), ..sample::nobody() };
    for (name, study, want) in [
        ("mado", study(), vec![]),
        ("mado", sample::phantom(), vec![Lack::Patient]),
        ("mado", bare(), vec![Lack::Patient, Lack::Instances]),
        ("mado", ImagingStudy { mixes_patients: true, ..study() }, vec![Lack::OnePatient]),
        ("mado", ImagingStudy { study_uid: None, ..study() }, vec![Lack::StudyUid]),
        ("eu-imaging", sample::phantom(), vec![]),
        ("eu-imaging", sample::identified(), vec![Lack::NameAndBirthDate]),
        ("imr", bare(), vec![Lack::Patient, Lack::Started, Lack::Modality]),
        ("mii", study(), vec![Lack::SeriesModality]),
        ("ips", study(), vec![]),
        ("ips", sample::identified(), vec![Lack::NameAndBirthDate]),
        ("ips", ImagingStudy { status: "entered-in-error".into(), ..study() }, vec![Lack::Status]),
        ("mado", ImagingStudy { is_manifest: true, ..study() }, vec![Lack::OtherThanManifests]),
        ("mii", of_modality("CT"), vec![]),
        ("mii", of_modality("ANN"), vec![Lack::SeriesModality]),
        ("mii", of_modality("EC"), vec![Lack::SeriesModality]),
    ] {
        assert_eq!(lacks(profile(name), &study), want, "{name}");
    }
    let subject = Reference { literal: Some("Patient/1".into()), ..Reference::to(ResourceType::Patient) };
    assert_eq!(lacks(profile("ips"), &ImagingStudy { subject, ..study() }), []);
}

#[test]
fn every_reference_of_a_document_resolves_in_it_and_nothing_is_there_twice() {
    let document = document(sample::maximal(), NOON);
    let all = document["entry"].as_array().unwrap();
    let urls: Vec<&str> = all.iter().map(|entry| entry["fullUrl"].as_str().unwrap()).collect();
    let text = document.to_string();
    let referred: Vec<&str> =
        text.split("\"reference\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(referred.len() > 10 && referred.iter().all(|reference| urls.contains(reference)), "{referred:?}");
    let mut once = urls.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), urls.len());
    assert_eq!(all[0]["resource"]["resourceType"], "Composition");
    for (kind, want) in [("ImagingStudy", 1), ("Patient", 1), ("Organization", 1), ("Composition", 1)] {
        assert_eq!(entries(&document, kind).len(), want, "{kind}");
    }
    assert_eq!(document["total"], Value::Null);
}

#[test]
fn a_documents_identifier_follows_from_its_content_and_not_from_the_time() {
    let of = |study, at| document(study, at)["identifier"]["value"].clone();
    let later = DateTime { day: 27, ..NOON };
    let other = || ImagingStudy { description: Some("CT of the hip".into()), ..sample::maximal() };
    assert_eq!(of(sample::maximal(), NOON), of(sample::maximal(), later));
    assert_ne!(of(sample::maximal(), NOON), of(other(), NOON));
    let document = document(sample::maximal(), later);
    assert_eq!(document["timestamp"], "2026-11-27T12:00:00+00:00");
    assert_eq!(entries(&document, "Composition")[0]["identifier"], document["identifier"]);
}

#[test]
fn a_document_says_where_the_images_are_and_who_made_it() {
    let document = document(sample::maximal(), NOON);
    let endpoints = entries(&document, "Endpoint");
    let at = |code: &str| *endpoints.iter().find(|one| one["connectionType"]["code"] == code).unwrap();
    assert_eq!(at("dicom-wado-rs")["extension"][0]["valueString"], "1.2.3.4");
    assert_eq!(at("dicom-wado-rs")["payloadType"][0]["text"], "DICOM WADO-RS");
    assert_eq!(at("web-viewer")["address"], "https://viewer.example/?study=1.2.3&x=1");
    assert_eq!(at("web-viewer")["payloadMimeType"][0], "text/html");
    let creator = *entries(&document, "Device").iter().find(|device| device["type"].is_object()).unwrap();
    assert_eq!(creator["type"]["coding"][0]["code"], "mado-creator");
    assert_eq!(entries(&document, "Organization")[0]["name"], "City");
}

#[test]
fn without_an_address_the_repository_alone_is_told_and_the_address_said_to_be_unknown() {
    let mut study = sample::maximal();
    study.endpoint.clear();
    study.series.iter_mut().flatten().for_each(|series| series.endpoint.clear());
    let document = document(study, NOON);
    let wado: Vec<_> =
        entries(&document, "Endpoint").into_iter().filter(|one| one["address"] == "http://notspecified").collect();
    assert_eq!(wado.len(), 1);
    assert_eq!(wado[0]["_address"]["extension"][0]["valueCode"], "unknown");
    let study = entries(&document, "ImagingStudy")[0];
    assert!(study["series"].as_array().unwrap().iter().all(|series| series["endpoint"].is_array()));
}

#[test]
fn one_order_with_a_system_is_referred_to_and_the_others_stand_beside() {
    let first = sample::maximal().based_on.remove(0);
    let number = |value: &str, system: Option<&'static str>| {
        let mut order = first.clone();
        let identifier = order.identifier.as_mut().unwrap();
        (identifier.value, identifier.system) = (value.into(), system.map(Into::into));
        let identifier = identifier.clone();
        if let Some(Resource::ServiceRequest(request)) = order.resource.as_deref_mut() {
            request.identifier = vec![identifier];
        }
        order
    };
    let (named, bare) = (number("A-20", Some("urn:oid:1.2.99")), number("A-00", None));
    for (orders, kept, others, reason) in [
        (vec![first.clone()], Some("A-17"), 0, None),
        (vec![first.clone(), named.clone()], Some("A-17"), 1, Some(Reason::SeveralOrders)),
        (vec![bare.clone(), named], Some("A-20"), 1, Some(Reason::SeveralOrders)),
        (vec![bare], None, 1, Some(Reason::OrderWithoutSystem)),
        (vec![], None, 0, None),
    ] {
        let (study, changes) = conformed("mado", ImagingStudy { based_on: orders, ..sample::maximal() });
        let value = study.based_on.first().and_then(|order| order.identifier.as_ref()).map(|id| id.value.text());
        assert_eq!((value, study.based_on.len(), study.other_orders.len()), (kept, kept.iter().len(), others));
        assert_eq!(changes, reason.map(|reason| ("basedOn", reason)).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn an_accession_number_has_both_types_where_the_profile_wants_them() {
    for (name, want) in [("mado", 2), ("eu-imaging", 2), ("imr", 1), ("ips", 1)] {
        let study = written(name, sample::maximal());
        let types = study["basedOn"][0]["identifier"]["type"]["coding"].as_array().unwrap().len();
        assert_eq!(types, want, "{name}");
    }
}

#[test]
fn a_procedure_without_words_is_named_by_the_description_else_by_the_modalities() {
    let bare = || ImagingStudy { procedure: Vec::new(), ..sample::maximal() };
    for (study, want, reason) in [
        (sample::maximal(), "Computed tomography", None),
        (bare(), "CT of the knee", Some(Reason::ProcedureFromDescription)),
        (ImagingStudy { description: None, ..bare() }, "Computed Tomography, XX", Some(Reason::ProcedureFromModality)),
    ] {
        let (study, changes) = conformed("mado", study);
        assert_eq!(study.procedure.last().unwrap().concept.label(), Some(want));
        assert_eq!(changes.first().map(|(_, reason)| *reason), reason);
    }
}

#[test]
fn the_european_study_has_one_identifier_and_performers_in_their_functions() {
    let study = written("eu-imaging", ImagingStudy { regions: vec![Region::Spine], ..sample::maximal() });
    assert_eq!(study["identifier"].as_array().unwrap().len(), 1);
    let performers = study["series"][0]["performer"].as_array().unwrap();
    let shown: Vec<_> = performers
        .iter()
        .map(|one| (one["function"]["coding"][0]["code"].as_str().unwrap(), one["actor"]["type"].as_str().unwrap()))
        .collect();
    let want = [("PRF", "PractitionerRole"), ("SPRF", "Practitioner"), ("DEV", "Device"), ("LOC", "Organization")];
    assert_eq!(shown, [&want as &[_], &[("CST", "Organization")]].concat());
    assert_eq!(study["extension"][0]["valueCodeableConcept"]["coding"][0]["code"], "737561001");
    let instance = &study["series"][0]["instance"][0];
    let values: Vec<_> =
        instance["extension"].as_array().unwrap().iter().map(|one| one["url"].as_str().unwrap()).collect();
    assert!(values[0].ends_with("InstanceDescription") && values[1].ends_with("NumberOfFrames"), "{values:?}");
}

#[test]
fn a_second_performer_in_one_function_stands_without_it() {
    let mut study = sample::maximal();
    let performers = &mut study.series.as_mut().unwrap()[0].performer;
    performers.insert(1, performers[0].clone());
    let (study, changes) = conformed("eu-imaging", study);
    let functions: Vec<Option<&str>> = study.series.as_ref().unwrap()[0]
        .performer
        .iter()
        .map(|one| one.function.as_ref().map(|function| &*function.code))
        .collect();
    assert_eq!(functions, [Some("PRF"), None, Some("SPRF"), Some("DEV"), Some("LOC"), Some("CST")]);
    assert!(changes.contains(&("series.performer", Reason::NoFunction)));
}

#[test]
fn the_german_study_has_devices_and_codes_alone() {
    let (study, changes) = conformed("mii", of_modality("CT"));
    let series = study.series.as_ref().unwrap();
    assert!(series.iter().flat_map(|series| &series.performer).all(|one| one.actor.target == ResourceType::Device));
    assert_eq!(series[2].body_site, Vec::<CodeableConcept>::new());
    assert_eq!(changes, [("series.bodySite", Reason::NoPlace), ("series.performer", Reason::NoPlace)]);
    assert_eq!(study.modality.len(), 1);
}

#[test]
fn an_endpoint_of_a_multimedia_report_hands_out_a_study() {
    let study = written("imr", sample::maximal());
    let contained = study["contained"].as_array().unwrap();
    let codes: Vec<_> = contained.iter().map(|one| &one["payloadType"][0]["coding"][0]["code"]).collect();
    assert_eq!(codes, ["113014", "113014"]);
    assert!(contained.iter().all(|one| one["meta"].is_null()), "contained resources have no meta");
}

#[test]
fn meta_stands_in_every_resource_and_in_none_that_is_contained() {
    let label = |code: &'static str| Coding { system: Some("urn:x".into()), code: code.into(), ..Coding::default() };
    let meta = Meta {
        meta_source: Some("urn:pacs".into()),
        meta_security: vec![label("R")],
        meta_tag: vec![label("b7"), label("b8")],
    };
    for release in Release::ALL {
        let dialect = Dialect { meta: &meta, ..Dialect::from(release) };
        for references in [References::Contained, References::Separate] {
            let linked = link(sample::maximal(), Vec::new(), release, references, &Sharing::alone(Ids::new("")));
            let mut texts = vec![Vec::new()];
            json::write(&mut texts[0], &linked, dialect, Layout::Compact).unwrap();
            for companion in &linked.beside {
                let mut text = Vec::new();
                json::write(&mut text, companion, dialect, Layout::Compact).unwrap();
                texts.push(text);
            }
            for text in texts {
                let resource: Value = serde_json::from_slice(&text).unwrap();
                assert_eq!(resource["meta"]["source"], "urn:pacs", "{resource}");
                assert_eq!(resource["meta"]["tag"][1]["code"], "b8");
                assert_eq!(resource["meta"]["security"][0]["system"], "urn:x");
                let contained = resource["contained"].as_array().into_iter().flatten();
                assert!(contained.into_iter().all(|inside| inside["meta"].is_null()), "{resource}");
            }
        }
    }
}
