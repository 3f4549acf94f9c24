//! `upload --index`: the server gets what changed, and studies whose files are gone can be withdrawn there.

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

use crate::server::{Act, TestServer};

fn upload(server: &TestServer, folder: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    command.current_dir(folder).args(["upload", "archive", "--to", &server.base, "--index", "a.index"]);
    command.args(["--max-gone", "100%"]).args(options).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An archive of three studies, each a folder.
fn archive() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let dicom = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom");
    for case in ["ct-two-series", "mg-both-sides", "sr-report"] {
        let target = folder.path().join("archive").join(case);
        fs::create_dir_all(&target).unwrap();
        for file in walkdir::WalkDir::new(dicom.join(case)).into_iter().flatten().filter(|file| file.path().is_file()) {
            let to = target.join(file.file_name());
            fs::copy(file.path(), &to).unwrap();
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
            fs::File::options().append(true).open(to).unwrap().set_modified(time).unwrap();
        }
    }
    folder
}

fn studies(server: &TestServer, status: &str) -> usize {
    let all = server.store();
    all.iter().filter(|(key, (_, study))| key.starts_with("ImagingStudy/") && study["status"] == status).count()
}

#[test]
fn an_unchanged_night_sends_nothing_and_a_changed_one_what_changed() {
    let (server, folder) = (TestServer::new(|_| Act::Serve), archive());
    let first = upload(&server, folder.path(), &[]);
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    assert_eq!(studies(&server, "available"), 3, "{}", said(&first));
    let _ = server.seen();
    let second = upload(&server, folder.path(), &[]);
    assert_eq!(second.status.code(), Some(0), "{}", said(&second));
    let sent: Vec<String> = server.seen().iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect();
    assert!(sent.iter().all(|request| request.starts_with("GET") && request.contains("metadata")), "{sent:?}");
    let file = walkdir::WalkDir::new(folder.path().join("archive/ct-two-series"))
        .into_iter()
        .flatten()
        .find(|file| file.path().is_file());
    fs::remove_file(file.unwrap().path()).unwrap();
    let third = upload(&server, folder.path(), &["--replace"]);
    assert!(said(&third).contains("1 studies written, 2 unchanged"), "{}", said(&third));
}

#[test]
fn what_a_server_refuses_is_sent_again_the_next_night() {
    let refusing = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let refuses = refusing.clone();
    let server = TestServer::new(move |seen| {
        let is_write = seen.body.contains("\"PUT\"") || seen.method == "PUT";
        match is_write && refuses.load(std::sync::atomic::Ordering::Relaxed) {
            true => Act::Answer(422, String::new(), String::new()),
            false => Act::Serve,
        }
    });
    let folder = archive();
    let first = upload(&server, folder.path(), &[]);
    assert_eq!(first.status.code(), Some(1), "{}", said(&first));
    refusing.store(false, std::sync::atomic::Ordering::Relaxed);
    let second = upload(&server, folder.path(), &[]);
    assert_eq!(second.status.code(), Some(0), "{}", said(&second));
    assert_eq!(studies(&server, "available"), 3);
}

#[test]
fn a_study_without_files_is_withdrawn_where_that_is_asked_for() {
    let (server, folder) = (TestServer::new(|_| Act::Serve), archive());
    let _ = upload(&server, folder.path(), &[]);
    fs::remove_dir_all(folder.path().join("archive/sr-report")).unwrap();
    let kept = upload(&server, folder.path(), &[]);
    assert_eq!((studies(&server, "available"), studies(&server, "entered-in-error")), (3, 0), "{}", said(&kept));
    let withdrawn = upload(&server, folder.path(), &["--gone", "entered-in-error"]);
    assert_eq!((studies(&server, "available"), studies(&server, "entered-in-error")), (2, 1), "{}", said(&withdrawn));
    assert!(said(&withdrawn).contains("1 studies gone, 1 entered-in-error"), "{}", said(&withdrawn));
    let before = server.store();
    let again = upload(&server, folder.path(), &["--gone", "entered-in-error"]);
    assert_eq!(server.store(), before, "{}", said(&again));
}

#[test]
fn what_a_server_lost_is_sent_again_where_that_is_asked_for() {
    let (server, folder) = (TestServer::new(|_| Act::Serve), archive());
    let _ = upload(&server, folder.path(), &[]);
    let whole = server.store();
    let lost = whole.keys().find(|key| key.starts_with("ImagingStudy/")).unwrap();
    server.with_store(|store| *store = crate::store::Store::default());
    let restored = |key: &&String| *key != lost;
    whole.keys().filter(restored).for_each(|key| server.with_store(|store| store.put(key, whole[key].1.clone())));
    let unaware = upload(&server, folder.path(), &[]);
    assert_eq!((unaware.status.code(), studies(&server, "available")), (Some(0), 2), "{}", said(&unaware));
    let _ = server.seen();
    let asked = upload(&server, folder.path(), &["--rewrite"]);
    assert_eq!((asked.status.code(), studies(&server, "available")), (Some(0), 3), "{}", said(&asked));
    let is_write = |seen: &&crate::server::Seen| seen.method == "PUT" || seen.body.contains("\"PUT\"");
    assert_eq!(
        server.seen().iter().filter(is_write).count(),
        1,
        "what is there is compared, and not sent again: {}",
        said(&asked)
    );
}

#[test]
fn a_withdrawn_study_that_comes_back_is_held_back_unless_it_is_to_be_restored() {
    let (server, folder) = (TestServer::new(|_| Act::Serve), archive());
    let _ = upload(&server, folder.path(), &[]);
    let (study, away) = (folder.path().join("archive/sr-report"), folder.path().join("away"));
    fs::rename(&study, &away).unwrap();
    let _ = upload(&server, folder.path(), &["--gone", "entered-in-error"]);
    fs::rename(&away, &study).unwrap();
    for _ in 0..2 {
        let held = upload(&server, folder.path(), &["--gone", "entered-in-error"]);
        assert_eq!((held.status.code(), studies(&server, "entered-in-error")), (Some(1), 1), "{}", said(&held));
        assert!(said(&held).contains("--restore undoes that"), "{}", said(&held));
    }
    for options in [&["--restore"] as &[&str], &[]] {
        let back = upload(&server, folder.path(), options);
        assert_eq!((back.status.code(), studies(&server, "available")), (Some(0), 3), "{}", said(&back));
    }
}

#[test]
fn a_study_without_files_is_withdrawn_where_it_is_and_a_refusal_is_said() {
    let refusing = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let refuses = refusing.clone();
    let server = TestServer::new(move |seen| match seen.body.contains("\"entered-in-error\"") {
        true if refuses.load(std::sync::atomic::Ordering::Relaxed) => Act::Answer(422, String::new(), String::new()),
        _ => Act::Serve,
    });
    let folder = archive();
    let _ = upload(&server, folder.path(), &[]);
    // Somebody puts one under another id, and its files are gone.
    server.with_store(|store| {
        let key = store.all().into_keys().find(|key| key.starts_with("ImagingStudy/")).unwrap();
        let mut study = store.get(&key).unwrap().clone();
        assert!(store.delete(&key));
        study["id"] = "elsewhere".into();
        store.put("ImagingStudy/elsewhere", study);
    });
    fs::remove_dir_all(folder.path().join("archive")).unwrap();
    fs::create_dir(folder.path().join("archive")).unwrap();
    let options = ["--gone", "entered-in-error"];
    let dry = upload(&server, folder.path(), &[&options[..], &["--dry-run", "--diff"]].concat());
    let text = String::from_utf8(dry.stdout).unwrap();
    assert_eq!(text.matches("status: \"available\" -> \"entered-in-error\"").count(), 3, "{text}");
    assert!(text.contains("update ImagingStudy/elsewhere"), "{text}");
    assert_eq!(studies(&server, "available"), 3, "nothing was sent");
    refusing.store(true, std::sync::atomic::Ordering::Relaxed);
    let refused = upload(&server, folder.path(), &options);
    assert_eq!((refused.status.code(), studies(&server, "available")), (Some(1), 3), "{}", said(&refused));
    assert!(said(&refused).contains("entered-in-error was not set: 422"), "{}", said(&refused));
    refusing.store(false, std::sync::atomic::Ordering::Relaxed);
    let _ = upload(&server, folder.path(), &options);
    assert_eq!((studies(&server, "available"), studies(&server, "entered-in-error")), (0, 3));
}

#[test]
fn what_makes_no_sense_with_a_server_is_refused() {
    let (server, folder) = (TestServer::new(|_| Act::Serve), archive());
    for (options, want) in [
        (&["--journal", "j"] as &[&str], "leave --journal out"),
        (&["--gone", "delete"], "for a folder"),
        (&["--rejects", "a.index"], "a file of its own"),
        (&["--report", "a.index"], "a file of its own"),
    ] {
        let output = upload(&server, folder.path(), options);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(want), "{}", said(&output));
    }
}
