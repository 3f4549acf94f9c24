//! After any sequence of changes, a run with an index gives the same documents and report as a full run, byte for byte.
//! `INDEX_CASES` sets the number of sequences.

use crate::world::{World, assert_same, convert};

/// What is converted: two ways side by side in one index.
const WAYS: [[&[&str]; 2]; 5] = [
    [&["--fhir", "r4"], &["--fhir", "r5", "--references", "separate"]],
    [&["--fhir", "r4", "--format", "bundle"], &["--fhir", "r5", "--selections", "--report-values"]],
    [
        &[
            "--fhir",
            "r5",
            "--references",
            "separate",
            "--apply-rejections",
            "--system",
            "patient=urn:p",
            "--system",
            "accession=urn:a",
        ],
        &["--fhir", "r6", "--detail", "series"],
    ],
    [
        &[
            "--fhir",
            "r4",
            "--format",
            "bundle",
            "--apply-rejections",
            "--system",
            "patient=urn:p",
            "--system",
            "accession=urn:a",
        ],
        &["--fhir", "r5", "--format", "ndjson", "--references", "separate"],
    ],
    [MADO, &["--fhir", "r5", "--selections"]],
];

/// A profile that shows what no other does.
const MADO: &[&str] = &[
    "--profile",
    "mado",
    "--creator",
    "Clinic",
    "--retrieve-location",
    "1.2.3",
    "--creation-time",
    "2026-01-01T00:00:00Z",
];

fn cases() -> u64 {
    std::env::var("INDEX_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10)
}

#[test]
fn whatever_changes_a_night_ends_as_a_full_run() {
    for case in 0..cases() {
        let mut world = World::new(case * 7919 + 1, 12);
        let ways = WAYS[case as usize % WAYS.len()];
        for night in 0..4 {
            for (place, options) in ways.iter().enumerate() {
                // A folder of NDJSON keeps the files of types that no longer come, as without an index.
                let end = if options.contains(&"ndjson") { ".ndjson" } else { "/" };
                let full = convert(&world, &format!("full{place}-{night}{end}"), options);
                let check = ["stat", "read"][night % 2];
                let index = ["--index", "archive.index", "--gone", "delete", "--max-gone", "100%", "--check", check];
                let with: Vec<&str> = options.iter().chain(&index).copied().collect();
                let with_index = convert(&world, &format!("night{place}{end}"), &with);
                assert_same(&with_index, &full, &format!("case {case}, night {night}, {options:?}"));
            }
            let changes = world.number(6);
            (0..changes).for_each(|_| world.change());
        }
    }
}

#[test]
fn an_index_alone_gives_what_the_files_give() {
    let world = World::new(42, 40);
    let _ = convert(&world, "first/", &["--fhir", "r5", "--index", "archive.index"]);
    for options in [
        &["--fhir", "r4"] as &[&str],
        &["--fhir", "r6", "--format", "bundle"],
        &["--fhir", "r5", "--references", "separate", "--timezone", "+01:00"],
        &["--fhir", "r5", "--charset", "latin1", "--report-values"],
        MADO,
        &[MADO, &["--format", "kos"]].concat(),
    ] {
        let full = convert(&world, "full/", options);
        let mut arguments =
            vec!["convert", "-o", "alone/", "--report", "alone.report", "-q", "--index", "archive.index"];
        arguments.extend(options);
        let ran = crate::world::run(&arguments, world.folder.path());
        let alone = crate::world::Run {
            code: ran.status.code().unwrap(),
            documents: crate::world::documents(&world.at("alone/")),
            report: std::fs::read_to_string(world.at("alone.report")).unwrap(),
        };
        assert_same(&alone, &full, &format!("{options:?}"));
        std::fs::remove_dir_all(world.at("alone")).unwrap();
        std::fs::remove_dir_all(world.at("full")).unwrap();
    }
}
