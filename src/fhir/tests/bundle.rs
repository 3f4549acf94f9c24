//! Bundles: every reference resolves, no identity stands twice, and what others wrote stays.

use std::collections::BTreeSet;

use super::*;
use crate::fhir::ResourceType;
use crate::fhir::release::R4;
use crate::fhir::sample;
use crate::options::BundleType;

fn bundle(release: &Release, options: BundleOptions) -> serde_json::Value {
    serde_json::from_str(&bundle_text(sample::maximal(), release, options)).unwrap()
}

/// The Bundle of a patient whose number has a system.
fn identified(release: &Release, options: BundleOptions) -> serde_json::Value {
    serde_json::from_str(&bundle_text(sample::identified(), release, options)).unwrap()
}

/// All combinations of options.
fn all_options() -> Vec<BundleOptions> {
    let mut all = Vec::new();
    for bundle_type in BundleType::ALL.iter().copied() {
        for overwrite_companions in [false, true] {
            for conditional in [false, true] {
                all.push(BundleOptions { bundle_type: Some(bundle_type), conditional, overwrite_companions });
            }
        }
    }
    all
}

#[test]
fn every_reference_resolves_to_an_entry_or_is_logical() {
    for release in Release::ALL {
        for options in all_options() {
            let bundle = bundle(release, options);
            let entries = bundle["entry"].as_array().unwrap();
            let full_urls: BTreeSet<&str> = entries.iter().filter_map(|entry| entry["fullUrl"].as_str()).collect();
            let puts: BTreeSet<&str> = entries.iter().filter_map(|entry| entry["request"]["url"].as_str()).collect();
            assert_eq!(full_urls.len(), entries.len(), "{options:?}");
            for reference in literals(&bundle) {
                let known = full_urls.contains(&*reference) || puts.contains(&*reference);
                assert!(known, "{} {options:?} {reference}", release.name);
            }
        }
    }
}

#[test]
fn no_identity_stands_twice() {
    for options in all_options() {
        let bundle = bundle(&R4, options);
        let entries = bundle["entry"].as_array().unwrap();
        let requests: BTreeSet<String> = entries
            .iter()
            .map(|entry| format!("{} {} {}", entry["request"], entry["resource"]["id"], entry["fullUrl"]))
            .collect();
        assert_eq!(requests.len(), entries.len(), "{options:?}");
    }
}

/// The methods and URLs of the entries, with the search where there is one.
fn requests(bundle: &serde_json::Value) -> Vec<String> {
    let mut found = Vec::new();
    for entry in bundle["entry"].as_array().unwrap() {
        let request = &entry["request"];
        let search = request["ifNoneExist"].as_str().map(|search| format!("?{search}")).unwrap_or_default();
        found.push(format!("{} {}{search}", request["method"].as_str().unwrap(), request["url"].as_str().unwrap()));
    }
    found
}

#[test]
fn what_an_identifier_names_is_created_and_the_rest_is_put() {
    let requests = requests(&identified(&R4, BundleOptions::default()));
    let posts: Vec<&String> = requests.iter().filter(|request| request.starts_with("POST")).collect();
    assert_eq!(
        posts,
        [
            "POST Organization?identifier=urn:oid:1.2.97%7CH1",
            "POST Patient?identifier=urn:oid:1.2.96%7C4711",
            "POST Practitioner?identifier=http://hospital.example/staff%7CR7",
        ]
    );
    assert_eq!(requests.last().unwrap(), "PUT ImagingStudy/1.2.3");
}

#[test]
fn what_belongs_to_a_patient_is_put_on_the_id_of_its_number_and_patient() {
    let ids = Ids::new("");
    let whose = ["Patient", "urn:oid:1.2.96", "4711"].map(str::to_string);
    for bundle_type in [BundleType::Transaction, BundleType::Batch] {
        let bundle = identified(&R4, BundleOptions { bundle_type: Some(bundle_type), ..BundleOptions::default() });
        let requests = requests(&bundle);
        for (kind, system, value) in [
            (ResourceType::Encounter, "urn:oid:1.2.98", "V|1,2"),
            (ResourceType::ServiceRequest, "urn:oid:1.2.99", "A-17"),
        ] {
            let place = format!("{}/{}", kind.name(), ids.shared_of(kind, system, value, &whose));
            assert!(requests.contains(&format!("PUT {place}")), "{place}: {requests:?}");
            assert!(bundle.to_string().contains(&format!(r#""reference":"{place}""#)), "{place}");
        }
    }
}

#[test]
fn a_bare_patient_id_is_private_and_so_is_what_belongs_to_the_patient() {
    let requests = requests(&bundle(&R4, BundleOptions::default()));
    for kind in ["Patient", "Encounter", "ServiceRequest"] {
        assert!(requests.iter().any(|request| request.starts_with(&format!("PUT {kind}/"))), "{kind}: {requests:?}");
    }
    assert_eq!(requests.iter().filter(|request| request.starts_with("POST")).count(), 2, "an institution and a person");
}

#[test]
fn companions_are_put_on_their_ids_where_the_user_overwrites() {
    let options = BundleOptions { overwrite_companions: true, ..BundleOptions::default() };
    let requests = requests(&identified(&R4, options));
    assert!(requests.iter().all(|request| request.starts_with("PUT ")), "{requests:?}");
}

#[test]
fn a_study_that_is_found_by_its_uid_has_no_id() {
    let bundle = bundle(&R4, BundleOptions { conditional: true, ..BundleOptions::default() });
    let entry = bundle["entry"].as_array().unwrap().last().unwrap();
    assert_eq!(entry["request"]["url"], "ImagingStudy?identifier=urn:dicom:uid%7Curn:oid:1.2.3");
    assert!(entry["resource"].get("id").is_none());
}

#[test]
fn a_batch_refers_by_identifier_to_what_it_creates() {
    let bundle = identified(&R4, BundleOptions { bundle_type: Some(BundleType::Batch), ..BundleOptions::default() });
    let study = &bundle["entry"].as_array().unwrap().last().unwrap()["resource"];
    assert!(study["subject"].get("reference").is_none());
    assert_eq!(study["subject"]["identifier"]["value"], "4711");
}

#[test]
fn a_collection_asks_for_nothing() {
    let bundle = bundle(&R4, BundleOptions { bundle_type: Some(BundleType::Collection), ..BundleOptions::default() });
    for entry in bundle["entry"].as_array().unwrap() {
        assert!(entry.get("request").is_none());
        assert!(entry["resource"].get("id").is_some());
    }
}
