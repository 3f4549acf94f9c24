use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use super::*;
use crate::dicom::json::Instances;
use crate::dicom::{Header, Levels, Tag, Wanted};
use crate::progress::Silent;
use crate::source::{self, Content, Input};

/// Status, headers and body.
type Reply = (u16, String, String);

fn ok(body: impl Into<String>) -> Reply {
    (200, String::new(), body.into())
}

fn status(status: u16) -> Reply {
    (status, "retry-after: 0\r\n".into(), String::new())
}

/// A server on this machine that answers each path, with how often it was asked, as a closure says; its base URL.
fn serve(answer: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/pacs", listener.local_addr().unwrap());
    let (answer, asked) = (Arc::new(answer), Arc::new(std::sync::Mutex::new(Vec::<String>::new())));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, asked) = (Arc::clone(&answer), Arc::clone(&asked));
            thread::spawn(move || {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches("/pacs/").to_string();
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let times = {
                    let mut asked = asked.lock().unwrap();
                    asked.push(path.clone());
                    asked.iter().filter(|before| **before == path).count()
                };
                let (status, headers, body) = answer(&path, times);
                let length = if headers.contains("content-length") {
                    String::new()
                } else {
                    format!("content-length: {}\r\n", body.len())
                };
                let _ = write!(&stream, "HTTP/1.1 {status} x\r\n{headers}{length}connection: close\r\n\r\n{body}");
            });
        }
    });
    base
}

fn web(base: &str) -> DicomWeb {
    DicomWeb {
        connection: Connection {
            purpose: "read",
            base: base.to_string(),
            ca_certificate: None,
            client_certificate: None,
            headers: Vec::new(),
            gzip: false,
            // An upper limit for a request that hangs.
            timeout: Duration::from_secs(300),
            connections: 4,
        },
        credentials: Credentials::None,
        policy: Policy {
            first_pause: Duration::ZERO,
            longest_pause: Duration::ZERO,
            max_tries: 4,
            ..Policy::default()
        },
        requests: 4,
        query: String::new(),
        studies: Vec::new(),
    }
}

/// The result for each study, by its path, in order: the number of its instances, and why not more; then what the
/// search itself lacks.
fn read(web: DicomWeb) -> Result<(Vec<String>, Vec<String>), Error> {
    let base = format!("{}/", web.connection.base);
    let walk = source::open(
        &[Input::DicomWeb(Box::new(web))],
        &source::WalkOptions::default(),
        Arc::new(Silent),
        &Interrupt::default(),
    )?;
    let (mut studies, mut lacking) = (Vec::new(), Vec::new());
    for batch in walk.batches() {
        lacking.extend(batch.skipped.iter().map(|(_, skip)| skip.to_string()));
        batch.for_each(|item| {
            let outcome = match item.open() {
                Ok(Content::Json(mut text)) => instances(&mut *text),
                Ok(other) => panic!("{other:?}"),
                Err(skip) => skip.to_string(),
            };
            studies.push(format!("{}: {outcome}", item.name.to_string().replace(&base, "")));
        });
    }
    studies.sort();
    Ok((studies, lacking))
}

fn instances(text: &mut dyn crate::dicom::bytes::Bytes) -> String {
    let wanted = Wanted::new(std::iter::empty::<(&[Tag], Levels)>(), |_| Tag(0xFFFF, 0xFFFF));
    let (mut header, mut all, mut count) = (Header::default(), Instances::new(text), 0);
    while let Some(result) = all.next(&wanted, &mut header) {
        match result {
            Ok(()) => count += 1,
            Err(skip) => return format!("{count}, {skip}"),
        }
    }
    count.to_string()
}

/// Studies or series in the answer to a search.
fn listed(tag: &str, number: &str, all: impl IntoIterator<Item = (usize, usize)>) -> String {
    let one = |(uid, instances)| {
        format!(r#"{{"{tag}":{{"vr":"UI","Value":["1.{uid}"]}},"{number}":{{"vr":"IS","Value":[{instances}]}}}}"#)
    };
    format!("[{}]", all.into_iter().map(one).collect::<Vec<_>>().join(","))
}

fn studies(all: impl IntoIterator<Item = (usize, usize)>) -> String {
    listed("0020000D", "00201208", all)
}

/// Metadata that does not say of which study it is.
fn metadata(instances: usize) -> String {
    format!("[{}]", vec![r#"{"00080016":{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.2"]}}"#; instances].join(",\n"))
}

/// Metadata of a study.
fn metadata_of(study: &str, instances: usize) -> String {
    metadata(instances).replace("}}", &format!(r#"}},"0020000D":{{"vr":"UI","Value":["{study}"]}}}}"#))
}

fn offset(path: &str) -> usize {
    path.rsplit_once("offset=").unwrap().1.parse().unwrap()
}

#[test]
fn all_pages_are_read_however_many_studies_a_page_has() {
    for (total, page) in [(0, 500), (3, 500), (500, 500), (7, 3), (1, 1), (1100, 500)] {
        let base = serve(move |path, _| match path.starts_with("studies?") {
            true => ok(studies((offset(path)..total.min(offset(path) + page)).map(|uid| (uid, 1)))),
            false => ok(metadata(1)),
        });
        let (found, lacking) = read(web(&base)).unwrap();
        assert_eq!((found.len(), lacking.len()), (total, 0), "{total} {page}");
        assert!(found.iter().all(|study| study.ends_with(": 1")), "{found:?}");
    }
}

#[test]
fn a_server_that_repeats_its_pages_is_read_once() {
    let all = |studies_a_page: usize| {
        serve(move |path, _| match path.starts_with("studies?") {
            true => ok(studies((0..studies_a_page).map(|uid| (uid, 1)))),
            false => ok(metadata(1)),
        })
    };
    let (found, lacking) = read(web(&all(40))).unwrap();
    assert_eq!((found.len(), lacking), (40, vec![]), "it ignores limit and offset, and gave all");
    let (found, lacking) = read(web(&all(500))).unwrap();
    assert_eq!(found.len(), 500);
    assert!(lacking[0].contains("the same page again"), "{lacking:?}");
}

#[test]
fn a_search_whose_pages_overlap_is_made_again_and_one_that_never_settles_is_told() {
    // A study comes in front while the pages are read: those behind move on, and the new one is on no page any more.
    let base = serve(|path, times| match path.starts_with("studies?") {
        true => {
            let is_moved = offset(path) > 0 || times > 1;
            let all: Vec<usize> = if is_moved { (0..8).collect() } else { (1..8).collect() };
            ok(studies(all.into_iter().skip(offset(path)).take(3).map(|uid| (uid, 1))))
        }
        false => ok(metadata(1)),
    });
    let (found, lacking) = read(web(&base)).unwrap();
    assert_eq!((found.len(), lacking), (8, vec![]), "{found:?}");
    // Every second page begins too early.
    let base = serve(|path, _| match path.starts_with("studies?") {
        true => {
            let start = offset(path) - usize::from(offset(path) % 2 == 1);
            ok(studies((start..7.min(start + 3)).map(|uid| (uid, 1))))
        }
        false => ok(metadata(1)),
    });
    let (found, lacking) = read(web(&base)).unwrap();
    assert_eq!(found.len(), 6);
    assert!(lacking[0].contains("overlap each time"), "{lacking:?}");
}

#[test]
fn a_page_behind_the_last_one_may_be_missing() {
    let base = serve(|path, _| match path.starts_with("studies?") {
        true if offset(path) == 0 => ok(studies((0..3).map(|uid| (uid, 1)))),
        true => status(404),
        false => ok(metadata(1)),
    });
    let (found, lacking) = read(web(&base)).unwrap();
    assert_eq!((found.len(), lacking), (3, vec![]));
}

#[test]
fn instances_of_another_study_are_not_taken_for_those_that_were_asked_for() {
    for (study, want) in
        [("1.0", "2"), ("1.0 ", "2"), ("1.7", "not delivered: the server gives instances of another study")]
    {
        let base = serve(move |path, _| match path {
            "studies/1.0/metadata" => ok(metadata_of(study, 2)),
            _ if path.starts_with("studies?") => ok(studies((offset(path)..1).map(|uid| (uid, 2)))),
            _ => status(404),
        });
        assert_eq!(read(web(&base)).unwrap().0, [format!("studies/1.0: {want}")]);
    }
}

#[test]
fn studies_that_are_named_are_asked_for_without_a_search_and_paths_hold_no_other_place() {
    let base = serve(|path, _| match path {
        "studies/1.2/metadata" => ok(metadata(2)),
        "studies/a%2F%3F%20b/metadata" | "studies/%2E%2E/metadata" => ok(metadata(1)),
        _ => status(404),
    });
    let named = ["1.2", "a/? b", "..", "1.9"].map(String::from).to_vec();
    let (found, _) = read(DicomWeb { studies: named, ..web(&base) }).unwrap();
    assert_eq!(
        found,
        ["studies/%2E%2E: 1", "studies/1.2: 2", "studies/1.9: not delivered: status 404", "studies/a%2F%3F%20b: 1"]
    );
}

#[test]
fn a_query_goes_to_the_server_as_it_is() {
    let base = serve(|path, _| {
        match path.starts_with("studies?StudyDate=20240101-&includefield=00201208&limit=500&offset=") {
            true => ok("[]"),
            false => status(400),
        }
    });
    assert!(read(DicomWeb { query: "StudyDate=20240101-".into(), ..web(&base) }).is_ok());
}

#[test]
fn faults_that_pass_are_tried_again() {
    let metadata_fault = |fault: fn(usize) -> Option<Reply>| {
        let base = serve(move |path, times| match path {
            "studies/1.0/metadata" => fault(times).unwrap_or_else(|| ok(metadata(3))),
            _ if path.starts_with("studies?") => ok(studies((offset(path)..1).map(|uid| (uid, 3)))),
            _ => status(404),
        });
        read(web(&base)).unwrap().0
    };
    let faults: [fn(usize) -> Option<Reply>; 6] = [
        |times| (times <= 1).then(|| (200, "content-length: 50\r\n".to_string(), metadata(3))),
        |times| (times <= 2).then(|| status(503)),
        |times| (times <= 2).then(|| status(429)),
        |times| (times <= 1).then(|| (200, "content-length: 1000\r\n".to_string(), metadata(3))),
        |times| (times <= 2).then(|| ok(&metadata(3)[..90])),
        |times| (times <= 2).then(|| ok("<html>please wait</html>")),
    ];
    for fault in faults {
        assert_eq!(metadata_fault(fault), ["studies/1.0: 3"]);
    }
}

#[test]
fn a_study_that_is_refused_comes_by_its_series_and_what_lacks_is_told() {
    let by_series = |study: u16, counted: usize, second: u16| {
        let base = serve(move |path, _| match path {
            "studies/1.0/metadata" => status(study),
            "studies/1.0/series/1.5/metadata" => ok(metadata(2)),
            "studies/1.0/series/1.6/metadata" if second == 200 => ok(metadata(1)),
            "studies/1.0/series/1.6/metadata" => status(second),
            _ if path.starts_with("studies?") => ok(studies((offset(path)..1).map(|uid| (uid, counted)))),
            _ => ok(listed("0020000E", "00201209", (5 + offset(path)..7).map(|uid| (uid, 1)))),
        });
        read(web(&base)).unwrap().0.remove(0)
    };
    for (study, counted, second, want) in [
        (400, 3, 200, "3"),
        (500, 3, 200, "3"),
        (413, 3, 200, "3"),
        (416, 3, 200, "3"),
        (400, 4, 200, "3, cannot be read: 3 of 4 instances came"),
        (400, 3, 404, "2, cannot be read: series 1.6: status 404"),
        (400, 3, 500, "2, cannot be read: series 1.6: status 500"),
        (404, 3, 200, "not delivered: status 404"),
    ] {
        assert_eq!(by_series(study, counted, second), format!("studies/1.0: {want}"));
    }
}

#[test]
fn fewer_instances_than_the_server_counts_are_told() {
    let base = serve(|path, _| match path.starts_with("studies?") {
        true => ok(studies((offset(path)..1).map(|uid| (uid, 5)))),
        false => ok(metadata(3)),
    });
    assert_eq!(read(web(&base)).unwrap().0, ["studies/1.0: 3, cannot be read: 3 of 5 instances came"]);
}

#[test]
fn a_server_that_cannot_be_used_ends_the_run() {
    for (reply, want) in [
        (status(404), "404"),
        (status(401), "it asks for credentials (401): give --token-file"),
        (status(301), "redirects to another server"),
        (ok("<html>log in</html>"), "no DICOM JSON"),
        (status(503), "503"),
        (ok(""), ""),
        ((204, String::new(), String::new()), ""),
    ] {
        let base = serve(move |_, _| reply.clone());
        match read(web(&base)) {
            Ok((found, _)) => assert!(found.is_empty() && want.is_empty(), "{want}"),
            Err(error) => assert!(!want.is_empty() && error.to_string().contains(want), "{error} {want}"),
        }
    }
}

#[test]
fn a_server_that_goes_away_is_not_asked_for_ever() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let base = serve(|path, _| match path.starts_with("studies?") {
        true => ok(studies((offset(path)..100).map(|uid| (uid, 1)))),
        false => {
            ASKED.fetch_add(1, Relaxed);
            status(503)
        }
    });
    let (found, _) = read(web(&base)).unwrap();
    assert!(found.iter().all(|study| study.contains("not delivered")), "{found:?}");
    assert_eq!(found.len(), 100);
    assert!(ASKED.load(Relaxed) <= 20, "{ASKED:?}");
}

#[test]
fn a_later_page_that_is_not_delivered_is_told() {
    let base = serve(|path, _| match path.starts_with("studies?") {
        true if offset(path) == 0 => ok(studies((0..500).map(|uid| (uid, 1)))),
        true => status(400),
        false => ok(metadata(1)),
    });
    let (found, lacking) = read(web(&base)).unwrap();
    assert_eq!((found.len(), lacking), (500, vec!["not delivered: status 400".to_string()]));
}

#[test]
fn a_result_without_a_uid_is_told_and_the_others_are_read() {
    let base = serve(|path, _| match path.starts_with("studies?") {
        true => {
            let all = studies((offset(path)..7.min(offset(path) + 3)).map(|uid| (uid, uid + 1)));
            ok(all.replace(r#""Value":["1.1"]"#, r#""Value":[]"#).replace(r#""Value":["1.4"]"#, r#""Value":[" "]"#))
        }
        false => ok(metadata(path.split(['.', '/']).nth(2).unwrap().parse::<usize>().unwrap() + 1)),
    });
    let (found, lacking) = read(web(&base)).unwrap();
    let want: Vec<String> = [0, 2, 3, 5, 6].map(|uid| format!("studies/1.{uid}: {}", uid + 1)).into();
    let told = "not delivered: a result of the search has no Study Instance UID";
    assert_eq!((found, lacking), (want, vec![told.to_string(); 2]));
}

#[test]
fn pages_without_end_end() {
    let base = serve(|path, _| match path.starts_with("studies?") {
        true => ok(studies((offset(path)..offset(path) + 500).map(|uid| (uid, 1)))),
        false => ok(metadata(1)),
    });
    let (found, lacking) = read(web(&base)).unwrap();
    assert_eq!(found.len(), 2000);
    assert!(lacking[0].contains("give --query"), "{lacking:?}");
}

#[test]
fn what_is_no_dicom_json_is_told() {
    let multipart = "--b\r\nContent-Type: application/dicom+json\r\n\r\n[]\r\n--b--";
    type Fault = fn(&str) -> Reply;
    let faults: [(Fault, &str); 3] = [
        (
            |_| (200, "content-type: multipart/related; boundary=b\r\n".into(), String::new()),
            "0, cannot be read: 0 of 2",
        ),
        (
            |body| (200, "content-type: multipart/related; boundary=b\r\n".into(), body.into()),
            "not delivered: its answer is no DICOM JSON",
        ),
        (|_| (204, String::new(), String::new()), "0, cannot be read: 0 of 2 instances came"),
    ];
    for (fault, want) in faults {
        let base = serve(move |path, _| match path {
            "studies/1.0/metadata" => fault(multipart),
            _ if path.starts_with("studies?") => ok(studies((offset(path)..1).map(|uid| (uid, 2)))),
            _ => status(404),
        });
        let found = read(web(&base)).unwrap().0.remove(0);
        assert!(found.starts_with(&format!("studies/1.0: {want}")), "{found}");
    }
}
