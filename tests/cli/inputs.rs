//! Inputs: lists of paths, filters, and hostile names and UIDs.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use dcm2fhir::synth::{Attributes, Instance, uid};
use dicom_dictionary_std::{tags, uids};
use serde_json::Value;

use crate::run::{code, convert, dcm2fhir, files, instances, resources, stderr, stdout};

fn image(modality: &str, number: u32) -> Instance {
    Instance::new(modality, uids::CT_IMAGE_STORAGE, "inputs", number, number)
}

fn image_uids(numbers: &[u32]) -> Vec<String> {
    let mut uids: Vec<String> = numbers.iter().map(|number| uid(&format!("inputs/{number}/{number}"))).collect();
    uids.sort();
    uids
}

/// A folder with an image for each name, numbered from 1.
fn folder(names: &[&OsStr]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, name) in (1..).zip(names) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, image("CT", number).bytes()).unwrap();
    }
    folder
}

#[cfg(unix)]
fn odd_names() -> Vec<OsString> {
    use std::os::unix::ffi::OsStringExt;
    [b"line\nfeed".as_slice(), b"J\xf6rg", b"\x1b[31mred", "\u{202e}gpj.dcm".as_bytes(), b"-o", b" ", b"sub/\xff\xfe"]
        .map(|name| OsString::from_vec(name.to_vec()))
        .into()
}

#[test]
#[cfg(unix)]
fn a_list_comes_from_standard_input_or_a_file_with_any_names() {
    let names = odd_names();
    let names: Vec<&OsStr> = names.iter().map(OsString::as_os_str).collect();
    let folder = folder(&names);
    let paths = names.iter().map(|name| folder.path().join(name).into_os_string().into_encoded_bytes());
    let list = paths.collect::<Vec<_>>().join(&0);
    let listed = tempfile::NamedTempFile::new().unwrap();
    fs::write(listed.path(), &list).unwrap();
    let from_stdin = dcm2fhir().args(["convert", "-0", "--files-from", "-"]).write_stdin(list).output().unwrap();
    let from_file = convert([OsStr::new("-0"), "--files-from".as_ref(), listed.path().as_os_str()]);
    for output in [from_stdin, from_file, convert([folder.path()])] {
        assert_eq!((code(&output), instances(&resources(&output))), (0, image_uids(&[1, 2, 3, 4, 5, 6, 7])));
    }
}

#[test]
fn what_a_list_of_windows_names_and_is_not_there_is_reported_and_the_rest_read() {
    let folder = folder(&["a".as_ref(), "b/c".as_ref()]);
    let at = |name: &str| folder.path().join(name).display().to_string();
    let list = format!("\u{FEFF}{}\n{}\n{}\r\n", at("a"), at("gone"), at("b"));
    let output = dcm2fhir().args(["convert", "--files-from", "-"]).write_stdin(list).output().unwrap();
    assert_eq!((code(&output), instances(&resources(&output))), (1, image_uids(&[1, 2])));
    assert!(stderr(&output).contains("listed, but not there"), "{}", stderr(&output));
}

#[test]
fn a_list_may_begin_with_a_byte_order_mark() {
    let folder = folder(&["a".as_ref(), "b".as_ref()]);
    let at = |name: &str| folder.path().join(name).display().to_string();
    let list = format!("\u{feff}{}\r\n{}\r\n", at("a"), at("b"));
    let output = dcm2fhir().args(["convert", "--files-from", "-"]).write_stdin(list).output().unwrap();
    assert_eq!((code(&output), instances(&resources(&output))), (0, image_uids(&[1, 2])), "{}", stderr(&output));
}

#[test]
fn undeclared_and_wrongly_declared_text_is_read_in_the_set_that_the_user_names_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let named = |study: &str, set: &str, name: &[u8]| {
        let image = Instance::new("CT", uids::CT_IMAGE_STORAGE, study, 1, 1);
        let mut bytes = image.text(tags::SPECIFIC_CHARACTER_SET, set).text(tags::PATIENT_NAME, "NAME").bytes();
        let at = bytes.windows(4).position(|part| part == b"NAME").unwrap();
        bytes[at..at + 4].copy_from_slice(name);
        fs::write(folder.path().join(study), bytes).unwrap();
    };
    named("undeclared", "", b"J\xF6rg");
    named("utf-8", "", "Jör".as_bytes());
    named("declared", "ISO_IR 100", b"B\xF6g\xA3");
    let report = folder.path().join("report.json");
    for (options, want, reasons) in [
        (&[][..], ["Bög£", "Jör", "J\u{FFFD}rg"], ["taken-as-utf8", "undecodable"].as_slice()),
        (&["--charset=ISO_IR 100"], ["Bög£", "Jör", "Jörg"], &["taken-as-told", "taken-as-utf8"]),
        (
            &["--charset", "windows-1251", "--charset", "ISO_IR 100=ISO_IR 101"],
            ["BögŁ", "Jör", "Jцrg"],
            &["taken-as-told", "taken-as-utf8"],
        ),
    ] {
        let arguments = [folder.path().as_os_str(), "--report".as_ref(), report.as_os_str()];
        let output = convert(arguments.into_iter().chain(options.iter().map(OsStr::new)));
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let mut names: Vec<String> =
            resources(&output).iter().map(|study| study["subject"]["display"].as_str().unwrap().to_string()).collect();
        names.sort();
        assert_eq!(names, want, "{options:?}");
        let report = fs::read_to_string(&report).unwrap();
        assert!(reasons.iter().all(|reason| report.contains(reason)), "{options:?}: {report}");
    }
    let output = convert([folder.path().as_os_str(), "--charset".as_ref(), "latin-99".as_ref()]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("ISO_IR 100"), "{}", stderr(&output));
}

#[test]
fn names_and_values_are_shown_without_their_controls() {
    let folder = tempfile::tempdir().unwrap();
    let red = "\u{1b}[31mred";
    fs::write(folder.path().join(format!("{red}.dcm")), "no image").unwrap();
    let image = image("CT", 1).text(tags::STUDY_DESCRIPTION, red).text(tags::PATIENT_NAME, "Doe\u{7}\u{9b}^Jane");
    fs::write(folder.path().join("1"), image.bytes()).unwrap();
    let report = folder.path().join("report.json");
    let output =
        convert([folder.path().as_os_str(), "--report".as_ref(), report.as_os_str(), "--report-values".as_ref()]);
    for text in [stderr(&output), stdout(&output).to_string(), fs::read_to_string(report).unwrap()] {
        let raw = |character: char| character.is_control() && character != '\n';
        assert!(!text.contains(raw), "{text:?}");
    }
}

#[test]
fn a_filtered_run_says_that_it_is_partial() {
    let folder = tempfile::tempdir().unwrap();
    for (number, modality) in [(1, "CT"), (2, "MR"), (3, "SR")] {
        fs::write(folder.path().join(modality), image(modality, number).bytes()).unwrap();
    }
    let report = tempfile::NamedTempFile::new().unwrap();
    for (rules, want) in [
        (vec!["--include", "modality=CT,MR"], vec![1, 2]),
        (vec!["--exclude", "modality=SR"], vec![1, 2]),
        (vec!["--include", "modality=CT", "--include", "modality=SR", "--exclude", "modality=SR"], vec![1]),
        (vec!["--exclude", "sop-class=1.2.840.10008.5.1.4.1.1.2"], vec![]),
    ] {
        let paths = [folder.path().as_os_str(), "--report".as_ref(), report.path().as_os_str()];
        let output = convert(paths.into_iter().chain(rules.iter().map(OsStr::new)));
        assert_eq!(
            (code(&output), instances(&resources(&output))),
            (want.is_empty().into(), image_uids(&want)),
            "{rules:?}"
        );
        assert!(stderr(&output).contains("only what was asked for"), "{}", stderr(&output));
        let report: Value = serde_json::from_str(&fs::read_to_string(report.path()).unwrap()).unwrap();
        assert_eq!(report["partial"], true);
        assert_eq!(report["skippedByReason"]["filtered"], 3 - want.len());
    }
}

#[test]
fn a_uid_never_becomes_a_path_or_the_name_of_another_study() {
    let folder = tempfile::tempdir().unwrap();
    let long = "1.".repeat(99) + "17";
    let odd = ["../../x", "/tmp/x", "..", ".", "a\\b", long.as_str(), "1.2.a", "1.2.A", "CON", "1.2 3", "x\ny"];
    for (number, study) in (1..).zip(odd) {
        let image = image("CT", number).text(tags::STUDY_INSTANCE_UID, study);
        fs::write(folder.path().join(number.to_string()), image.bytes()).unwrap();
    }
    let empty = image("CT", 99).text(tags::STUDY_INSTANCE_UID, "");
    fs::write(folder.path().join("empty"), empty.bytes()).unwrap();
    let root = tempfile::tempdir().unwrap();
    let output: PathBuf = root.path().join("a/b/out");
    assert_eq!(code(&convert([folder.path().as_os_str(), "-o".as_ref(), output.as_os_str()])), 1);
    let written = files(root.path());
    assert_eq!(written.len(), odd.len());
    assert!(written.keys().all(|path| path.parent() == Some(Path::new("a/b/out"))), "{:?}", written.keys());
    let mut names: Vec<String> = written.keys().map(|path| path.display().to_string().to_lowercase()).collect();
    names.dedup();
    assert_eq!(names.len(), odd.len(), "two names differ by case only");
    assert!(names.iter().all(|name| name.len() < 120 && name.is_ascii()), "{names:?}");
}

#[test]
fn the_output_of_the_last_run_inside_the_input_is_not_read() {
    let folder = folder(&["a".as_ref(), "b".as_ref()]);
    let out = folder.path().join("out");
    let run = || {
        convert([
            folder.path().as_os_str(),
            "-o".as_ref(),
            out.as_os_str(),
            "--report".as_ref(),
            folder.path().join("r.json").as_os_str(),
        ])
    };
    assert_eq!(code(&run()), 0);
    fs::write(out.join("mine.txt"), "stays").unwrap();
    let first = files(&out);
    let again = run();
    assert_eq!((code(&again), files(&out)), (0, first));
    assert!(!stderr(&again).contains("left out"), "{}", stderr(&again));
}

#[test]
fn a_file_that_is_no_list_of_paths_is_refused_and_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.dcm"), image("CT", 1).text(tags::PATIENT_NAME, "Secret^Name").bytes()).unwrap();
    let run = |command: &str| {
        dcm2fhir().current_dir(folder.path()).args([command, "--files-from", "a.dcm", "-q"]).output().unwrap()
    };
    for (command, want) in [("convert", 1), ("scan", 2)] {
        let said = stderr(&run(command));
        assert_eq!(code(&run(command)), want, "{said}");
        assert!(said.contains("a.dcm: cannot be read: not a list of paths") && !said.contains("Secret"), "{said}");
    }
}

#[test]
fn standard_input_is_a_file_or_an_archive() {
    let image = image("CT", 1).bytes();
    let gzipped = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &image).unwrap();
        encoder.finish().unwrap()
    };
    for path in ["-", "/dev/stdin"] {
        for bytes in [&image, &gzipped] {
            let output = dcm2fhir().args(["convert", path, "-q"]).write_stdin(bytes.clone()).output().unwrap();
            assert_eq!((code(&output), stderr(&output).as_str()), (0, ""), "{path}");
            assert_eq!(instances(&resources(&output)), image_uids(&[1]), "{path}");
        }
    }
    let list = dcm2fhir().args(["convert", "-", "-q"]).write_stdin("a/b.dcm\n").output().unwrap();
    assert_eq!(code(&list), 1);
    assert!(stderr(&list).contains("give --files-from -"), "{}", stderr(&list));
}
