//! A PACS with DICOMweb gives the same documents as the files, and undelivered studies are reported.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::json::cases;
use crate::run::{code, converted, dcm2fhir, resources, stderr};

/// A server with these instances, and all requests that it got: their line and headers.
struct Pacs {
    base: String,
    requests: Arc<Mutex<Vec<String>>>,
    studies: Arc<Mutex<Studies>>,
}

/// A UID of an instance in DICOM JSON.
fn uid(instance: &str, tag: &str) -> Option<String> {
    let instance: Value = serde_json::from_str(instance).unwrap();
    instance[tag]["Value"][0].as_str().map(str::to_string)
}

/// The instances of each study.
type Studies = BTreeMap<String, Vec<String>>;

fn studies(instances: &[String]) -> Studies {
    let mut studies = Studies::new();
    for text in instances {
        if let Some(study) = uid(text, "0020000D") {
            studies.entry(study).or_default().push(text.clone());
        }
    }
    studies
}

impl Pacs {
    /// Serves instances in DICOM JSON; `refuses` gives a status to paths that are refused, by them and the whole
    /// request.
    fn new(instances: &[String], refuses: impl Fn(&str, &str) -> Option<u16> + Send + 'static) -> Pacs {
        let studies = Arc::new(Mutex::new(studies(instances)));
        let served = Arc::clone(&studies);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/dicom-web", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let lines = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
                let request = lines.collect::<Vec<_>>().join("\n");
                let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches("/dicom-web/").to_string();
                let (status, body) = match refuses(&path, &request) {
                    Some(status) => (status, String::new()),
                    None => answer(&served.lock().unwrap(), &path),
                };
                log.lock().unwrap().push(request);
                let _ = write!(
                    &stream,
                    "HTTP/1.1 {status} x\r\nretry-after: 0\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Pacs { base, requests, studies }
    }

    fn convert(&self, options: &[&str]) -> Output {
        let input = format!("dicomweb+{}", self.base);
        let arguments = ["convert", &input, "--fhir", "r5"];
        dcm2fhir().args(arguments).args(options).env("PACS_TOKEN", "s3cret").output().unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn answer(studies: &Studies, path: &str) -> (u16, String) {
    if path.starts_with("studies?") {
        let offset: usize = path.rsplit_once("offset=").unwrap().1.parse().unwrap();
        // Ten a page, whatever is asked for.
        let page = studies.iter().skip(offset).take(10).map(|(uid, all)| {
            let count = all.len();
            format!(r#"{{"0020000D":{{"vr":"UI","Value":["{uid}"]}},"00201208":{{"vr":"IS","Value":[{count}]}}}}"#)
        });
        return (200, format!("[{}]", page.collect::<Vec<_>>().join(",")));
    }
    let uid = path.trim_start_matches("studies/").trim_end_matches("/metadata").replace("%2F", "/");
    studies.get(&uid).map_or((404, String::new()), |all| (200, format!("[{}]", all.join(","))))
}

fn without_endpoint(mut study: Value) -> Value {
    let study_members = study.as_object_mut().unwrap();
    study_members.remove("endpoint");
    study_members.remove("contained");
    study
}

#[test]
fn a_pacs_gives_the_documents_of_its_files_and_is_their_endpoint() {
    let folder = tempfile::tempdir().unwrap();
    let pacs = Pacs::new(&cases(folder.path()), |_, _| None);
    let output = pacs.convert(&["--token-env", "PACS_TOKEN"]);
    assert!(code(&output) < 2, "{}", stderr(&output));
    let (found, want) = (resources(&output), converted(&[PathBuf::from(folder.path())], &["--fhir", "r5"]));
    assert_eq!(found.len(), want.len(), "{}", stderr(&output));
    for (found, want) in found.into_iter().zip(want) {
        assert_eq!(found["contained"][0]["address"], pacs.base, "{found}");
        assert_eq!(without_endpoint(found), want);
    }
    let requests = pacs.requests();
    assert!(requests.iter().all(|request| request.contains("Bearer s3cret")), "{requests:?}");
    assert!(requests.iter().all(|request| request.contains("application/dicom+json")), "{requests:?}");
    assert!(!stderr(&output).contains("s3cret"));
}

#[test]
fn a_study_that_is_not_delivered_is_reported_and_the_others_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let all = cases(folder.path());
    let uid = uid(&all[0], "0020000D").unwrap();
    let refused = uid.clone();
    let pacs = Pacs::new(&all, move |path, _| path.contains(&refused).then_some(403));
    let output = pacs.convert(&["-v"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let said = format!("{}/studies/{uid}: not delivered: status 403", pacs.base);
    assert!(stderr(&output).contains(&said), "{}", stderr(&output));
    assert!(resources(&output).len() > 30 && resources(&output).iter().all(|study| study["id"] != *uid));
}

#[test]
fn studies_are_asked_for_by_query_or_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let all = cases(folder.path());
    let uid = &uid(&all[0], "0020000D").unwrap();
    let pacs = Pacs::new(&all, |_, _| None);
    let output = pacs.convert(&["--study", uid, "--endpoint", "wado-rs=https://other.example/rs"]);
    assert_eq!((resources(&output).len(), pacs.requests().len()), (1, 1), "{}", stderr(&output));
    assert_eq!(resources(&output)[0]["contained"][0]["address"], "https://other.example/rs");
    pacs.convert(&["--query", "PatientName=A B&StudyDate=2024-"]);
    let requests = pacs.requests();
    assert!(requests[1].starts_with("GET /dicom-web/studies?PatientName=A%20B&StudyDate=2024-&"), "{requests:?}");
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dead = format!("dicomweb+http://{dead}/rs");
    for (arguments, want) in [
        (vec!["convert", &dead, "--deadline", "0"], "cannot read from"),
        (vec!["convert", "dicomweb+https://me:secret@pacs"], "--basic-file"),
        (vec!["convert", "dicomweb+https://pacs", "--query", "limit=3"], "limit is set by dcm2fhir"),
        (vec!["convert", "dicomweb+https://pacs", "--query", "a=b", "--study", "1.2"], "cannot be used with"),
        (vec!["convert", "testdata", "--study", "1.2"], "dicomweb+https://pacs"),
        (vec!["upload", &dead, "--to", "http://127.0.0.1:1/fhir"], "upload reads no dicomweb+"),
    ] {
        let output = dcm2fhir().args(&arguments).output().unwrap();
        let said = stderr(&output);
        assert_eq!(code(&output), 2, "{arguments:?} {said}");
        assert!(said.contains(want) && !said.contains("secret"), "{arguments:?}: {said}");
    }
}

#[test]
fn explain_takes_a_study_of_a_pacs_and_json_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let all = cases(folder.path());
    let uid = &uid(&all[0], "0020000D").unwrap();
    let pacs = Pacs::new(&all, |_, _| None);
    let web = format!("dicomweb+{}", pacs.base);
    for (input, more, stdin, name) in [
        (web.as_str(), &["--study", uid][..], "", format!("{}/studies/{uid}", pacs.base)),
        (web.as_str(), &["--query", "StudyDate=19000101-"], "", format!("{}: ", pacs.base)),
        ("-", &[], all[0].as_str(), "-".to_string()),
    ] {
        let output =
            dcm2fhir().args(["explain", input, "--fhir", "r5"]).args(more).write_stdin(stdin).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let text = crate::run::stdout(&output);
        assert!(text.contains(&name) && text.contains("StudyInstanceUID"), "{text}");
    }
    for (more, want) in [(&["--study", "1.2.3"][..], "status 404"), (&[], "would request all studies")] {
        let output = dcm2fhir().args(["explain", &web]).args(more).output().unwrap();
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(want), "{}", stderr(&output));
    }
}

#[test]
fn a_token_that_expires_under_way_is_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let all = cases(folder.path());
    // The server takes the first token for some requests only.
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let pacs = Pacs::new(&all, move |_, request| {
        let number = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let is_good = request.contains("Bearer second") || (number < 10 && request.contains("Bearer first"));
        (!is_good).then_some(401)
    });
    let used = folder.path().join("used");
    let command = format!("test -e {0} && echo second || {{ touch {0}; echo first; }}", used.display());
    let output = pacs.convert(&["--token-command", &command]);
    assert!(code(&output) < 2, "{}", stderr(&output));
    let want = converted(&[PathBuf::from(folder.path())], &["--fhir", "r5"]);
    assert_eq!(resources(&output).len(), want.len(), "{}", stderr(&output));
    assert!(pacs.requests().iter().any(|request| request.contains("Bearer second")));
}

/// What a night with an index comes to: exit code, what it says, and the studies that were asked for.
#[cfg(feature = "index")]
fn night(pacs: &Pacs, folder: &std::path::Path, more: &[&str]) -> (i32, String, usize) {
    let before = pacs.requests().len();
    let input = format!("dicomweb+{}", pacs.base);
    let arguments = ["convert", &input, "--fhir", "r4", "-o", "out/", "--index", "i.dcmindex"];
    let output = dcm2fhir().args(arguments).args(more).current_dir(folder).output().unwrap();
    let asked = pacs.requests().iter().skip(before).filter(|request| request.contains("/metadata")).count();
    (code(&output), stderr(&output), asked)
}

#[cfg(feature = "index")]
#[test]
fn an_unchanged_pacs_costs_its_search_and_a_study_is_asked_for_again_if_it_changed() {
    let folder = tempfile::tempdir().unwrap();
    let all = cases(folder.path());
    let pacs = Pacs::new(&all, |_, _| None);
    let number = pacs.studies.lock().unwrap().len();
    let (first, said, asked) = night(&pacs, folder.path(), &[]);
    assert!(first < 2 && asked == number, "{asked} of {number}: {said}");
    let (_, said, asked) = night(&pacs, folder.path(), &[]);
    assert_eq!(asked, 0, "{said}");
    assert!(said.contains("0 studies written"), "{said}");
    // An instance is added to one study.
    let (uid, more) = {
        let mut studies = pacs.studies.lock().unwrap();
        let (uid, instances) = studies.iter_mut().find(|(_, all)| all.len() > 1).unwrap();
        let own = self::uid(&instances[0], "00080018").unwrap();
        instances.push(instances[0].replace(&own, "1.2.3.4.5.999"));
        (uid.clone(), instances.len() as u64)
    };
    let (_, said, asked) = night(&pacs, folder.path(), &[]);
    assert_eq!(asked, 1, "{said}");
    let document = std::fs::read_to_string(folder.path().join(format!("out/{uid}.json"))).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&document).unwrap()["numberOfInstances"], more);
    // A study is gone; and then the search finds only a part.
    pacs.studies.lock().unwrap().remove(&uid);
    let (_, said, asked) = night(&pacs, folder.path(), &["--gone", "delete"]);
    assert_eq!(asked, 0, "{said}");
    assert!(!folder.path().join(format!("out/{uid}.json")).exists(), "{said}");
    let documents = || std::fs::read_dir(folder.path().join("out")).unwrap().count();
    let before = documents();
    let kept: Vec<String> = pacs.studies.lock().unwrap().keys().skip(3).cloned().collect();
    kept.iter().for_each(|uid| drop(pacs.studies.lock().unwrap().remove(uid)));
    let (_, said, _) = night(&pacs, folder.path(), &["--gone", "delete", "--query", "StudyDate=2024-"]);
    assert_eq!(documents(), before, "a query finds a part: nothing is gone: {said}");
    let (stopped, said, _) = night(&pacs, folder.path(), &["--gone", "delete"]);
    assert_eq!(stopped, 2, "{said}");
    assert!(said.contains("--max-gone"), "{said}");
}
