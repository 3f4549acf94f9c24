//! The ways in which a run can write, and what came of it.

use std::collections::BTreeMap;
use std::path::Path;

use dcm2fhir::internals::report::causes;
use dcm2fhir::{Conversion, Format, Outcome, References, Release};
use serde_json::Value;

/// How a run writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Refer(References),
    Bundles,
    /// Bundles of a type, and whether the study is found by its identifier.
    BundlesOf(&'static str, bool),
    /// Separate resources in a folder: a file for each, or one for each type.
    Folder(Format),
}

/// The ways that differ in what refers to what.
pub const WAYS: [Way; 4] = [
    Way::Refer(References::Logical),
    Way::Refer(References::Contained),
    Way::Refer(References::Separate),
    Way::Bundles,
];

/// All of them.
pub const ALL_WAYS: [Way; 10] = [
    WAYS[0],
    WAYS[1],
    WAYS[2],
    WAYS[3],
    Way::BundlesOf("transaction", true),
    Way::BundlesOf("batch", false),
    Way::BundlesOf("batch", true),
    Way::BundlesOf("collection", false),
    Way::Folder(Format::Json),
    Way::Folder(Format::Ndjson),
];

/// What came of a run.
#[derive(Debug, PartialEq)]
pub struct Run {
    pub documents: Vec<Value>,
    /// Issues by their codes.
    pub issues: BTreeMap<&'static str, u64>,
    pub exit_code: u8,
}

/// Converts a folder. A system is one of `--system`, or behind `issuer:` one of `--issuer`.
pub fn run(folder: &Path, release: &'static Release, way: Way, systems: &[&str]) -> Run {
    let mut conversion = Conversion::new(release).input(folder).threads(1);
    for system in systems {
        conversion = match system.strip_prefix("issuer:") {
            Some(issuer) => {
                let issuer = issuer.parse().unwrap();
                conversion.configure(|options| options.content.archive.issuer.push(issuer))
            }
            None => conversion.system(system.parse().unwrap()),
        };
    }
    let (outcome, documents) = match way {
        Way::Refer(references) => in_memory(conversion.references(references)),
        Way::Bundles => in_memory(conversion.bundles()),
        Way::BundlesOf(kind, conditional) => in_memory(conversion.bundles().configure(|options| {
            options.output.bundle.bundle_type = Some(kind.parse().unwrap());
            options.output.bundle.conditional = conditional;
        })),
        Way::Folder(format) => in_a_folder(conversion.references(References::Separate), format),
    };
    let counts = outcome.counts;
    Run { documents, issues: counts.issues_by_code(), exit_code: causes(&counts).exit_code() }
}

fn in_memory(conversion: Conversion) -> (Outcome, Vec<Value>) {
    let mut documents = Vec::new();
    let outcome = conversion.run(|document| {
        documents.push(serde_json::from_str(document.json).unwrap());
        Ok(())
    });
    (outcome.unwrap(), documents)
}

fn in_a_folder(conversion: Conversion, format: Format) -> (Outcome, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let outcome = conversion.configure(|options| {
        options.output.output = Some(folder.path().to_path_buf());
        options.output.format = Some(format);
    });
    let outcome = outcome.write().unwrap();
    let mut documents = Vec::new();
    read(folder.path(), &mut documents);
    (outcome, documents)
}

/// Reads all files below a folder. Each is at the place that says what it is.
fn read(folder: &Path, documents: &mut Vec<Value>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, documents);
            continue;
        }
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let document: Value = serde_json::from_str(line).unwrap();
            let (kind, id) = (&document["resourceType"], &document["id"]);
            assert!([kind, id].contains(&&Value::from(stem.as_str())), "{} has {kind} {id}", path.display());
            documents.push(document);
        }
    }
}
