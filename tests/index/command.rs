//! `dcm2fhir index`.

use std::fs;

use crate::world::{World, convert, run};

#[test]
fn an_index_is_checked_shown_and_made_smaller() {
    let mut world = World::new(5, 30);
    let _ = convert(&world, "out/", &["--index", "a.index"]);
    let said = |action: &str| {
        let output = run(&["index", action, "a.index"], world.folder.path());
        assert_eq!(output.status.code(), Some(0), "{action}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let stats = said("stats");
    for line in ["files                           30", "targets                         1"] {
        assert!(stats.contains(line), "{stats}");
    }
    assert_eq!(said("check"), stats);
    world.files().iter().skip(5).for_each(|file| fs::remove_file(file).unwrap());
    let options = ["--index", "a.index", "--max-gone", "100%", "--gone", "delete"];
    let _ = convert(&world, "out/", &options);
    let bytes = |world: &World| fs::metadata(world.at("a.index")).unwrap().len();
    let before = bytes(&world);
    let output = run(&["index", "vacuum", "a.index"], world.folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(bytes(&world) < before, "{before}");
    world.change();
    let full = convert(&world, "full/", &[]);
    let night = convert(&world, "out/", &options);
    crate::world::assert_same(&night, &full, "after a vacuum");
}

#[test]
fn what_is_no_index_is_told_from_one() {
    let world = World::new(5, 1);
    fs::write(world.at("text"), "hello").unwrap();
    fs::write(world.at("empty"), "").unwrap();
    for (file, want) in [("text", "no index"), ("empty", "is empty"), ("archive", "a folder"), ("nowhere", "nowhere")] {
        let output = run(&["index", "check", file], world.folder.path());
        assert_eq!(output.status.code(), Some(2), "{file}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(want), "{file}: {said}");
    }
    assert!(!world.at("nowhere").exists());
}
