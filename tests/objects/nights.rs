//! A bucket with an index: an unchanged night costs its listing.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::run::{code, dcm2fhir, file, stderr, well};
use crate::store::{Dialect, Store, fault};

fn objects() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a/1.dcm", file("ct-two-series/1-1.dcm")),
        ("a/2.dcm", file("ct-two-series/1-2.dcm")),
        ("b.dcm", file("names-utf8/1.dcm")),
        ("c.dcm", file("time-fraction/1.dcm")),
        ("readme.txt", b"no DICOM".to_vec()),
    ]
}

fn night(store: &Store, folder: &Path, more: &[&str]) -> (Output, usize) {
    let before = store.requests().len();
    let arguments = ["convert", "s3://data/", "--fhir", "r4", "-o", "out/", "--index", "i.dcmindex"];
    let output = dcm2fhir(store, Dialect::S3, &arguments).args(more).current_dir(folder).output().unwrap();
    let gets = store.requests().iter().skip(before).filter(|request| !request.query.contains("list-type")).count();
    (output, gets)
}

fn full(store: &Store, folder: &Path) {
    let arguments = ["convert", "s3://data/", "--fhir", "r4", "-o", "full/"];
    let output = dcm2fhir(store, Dialect::S3, &arguments).current_dir(folder).output().unwrap();
    assert!(code(&output) < 2, "{}", stderr(&output));
}

/// Both folders hold the same documents.
fn same(folder: &Path) {
    let all = |name: &str| {
        let files = std::fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> =
            files.map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(path).unwrap())).collect();
        files.sort();
        files
    };
    assert!(!all("out").is_empty());
    assert_eq!(all("out"), all("full"));
}

#[test]
fn an_unchanged_bucket_costs_its_listing_and_a_change_what_changed() {
    let (store, folder) = (Store::new(Dialect::S3, &objects(), well()), tempfile::tempdir().unwrap());
    let (first, gets) = night(&store, folder.path(), &[]);
    assert_eq!((code(&first), gets), (0, 5), "{}", stderr(&first));
    full(&store, folder.path());
    same(folder.path());
    let (second, gets) = night(&store, folder.path(), &[]);
    assert!(stderr(&second).contains("index: 0 files read, 0 studies written"), "{}", stderr(&second));
    assert_eq!((code(&second), gets), (0, 0));
    store.put("c.dcm", file("time-truncated/1.dcm"));
    store.put("a/3.dcm", file("ct-two-series/1-3.dcm"));
    // The only object of a study holds another study now: one of three studies is gone.
    let (held, gets) = night(&store, folder.path(), &["--gone", "delete", "--max-gone", "0%"]);
    assert_eq!((code(&held), gets), (1, 2), "{}", stderr(&held));
    assert!(stderr(&held).contains("than --max-gone: its document stays"), "{}", stderr(&held));
    let (third, gets) = night(&store, folder.path(), &["--gone", "delete"]);
    assert_eq!((code(&third), gets), (0, 0), "{}", stderr(&third));
    full_again(&store, folder.path());
    let (read, gets) = night(&store, folder.path(), &["--check", "read"]);
    assert_eq!((code(&read), gets), (0, 6), "{}", stderr(&read));
}

fn full_again(store: &Store, folder: &Path) {
    std::fs::remove_dir_all(folder.join("full")).unwrap();
    full(store, folder);
    same(folder);
}

#[test]
fn objects_that_are_gone_are_told_and_their_number_is_limited() {
    let (store, folder) = (Store::new(Dialect::S3, &objects(), well()), tempfile::tempdir().unwrap());
    let _ = night(&store, folder.path(), &[]);
    full(&store, folder.path());
    store.delete("b.dcm");
    store.delete("a/2.dcm");
    let (stopped, _) = night(&store, folder.path(), &[]);
    assert_eq!(code(&stopped), 2, "{}", stderr(&stopped));
    assert!(
        stderr(&stopped).contains("2 of 5 files that the index knows are gone from s3://data"),
        "{}",
        stderr(&stopped)
    );
    let (taken, _) = night(&store, folder.path(), &["--max-gone", "50%", "--gone", "delete"]);
    assert_eq!(code(&taken), 0, "{}", stderr(&taken));
    full_again(&store, folder.path());
}

#[test]
fn where_the_listing_breaks_off_or_an_object_is_refused_what_is_known_stays() {
    let (breaks, refuses) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (is_broken, is_refused) = (Arc::clone(&breaks), Arc::clone(&refuses));
    let store = Store::new(
        Dialect::S3,
        &objects(),
        Box::new(move |request, _| match &*request.path {
            _ if request.query.contains("continuation-token=") && is_broken.load(Relaxed) => Some(fault(400, "Broken")),
            "a/1.dcm" if is_refused.load(Relaxed) => Some(fault(403, "AccessDenied")),
            _ => None,
        }),
    );
    let folder = tempfile::tempdir().unwrap();
    let _ = night(&store, folder.path(), &[]);
    full(&store, folder.path());
    breaks.store(true, Relaxed);
    let (broken, gets) = night(&store, folder.path(), &["--gone", "delete"]);
    assert_eq!((code(&broken), gets), (1, 0), "{}", stderr(&broken));
    same(folder.path());
    breaks.store(false, Relaxed);
    refuses.store(true, Relaxed);
    store.put("a/1.dcm", file("ct-two-series/2-1.dcm"));
    let (refused, gets) = night(&store, folder.path(), &[]);
    assert_eq!((code(&refused), gets), (1, 1), "{}", stderr(&refused));
    same(folder.path());
    refuses.store(false, Relaxed);
    let (read, gets) = night(&store, folder.path(), &["--replace"]);
    assert_eq!((code(&read), gets), (0, 1), "{}", stderr(&read));
    full_again(&store, folder.path());
}

#[test]
fn an_archive_in_a_bucket_is_one_stamp() {
    let mut zipped = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in objects() {
        zipped.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zipped, &bytes).unwrap();
    }
    let zipped = zipped.finish().unwrap().into_inner();
    let (store, folder) = (Store::new(Dialect::S3, &[("all.zip", zipped)], well()), tempfile::tempdir().unwrap());
    let (first, gets) = night(&store, folder.path(), &[]);
    assert!(code(&first) == 0 && gets > 0, "{}", stderr(&first));
    let (second, gets) = night(&store, folder.path(), &[]);
    assert_eq!((code(&second), gets), (0, 0), "{}", stderr(&second));
    full(&store, folder.path());
    same(folder.path());
}
