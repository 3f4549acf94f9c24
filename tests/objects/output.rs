//! Output to a bucket: an object is there as a whole, or as it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::run::{code, dcm2fhir, stderr, well};
use crate::store::{Dialect, Instead, Store, fault};

/// A study in DICOM JSON whose document is larger than one part of an upload.
fn large(folder: &Path) -> PathBuf {
    let uid = |tag: &str, value: &str| format!(r#""{tag}":{{"vr":"UI","Value":["{value}"]}}"#);
    let one = |number| {
        let (study, series) = (uid("0020000D", "1.2.3"), uid("0020000E", "1.2.3.4"));
        let (class, own) =
            (uid("00080016", "1.2.840.10008.5.1.4.1.1.2"), uid("00080018", &format!("1.2.3.4.5.6.7.8.9.10.{number}")));
        format!("{{{class},{own},{study},{series}}}")
    };
    let path = folder.join("large.json");
    fs::write(&path, (0..45_000).map(one).collect::<Vec<_>>().join("\n")).unwrap();
    path
}

fn convert(store: &Store, input: &Path, output: &str) -> std::process::Command {
    let mut command = dcm2fhir(store, Dialect::S3, &["convert"]);
    command.arg(input).args(["--fhir", "r5", "--pretty", "--replace", "-o", output]);
    command
}

#[test]
fn a_large_document_comes_in_parts_and_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let input = large(folder.path());
    let local = folder.path().join("out.json");
    let output = dcm2fhir(&Store::new(Dialect::S3, &[], well()), Dialect::S3, &["convert"])
        .arg(&input)
        .args(["--fhir", "r5", "--pretty", "-o"])
        .arg(&local)
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let whole = fs::read(local).unwrap();
    assert!(whole.len() > 17 << 19, "{}", whole.len());

    let store = Store::new(Dialect::S3, &[], well());
    let output = convert(&store, &input, "s3://data/out/large.json").output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(store.object("out/large.json").unwrap() == whole);
    assert!(store.requests().iter().any(|request| request.query.contains("partNumber=2")));

    let refused: Instead =
        Box::new(|request, _| request.query.contains("partNumber=2").then(|| fault(403, "AccessDenied")));
    let store = Store::new(Dialect::S3, &[("large.json", b"{\"old\": 1}".to_vec())], refused);
    let output = convert(&store, &input, "s3://data/large.json").output().unwrap();
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("AccessDenied"), "{}", stderr(&output));
    assert_eq!(store.object("large.json").unwrap(), b"{\"old\": 1}");
    assert!(store.requests().iter().any(|request| request.method == "DELETE"), "its parts are taken away");

    // Killed while the second part is under way.
    let (under_way, waits) = mpsc::channel();
    let hangs: Instead = Box::new(move |request, _| {
        if request.query.contains("partNumber=2") {
            let _ = under_way.send(());
            thread::sleep(Duration::from_secs(600));
        }
        None
    });
    let store = Store::new(Dialect::S3, &[("large.json", b"{\"old\": 1}".to_vec())], hangs);
    let mut child = convert(&store, &input, "s3://data/large.json").spawn().unwrap();
    waits.recv_timeout(Duration::from_secs(300)).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(store.object("large.json").unwrap(), b"{\"old\": 1}");
}

#[test]
fn a_folder_of_documents_is_uploaded_and_what_would_lose_instances_is_held_back() {
    let store = Store::new(Dialect::S3, &[], well());
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom");
    let run = |input: PathBuf, more: &[&str]| {
        let output = dcm2fhir(&store, Dialect::S3, &["convert"])
            .arg(input)
            .args(["--fhir", "r4", "-o", "s3://data/out/"])
            .args(more)
            .output();
        output.unwrap()
    };
    let output = run(testdata.clone(), &[]);
    assert!(code(&output) < 2, "{}", stderr(&output));
    let folder = tempfile::tempdir().unwrap();
    let local = dcm2fhir(&store, Dialect::S3, &["convert"])
        .arg(&testdata)
        .args(["--fhir", "r4", "-o"])
        .arg(folder.path())
        .output();
    assert!(code(&local.unwrap()) < 2);
    let mut documents = 0;
    for entry in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        assert_eq!(store.object(&format!("out/{name}")), Some(fs::read(entry.path()).unwrap()), "{name}");
        documents += 1;
    }
    assert!(documents > 30);
    let output = run(testdata.join("ct-two-series/1-1.dcm"), &[]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("s3://data/out/"), "{}", stderr(&output));
    let output = run(testdata.join("ct-two-series/1-1.dcm"), &["--replace"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

#[test]
fn faults_that_pass_lose_nothing_and_a_bucket_that_cannot_be_used_is_told_before_anything_is_read() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom/ct-two-series");
    let busy: Instead = Box::new(|_, times| (times <= 2).then(|| fault(503, "SlowDown")));
    let store = Store::new(Dialect::S3, &[], busy);
    let output = convert(&store, &testdata, "s3://data/a.json").output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(store.object("a.json").is_some());
    let refused: Instead = Box::new(|_, _| Some(fault(400, "ExpiredToken")));
    let store = Store::new(Dialect::S3, &[], refused);
    let output = convert(&store, &testdata, "s3://data/a.json").output().unwrap();
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("credentials have expired"), "{}", stderr(&output));
    assert!(store.requests().len() <= 2);
}

#[test]
fn an_index_does_not_take_for_written_what_goes_to_a_bucket() {
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let refuses: Instead =
        Box::new(move |request, _| (request.method == "PUT" && down.load(Relaxed)).then(|| fault(400, "NotNow")));
    let (store, folder) = (Store::new(Dialect::S3, &[], refuses), tempfile::tempdir().unwrap());
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom/ct-two-series");
    let run = || {
        let mut command = dcm2fhir(&store, Dialect::S3, &["convert"]);
        command.arg(&testdata).args(["--fhir", "r4", "-o", "s3://data/out/", "--index", "i.dcmindex"]);
        command.current_dir(folder.path()).output().unwrap()
    };
    assert_eq!(code(&run()), 2);
    is_down.store(false, Relaxed);
    let output = run();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(store.requests().iter().any(|request| request.method == "PUT" && request.path.starts_with("out/")));
}

#[test]
fn fragments_go_to_a_bucket_and_documents_made_of_them_too() {
    let store = Store::new(Dialect::S3, &[], well());
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom/ct-two-series");
    let folder = tempfile::tempdir().unwrap();
    let run = |command: &str, more: &[&str]| {
        let output = dcm2fhir(&store, Dialect::S3, &[command]).args(more).current_dir(folder.path()).output().unwrap();
        assert_eq!(code(&output), 0, "{command}: {}", stderr(&output));
    };
    let input = testdata.to_str().unwrap();
    run("scan", &[input, "-o", "s3://data/records/", "--partitions", "2"]);
    run("scan", &[input, "-o", "records/", "--partitions", "2"]);
    for entry in fs::read_dir(folder.path().join("records")).unwrap().map(Result::unwrap) {
        let name = format!("records/{}", entry.file_name().into_string().unwrap());
        assert_eq!(store.object(&name), Some(fs::read(entry.path()).unwrap()), "{name}");
    }
    run("assemble", &["records/", "-o", "s3://data/studies.ndjson", "--fhir", "r4", "--endpoint-url", &store.url]);
    run("assemble", &["records/", "-o", "studies.ndjson", "--fhir", "r4"]);
    assert_eq!(store.object("studies.ndjson"), Some(fs::read(folder.path().join("studies.ndjson")).unwrap()));
    assert!(!folder.path().join("s3:").exists());
}

#[test]
fn fragments_of_a_bucket_are_assembled_where_they_are() {
    let store = Store::new(Dialect::S3, &[], well());
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom");
    let folder = tempfile::tempdir().unwrap();
    let run =
        |arguments: &[&str]| dcm2fhir(&store, Dialect::S3, arguments).current_dir(folder.path()).output().unwrap();
    let input = testdata.to_str().unwrap();
    for shard in ["1/2", "2/2"] {
        let output = run(&["scan", input, "-o", "s3://data/records/", "--partitions", "3", "--shard", shard]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    let output = run(&["scan", input, "-o", "records/", "--partitions", "3"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let content = ["--fhir", "r5", "--references", "contained"];
    for partition in ["1/3", "2/3", "3/3", ""] {
        let partition: &[&str] = if partition.is_empty() { &[] } else { &["--partition", partition] };
        let assemble = |records: &str| {
            let output = run(&[&["assemble", records][..], &content, partition].concat());
            assert!(code(&output) < 1 && !output.stdout.is_empty(), "{}", stderr(&output));
            output.stdout
        };
        assert!(assemble("s3://data/records/") == assemble("records/"), "{partition:?}");
    }
    // Single files, and what cannot be assembled.
    let name = "partition-00002-of-00003.shard-00001-of-00002.ndjson";
    let one = ["assemble", &format!("s3://data/records/{name}"), "--fhir", "r5"];
    let part = run(&one);
    assert_eq!(code(&part), 2, "{}", stderr(&part));
    assert!(stderr(&part).contains("not all lines of the scan are here"), "{}", stderr(&part));
    let part = run(&[&one[..], &["--allow-empty"]].concat());
    assert_eq!(code(&part), 0, "{}", stderr(&part));
    let last = store.object(&format!("records/{name}")).unwrap();
    store.delete(&format!("records/{name}"));
    store.put("records/sub/other.ndjson", b"x".to_vec());
    for (arguments, want) in [
        (&["assemble", "s3://data/records/"][..], "the files of shard 1/2 are not all there"),
        (&["assemble", "s3://data/none/"], "there are no files of a scan"),
        (&["assemble", "s3://data/none.ndjson"], "it is not there"),
        (&["assemble", "dicomweb+http://127.0.0.1:1/x"], "is no file of a scan"),
    ] {
        let output = run(&[arguments, &["--fhir", "r5"]].concat());
        assert_eq!(code(&output), 2, "{want}: {}", stderr(&output));
        assert!(stderr(&output).contains(want), "{}", stderr(&output));
    }
    store.put(&format!("records/{name}"), last);
    assert_eq!(code(&run(&["assemble", "s3://data/records/", "--fhir", "r5"])), 0);
}

#[test]
fn a_fragment_that_changes_or_is_refused_while_it_is_read_ends_the_run() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom/ct-two-series");
    let folder = tempfile::tempdir().unwrap();
    let scan = dcm2fhir(&Store::new(Dialect::S3, &[], well()), Dialect::S3, &["scan"])
        .arg(testdata)
        .args(["-o", "a.ndjson"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(code(&scan), 0, "{}", stderr(&scan));
    let lines = fs::read(folder.path().join("a.ndjson")).unwrap();
    for (status, told, want, exit) in [
        (412, "PreconditionFailed", "changed while it was read", 2),
        (403, "AccessDenied", "AccessDenied", 2),
        (503, "SlowDown", "", 0),
    ] {
        // The first request is for what the store says of the object.
        let instead: Instead = Box::new(move |request, times| {
            let is_later = request.path == "a.ndjson" && times > 1 && (exit > 0 || times <= 3);
            is_later.then(|| fault(status, told))
        });
        let store = Store::new(Dialect::S3, &[("a.ndjson", lines.clone())], instead);
        let output =
            dcm2fhir(&store, Dialect::S3, &["assemble", "s3://data/a.ndjson", "--fhir", "r5"]).output().unwrap();
        assert_eq!((code(&output), output.stdout.is_empty()), (exit, exit > 0), "{told}: {}", stderr(&output));
        assert!(stderr(&output).contains(want), "{}", stderr(&output));
    }
}

#[test]
fn output_is_signed_where_input_is_not() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom/ct-two-series/1-1.dcm");
    let store = Store::new(Dialect::S3, &[("in/a.dcm", fs::read(testdata).unwrap())], well());
    let arguments = ["convert", "s3://data/in/", "-o", "s3://data/out/", "--fhir", "r5", "--no-sign-request"];
    let output = dcm2fhir(&store, Dialect::S3, &arguments).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for request in store.requests() {
        let is_input = request.path.starts_with("in/") || request.query.contains("prefix=in");
        assert_eq!(request.headers.contains("authorization"), !is_input, "{request:?}");
    }
}

#[test]
fn each_service_takes_output() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom/ct-two-series");
    for (dialect, place) in [(Dialect::S3, "s3"), (Dialect::Google, "gs"), (Dialect::Azure, "az")] {
        let store = Store::new(dialect, &[], well());
        let output = dcm2fhir(&store, dialect, &["convert"])
            .arg(&testdata)
            .args(["--fhir", "r4", "-o", &format!("{place}://data/out/studies.ndjson")])
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{place}: {}", stderr(&output));
        assert!(store.object("out/studies.ndjson").is_some_and(|bytes| bytes.starts_with(b"{")), "{place}");
    }
}
