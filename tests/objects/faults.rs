//! What goes wrong at a store: each fault is a retry, a file that is left out with its reason, or the end of the run.

use std::process::Output;

use crate::run::{code, convert, dcm2fhir, documents, file, long, stderr, well};
use crate::store::{Dialect, Instead, Reply, Request, Store, fault};

/// Four objects of four studies, on two pages.
fn objects() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a.dcm", file("ct-two-series/1-1.dcm")),
        ("b.dcm", long()),
        ("c.dcm", file("names-utf8/1.dcm")),
        ("d/d.dcm", file("time-fraction/1.dcm")),
    ]
}

/// Instead of the answer to the n-th request for the object `b.dcm`.
fn of_b(reply: impl Fn(usize, &Request) -> Option<Reply> + Send + Sync + 'static) -> Instead {
    Box::new(move |request, times| match request.path.as_str() {
        "b.dcm" if request.method == "GET" => reply(times, request),
        _ => None,
    })
}

fn run(dialect: Dialect, instead: Instead) -> (Store, Output) {
    let store = Store::new(dialect, &objects(), instead);
    let output = convert(&store, dialect, &[]);
    (store, output)
}

/// An object of the store, as a server gives its first part, but with other headers or less of it.
fn first(headers: &str, bytes: &[u8], length: usize) -> Reply {
    let told = "last-modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n";
    Reply { status: 206, headers: format!("{told}{headers}"), body: bytes.to_vec(), length: Some(length) }
}

#[test]
fn a_store_gives_the_documents_of_its_objects() {
    for dialect in [Dialect::S3, Dialect::Google, Dialect::Azure] {
        let (store, output) = run(dialect, well());
        assert_eq!((code(&output), documents(&output)), (0, 4), "{}", stderr(&output));
        assert_eq!(store.asked("a.dcm"), 1, "a small object is one request");
        assert_eq!(store.asked("b.dcm"), 2, "what lies behind the first 16 KiB is one more");
    }
}

#[test]
fn faults_that_pass_are_tried_again() {
    let long = long();
    let (start, end) = (long[..16_384].to_vec(), long.len());
    let told = format!("content-range: bytes 0-16383/{end}\r\n");
    let tagged = format!("etag: \"x\"\r\n{told}");
    let faults: Vec<(&str, Instead)> = vec![
        ("503 twice", of_b(|times, _| (times <= 2).then(|| fault(503, "ServiceUnavailable")))),
        ("slow down", of_b(|times, _| (times <= 2).then(|| fault(503, "SlowDown")))),
        ("429", of_b(|times, _| (times <= 1).then(|| fault(429, "TooManyRequests")))),
        ("500", of_b(|times, _| (times <= 1).then(|| fault(500, "InternalError")))),
        ("no answer", of_b(|times, _| (times <= 1).then(|| first("", b"", 100)))),
        ("cut", {
            let (told, start) = (told.clone(), start.clone());
            of_b(move |times, _| (times <= 2).then(|| first(&told, &start[..500], 16_384)))
        }),
        ("cut, with an ETag", {
            let (told, start) = (tagged, start.clone());
            of_b(move |times, _| (times <= 1).then(|| first(&told, &start[..500], 16_384)))
        }),
        ("too short", {
            let (told, start) = (told.clone(), start.clone());
            of_b(move |times, _| (times <= 1).then(|| first(&told, &start[..500], 500)))
        }),
        ("too long", {
            let (start, told) = (start.clone(), "content-range: bytes 0-499/216000\r\n");
            of_b(move |times, _| (times <= 1).then(|| first(told, &start, start.len())))
        }),
        ("another range", {
            let (start, told) = (start.clone(), "content-range: bytes 9-16392/216000\r\n");
            of_b(move |times, _| (times <= 1).then(|| first(told, &start, start.len())))
        }),
    ];
    for (name, instead) in faults {
        let (_, output) = run(Dialect::S3, instead);
        assert_eq!((code(&output), documents(&output)), (0, 4), "{name}: {}", stderr(&output));
    }
    for dialect in [Dialect::Google, Dialect::Azure] {
        let (_, output) = run(dialect, of_b(|times, _| (times <= 2).then(|| fault(503, "ServerBusy"))));
        assert_eq!((code(&output), documents(&output)), (0, 4), "{dialect:?}: {}", stderr(&output));
        for (status, want) in [(404, "listed, but not there"), (416, "empty file"), (403, "AuthorizationFailure")] {
            let (_, output) = run(dialect, of_b(move |_, _| Some(fault(status, "AuthorizationFailure"))));
            assert_eq!(documents(&output), 3, "{dialect:?} {status}: {}", stderr(&output));
            assert!(stderr(&output).contains(want), "{dialect:?} {status}: {}", stderr(&output));
        }
    }
}

#[test]
fn an_object_that_is_not_delivered_is_left_out_with_its_reason() {
    let cut = first("content-range: bytes 0-16383/216000\r\n", b"DI", 16_384);
    let faults: Vec<(&str, Instead, i32)> = vec![
        ("b.dcm: listed, but not there", of_b(|_, _| Some(fault(404, "NoSuchKey"))), 1),
        ("b.dcm: empty file", of_b(|_, _| Some(fault(416, "InvalidRange"))), 0),
        (
            "b.dcm: not delivered: AccessDenied: said of AccessDenied: are the cred",
            of_b(|_, _| Some(fault(403, "AccessDenied"))),
            1,
        ),
        ("b.dcm: not delivered: access is denied", of_b(|_, _| Some(Reply { status: 403, ..Reply::default() })), 1),
        ("b.dcm: not delivered: InvalidObjectState", of_b(|_, _| Some(fault(403, "InvalidObjectState"))), 1),
        ("b.dcm: not delivered: ", of_b(move |_, _| Some(cut.clone())), 1),
        ("b.dcm: not delivered: EntityTooOld", of_b(|_, _| Some(fault(400, "EntityTooOld"))), 1),
    ];
    for (want, instead, exit) in faults {
        let (_, output) = run(Dialect::S3, instead);
        let said = stderr(&output);
        assert_eq!((code(&output), documents(&output)), (exit, 3), "{want}: {said}");
        assert!(said.contains(want), "{want}: {said}");
        assert!(!said.contains("/b.dcm in ") && !said.contains("<Error>"), "{said}");
    }
}

#[test]
fn what_changes_between_two_reads_is_not_mixed() {
    // The second read finds another object: shorter, longer, or of other bytes.
    let second = |status, code: &'static str| {
        of_b(move |_, request| (!request.headers.contains("bytes=0-")).then(|| fault(status, code)))
    };
    for (instead, want) in [
        (second(412, "PreconditionFailed"), "changed while it was read"),
        (second(416, "InvalidRange"), "InvalidRange"),
        (second(404, "NoSuchKey"), "it is not there"),
    ] {
        let (_, output) = run(Dialect::S3, instead);
        assert_eq!((code(&output), documents(&output)), (1, 3), "{}", stderr(&output));
        assert!(stderr(&output).contains(want), "{}", stderr(&output));
    }
}

#[test]
fn what_makes_the_whole_bucket_unusable_ends_the_run() {
    for (status, code_told, want) in [
        (403, "ExpiredToken", "credentials have expired"),
        (400, "ExpiredToken", "credentials have expired"),
        (400, "AuthorizationHeaderMalformed", "AWS_REGION"),
        (301, "PermanentRedirect", "AWS_REGION"),
        (404, "NoSuchBucket", "no such bucket"),
        (403, "InvalidAccessKeyId", "InvalidAccessKeyId"),
        (403, "SignatureDoesNotMatch", "SignatureDoesNotMatch"),
    ] {
        let (_, output) = run(Dialect::S3, Box::new(move |_, _| Some(fault(status, code_told))));
        let said = stderr(&output);
        assert_eq!((code(&output), documents(&output)), (2, 0), "{code_told}: {said}");
        assert!(said.contains(want) && said.contains("s3://data/"), "{code_told}: {said}");
        assert!(said.lines().count() < 4, "{said}");
        // The same of one object.
        let store = Store::new(Dialect::S3, &objects(), Box::new(move |_, _| Some(fault(status, code_told))));
        let output = dcm2fhir(&store, Dialect::S3, &["convert", "s3://data/a.dcm", "--fhir", "r5"]).output().unwrap();
        assert_eq!(code(&output), 2, "{code_told}: {}", stderr(&output));
        assert!(stderr(&output).contains(want), "{}", stderr(&output));
    }
    for (dialect, name) in [(Dialect::Azure, "ContainerNotFound"), (Dialect::Google, "NoSuchBucket")] {
        let (_, output) = run(dialect, Box::new(move |_, _| Some(fault(404, name))));
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains("no such bucket"), "{}", stderr(&output));
    }
}

#[test]
fn credentials_that_expire_under_way_end_the_reading_at_once() {
    let objects: Vec<(String, Vec<u8>)> =
        (0..40).map(|number| (format!("{number:02}.dcm"), file("ct-two-series/1-1.dcm"))).collect();
    let objects: Vec<(&str, Vec<u8>)> = objects.iter().map(|(key, bytes)| (key.as_str(), bytes.clone())).collect();
    let instead: Instead = Box::new(|request, _| (*request.path > *"05.dcm").then(|| fault(400, "ExpiredToken")));
    let store = Store::new(Dialect::S3, &objects, instead);
    let output = convert(&store, Dialect::S3, &["--requests", "2"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("the credentials have expired"), "{}", stderr(&output));
    assert!(store.requests().len() < 30, "{} requests", store.requests().len());
}

#[test]
fn a_listing_that_breaks_off_goes_on_and_one_that_ends_early_is_told() {
    let second_page = |request: &Request| request.query.contains("continuation-token=");
    // The page breaks off once, and the listing goes on behind the last key.
    let cut: Instead = Box::new(move |request, times| {
        (second_page(request) && times == 1).then(|| Reply {
            status: 200,
            body: b"<ListBucketResult><Contents>".to_vec(),
            length: Some(2000),
            ..Reply::default()
        })
    });
    let garbage: Instead = Box::new(move |request, times| {
        (second_page(request) && times == 1).then(|| Reply {
            status: 200,
            body: b"<html>".to_vec(),
            ..Reply::default()
        })
    });
    let busy: Instead =
        Box::new(move |request, times| (second_page(request) && times <= 2).then(|| fault(503, "SlowDown")));
    for instead in [cut, garbage, busy] {
        let (_, output) = run(Dialect::S3, instead);
        assert_eq!((code(&output), documents(&output)), (0, 4), "{}", stderr(&output));
    }
    let refused: Instead = Box::new(move |request, _| second_page(request).then(|| fault(400, "InvalidToken")));
    let (_, output) = run(Dialect::S3, refused);
    assert_eq!((code(&output), documents(&output)), (1, 3), "{}", stderr(&output));
    assert!(stderr(&output).contains("s3://data/: not delivered: InvalidToken"), "{}", stderr(&output));
}

#[test]
fn a_store_that_begins_its_listing_again_is_not_read_for_ever() {
    let first = |request: &Request| {
        let query = request.query.split('&').filter(|part| !part.starts_with("continuation-token="));
        Request { query: query.collect::<Vec<_>>().join("&"), ..request.clone() }
    };
    let store = Store::new(Dialect::S3, &objects(), well());
    let behind = store.clone();
    let circle = Store::new(
        Dialect::S3,
        &objects(),
        Box::new(move |request, _| request.query.contains("list-type").then(|| behind.reply(&first(request)))),
    );
    let output = convert(&circle, Dialect::S3, &[]);
    assert_eq!((code(&output), documents(&output)), (1, 3), "{}", stderr(&output));
    assert!(stderr(&output).contains("begins again"), "{}", stderr(&output));
}

#[test]
fn a_web_server_is_read_whatever_it_can() {
    let whole = |bytes: Vec<u8>| Reply { status: 200, body: bytes, ..Reply::default() };
    let all = long();
    let servers: Vec<(&str, Instead)> =
        vec![("ranges", well()), ("no ranges", Box::new(move |_, _| Some(whole(all.clone()))))];
    for (name, instead) in servers {
        let store = Store::new(Dialect::Web, &[("a.dcm", long())], instead);
        let output = convert(&store, Dialect::Web, &[]);
        assert_eq!((code(&output), documents(&output)), (0, 1), "{name}: {}", stderr(&output));
        assert!(store.requests().iter().all(|request| request.method == "GET"), "{name}");
    }
    let store = Store::new(Dialect::Web, &[], well());
    let output = convert(&store, Dialect::Web, &[]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("it is not there"), "{}", stderr(&output));
}

#[test]
fn an_option_names_another_endpoint_than_the_environment() {
    let store = Store::new(Dialect::S3, &objects(), well());
    let mut command =
        dcm2fhir(&store, Dialect::S3, &["convert", "s3://data/", "--fhir", "r5", "--endpoint-url", &store.url]);
    let output = command.env("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1").output().unwrap();
    assert_eq!((code(&output), documents(&output)), (0, 4), "{}", stderr(&output));
}

#[test]
fn explain_takes_an_object_and_a_bucket() {
    let store = Store::new(Dialect::S3, &objects(), well());
    for (input, want) in [("s3://data/c.dcm", "StudyInstanceUID"), ("s3://data/", "s3://data/: 4 DICOM files")] {
        let output = dcm2fhir(&store, Dialect::S3, &["explain", input]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(text.contains(want), "{text}");
    }
}

#[test]
fn a_list_names_objects_of_buckets_and_web_servers() {
    let (store, web) =
        (Store::new(Dialect::S3, &objects(), well()), Store::new(Dialect::Web, &[("w.dcm", long())], well()));
    let folder = tempfile::tempdir().unwrap();
    let local = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/dicom/timezone-minus/1.dcm");
    let lines = [
        "s3://data/a.dcm".to_string(),
        format!("s3://data/c.dcm\t{}\tetag", file("names-utf8/1.dcm").len()),
        "s3://data/d/".to_string(),
        "s3://data/missing.dcm".to_string(),
        format!("{}/w.dcm", web.url),
        local.to_string(),
    ];
    std::fs::write(folder.path().join("list"), lines.join("\n")).unwrap();
    let run = |more: &[&str]| {
        let arguments = ["convert", "--files-from", "list", "--fhir", "r5", "-v"];
        dcm2fhir(&store, Dialect::S3, &arguments).args(more).current_dir(folder.path()).output().unwrap()
    };
    let output = run(&[]);
    assert_eq!((code(&output), documents(&output)), (1, 5), "{}", stderr(&output));
    assert!(stderr(&output).contains("s3://data/missing.dcm: listed, but not there"), "{}", stderr(&output));
    let all = run(&["--index", "i.dcmindex"]);
    assert_eq!(documents(&all), 5, "{}", stderr(&all));
    let before = store.asked("c.dcm");
    let all = run(&["--index", "i.dcmindex"]);
    assert_eq!((documents(&all), store.asked("c.dcm")), (5, before), "its stamp is in the list: {}", stderr(&all));
}

#[test]
fn a_shard_of_a_scan_asks_for_its_own_objects_only() {
    let objects: Vec<(String, Vec<u8>)> =
        (0..20).map(|number| (format!("{number}/1.dcm"), file("ct-two-series/1-1.dcm"))).collect();
    let objects: Vec<(&str, Vec<u8>)> = objects.iter().map(|(key, bytes)| (key.as_str(), bytes.clone())).collect();
    let (store, folder) = (Store::new(Dialect::S3, &objects, well()), tempfile::tempdir().unwrap());
    for shard in ["1/3", "2/3", "3/3"] {
        let arguments = ["scan", "s3://data/", "-o", "records/", "--partitions", "2", "--shard", shard];
        let output = dcm2fhir(&store, Dialect::S3, &arguments).current_dir(folder.path()).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    let objects = store.requests().iter().filter(|request| request.path.ends_with(".dcm")).count();
    assert_eq!(objects, 20, "each object is asked for once");
}
