//! The command as a user runs it.

use std::fs;

use assert_cmd::Command;
use serde_json::json;

use crate::server::{Act, TestServer};
use crate::session::{bundle, study};

/// The command, without options of the environment.
pub fn upload(server: &TestServer) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DCM2FHIR_")) {
        command.env_remove(name);
    }
    command.args(["upload", "--to", &server.base]);
    command
}

#[test]
fn bundles_come_from_standard_input() {
    let server = TestServer::new(|_| Act::Serve);
    let text = format!("{}\n{}\n", bundle(1, &["a"]), bundle(2, &["b"]));
    let output = upload(&server).arg("-").write_stdin(text).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let summary = String::from_utf8(output.stderr).unwrap();
    assert!(summary.contains("2  created") && summary.contains("(r4, 4.0.1)"), "{summary}");
    assert_eq!(server.store().len(), 6);
}

#[test]
fn a_folder_of_resources_is_sent_in_the_order_of_its_references() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("ImagingStudy.ndjson"), format!("{}\n\n{}\n", study(1, &["a"]), study(2, &["a"]))).unwrap();
    fs::write(at("Patient.ndjson"), json!({"resourceType": "Patient", "id": "p"}).to_string()).unwrap();
    fs::create_dir(at("Device")).unwrap();
    let device = json!({"resourceType": "Device", "id": "d"});
    fs::write(at("Device/d.json"), serde_json::to_string_pretty(&device).unwrap()).unwrap();
    fs::write(at("torn.ndjson"), format!("{}\n{{\"resourceType\":\"Pati\n", study(3, &["a"]))).unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let output = upload(&server).arg(folder.path()).output().unwrap();
    let summary = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "one line is torn: {summary}");
    assert!(summary.contains("torn.ndjson: line 2: no FHIR resource"), "{summary}");
    let puts: Vec<String> =
        server.seen().into_iter().filter(|seen| seen.method == "PUT").map(|seen| seen.path).collect();
    let first_study = puts.iter().position(|path| path.starts_with("ImagingStudy")).unwrap();
    assert_eq!((puts.len(), first_study), (5, 2), "{puts:?}");
}

#[test]
fn a_dry_run_says_what_it_would_do_and_writes_nothing() {
    let server = TestServer::new(|_| Act::Serve);
    server.put(study(2, &["a"]));
    let text = format!("{}\n{}\n", bundle(1, &["a"]), study(2, &["a", "b"]));
    let before = server.store();
    let output = upload(&server).args(["-", "--dry-run"]).write_stdin(text).output().unwrap();
    assert_eq!((output.status.code(), server.store()), (Some(0), before));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("create ImagingStudy/1.2.1") && text.contains("update ImagingStudy/1.2.2"), "{text}");
}

#[test]
fn exit_codes_say_how_it_went() {
    let refusing = TestServer::new(|seen| match seen.body.contains("\"PUT\"") {
        true => Act::Answer(422, String::new(), String::new()),
        false => Act::Serve,
    });
    let output = upload(&refusing).arg("-").write_stdin(bundle(1, &["a"]).to_string()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let nobody = TestServer::with("<html>".to_string(), |_| Act::Serve);
    let output = upload(&nobody).arg("-").write_stdin("").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn secrets_are_in_no_output() {
    let server = TestServer::new(|_| Act::Answer(401, String::new(), String::new()));
    let output = upload(&server)
        .args(["-", "--token-env", "THE_TOKEN"])
        .env("THE_TOKEN", "open-sesame")
        .write_stdin(bundle(1, &["a"]).to_string())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let all = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!all.contains("open-sesame") && all.contains("401"), "{all}");
}

/// The output of an upload of these arguments, and what it said.
fn said(server: &TestServer, arguments: &[&std::path::Path]) -> (Option<i32>, String) {
    let output = upload(server).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn compressed_ndjson_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundles.ndjson.gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, format!("{}\n{}\n", bundle(1, &["a"]), bundle(2, &["a"])).as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap();
    // Also of several members, as `cat a.gz b.gz` makes it.
    fs::write(&path, [&bytes[..], &bytes[..]].concat()).unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let (code, text) = said(&server, &[&path]);
    assert_eq!((code, server.store().len()), (Some(0), 6), "{text}");
    let output = upload(&server).arg("-").write_stdin(bytes.clone()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let (code, text) = said(&server, &[&path]);
    assert!(code == Some(1) && text.contains("bundles.ndjson.gz"), "{code:?} {text}");
}

#[test]
fn fhir_in_a_form_that_is_not_read_is_named() {
    let patient = json!({"resourceType": "Patient", "id": "p"}).to_string();
    let wide: Vec<u8> = patient.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes, want) in [
        ("array.json", format!("[{patient}]").into_bytes(), "a JSON array"),
        ("wide.json", [&b"\xFF\xFE"[..], &wide].concat(), "UTF-16"),
        ("nomark.json", wide.clone(), "UTF-16"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let server = TestServer::new(|_| Act::Serve);
        for input in [path.as_path(), folder.path()] {
            let (code, text) = said(&server, &[input]);
            assert!(code == Some(1) && text.contains(name) && text.contains(want), "{code:?} {text}");
        }
        let output = upload(&server).arg("-").write_stdin(bytes).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
}

#[test]
fn a_file_beside_others_is_a_line_in_the_report_and_one_that_was_named_is_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("study.json"), study(1, &["a"]).to_string()).unwrap();
    fs::write(at("sidecar.json"), r#"{"EchoTime": 0.03}"#).unwrap();
    fs::write(at("notes.txt"), "notes").unwrap();
    fs::write(at("empty.json"), "").unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let report = tempfile::tempdir().unwrap();
    let path = report.path().join("report.json");
    let (code, text) = said(&server, &[folder.path(), "--report".as_ref(), &path]);
    assert_eq!(code, Some(0), "{text}");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let skipped: Vec<&str> =
        report["skipped"].as_array().unwrap().iter().filter_map(|one| one["path"].as_str()).collect();
    assert_eq!(skipped.len(), 3, "{report}");
    for name in ["sidecar.json", "notes.txt", "empty.json"] {
        assert!(skipped.iter().any(|path| path.ends_with(name)), "{name}");
        let (code, text) = said(&server, &[&at("study.json"), &at(name)]);
        assert!(code == Some(1) && text.contains(name), "{name} {code:?} {text}");
    }
}

#[test]
fn the_report_says_what_became_of_everything() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let server = TestServer::new(|seen| match seen.body.contains("1.2.2\"") && seen.body.contains("\"PUT\"") {
        true => Act::Answer(422, String::new(), String::new()),
        false => Act::Serve,
    });
    let run = |numbers: &[usize]| {
        let text: Vec<String> = numbers.iter().map(|number| bundle(*number, &["a"]).to_string()).collect();
        let output = upload(&server)
            .arg("-")
            .args(["--report".as_ref(), at("report.json").as_os_str(), "--journal".as_ref(), at("journal").as_os_str()])
            .write_stdin(text.join("\n"))
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&fs::read(at("report.json")).unwrap()).unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap(), report["server"].clone())
    };
    let (code, summary, report) = run(&[1, 2, 3]);
    assert_eq!(code, Some(1));
    assert_eq!((&report["studies"]["created"], &report["studies"]["rejected"]), (&json!(2), &json!(1)), "{report}");
    let rejected = report["notTaken"].as_array().unwrap();
    let study = rejected.iter().find(|one| one["resource"] == "ImagingStudy/1.2.2").unwrap();
    assert!(study["outcome"] == "rejected" && study["reason"].as_str().unwrap().starts_with("422"), "{study}");
    let traffic = &report["traffic"];
    assert_eq!((&traffic["byStatus"]["422"], &traffic["byStatus"]["200"]), (&json!(1), &json!(6)), "{traffic}");
    assert!(
        traffic["sentBytes"].as_u64() > Some(1000) && traffic["latencyMilliseconds"]["median"].as_f64() > Some(0.0)
    );
    assert!(summary.contains("1 of 422") && summary.contains("requests"), "{summary}");
    // Two studies are not in the input any more; the third was never taken.
    let (code, summary, report) = run(&[3]);
    assert_eq!((code, &report["inJournalOnly"]), (Some(0), &json!(["ImagingStudy/1.2.1"])), "{summary}");
    assert!(summary.contains("1  studies sent before that are not in the input"), "{summary}");
    assert_eq!(report["studies"]["sentBefore"], 1);
}

#[test]
fn a_run_that_waits_for_its_server_says_so_once() {
    let server = TestServer::new(|_| Act::Serve);
    server.unready(2);
    let output = upload(&server).args(["-", "--quiet"]).write_stdin(bundle(1, &["a"]).to_string()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let want =
        format!("warning: {}: status 503; requests are retried for up to 15 min 00 s (--deadline)\n", server.base);
    assert_eq!((output.status.code(), said), (Some(0), want));
}

#[test]
fn a_server_that_goes_away_leaves_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let server = TestServer::new(|_| Act::CutBefore);
    let output = upload(&server)
        .args(["-", "--deadline", "0", "--report"])
        .arg(&path)
        .write_stdin((0..9).map(|number| format!("{}\n", bundle(number, &["a"]))).collect::<String>())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(report["server"]["traffic"]["unanswered"].as_u64() >= Some(3), "{report}");
}

#[test]
fn a_second_run_with_the_same_journal_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let journal = folder.path().join("journal");
    let run =
        || upload(&server).args(["-", "--journal"]).arg(&journal).write_stdin(bundle(1, &["a"]).to_string()).output();
    assert_eq!(run().unwrap().status.code(), Some(0));
    let held = fs::File::open(&journal).unwrap();
    held.lock().unwrap();
    let output = run().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && text.contains("in use by another upload"), "{text}");
    drop(held);
    fs::OpenOptions::new()
        .append(true)
        .open(&journal)
        .map(|mut file| std::io::Write::write_all(&mut file, b"{\"res"))
        .unwrap()
        .unwrap();
    let output = run().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(0) && text.contains("the last line was cut off"), "{text}");
}

#[test]
fn fhir_of_another_release_is_refused_before_anything_is_written() {
    let archive = tempfile::tempdir().unwrap();
    let options = dcm2fhir::synth::SynthOptions::new(3, 2);
    dcm2fhir::synth::write_archive(&options, archive.path()).unwrap();
    let convert = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
        command.arg("convert").arg(archive.path()).args(arguments).output().unwrap().stdout
    };
    for release in ["r4", "r4b", "r5", "r6-ballot2", "r6-ballot5"] {
        for format in [&["--format", "bundle"][..], &[]] {
            let text = convert(&[&["--fhir", release], format].concat());
            let server = TestServer::new(|_| Act::Serve);
            let output = upload(&server).arg("-").write_stdin(text).output().unwrap();
            let (fits, error) = (release.starts_with("r4"), String::from_utf8_lossy(&output.stderr).to_string());
            assert_eq!(output.status.code(), Some(if fits { 0 } else { 2 }), "{release} {format:?}: {error}");
            assert_eq!(server.store().is_empty(), !fits, "{release} {format:?}");
            assert!(fits || error.contains("convert with --fhir r4"), "{error}");
        }
    }
}

#[test]
fn fhir_of_another_release_in_a_stream_is_left_out_and_the_rest_is_sent() {
    let strange = |mut document: serde_json::Value| {
        let is_bundle = document["resourceType"] == "Bundle";
        let study = if is_bundle { &mut document["entry"][2]["resource"] } else { &mut document };
        study["modality"] = json!([{"coding": [{"code": "CT"}]}]);
        document
    };
    let alone = |number| {
        let mut study = study(number, &["a"]);
        study.as_object_mut().unwrap().remove("subject");
        study
    };
    for (documents, code, studies) in [
        (vec![bundle(1, &["a"]), strange(bundle(2, &["a"])), bundle(3, &["a"])], 1, 2),
        (vec![bundle(1, &["a"]), strange(alone(2)), alone(3)], 1, 2),
        (vec![strange(bundle(1, &["a"])), bundle(2, &["a"])], 2, 0),
        (vec![alone(1), strange(alone(2)), alone(3)], 2, 0),
        (vec![alone(1), strange(bundle(2, &["a"]))], 2, 0),
    ] {
        let server = TestServer::new(|_| Act::Serve);
        let text: String = documents.iter().map(|document| format!("{document}\n")).collect();
        let output = upload(&server).arg("-").write_stdin(text).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).to_string();
        let sent = server.store().keys().filter(|key| key.starts_with("ImagingStudy/")).count();
        assert_eq!((output.status.code(), sent), (Some(code), studies), "{error}");
        let line = documents.iter().position(|document| document.to_string().contains("coding")).unwrap() + 1;
        assert!(error.contains(&format!("standard input: line {line}: ImagingStudy.modality is not as r4")), "{error}");
    }
}

#[test]
fn a_dry_run_shows_each_element_that_would_change() {
    let server = TestServer::new(|_| Act::Serve);
    let mut there = study(1, &["a"]);
    there["description"] = "before".into();
    there["note"] = json!([{"text": "of a reader"}]);
    server.put(there);
    let mut ours = study(1, &["a", "b"]);
    ours["description"] = "after".into();
    let output = upload(&server).args(["-", "--dry-run", "--diff"]).write_stdin(ours.to_string()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let want = "\
update ImagingStudy/1.2.1
  description: \"before\" -> \"after\"
  numberOfInstances: 1 -> 2
  series[1.2.1.1].instance[b]: nothing -> {\"uid\":\"b\"}
";
    assert_eq!(text, want);
}

#[test]
fn a_rejection_is_said_also_with_quiet() {
    let server = TestServer::new(|seen| match seen.body.contains("\"PUT\"") {
        true => Act::Answer(422, String::new(), String::new()),
        false => Act::Serve,
    });
    let output = upload(&server).args(["-", "--quiet"]).write_stdin(bundle(1, &["a"]).to_string()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("exit code 1:") && said.contains("ImagingStudy/1.2.1: 422"), "{said}");
}

#[cfg(unix)]
#[test]
fn report_journal_and_rejects_get_the_permissions_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let server = TestServer::new(|_| Act::Serve);
    for (mode, want) in [(&["--mode", "640"][..], 0o640), (&[], 0o600)] {
        let mut command = upload(&server);
        for name in ["report", "journal", "rejects"] {
            let _ = fs::remove_file(at(name));
            command.arg(format!("--{name}")).arg(at(name));
        }
        let output = command.arg("-").args(mode).write_stdin(bundle(1, &["a"]).to_string()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        for name in ["report", "journal", "rejects"] {
            assert_eq!(fs::metadata(at(name)).unwrap().permissions().mode() & 0o777, want, "{name}");
        }
    }
}
