//! Indexes that are damaged, in use, or other files: exit code 2, and nothing is written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::world::{PROGRAM, World, assert_same, convert, documents, run};

/// Runs with an index that cannot be used, and gives what is said.
fn refused(world: &World, index: &str) -> String {
    let output = run(&["convert", "archive", "-o", "new/", "--index", index], world.folder.path());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{index}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    let written = fs::read_dir(world.at("new")).map_or(0, Iterator::count);
    assert_eq!(written, 0, "{index}: {said}");
    said
}

#[test]
fn what_cannot_be_an_index_is_refused_and_stays_as_it_is() {
    let world = World::new(3, 10);
    let _ = convert(&world, "out/", &["--index", "good"]);
    let good = fs::read(world.at("good")).unwrap();
    fs::write(world.at("garbage"), "not a database\n".repeat(1000)).unwrap();
    fs::write(world.at("cut"), &good[..good.len() / 3]).unwrap();
    fs::write(world.at("short"), &good[..10]).unwrap();
    fs::create_dir(world.at("folder")).unwrap();
    let sqlite = rusqlite::Connection::open(world.at("other")).unwrap();
    sqlite.execute_batch("CREATE TABLE patients (name)").unwrap();
    drop(sqlite);
    for (index, want) in [
        ("garbage", "no index"),
        ("short", "no index"),
        ("other", "no index"),
        ("cut", "damaged"),
        ("folder", "is a folder"),
        ("no/where", "No such file"),
    ] {
        let before = fs::read(world.at(index)).ok();
        let said = refused(&world, index);
        assert!(said.contains(want), "{index}: {said}");
        assert_eq!(fs::read(world.at(index)).ok(), before, "{index}");
    }
}

#[test]
fn an_index_that_cannot_be_written_ends_the_run() {
    let world = World::new(4, 10);
    let full = convert(&world, "full/", &[]);
    let _ = convert(&world, "out/", &["--index", "kept"]);
    let run = || world.run_unprivileged(&["convert", "archive", "--index", "kept"]);
    fs::set_permissions(world.at("kept"), fs::Permissions::from_mode(0o444)).unwrap();
    let read_only = run();
    // Nor can what belongs to it be written beside it.
    world.give_away(&["kept"]);
    fs::set_permissions(world.at("kept"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(world.folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let alone = run();
    fs::set_permissions(world.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for output in [read_only, alone] {
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()), "{said}");
        assert!(said.contains("writ"), "{said}");
    }
    assert_same(&convert(&world, "out/", &["--index", "kept"]), &full, "the next run");
}

#[test]
fn a_full_disk_ends_the_run_and_the_next_one_goes_on() {
    let world = World::new(5, 30);
    let full = convert(&world, "full/", &[]);
    for blocks in [1, 20, 100] {
        // Without the signal a write behind the limit is an error, as on a full disk.
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" convert archive --index full.index");
        let mut shell = Command::new("sh");
        let output = shell.args(["-c", &limited, PROGRAM]).current_dir(world.folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()), "{blocks}: {said}");
        assert!(said.contains("disk"), "{blocks}: {said}");
    }
    assert_same(&convert(&world, "out/", &["--index", "full.index"]), &full, "the next run");
}

#[test]
fn any_flipped_byte_is_found_or_does_no_harm() {
    let world = World::new(9, 15);
    let full = convert(&world, "full/", &["--fhir", "r4"]);
    let _ = convert(&world, "out/", &["--fhir", "r4", "--index", "good"]);
    let good = fs::read(world.at("good")).unwrap();
    for at in (20..good.len()).step_by(good.len() / 60) {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        fs::write(world.at("bad"), &bad).unwrap();
        let arguments = ["convert", "-o", "bad-out/", "--fhir", "r4", "--index", "bad", "-q"];
        let output = run(&arguments, world.folder.path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{at}: {said}");
        if output.status.code() != Some(2) {
            for (name, document) in crate::world::documents(&world.at("bad-out")) {
                let known = full.documents.get(&name);
                assert!(known.is_none_or(|known| *known == document), "{at}: {name}");
            }
        }
        let _ = fs::remove_dir_all(world.at("bad-out"));
        let _ = fs::remove_file(world.at("bad"));
    }
}

#[test]
fn an_index_that_is_not_there_is_made_only_of_inputs() {
    let world = World::new(3, 5);
    let output = run(&["convert", "-o", "new/", "--index", "mistyped"], world.folder.path());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("there is no such file") && !world.at("mistyped").exists(), "{said}");
}

#[test]
fn an_empty_file_becomes_an_index_for_its_owner_only() {
    let world = World::new(3, 5);
    fs::write(world.at("empty"), "").unwrap();
    fs::set_permissions(world.at("empty"), fs::Permissions::from_mode(0o644)).unwrap();
    let _ = convert(&world, "out/", &["--index", "empty"]);
    let _ = convert(&world, "out/", &["--index", "new"]);
    for name in ["new", "empty"] {
        let mode = fs::metadata(world.at(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let full = convert(&world, "full/", &[]);
    assert_same(&convert(&world, "out/", &["--index", "empty"]), &full, "empty");
}

#[test]
fn one_run_at_a_time_uses_an_index() {
    let world = World::new(3, 5);
    let _ = convert(&world, "out/", &["--index", "busy"]);
    let other = rusqlite::Connection::open(world.at("busy")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let said = refused(&world, "busy");
    assert!(said.contains("another run uses it"), "{said}");
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    let _ = convert(&world, "out/", &["--index", "busy"]);
}

#[test]
fn an_index_of_another_version_is_read_again_with_a_line() {
    let world = World::new(3, 12);
    let _ = convert(&world, "out/", &["--index", "old"]);
    for change in ["UPDATE meta SET value = 7 WHERE key = 'wanted'", "PRAGMA user_version = 99; DROP TABLE folder"] {
        rusqlite::Connection::open(world.at("old")).unwrap().execute_batch(change).unwrap();
        let output = run(&["convert", "archive", "-o", "out/", "--index", "old"], world.folder.path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("everything is read again") && said.contains("12 files read"), "{said}");
    }
    let full = convert(&world, "full/", &[]);
    assert_same(&convert(&world, "out/", &["--index", "old"]), &full, "old");
}

/// As a version left it that reads other attributes.
fn make_old(world: &World, index: &str) {
    let connection = rusqlite::Connection::open(world.at(index)).unwrap();
    connection.execute_batch("UPDATE meta SET value = 7 WHERE key = 'wanted'").unwrap();
}

fn night(world: &World, inputs: &[&str], options: &[&str]) -> (Option<i32>, String) {
    let index = ["-o", "out/", "--fhir", "r4", "--index", "old"];
    let output = run(&[&["convert"], inputs, &index, options].concat(), world.folder.path());
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn an_index_that_must_be_read_again_is_not_emptied_by_a_run_without_inputs() {
    let world = World::new(4, 12);
    let _ = night(&world, &["archive"], &[]);
    let all = documents(&world.at("out"));
    for change in ["UPDATE meta SET value = 7 WHERE key = 'wanted'", "PRAGMA user_version = 99"] {
        rusqlite::Connection::open(world.at("old")).unwrap().execute_batch(change).unwrap();
        let (code, said) = night(&world, &[], &["--gone", "delete"]);
        assert!(code == Some(2) && said.contains("give the inputs too"), "{said}");
        assert_eq!(documents(&world.at("out")), all);
    }
}

#[test]
fn what_an_index_of_another_version_knew_is_not_gone_unseen() {
    let world = World::new(5, 30);
    let _ = night(&world, &["archive"], &[]);
    let all = documents(&world.at("out"));
    let delete = ["--gone", "delete"];
    // Not mounted.
    make_old(&world, "old");
    fs::rename(world.archive(), world.at("away")).unwrap();
    fs::create_dir(world.archive()).unwrap();
    for _ in 0..2 {
        let (code, said) = night(&world, &["archive"], &delete);
        assert!(code == Some(2) && said.contains("30 of 30 files"), "{said}");
        assert_eq!(documents(&world.at("out")), all);
    }
    fs::remove_dir(world.archive()).unwrap();
    fs::rename(world.at("away"), world.archive()).unwrap();
    // Of a part: the rest is kept until it is read.
    let part = world.files()[0].parent().unwrap().strip_prefix(world.folder.path()).unwrap().to_path_buf();
    for separate in [&[] as &[&str], &["--references", "separate"]] {
        let full = convert(&world, "full/", &[&["--fhir", "r4"], separate].concat());
        let _ = night(&world, &["archive"], separate);
        let all = documents(&world.at("out"));
        make_old(&world, "old");
        for _ in 0..2 {
            let (code, said) = night(&world, &[part.to_str().unwrap()], &[&delete, separate].concat());
            assert!(code.is_some_and(|code| code < 2), "{said}");
            assert_eq!(documents(&world.at("out")), all, "{said}");
            let output = run(&["index", "check", "old"], world.folder.path());
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let (_, said) = night(&world, &["archive"], &[&delete, separate].concat());
        assert_eq!(documents(&world.at("out")), full.documents, "{said}");
        fs::remove_dir_all(world.at("full")).unwrap();
    }
    // What is really gone is deleted as ever.
    make_old(&world, "old");
    fs::remove_file(world.files().remove(0)).unwrap();
    let _ = night(&world, &["archive"], &delete);
    let (_, said) = night(&world, &["archive"], &delete);
    let full = convert(&world, "full/", &["--fhir", "r4"]);
    assert_eq!(documents(&world.at("out")), full.documents, "{said}");
}

#[test]
fn a_file_that_another_version_read_and_this_one_cannot_is_not_taken_out_of_its_study() {
    let world = World::new(6, 0);
    for (number, name) in ["one", "other"].iter().enumerate() {
        let number = u32::try_from(number).unwrap() + 1;
        let instance =
            dcm2fhir::synth::Instance::new("CT", dicom_dictionary_std::uids::CT_IMAGE_STORAGE, "study", 1, number);
        fs::write(world.archive().join(name), instance.bytes()).unwrap();
    }
    let _ = night(&world, &["archive"], &[]);
    let whole = documents(&world.at("out"));
    make_old(&world, "old");
    fs::set_permissions(world.archive().join("one"), fs::Permissions::from_mode(0o000)).unwrap();
    world.give_away(&["."]);
    let words = ["convert", "archive", "-o", "out/", "--fhir", "r4", "--index", "old", "--gone", "delete"];
    for _ in 0..2 {
        let output = world.run_unprivileged(&words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), documents(&world.at("out"))), (Some(1), whole.clone()), "{said}");
    }
    fs::set_permissions(world.archive().join("one"), fs::Permissions::from_mode(0o600)).unwrap();
    let output = world.run_unprivileged(&words);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), documents(&world.at("out"))), (Some(0), whole), "{said}");
}
