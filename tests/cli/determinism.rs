//! The same input gives the same bytes, in any order and with any number of threads.

use std::fs;
use std::path::Path;

use dcm2fhir::synth::{SynthOptions, write_archive};

use crate::run::{case, code, convert, files};

fn ndjson(arguments: &[&Path]) -> Vec<u8> {
    let output = convert(arguments);
    assert!(matches!(code(&output), 0 | 1));
    assert!(!output.stdout.is_empty());
    output.stdout
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let all = case("");
    let of = |threads: &str| ndjson(&[&all, Path::new("--threads"), Path::new(threads)]);
    let one = of("1");
    for threads in ["2", "16"] {
        assert!(one == of(threads), "--threads {threads}");
    }
}

#[test]
fn the_order_of_the_inputs_changes_nothing() {
    let names = ["two-patients", "ct-two-series", "duplicate-other-content", "same-instance-in-two-series"];
    let mut inputs = names.map(case);
    let forward = ndjson(&inputs.each_ref().map(|path| path.as_path()));
    inputs.reverse();
    assert!(forward == ndjson(&inputs.each_ref().map(|path| path.as_path())));
}

#[test]
fn a_tree_copied_backwards_under_other_names_gives_the_same() {
    let copy = tempfile::tempdir().unwrap();
    for (number, (path, bytes)) in files(&case("")).into_iter().rev().enumerate() {
        let folder = copy.path().join(format!("{}", number % 7));
        fs::create_dir_all(&folder).unwrap();
        let name = if path.ends_with("DICOMDIR") { "DICOMDIR".to_owned() } else { format!("{number}.bin") };
        fs::write(folder.join(name), bytes).unwrap();
    }
    assert!(ndjson(&[&case("")]) == ndjson(&[copy.path()]));
}

#[test]
fn a_synthetic_archive_converts_to_its_manifest_whole_and_in_parts() {
    let archive = tempfile::tempdir().unwrap();
    let manifest = write_archive(&SynthOptions::new(40, 5), archive.path()).unwrap();
    let whole = ndjson(&[archive.path()]);
    assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count() as u64, manifest.studies);
    let text = String::from_utf8(whole.clone()).unwrap();
    let instances: u64 = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["numberOfInstances"].as_u64().unwrap())
        .sum();
    assert_eq!(instances, manifest.instances);

    let mut patients: Vec<_> = fs::read_dir(archive.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    patients.sort();
    patients.reverse();
    assert!(whole == ndjson(&patients.iter().map(|path| path.as_path()).collect::<Vec<_>>()));
}
