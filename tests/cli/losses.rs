//! Nothing is lost silently: no study found, a study that would lose instances, and the reason for exit code 1.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Output;

use dcm2fhir::synth::{Attributes, Instance};
use dicom_dictionary_std::{tags, uids};

use crate::run::{case, code, convert, dcm2fhir, files, stderr};

/// Images of study 1.2.3, each in a file of its own.
fn images(folder: &Path, numbers: &[u32]) {
    for number in numbers {
        let image = Instance::new("CT", uids::CT_IMAGE_STORAGE, "losses", 1, *number)
            .text(tags::STUDY_INSTANCE_UID, "1.2.3")
            .text(tags::PATIENT_ID, "P1");
        fs::write(folder.join(format!("IM{number}")), image.bytes()).unwrap();
    }
}

fn run(input: &Path, options: &[&str], output: &Path) -> Output {
    let options = options.iter().map(OsStr::new);
    convert([input.as_os_str(), "-q".as_ref(), "-o".as_ref(), output.as_os_str()].into_iter().chain(options))
}

#[test]
fn a_study_that_would_lose_instances_is_held_back_in_every_form_of_output() {
    for (options, output) in [
        (&["--fhir", "r4"][..], "out/"),
        (&["--fhir", "r4", "--format", "bundle"], "out/"),
        (&["--format", "ndjson"], "out/"),
        (&["--format", "ndjson", "--references", "separate"], "out/"),
        (&["--detail", "series"], "out/"),
        (&["--detail", "study"], "out/"),
        (&[], "out.ndjson"),
        (&["--format", "json"], "out.json"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in"), folder.path().join(output));
        fs::create_dir(&input).unwrap();
        images(&input, &[1, 2, 3]);
        assert_eq!(code(&run(&input, options, &output)), 0, "{options:?}");
        let before = files(folder.path());

        fs::rename(input.join("IM3"), folder.path().join("IM3")).unwrap();
        let held_back = run(&input, options, &output);
        assert_eq!(code(&held_back), 1, "{options:?}");
        let said = stderr(&held_back);
        assert!(said.starts_with("exit code 1: the file there has instances"), "{options:?}: {said}");
        assert!(said.contains("give --replace") && said.contains(&output.display().to_string()), "{said}");
        fs::rename(folder.path().join("IM3"), input.join("IM3")).unwrap();
        assert!(files(folder.path()) == before, "{options:?}");

        fs::remove_file(input.join("IM3")).unwrap();
        let replaced = run(&input, &[options, &["--replace"]].concat(), &output);
        assert_eq!((code(&replaced), stderr(&replaced).as_str()), (0, ""), "{options:?}");
        images(&input, &[3, 4]);
        assert_eq!(code(&run(&input, options, &output)), 0, "{options:?}");
    }
}

#[test]
fn a_study_can_go_deeper_or_less_deep_and_keeps_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out/"));
    fs::create_dir(&input).unwrap();
    images(&input, &[1, 2]);
    for options in [&["--detail", "series"][..], &["--fhir", "r5"], &["--detail", "study"], &["--fhir", "r4"]] {
        let output = run(&input, options, &output);
        assert_eq!((code(&output), stderr(&output).as_str()), (0, ""), "{options:?}");
    }
}

/// The image of one study of a patient.
fn image_of(folder: &Path, study: &str, patient: &[(dicom_core::Tag, &str)]) {
    let image = Instance::new("CT", uids::CT_IMAGE_STORAGE, "losses", 1, 1)
        .text(tags::STUDY_INSTANCE_UID, study)
        .text(tags::SERIES_INSTANCE_UID, format!("{study}.1"))
        .text(tags::PATIENT_ID, "P1");
    let image = patient.iter().fold(image, |image, (tag, value)| image.text(*tag, *value));
    fs::write(folder.join(study), image.bytes()).unwrap();
}

#[test]
fn a_patient_of_whom_an_earlier_run_says_more_or_something_else_is_held_back() {
    let known = [(tags::PATIENT_NAME, "Doe^Jane"), (tags::PATIENT_SEX, "F")];
    for (second, is_held) in [
        (vec![(tags::PATIENT_NAME, "Doe^Jane"), (tags::PATIENT_SEX, "F")], false),
        (
            vec![(tags::PATIENT_NAME, "DOE^JANE"), (tags::PATIENT_SEX, "F"), (tags::PATIENT_BIRTH_DATE, "19700102")],
            false,
        ),
        (vec![(tags::PATIENT_NAME, "Doe^Jane"), (tags::PATIENT_SEX, "")], true),
        (vec![(tags::PATIENT_NAME, "Roe^Rita"), (tags::PATIENT_SEX, "F")], true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (first, next, output) = (folder.path().join("1"), folder.path().join("2"), folder.path().join("out/"));
        [&first, &next].iter().for_each(|folder| fs::create_dir(folder).unwrap());
        image_of(&first, "1.2.3", &known);
        image_of(&next, "1.2.4", &second);
        let options = ["--references", "separate", "--system", "patient=urn:p", "--fhir", "r4"];
        assert_eq!(code(&run(&first, &options, &output)), 0);
        let before = files(&output.join("Patient"));
        assert_eq!(before.len(), 1);
        let held = run(&next, &options, &output);
        assert_eq!(code(&held), i32::from(is_held), "{second:?}: {}", stderr(&held));
        let patients = files(&output.join("Patient"));
        assert_eq!((patients.len(), patients == before), (1, is_held || second == known), "{second:?}");
        assert!(output.join("1.2.4.json").exists(), "the study itself is written");
        if is_held {
            let said = stderr(&held);
            assert!(said.contains("the file there says more of it than this run, or something else"), "{said}");
            assert!(said.contains("Patient") && said.contains("--replace"), "{said}");
            let replaced = run(&next, &[&options[..], &["--replace"]].concat(), &output);
            assert_eq!((code(&replaced), files(&output.join("Patient")) == before), (0, false), "{second:?}");
        }
    }
}

#[test]
fn a_patient_id_that_is_too_long_to_be_kept_is_reported_with_exit_code_1() {
    for (tag, want) in [(tags::PATIENT_ID, 1), (tags::ACCESSION_NUMBER, 0)] {
        let folder = tempfile::tempdir().unwrap();
        let image = Instance::new("CT", uids::CT_IMAGE_STORAGE, "losses", 1, 1)
            .transfer_syntax(uids::IMPLICIT_VR_LITTLE_ENDIAN)
            .text(tags::STUDY_INSTANCE_UID, "1.2.3")
            .text(tag, "9".repeat(70_000));
        fs::write(folder.path().join("IM1"), image.bytes()).unwrap();
        let output = convert([folder.path().as_os_str(), "--fhir".as_ref(), "r4".as_ref()]);
        let said = stderr(&output);
        assert_eq!(code(&output), want, "{said}");
        assert_eq!(said.contains("the Patient ID is too long"), want == 1, "{said}");
        assert!(said.contains("IM1") == (want == 1) && !output.stdout.is_empty(), "{said}");
    }
}

#[test]
fn nothing_found_says_so_and_replaces_nothing() {
    for output in ["out/", "out.ndjson", "out.json"] {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in"), folder.path().join(output));
        fs::create_dir(&input).unwrap();
        images(&input, &[1]);
        assert_eq!(code(&run(&input, &["--detail", "study"], &output)), 0);
        fs::remove_file(input.join("IM1")).unwrap();
        let before = files(folder.path());
        for options in [&[][..], &["--replace"], &["--format", "ndjson"], &["--include", "modality=MR"]] {
            if output.ends_with("out.json") && options.contains(&"ndjson") {
                continue;
            }
            let nothing = run(&input, options, &output);
            assert_eq!(code(&nothing), 1, "{options:?}");
            assert!(stderr(&nothing).starts_with("exit code 1: "), "{}", stderr(&nothing));
            assert!(stderr(&nothing).contains(&input.display().to_string()), "{}", stderr(&nothing));
            let after = files(folder.path());
            assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)), "{options:?} {output:?}");
        }
    }
}

#[test]
fn an_input_that_does_not_exist_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (nowhere, output) = (folder.path().join("nowhere"), folder.path().join("out/"));
    let index = folder.path().join("i.index");
    for options in [
        &["convert", "--fhir", "r4"][..],
        &["convert", "--fhir", "r4", "--format", "ndjson"],
        &["convert", "--fhir", "r4", "--index", index.to_str().unwrap()],
        &["scan"],
        &["assemble", "--fhir", "r4"],
    ] {
        let done = dcm2fhir().args(options).arg(&nowhere).arg("-o").arg(&output).output().unwrap();
        assert_eq!(code(&done), 2, "{options:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{options:?}");
    }
}

#[test]
fn a_run_that_finds_nothing_says_what_to_look_at() {
    let empty = tempfile::tempdir().unwrap();
    let ct = case("ct-two-series");
    for (input, options, advice) in [
        (empty.path(), &[][..], "is the path right, and the disk mounted?"),
        (&case("not-dicom"), &[], "no DICOM file was found in "),
        (&ct, &["--include", "modality=MR"], "no file meets --include modality=MR"),
        (&ct, &["--include", "path=*.png"], "no file meets --include path=*.png"),
        (&ct, &["--exclude", "modality=ct"], "--include and --exclude leave no file of "),
    ] {
        let output = convert([input.as_os_str(), "-q".as_ref()].into_iter().chain(options.iter().map(OsStr::new)));
        assert_eq!(code(&output), 1, "{options:?}");
        assert!(stderr(&output).contains(advice), "{options:?}: {}", stderr(&output));
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_finds_only_links_or_pipes_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(case("ct-two-series"), folder.path().join("link")).unwrap();
    let output = convert([folder.path().as_os_str(), "-q".as_ref()]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains(": a symbolic link: give --follow to read"), "{}", stderr(&output));
    let output = convert(["/dev/null", "-q"].map(OsStr::new));
    assert!(stderr(&output).contains("/dev/null: not a regular file: only standard input"), "{}", stderr(&output));
}

#[test]
fn exit_code_1_names_the_first_files_also_with_quiet() {
    let output = convert([case("missing-uids").as_os_str(), "-q".as_ref()]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("no-instance.dcm: no SOPInstanceUID"), "{}", stderr(&output));
    let output = convert([case("two-patients").as_os_str(), "-q".as_ref()]);
    assert!(stderr(&output).contains("several Patient IDs in one study\n    study "), "{}", stderr(&output));
    let strict = ["-q", "--strict"].map(OsStr::new);
    let output = convert([case("series-number-negative").as_os_str()].into_iter().chain(strict));
    assert!(stderr(&output).contains("--strict") && stderr(&output).contains("negative"), "{}", stderr(&output));
}

#[test]
fn the_summary_as_json_has_the_cause_and_the_counts() {
    let inputs = [case("duplicates"), case("missing-uids")];
    let options = ["--summary", "json", "--fhir", "r4"].map(OsStr::new);
    let output = convert(inputs.iter().map(|path| path.as_os_str()).chain(options));
    let summary: serde_json::Value = serde_json::from_str(stderr(&output).trim()).unwrap();
    assert_eq!((&summary["exitCode"], &summary["fhir"]["release"]), (&1.into(), &"r4".into()));
    assert!(summary["totals"]["repeatedFiles"].as_u64().unwrap() > 0, "{summary}");
    assert!(summary["causes"][0]["places"][0].as_str().unwrap().contains("no-instance.dcm"), "{summary}");
}

#[test]
fn verbose_names_each_file_that_is_left_out() {
    let output = convert([case("not-dicom").as_os_str(), "-v".as_ref(), "--summary".as_ref(), "none".as_ref()]);
    assert!(stderr(&output).contains("zeros.dcm: not a DICOM file\n"), "{}", stderr(&output));
}
