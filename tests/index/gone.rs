//! Files and studies that are gone, and those that only cannot be read.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::nights::{INDEX, night};
use crate::world::{World, convert, documents, run};

#[test]
fn too_much_gone_stops_the_run_and_nothing_is_written() {
    let mut world = World::new(14, 30);
    let _ = night(&world, &[]);
    let before = documents(&world.at("out"));
    let away = world.at("away");
    fs::rename(world.archive(), &away).unwrap();
    fs::create_dir(world.archive()).unwrap();
    let report = ["--report", "report.json", "--gone", "delete"];
    let (code, said) = night(&world, &report);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("30 of 30 files") && said.contains("mounted"), "{said}");
    assert_eq!(documents(&world.at("out")), before);
    assert!(!world.at("report.json").exists());
    fs::remove_dir(world.archive()).unwrap();
    fs::rename(&away, world.archive()).unwrap();
    let (_, said) = night(&world, &report);
    assert!(said.contains("index: 0 files read, 0 studies written"), "{said}");
    fs::remove_dir_all(world.archive()).unwrap();
    let (code, _) = night(&world, &report);
    assert_eq!((code, documents(&world.at("out"))), (Some(2), before), "an input that is not there");
    world.add();
    let (code, said) = night(&world, &["--max-gone", "29"]);
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn what_a_night_finds_first_does_not_make_up_for_what_is_gone() {
    let mut world = World::new(28, 5);
    let _ = night(&world, &[]);
    let before = documents(&world.at("out"));
    fs::rename(world.archive(), world.at("away")).unwrap();
    fs::create_dir(world.archive()).unwrap();
    let known = fs::read_dir(world.at("away")).unwrap().count();
    assert!(known > 0);
    (0..60).for_each(|_| world.add());
    // What the refused night read is known to the next one.
    for name in ["the first night", "the second"] {
        let (code, said) = night(&world, &["--gone", "delete"]);
        assert_eq!((code, documents(&world.at("out"))), (Some(2), before.clone()), "{name}: {said}");
        assert!(said.contains("5 of 5 files"), "{name}: {said}");
    }
    // Once that was allowed, all that is there is known.
    let (code, said) = night(&world, &["--gone", "delete", "--max-gone", "100%"]);
    assert!(code.is_some_and(|code| code < 2), "{said}");
    fs::remove_file(world.files().remove(0)).unwrap();
    let (code, said) = night(&world, &["--gone", "delete"]);
    assert!(code.is_some_and(|code| code < 2), "{said}");
    let full = convert(&world, "full/", &["--fhir", "r4"]);
    assert_eq!(documents(&world.at("out")), full.documents);
}

#[test]
fn studies_whose_files_have_become_something_else_are_not_gone_unseen() {
    let mut world = World::new(33, 40);
    let options = ["--references", "separate", "--report", "r.json", "--gone", "delete"];
    let _ = night(&world, &options);
    let before = documents(&world.at("out"));
    let contents: Vec<_> = world.files().iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect();
    for (file, _) in &contents {
        fs::write(file, "").unwrap();
        world.touch(file);
    }
    for _ in 0..2 {
        let (code, said) = night(&world, &options);
        assert_eq!((code, documents(&world.at("out"))), (Some(1), before.clone()), "{said}");
        assert!(said.contains("those of more studies than --max-gone"), "{said}");
        assert!(fs::read_to_string(world.at("r.json")).unwrap().contains("too-many-gone"));
    }
    for (file, content) in &contents {
        fs::write(file, content).unwrap();
        world.touch(file);
    }
    let (_, said) = night(&world, &options);
    assert!(said.contains(" 0 studies written"), "{said}");
    assert_eq!(documents(&world.at("out")), before);
    contents.iter().for_each(|(file, _)| fs::write(file, "").unwrap());
    let (code, said) = night(&world, &[&options[..], &["--max-gone", "100%"]].concat());
    assert_eq!(documents(&world.at("out")).len(), 0, "{code:?} {said}");
}

#[test]
fn one_of_a_few_studies_may_go_and_two_may_not() {
    let world = World::new(34, 0);
    let write = |study: &str, name: &str| {
        let instance = dcm2fhir::synth::Instance::new("CT", dicom_dictionary_std::uids::CT_IMAGE_STORAGE, study, 1, 1);
        fs::write(world.archive().join(name), instance.bytes()).unwrap();
    };
    ["one", "two", "three", "four"].iter().for_each(|study| write(study, study));
    let delete = ["--gone", "delete"];
    let _ = night(&world, &delete);
    let left = || documents(&world.at("out")).len();
    // Their only files hold another study now.
    ["one", "two"].iter().for_each(|name| write("four", name));
    let (code, said) = night(&world, &delete);
    assert!(code == Some(1) && said.contains("those of more studies than --max-gone"), "{said}");
    assert_eq!(left(), 4);
    write("two", "two");
    let (code, said) = night(&world, &delete);
    assert_eq!((code, left()), (Some(0), 3), "{said}");
    let full = convert(&world, "full/", &["--fhir", "r4"]);
    assert_eq!(documents(&world.at("out")), full.documents, "{said}");
}

#[test]
fn an_archive_that_cannot_be_read_keeps_its_documents() {
    let world = World::new(27, 20);
    let _ = night(&world, &[]);
    let before = documents(&world.at("out"));
    world.give_away(&["."]);
    fs::set_permissions(world.archive(), fs::Permissions::from_mode(0o000)).unwrap();
    for check in ["stat", "folders"] {
        let words = ["convert", "archive", "-o", "out/", "--fhir", "r4", "--gone", "delete", "--check", check];
        let output = world.run_unprivileged(&[&words[..], &INDEX].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), documents(&world.at("out"))), (Some(1), before.clone()), "{said}");
        assert!(said.contains("archive: cannot be read"), "{said}");
    }
    fs::set_permissions(world.archive(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_is_gone_is_kept_and_reported_or_deleted() {
    let world = World::new(15, 30);
    let _ = night(&world, &[]);
    let before = documents(&world.at("out"));
    let gone = world.files().remove(0);
    let study = {
        let output = run(&["convert", gone.to_str().unwrap()], world.folder.path());
        let study: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        study["id"].as_str().unwrap_or_default().to_string()
    };
    world
        .files()
        .iter()
        .filter(|file| {
            let output = run(&["convert", file.to_str().unwrap()], world.folder.path());
            String::from_utf8_lossy(&output.stdout).contains(&study)
        })
        .for_each(|file| fs::remove_file(file).unwrap());
    let (code, said) = night(&world, &["--max-gone", "50%", "--report", "r.json"]);
    assert!(code.is_some_and(|code| code < 2), "{said}");
    assert_eq!(documents(&world.at("out")).len(), before.len());
    assert!(fs::read_to_string(world.at("r.json")).unwrap().contains("files-gone"));
    let (_, said) = night(&world, &["--gone", "delete"]);
    assert_eq!(documents(&world.at("out")).len(), before.len() - 1, "{said}");
    assert!(said.contains("; 0 files and 1 studies gone, 1 deleted"), "{said}");
    let full = convert(&world, "full/", &["--fhir", "r4"]);
    assert_eq!(documents(&world.at("out")), full.documents);
}

#[test]
fn a_folder_that_cannot_be_read_keeps_its_files() {
    let world = World::new(17, 20);
    let _ = night(&world, &[]);
    let before = documents(&world.at("out"));
    let folder = world.files()[0].parent().unwrap().to_path_buf();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).unwrap();
    world.give_away(&["."]);
    let words = ["convert", "archive", "-o", "out/", "--fhir", "r4", "--gone", "delete"];
    let output = world.run_unprivileged(&[&words[..], &INDEX].concat());
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), documents(&world.at("out"))), (Some(1), before), "{said}");
}
