//! Single nights: what is read, what is written, and what is refused.

use std::fs;
use std::process::Output;

use dcm2fhir::synth::{Attributes, Instance};
use dicom_dictionary_std::{tags, uids};

use crate::world::{World, assert_same, convert, documents, run};

pub const INDEX: [&str; 2] = ["--index", "a.index"];

/// Runs a night, and gives what is said.
pub fn night(world: &World, options: &[&str]) -> (Option<i32>, String) {
    let arguments: Vec<&str> =
        ["convert", "archive", "-o", "out/", "--fhir", "r4"].iter().chain(&INDEX).chain(options).copied().collect();
    let Output { status, stderr, .. } = run(&arguments, world.folder.path());
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

#[test]
fn an_unchanged_night_reads_and_writes_nothing() {
    let world = World::new(11, 30);
    let (_, said) = night(&world, &[]);
    assert!(said.contains("index: 30 files read"), "{said}");
    for check in ["stat", "folders", "read"] {
        let before: Vec<_> = fs::read_dir(world.at("out"))
            .unwrap()
            .map(|file| file.unwrap().metadata().unwrap().modified().unwrap())
            .collect();
        let (_, said) = night(&world, &["--check", check]);
        let read = if check == "read" { 30 } else { 0 };
        assert!(said.contains(&format!("index: {read} files read, 0 studies written")), "{check}: {said}");
        let after: Vec<_> = fs::read_dir(world.at("out"))
            .unwrap()
            .map(|file| file.unwrap().metadata().unwrap().modified().unwrap())
            .collect();
        assert_eq!(before, after, "{check}");
    }
}

#[test]
fn dicom_json_that_breaks_off_is_left_out_with_its_reason_every_night() {
    let world = World::new(14, 5);
    let instance = r#"{"0020000D":{"vr":"UI","Value":["1.2.3"]},"0020000E":{"vr":"UI","Value":["1.2.4"]},"00080018":{"vr":"UI","Value":["1.2.5"]}}"#;
    fs::write(world.archive().join("metadata.json"), format!("[{instance}, what is this]   ")).unwrap();
    let full = convert(&world, "full/", &["--fhir", "r4"]);
    assert!(full.report.contains("not-json"), "{}", full.report);
    for night in ["first", "second"] {
        assert_same(&convert(&world, "out/", &["--fhir", "r4", "--index", "i.dcmindex"]), &full, night);
    }
}

#[test]
fn a_moved_archive_is_read_and_nothing_is_written() {
    let mut world = World::new(12, 20);
    let _ = night(&world, &[]);
    for file in world.files() {
        let content = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        fs::write(&file, content).unwrap();
        world.touch(&file);
    }
    let (_, said) = night(&world, &[]);
    assert!(said.contains("index: 20 files read, 0 studies written"), "{said}");
}

#[test]
fn a_file_of_just_now_is_read_again() {
    let world = World::new(13, 5);
    let file = world.files().remove(0);
    fs::write(&file, fs::read(&file).unwrap()).unwrap();
    let _ = night(&world, &[]);
    let (_, said) = night(&world, &[]);
    assert!(said.contains("index: 1 files read, 0 studies written"), "{said}");
}

#[test]
fn a_folder_is_known_again_however_its_name_is_spelled() {
    let world = World::new(29, 12);
    let image = world.archive().join("IM0");
    fs::copy(world.files().remove(0), &image).unwrap();
    // A file of the future is read each night, however long the test takes.
    let future = std::time::UNIX_EPOCH + std::time::Duration::from_secs(10_000_000_000);
    fs::File::options().append(true).open(image).unwrap().set_modified(future).unwrap();
    let _ = night(&world, &[]);
    let full = convert(&world, "full/", &["--fhir", "r4"]);
    for name in ["archive/", "archive//", "archive/.", "archive/./"] {
        let (out, report) = (format!("out of {}/", name.replace('/', "_")), "r.json");
        let words = ["convert", name, "-o", &out, "--fhir", "r4", "--report", report, "--index", "a.index"];
        let said = run(&words, world.folder.path());
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(said.contains("index: 1 files read"), "{name}: {said}");
        assert_eq!(documents(&world.at(&out)), full.documents, "{name}");
        assert_eq!(fs::read_to_string(world.at(report)).unwrap(), full.report, "{name}");
    }
}

#[test]
fn a_night_that_stopped_leaves_no_folder_trusted() {
    let world = World::new(26, 30);
    let _ = night(&world, &[]);
    let gone = world.files().into_iter().step_by(2);
    gone.for_each(|file| fs::remove_file(file).unwrap());
    let long_ago = fs::File::open(world.archive()).unwrap().metadata().unwrap().modified().unwrap();
    let long_ago = long_ago - std::time::Duration::from_secs(1000);
    let folders = walkdir::WalkDir::new(world.archive()).into_iter().flatten().filter(|at| at.file_type().is_dir());
    folders.for_each(|folder| fs::File::open(folder.path()).unwrap().set_modified(long_ago).unwrap());
    let (code, said) = night(&world, &["--check", "folders"]);
    assert_eq!(code, Some(2), "{said}");
    let full = convert(&world, "full/", &["--fhir", "r4"]);
    let index = ["--fhir", "r4", "--index", "a.index", "--check", "folders", "--max-gone", "100%", "--gone", "delete"];
    assert_same(&convert(&world, "out/", &index), &full, "the night behind");
    assert_same(&convert(&world, "out/", &index), &full, "and the next");
}

#[test]
fn a_document_that_is_missing_is_written_again_and_one_that_somebody_changed_is_not_deleted() {
    let world = World::new(16, 12);
    let _ = night(&world, &[]);
    let full = documents(&world.at("out"));
    let name = full.keys().next().unwrap();
    fs::remove_file(world.at("out").join(name)).unwrap();
    let (_, said) = night(&world, &[]);
    assert!(said.contains("index: 0 files read, 1 studies written"), "{said}");
    assert_eq!(documents(&world.at("out")), full);
    full.keys().for_each(|name| fs::write(world.at("out").join(name), "{}").unwrap());
    world.files().iter().for_each(|file| fs::remove_file(file).unwrap());
    let (_, said) = night(&world, &["--gone", "delete", "--max-gone", "100%"]);
    assert_eq!(documents(&world.at("out")).len(), full.len());
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("is not as it was written: it stays"), "{said}");
}

#[test]
fn another_document_that_is_missing_is_written_again_too() {
    let world = World::new(30, 20);
    let options = ["--fhir", "r4", "--references", "separate", "--index", "a.index"];
    let _ = convert(&world, "out/", &options);
    let full = documents(&world.at("out"));
    for name in full.keys().filter(|name| name.contains('/')) {
        fs::remove_file(world.at("out").join(name)).unwrap();
        let _ = convert(&world, "out/", &options);
        assert_eq!(documents(&world.at("out")), full, "{name}");
    }
}

#[test]
fn all_is_written_again_where_that_is_asked_for() {
    let world = World::new(31, 12);
    let _ = night(&world, &[]);
    let full = documents(&world.at("out"));
    let spoiled = world.at("out").join(full.keys().next().unwrap());
    fs::write(&spoiled, "").unwrap();
    let arguments = ["convert", "-o", "out/", "--fhir", "r4", "--rewrite", "--index", "a.index"];
    let output = run(&arguments, world.folder.path());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("index: 0 files read, {} studies written, 0 unchanged", full.len())), "{said}");
    assert_eq!(documents(&world.at("out")), full);
}

#[test]
fn an_index_is_not_overwritten_by_what_the_run_writes() {
    let world = World::new(32, 3);
    let _ = night(&world, &[]);
    let before = fs::read(world.at("a.index")).unwrap();
    for options in [
        &["-o", "out/", "--report", "a.index", "--index", "a.index"] as &[&str],
        &["-o", "out/", "--report", "a.index-wal", "--index", "a.index"],
        &["-o", "a.ndjson", "--index", "a.ndjson"],
    ] {
        let output = run(&[&["convert", "archive", "--fhir", "r4"], options].concat(), world.folder.path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{options:?}: {said}");
        assert!(said.contains("--index is a file of its own"), "{options:?}: {said}");
    }
    assert_eq!(fs::read(world.at("a.index")).unwrap(), before);
}

#[test]
fn one_folder_under_two_names_is_refused_and_so_are_other_filters_and_content() {
    let world = World::new(18, 5);
    let _ = night(&world, &[]);
    let whole = world.archive();
    for (arguments, want) in [
        (vec!["convert", whole.to_str().unwrap(), "-o", "out/", "--index", "a.index"], "give it by that name"),
        (vec!["convert", "archive", "-o", "out/", "--index", "a.index", "--include", "modality=CT"], "other rules"),
        (vec!["convert", "-", "-o", "out/", "--index", "a.index"], "knows files by their names"),
        (vec!["convert", "archive", "-o", "out/", "--gone", "delete"], "--index"),
        (vec!["convert", "archive", "-o", "out/", "--index", "b.index", "--gone", "entered-in-error"], "for a server"),
    ] {
        let output = run(&arguments, world.folder.path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(want), "{arguments:?}: {said}");
    }
}

#[test]
fn a_list_with_stamps_is_compared_without_looking_at_its_files() {
    let world = World::new(19, 20);
    let list = |world: &World, tag: &str| {
        let lines: Vec<String> = world.files().iter().map(|file| format!("{}\t100\t{tag}", file.display())).collect();
        fs::write(world.at("list"), lines.join("\n")).unwrap();
    };
    let run_list = |world: &World, options: &[&str]| {
        let arguments: Vec<&str> = ["convert", "--files-from", "list", "-o", "out/", "--fhir", "r4"]
            .iter()
            .chain(&INDEX)
            .chain(options)
            .copied()
            .collect();
        let output = run(&arguments, world.folder.path());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    list(&world, "\"etag-1\"");
    assert!(run_list(&world, &[]).contains("index: 20 files read"));
    let full = convert(&world, "full/", &["--fhir", "r4"]);
    assert_eq!(documents(&world.at("out")), full.documents);
    let away = world.at("away");
    fs::rename(world.archive(), &away).unwrap();
    let said = run_list(&world, &[]);
    assert!(said.contains("index: 0 files read, 0 studies written"), "{said}");
    fs::rename(&away, world.archive()).unwrap();
    list(&world, "\"etag-2\"");
    let said = run_list(&world, &[]);
    assert!(said.contains("index: 20 files read, 0 studies written"), "{said}");
    let lines = fs::read_to_string(world.at("list")).unwrap();
    let shorter: Vec<&str> = lines.lines().skip(1).collect();
    fs::write(world.at("list"), shorter.join("\n")).unwrap();
    let said = run_list(&world, &["--max-gone", "1"]);
    assert!(said.contains("1 files"), "{said}");
    let before = documents(&world.at("out"));
    for broken in ["", "nowhere/IM1\t100\t\"etag\"\n", "nowhere/IM1\n"] {
        fs::write(world.at("list"), broken).unwrap();
        let said = run_list(&world, &["--gone", "delete"]);
        assert!(said.contains("19 of 19 files that the index knows are gone from the list"), "{broken:?}: {said}");
        assert_eq!(documents(&world.at("out")), before, "{broken:?}");
    }
}

#[test]
fn names_that_are_no_text_are_known_again() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new(20, 3);
    let name = std::ffi::OsStr::from_bytes(b"J\xf6rg \xff\n");
    let folder = world.archive().join(name);
    fs::create_dir(&folder).unwrap();
    fs::rename(world.files().remove(0), folder.join(name)).unwrap();
    let full = convert(&world, "full/", &["--fhir", "r4"]);
    for _ in 0..2 {
        assert_same(&convert(&world, "out/", &["--fhir", "r4", "--index", "a.index"]), &full, "bytes");
    }
    let (_, said) = night(&world, &[]);
    assert!(said.contains("index: 0 files read"), "{said}");
}

#[test]
fn several_inputs_and_later_ones_are_one_archive() {
    let mut world = World::new(21, 20);
    let _ = night(&world, &[]);
    (0..5).for_each(|_| world.add());
    let one = ["convert", "archive/a", "-o", "out/", "--fhir", "r4", "-q", "--index", "a.index"];
    assert!(run(&one, world.folder.path()).status.code().is_some_and(|code| code < 2));
    let _ = night(&world, &[]);
    assert_eq!(documents(&world.at("out")), convert(&world, "full/", &["--fhir", "r4"]).documents);
}

#[test]
fn an_instance_that_stands_in_two_studies_is_named_as_long_as_it_does() {
    let world = World::new(22, 15);
    let place = |study: &str, name: &str| {
        let one = Instance::new("CT", uids::CT_IMAGE_STORAGE, study, 1, 1)
            .text(tags::SERIES_INSTANCE_UID, "1.2.3.4")
            .text(tags::SOP_INSTANCE_UID, "1.2.3.4.5");
        let path = world.archive().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, one.bytes()).unwrap();
        fs::File::options().append(true).open(path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    };
    let compare = |night: &str, is_named: bool| {
        let options = ["--fhir", "r4", "--index", "a.index", "--gone", "delete", "--max-gone", "100%"];
        let (found, want) =
            (convert(&world, "out/", &options), convert(&world, &format!("{night}/"), &["--fhir", "r4"]));
        assert_same(&found, &want, night);
        assert_eq!(found.report.contains("1.2.3.4.5"), is_named, "{night}");
    };
    place("one", "first/IM1");
    compare("alone", false);
    place("other", "second/IM1");
    compare("both", true);
    compare("both still", true);
    place("third", "third/IM1");
    compare("three", true);
    ["first", "second"].iter().for_each(|folder| fs::remove_dir_all(world.archive().join(folder)).unwrap());
    compare("alone again", false);
    compare("alone still", false);
}

#[test]
fn a_folder_that_loses_and_gets_files_is_compared_again() {
    let mut world = World::new(23, 25);
    let options = ["--fhir", "r4", "--index", "a.index", "--gone", "delete", "--max-gone", "100%"];
    let _ = convert(&world, "out/", &options);
    let files = world.files();
    let (kept, away) = (files[0].clone(), world.at("away"));
    fs::rename(&kept, &away).unwrap();
    let without = convert(&world, "without/", &["--fhir", "r4"]);
    assert_same(&convert(&world, "out/", &options), &without, "one less");
    // It comes back as it was: the same size, times and inode, but for the time of change.
    fs::rename(&away, &kept).unwrap();
    let with = convert(&world, "with/", &["--fhir", "r4"]);
    assert_same(&convert(&world, "out/", &options), &with, "it is back");
    world.touch(&kept);
    for (check, read) in [("stat", 1), ("folders", 0), ("stat", 0), ("read", 25)] {
        let (_, said) = night(&world, &["--check", check]);
        assert!(said.contains(&format!("index: {read} files read, 0 studies written")), "{check}: {said}");
    }
}
