//! Keys of every form: those that clients take for paths, too.

use crate::run::{code, convert, dcm2fhir, documents, file, stderr, well};
use crate::store::{Dialect, Store};

/// Keys that can be asked for, of which no two are the same file.
const KEYS: [(&str, &str); 9] = [
    ("/lead.dcm", "ct-two-series/1-1.dcm"),
    ("dir//b.dcm", "names-utf8/1.dcm"),
    ("tail.dcm/", "time-fraction/1.dcm"),
    ("///", "timezone-minus/1.dcm"),
    ("per%20cent+.dcm", "names-gb18030/1.dcm"),
    ("end.", "names-latin1/1.dcm"),
    ("ümlaut/é q?&#=;.dcm", "names-japanese/1.dcm"),
    ("\u{E000}x.dcm", "names-cyrillic/1.dcm"),
    ("z.dcm", "names-korean/1.dcm"),
];

fn store(dialect: Dialect, more: &[&str]) -> Store {
    let mut objects: Vec<(&str, Vec<u8>)> = KEYS.iter().map(|(key, name)| (*key, file(name))).collect();
    objects.extend(more.iter().map(|key| (*key, file("body-part-unknown/1.dcm"))));
    Store::new(dialect, &objects, well())
}

#[test]
fn every_key_is_listed_and_read() {
    for dialect in [Dialect::S3, Dialect::Google, Dialect::Azure] {
        let store = store(dialect, &[]);
        let output = convert(&store, dialect, &[]);
        assert_eq!((code(&output), documents(&output)), (0, KEYS.len()), "{dialect:?}: {}", stderr(&output));
        for (key, _) in KEYS {
            assert_eq!(store.asked(key), 1, "{dialect:?} {key}");
        }
    }
    let store = store(Dialect::S3, &[]);
    for (place, documents_wanted) in
        [("s3://data//lead.dcm", 1), ("s3://data/dir//", 1), ("s3://data//", 2), ("s3://data/dir/", 1)]
    {
        let output = dcm2fhir(&store, Dialect::S3, &["convert", place, "--fhir", "r5"]).output().unwrap();
        assert_eq!((code(&output), documents(&output)), (0, documents_wanted), "{place}: {}", stderr(&output));
    }
}

#[test]
fn a_key_that_cannot_be_asked_for_is_left_out_with_its_reason_and_the_others_are_read() {
    let store = store(Dialect::S3, &["a/./b.dcm", "a/../c.dcm", ".."]);
    let output = convert(&store, Dialect::S3, &[]);
    assert_eq!((code(&output), documents(&output)), (1, KEYS.len()), "{}", stderr(&output));
    for key in ["a/./b.dcm", "a/../c.dcm", ".."] {
        let want =
            format!("s3://data/{key}: not delivered: a key with . or .. as a part cannot be requested over HTTP\n");
        assert!(stderr(&output).contains(&want), "{want}: {}", stderr(&output));
    }
}

#[test]
fn a_list_and_output_have_keys_of_every_form() {
    let (store, folder) = (store(Dialect::S3, &[]), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("list"), "s3://data//lead.dcm\ns3://data/dir//b.dcm\n").unwrap();
    let arguments =
        ["convert", "--files-from", "list", "-o", "s3://data/out//x/", "--fhir", "r5", "--format", "ndjson"];
    let output = dcm2fhir(&store, Dialect::S3, &arguments).current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let put: Vec<String> =
        store.requests().into_iter().filter(|request| request.method == "PUT").map(|request| request.path).collect();
    assert!(!put.is_empty() && put.iter().all(|key| key.starts_with("out//x/")), "{put:?}");
}
