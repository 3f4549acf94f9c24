//! Any bytes as a file, on to the JSON of every release, as a resource and as a Bundle: always JSON, and the same
//! again.
#![no_main]

use dcm2fhir::Release;
use dcm2fhir::internals::options::filter::Filter;
use dcm2fhir::internals::options::{BundleOptions, References};
use dcm2fhir::internals::fhir::id::Ids;
use dcm2fhir::internals::fhir::{Bundle, Sharing, json, link};
use dcm2fhir::internals::mapping::finish::{Finished, imaging_study};
use dcm2fhir::internals::mapping::{self, ContentOptions, Options};
use dcm2fhir::internals::group::reader::{Reader, Selections, Worker};
use dcm2fhir::internals::source::Name;
use dcm2fhir::internals::group::{Studies, Study};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut studies = read(data);
    let mut again = read(data);
    for release in Release::ALL {
        let first: Vec<Vec<u8>> = studies.iter_mut().flat_map(|study| documents(study, release)).collect();
        let second: Vec<Vec<u8>> = again.iter_mut().flat_map(|study| documents(study, release)).collect();
        assert_eq!(first, second);
        for document in first {
            serde_json::from_slice::<serde_json::Value>(&document).expect("every document is JSON");
        }
    }
});

/// Reads the bytes twice, as if a copy of the file lay beside it.
fn read(data: &[u8]) -> Vec<Study> {
    let (wanted, options, studies) = (mapping::wanted(), Options::default(), Studies::default());
    let (filter, selections) = (Filter::default(), Selections::All);
    let (wanted, options, filter) = (&wanted, &options, &filter);
    let reader = Reader { wanted, options, studies: &studies, filter, selections, files: None, keeper: None };
    let mut worker = Worker::default();
    for name in ["1", "2"] {
        let _ = reader.read(&mut worker, &Name::file(name), &mut { data }, |issue| drop(issue.to_string()));
    }
    studies.finish()
}

fn documents(study: &mut Study, release: &'static Release) -> Vec<Vec<u8>> {
    let mut options = ContentOptions::of(release);
    options.selections = true;
    let (resolved, sharing) = (study.resolve(&Options::default()), Sharing::alone(Ids::new("")));
    let mut documents = Vec::new();
    for references in [References::Logical, References::Contained, References::Separate] {
        let Finished { study, selections, .. } = imaging_study(&resolved, &options);
        let linked = link(study, selections, release, references, &sharing);
        let mut out = Vec::new();
        json::write(&mut out, &linked, release, json::Layout::Compact).expect("memory takes all");
        documents.push(out);
    }
    let Finished { study, selections, .. } = imaging_study(&resolved, &options);
    let bundle = Bundle::of(study, selections, release, &sharing, BundleOptions::default());
    let mut out = Vec::new();
    json::write(&mut out, &bundle, release, json::Layout::Pretty).expect("memory takes all");
    documents.push(out);
    documents
}
