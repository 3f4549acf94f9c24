//! Destinations and layout of the output.

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{case, code, convert, files, resources, stderr, stdout};

#[test]
fn ndjson_goes_to_stdout_one_study_a_line_and_everything_else_to_stderr() {
    let output = convert([case("ct-two-series"), case("sr-report")]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let studies = resources(&output);
    assert_eq!(studies.len(), 2);
    assert!(studies.iter().all(|study| study["resourceType"] == "ImagingStudy"));
    assert!(stderr(&output).contains("r6-ballot2"), "the summary names the release: {}", stderr(&output));
}

#[test]
fn quiet_says_nothing() {
    let output = convert([case("ct-two-series").as_os_str(), "--quiet".as_ref()]);
    assert_eq!(stderr(&output), "");
    assert_eq!(resources(&output).len(), 1);
}

#[test]
fn a_folder_gets_one_file_a_study_named_by_its_id() {
    for (name, uid_is_id) in [("ct-two-series", true), ("study-uid-not-an-id", false)] {
        let folder = tempfile::tempdir().unwrap();
        let output = convert([case(name).as_os_str(), "-o".as_ref(), folder.path().as_os_str()]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let files = files(folder.path());
        let [(path, bytes)] = files.iter().collect::<Vec<_>>()[..] else { panic!("{name}: {:?}", files.keys()) };
        let study: Value = serde_json::from_slice(bytes).unwrap();
        let id = study["id"].as_str().unwrap();
        assert_eq!(path.to_str().unwrap(), format!("{id}.json"));
        assert_eq!(id.starts_with("2.25."), uid_is_id, "{id}");
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn a_path_without_extension_or_with_a_slash_becomes_a_folder_and_an_extension_makes_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let names = [("studies", true), ("more/", true), ("one.json", false), ("all.ndjson", false)];
    for (name, is_folder) in names {
        let path = folder.path().join(name);
        let output = convert([case("ct-two-series").as_os_str(), "-o".as_ref(), path.as_os_str()]);
        assert_eq!(code(&output), 0, "{name}: {}", stderr(&output));
        assert_eq!(path.is_dir(), is_folder, "{name}");
    }
    let document: Value = serde_json::from_slice(&std::fs::read(folder.path().join("one.json")).unwrap()).unwrap();
    assert_eq!(document["numberOfInstances"], 5);
}

#[test]
fn json_to_a_stream_takes_one_study_and_advises_where_there_are_more() {
    let json = ["--format", "json"].map(std::ffi::OsString::from);
    let one = convert([case("ct-two-series").into()].into_iter().chain(json.clone()));
    assert_eq!(code(&one), 0, "{}", stderr(&one));
    let study: Value = serde_json::from_str(stdout(&one)).unwrap();
    assert_eq!(study["resourceType"], "ImagingStudy");

    let many = convert([case("ct-two-series").into(), case("sr-report").into()].into_iter().chain(json));
    assert_eq!(code(&many), 2);
    assert_eq!(stdout(&many), "");
    let advice = stderr(&many);
    assert!(advice.contains("ndjson") || advice.contains("folder"), "{advice}");
}

#[test]
fn detail_says_how_deep_the_resource_goes() {
    for (detail, series, instances) in [("study", 0, 0), ("series", 2, 0), ("instance", 2, 5)] {
        let output = convert([case("ct-two-series").as_os_str(), "--detail".as_ref(), detail.as_ref()]);
        let study = &resources(&output)[0];
        let listed = study["series"].as_array().cloned().unwrap_or_default();
        let instance = |series: &Value| series["instance"].as_array().map_or(0, Vec::len);
        assert_eq!((listed.len(), listed.iter().map(instance).sum::<usize>()), (series, instances), "{detail}");
    }
}

#[test]
fn a_study_over_max_instances_lists_its_series_and_says_so() {
    let output = convert([case("ct-two-series").as_os_str(), "--max-instances".as_ref(), "4".as_ref()]);
    let study = &resources(&output)[0];
    assert_eq!(study["series"].as_array().unwrap().len(), 2);
    assert!(study["series"][0].get("instance").is_none());
}

#[test]
fn each_release_can_be_asked_for_by_name_and_by_number() {
    for (name, number) in [
        ("r4", "4.0.1"),
        ("r4b", "4.3.0"),
        ("r5", "5.0.0"),
        ("r6-ballot2", "6.0.0-ballot2"),
        ("r6-ballot5", "6.0.0-ballot5"),
        ("r6", "6.0.0-ballot5"),
    ] {
        let of = |release: &str| convert([case("full-identity").as_os_str(), "--fhir".as_ref(), release.as_ref()]);
        assert_eq!(of(name).stdout, of(number).stdout, "{name}");
        assert!(!of(name).stdout.is_empty(), "{name}");
    }
}

#[test]
fn no_study_is_an_empty_stream_and_1() {
    let output = convert([case("not-dicom")]);
    assert_eq!((code(&output), stdout(&output)), (1, ""), "{}", stderr(&output));
}

#[test]
fn a_closed_pipe_is_success() {
    let archive = tempfile::tempdir().unwrap();
    let options = dcm2fhir::synth::SynthOptions::new(60, 20);
    dcm2fhir::synth::write_archive(&options, archive.path()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"))
        .arg("convert")
        .arg(archive.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stderr(&output).to_lowercase().contains("broken pipe"), "{}", stderr(&output));
}

#[test]
fn control_characters_reach_neither_the_terminal_nor_the_json_raw() {
    let output = convert([case("control-characters"), case("names-undeclared")]);
    for stream in [&output.stdout, &output.stderr] {
        assert!(!stream.iter().any(|byte| *byte < b' ' && !b"\n\r\t".contains(byte)));
    }
    assert_eq!(resources(&output).len(), 3);
}
