//! `scan` and `assemble`: what they refuse, and what an engine that runs them sees. That they come to what `convert`
//! does is for tests/scale/law.py.

use std::fs;
use std::path::Path;
use std::process::Output;

use dcm2fhir::synth::Attributes;
use dicom_dictionary_std::{tags, uids};

use crate::run::{case, code, convert, dcm2fhir, files, instance, stderr, stdout};

fn run(arguments: &[&str], stdin: &str) -> Output {
    dcm2fhir().args(arguments).write_stdin(stdin).output().unwrap()
}

/// The sorted lines of an archive.
fn lines(folder: &Path) -> Vec<String> {
    let output = dcm2fhir().arg("scan").arg(folder).args(["-o", "-", "-q"]).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let mut lines: Vec<String> = stdout(&output).lines().map(str::to_string).collect();
    lines.sort();
    lines
}

fn assembled(lines: &[String], options: &[&str]) -> Output {
    run(&[&["assemble", "-", "--fhir", "r4"], options].concat(), &(lines.join("\n") + "\n"))
}

/// Two studies of two patients that have one accession number of one issuer.
fn two_patients() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (study, patient) in [("1.2.1", "1"), ("1.2.2", "2")] {
        let one = instance("CT", uids::CT_IMAGE_STORAGE, [study, &format!("{study}.1"), &format!("{study}.1.1")])
            .text(tags::PATIENT_ID, patient)
            .text(tags::ISSUER_OF_PATIENT_ID, "urn:oid:1.2.3.4")
            .text(tags::ACCESSION_NUMBER, "A1");
        fs::write(folder.path().join(study), one.bytes()).unwrap();
    }
    folder
}

#[test]
fn a_stream_that_is_none_of_ours_says_in_which_line() {
    let lines = lines(&case("ct-two-series"));
    let of_version = |version: &str| lines[1].replace("\"v\":3", version);
    let wanted = lines[1].split("\"wanted\":\"").nth(1).unwrap().split('"').next().unwrap();
    let of_other_attributes = lines[1].replace(wanted, "AAAAAAAAAAA");
    let cut = lines[1][..lines[1].len() / 2].to_string();
    let many: Vec<String> =
        ["1.2\t", "1.3\t", "1.2\t"].map(|key| key.to_string() + lines[1].split_once('\t').unwrap().1).into();
    for (lines, want) in [
        (vec!["{}".to_string()], "line 1: no tab"),
        (vec![lines[0].clone(), cut], "line 2: not a line of `dcm2fhir scan`, or cut off"),
        (vec![of_version("\"v\":4")], "lines of version 4, want 3"),
        (vec![of_other_attributes], "other attributes were read"),
        (many, "line 3: the lines of a study do not stand together: sort them"),
    ] {
        let output = assembled(&lines, &[]);
        assert_eq!(code(&output), 2, "{want}: {}", stderr(&output));
        assert!(stderr(&output).contains(want), "{want}: {}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn faults_of_the_data_travel_and_change_no_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text\n1"), "no DICOM").unwrap();
    let whole = instance("CT", uids::CT_IMAGE_STORAGE, ["1.2.1", "1.2.1.1", "1.2.1.1.1"]).bytes();
    fs::write(folder.path().join("cut"), &whole[..200]).unwrap();
    fs::write(folder.path().join("whole"), &whole).unwrap();
    let output = assembled(&lines(folder.path()), &["--report", "-", "-o", "/dev/null"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let converted = convert([folder.path().to_str().unwrap(), "--fhir", "r4", "--report", "-", "-o", "/dev/null"]);
    assert_eq!((code(&converted), stdout(&converted)), (1, stdout(&output)));
    assert!(stdout(&output).contains("not-dicom"), "{}", stdout(&output));
}

#[test]
fn a_part_of_a_scan_is_refused_where_its_documents_depend_on_the_rest() {
    let folder = two_patients();
    let systems = ["--system", "accession=urn:a", "--system", "patient=urn:p"];
    let all = lines(folder.path());
    let bundles = [&["--format", "bundle"], &systems[..]].concat();
    let whole = assembled(&all, &bundles);
    assert_eq!(code(&whole), 0, "{}", stderr(&whole));
    assert!(stderr(&whole).contains("studies of several patients have this number"), "{}", stderr(&whole));
    for at in 0..all.len() {
        let mut part = all.clone();
        part.remove(at);
        let output = assembled(&part, &bundles);
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains("not all lines of the scan are here"), "{}", stderr(&output));
        let lost = assembled(&part, &systems);
        assert_eq!((code(&lost), stdout(&lost)), (2, ""), "{}", stderr(&lost));
        assert!(stderr(&lost).contains("did the scan or the sort fail"), "{}", stderr(&lost));
        let of_engine = assembled(&part, &[&systems[..], &["--allow-empty"]].concat());
        assert_eq!(code(&of_engine), 0, "logical references depend on nothing: {}", stderr(&of_engine));
    }
    let separate = assembled(&all, &["--references", "separate"]);
    assert_eq!(code(&separate), 2);
    assert!(stderr(&separate).contains("--format bundle"), "{}", stderr(&separate));
}

#[test]
fn partitions_see_each_other_and_a_shard_that_is_not_there_is_named() {
    let folder = two_patients();
    let work = tempfile::tempdir().unwrap();
    let records = work.path().join("records");
    let scan = |shard: &str| {
        let output = dcm2fhir()
            .arg("scan")
            .arg(folder.path())
            .args(["--partitions", "3", "--shard", shard, "-q", "-o"])
            .arg(&records)
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    };
    scan("1/2");
    let assemble = |partition: &str| {
        let options = ["--format", "bundle", "--system", "accession=urn:a", "--system", "patient=urn:p"];
        dcm2fhir()
            .arg("assemble")
            .arg(&records)
            .args(["--fhir", "r4", "--partition", partition])
            .args(options)
            .output()
            .unwrap()
    };
    let missing = assemble("1/3");
    assert_eq!(code(&missing), 2);
    assert!(stderr(&missing).contains("--shard 2/2"), "{}", stderr(&missing));
    scan("2/2");
    let all: Vec<Output> = ["1/3", "2/3", "3/3"].map(assemble).into();
    assert!(all.iter().all(|output| code(output) == 0), "{}", stderr(&all[0]));
    let bundles: usize = all.iter().map(|output| stdout(output).lines().count()).sum();
    assert_eq!(bundles, 2);
    let warned = all.iter().filter(|output| stderr(output).contains("studies of several patients have this number"));
    assert!(warned.count() >= 1, "each sees what the others have");
    assert!(stderr(&assemble("1/4")).contains("has 3 partitions, not 4"));
}

#[test]
fn a_file_of_a_folder_that_was_cut_off_is_no_whole_one() {
    let work = tempfile::tempdir().unwrap();
    let records = work.path().join("records");
    let scan = || {
        let mut command = dcm2fhir();
        command.arg("scan").arg(case("ct-two-series")).arg(case("sr-report")).arg(case("not-dicom"));
        let output = command.args(["--partitions", "2", "-q", "-o"]).arg(&records).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    };
    let assemble = |options: &[&str]| dcm2fhir().arg("assemble").arg(&records).args(options).output().unwrap();
    scan();
    for (name, whole) in files(&records) {
        let (name, whole) = (name.to_str().unwrap(), String::from_utf8(whole).unwrap());
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        for kept in 0..lines.len() {
            fs::write(records.join(name), lines[..kept].concat()).unwrap();
            let number = if name.contains("partition-00001") { "1/2" } else { "2/2" };
            for options in [&["-q"] as &[&str], &["-q", "--partition", number], &["-q", "--allow-empty"]] {
                let output = assemble(options);
                assert_eq!((code(&output), stdout(&output)), (2, ""), "{name} {kept}: {}", stderr(&output));
                assert!(stderr(&output).contains("the file was cut off"), "{name} {kept}: {}", stderr(&output));
            }
        }
        // One of another partition.
        let other = if name.contains("partition-00001") { "1.2.840.1" } else { "1.2.840.2" };
        let of_other = format!("{other}\t{}", lines[lines.len() - 2].split_once('\t').unwrap().1);
        fs::write(records.join(name), [&[&*of_other], &lines[..]].concat().concat()).unwrap();
        let number = if name.contains("partition-00001") { "1/2" } else { "2/2" };
        let output = assemble(&["-q", "--partition", number, "--references", "contained"]);
        assert_eq!(code(&output), 2, "{name}: {}", stderr(&output));
        // A study, or a file that was left out, that is not there, although the end is.
        for at in 0..lines.len() - 1 {
            let rest = [&lines[..at], &lines[at + 1..]].concat().concat();
            fs::write(records.join(name), rest).unwrap();
            let number = if name.contains("partition-00001") { "1/2" } else { "2/2" };
            for options in [&["-q"] as &[&str], &["-q", "--partition", number]] {
                let output = assemble(options);
                assert_eq!((code(&output), stdout(&output)), (2, ""), "{name} {at}: {}", stderr(&output));
                assert!(stderr(&output).contains("not all lines of the scan are here: scan again"), "{name} {at}");
            }
        }
        scan();
    }
    assert_eq!(code(&assemble(&["-q"])), 0);
}

/// A study of several lines, two of one line each, and more files that are left out than stand in a line.
fn large() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |study: &str, number: u32| {
        let own = format!("{study}.1.{number}");
        let one = instance("CT", uids::CT_IMAGE_STORAGE, [study, &format!("{study}.1"), &own]);
        fs::write(folder.path().join(own), one.bytes()).unwrap();
    };
    (0..2100).for_each(|number| write("1.2.1", number));
    ["1.2.2", "1.2.3"].iter().for_each(|study| write(study, 1));
    (0..1100).for_each(|number| fs::write(folder.path().join(format!("text {number}")), "no DICOM").unwrap());
    folder
}

#[test]
fn any_line_that_is_lost_is_missed_and_any_that_comes_twice_is_not() {
    let folder = large();
    let all = lines(folder.path());
    let of_study = |line: &&String| line.starts_with("1.2.1\t");
    assert_eq!((all.len(), all.iter().filter(of_study).count()), (8, 3), "and two of files, and the end");
    let whole = assembled(&all, &["-q"]);
    assert_eq!(code(&whole), 0, "{}", stderr(&whole));
    for at in 0..all.len() {
        let mut lost = all.clone();
        let line = lost.remove(at);
        let output = assembled(&lost, &["-q"]);
        assert_eq!((code(&output), stdout(&output)), (2, ""), "{:.99}: {}", line, stderr(&output));
        // A task that sees a part of the studies sees all lines of these.
        let output = assembled(&lost, &["-q", "--allow-empty"]);
        let is_seen = of_study(&&line);
        assert_eq!(code(&output), if is_seen { 2 } else { 0 }, "{:.99}: {}", line, stderr(&output));
        assert_eq!(stderr(&output).contains("some lines of a study are missing"), is_seen, "{}", stderr(&output));
        let mut twice = all.clone();
        twice.insert(at, line);
        let output = assembled(&twice, &["-q"]);
        assert_eq!((code(&output), stdout(&output)), (0, stdout(&whole)), "{}", stderr(&output));
    }
    // A part of the study that was scanned by itself too brings its own lines.
    let part = tempfile::tempdir().unwrap();
    for number in 0..1500 {
        let name = format!("1.2.1.1.{number}");
        fs::hard_link(folder.path().join(&name), part.path().join(name)).unwrap();
    }
    let of_part = lines(part.path());
    let both = |of_part: &[String]| {
        let mut both = [&all, of_part].concat();
        both.sort();
        assembled(&both, &["-q"])
    };
    assert_eq!(stdout(&both(&of_part)), stdout(&whole), "the same instances under other names");
    for at in 0..of_part.len() {
        let lost = [&of_part[..at], &of_part[at + 1..]].concat();
        assert_eq!(code(&both(&lost)), 2, "{:.99}", of_part[at]);
    }
}

/// A line as version 2 wrote it.
fn of_version_2(line: &str) -> String {
    let (key, json) = line.split_once('\t').unwrap();
    let mut json: serde_json::Value = serde_json::from_str(json).unwrap();
    json["v"] = 2.into();
    let members = json.as_object_mut().unwrap();
    ["at", "next"].iter().for_each(|name| drop(members.remove(*name)));
    if let Some(end) = members.get_mut("end") {
        end.as_object_mut().unwrap().remove("skipped");
    }
    format!("{key}\t{json}")
}

#[test]
fn of_lines_of_an_earlier_version_the_studies_are_counted() {
    let folder = large();
    let all = lines(folder.path());
    let old: Vec<String> = all.iter().map(|line| of_version_2(line)).collect();
    assert_eq!(stdout(&assembled(&old, &["-q"])), stdout(&assembled(&all, &["-q"])));
    for at in 0..old.len() {
        let mut lost = old.clone();
        let line = lost.remove(at);
        let is_missed = line.contains("\"end\"") || line.starts_with("1.2.2\t") || line.starts_with("1.2.3\t");
        assert_eq!(code(&assembled(&lost, &["-q"])), if is_missed { 2 } else { 0 }, "{line:.99}");
    }
}

#[test]
fn shards_without_studies_are_all_there() {
    let folder = two_patients();
    let systems = ["--system", "accession=urn:a", "--system", "patient=urn:p", "--format", "bundle"];
    let mut all = Vec::new();
    for shard in 1..=5 {
        let mut command = dcm2fhir();
        command.arg("scan").arg(folder.path()).args(["-q", "-o", "-", "--shard", &format!("{shard}/5")]);
        all.extend(stdout(&command.output().unwrap()).lines().map(str::to_string));
    }
    all.sort();
    let whole = assembled(&all, &systems);
    assert_eq!(code(&whole), 0, "{}", stderr(&whole));
    all.remove(0);
    assert_eq!(code(&assembled(&all, &systems)), 2);
}

#[test]
fn a_file_that_cannot_be_read_is_for_another_try() {
    let folder = tempfile::tempdir().unwrap();
    let whole = instance("CT", uids::CT_IMAGE_STORAGE, ["1.2.1", "1.2.1.1", "1.2.1.1.1"]).bytes();
    fs::write(folder.path().join("whole"), whole).unwrap();
    // A list is read before its files are: what is gone then is a fault of the list, and what is a folder is walked.
    let list = format!("{0}/whole\n{0}/gone\n", folder.path().display());
    let output = run(&["scan", "--files-from", "-", "-o", "-"], &list);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("\"r\":\"missing\""), "{}", stdout(&output));
}

#[test]
fn nothing_found_is_exit_code_1_and_0_for_a_task_that_may_have_nothing_to_do() {
    let work = tempfile::tempdir().unwrap();
    fs::create_dir(work.path().join("empty")).unwrap();
    fs::write(work.path().join("lines.ndjson"), "before").unwrap();
    let run = |line: &str, input: &str| {
        let words = line.split(' ').collect::<Vec<_>>();
        dcm2fhir().current_dir(work.path()).args(words).write_stdin(input.to_string()).output().unwrap()
    };
    for (line, input, advice) in [
        ("scan empty -o lines.ndjson -q", "", "no file was found in empty"),
        ("scan --files-from - -q", "", "no file was found in standard input"),
        ("scan --files-from - -q", "lines.ndjson\n", "no DICOM file was found in standard input"),
        ("scan - -q", "lines.ndjson\n", "give --files-from -"),
        ("assemble - -q", "", "no study in standard input"),
        ("assemble - -q", stdout(&run("scan empty --allow-empty", "")), "no study in standard input"),
    ] {
        let output = run(line, input);
        assert_eq!((code(&output), stdout(&output)), (1, ""), "{line}: {}", stderr(&output));
        assert!(stderr(&output).contains(advice) && stderr(&output).contains("--allow-empty"), "{}", stderr(&output));
        let output = run(&format!("{line} --allow-empty -o out.ndjson").replace("-o lines.ndjson ", ""), input);
        assert_eq!((code(&output), stderr(&output).as_str()), (0, ""), "{line}");
    }
    assert_eq!(fs::read_to_string(work.path().join("lines.ndjson")).unwrap(), "before");
}

#[test]
fn a_shard_or_partition_may_be_empty_but_not_the_whole_scan() {
    let work = tempfile::tempdir().unwrap();
    let scan = |input: &Path, records: &Path, shard: &str| {
        let options = ["-q", "--partitions", "2", "--shard", shard, "-o"];
        let output = dcm2fhir().arg("scan").arg(input).args(options).arg(records).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    };
    let assemble = |records: &Path, partition: &str| {
        code(&dcm2fhir().arg("assemble").arg(records).args(["-q", "--partition", partition]).output().unwrap())
    };
    let (one_study, nothing) = (work.path().join("one-study"), work.path().join("nothing"));
    for shard in ["1/2", "2/2"] {
        scan(&case("ct-two-series"), &one_study, shard);
        scan(&case("not-dicom"), &nothing, shard);
    }
    assert_eq!(["1/2", "2/2"].map(|partition| assemble(&one_study, partition)), [0, 0]);
    assert_eq!(["1/2", "2/2"].map(|partition| assemble(&nothing, partition)), [1, 1]);
}

#[test]
fn a_dash_is_a_file_or_an_archive_as_for_convert() {
    let whole = instance("CT", uids::CT_IMAGE_STORAGE, ["1.2.1", "1.2.1.1", "1.2.1.1.1"]).bytes();
    for path in ["-", "/dev/stdin"] {
        let output = dcm2fhir().args(["scan", path, "-q"]).write_stdin(whole.clone()).output().unwrap();
        assert!(stdout(&output).starts_with("1.2.1\t"), "{}", stderr(&output));
    }
}

#[cfg(unix)]
#[test]
fn what_is_written_is_for_its_owner_alone_and_the_same_each_time() {
    use std::os::unix::fs::PermissionsExt;
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&one, &other] {
        let output = dcm2fhir().arg("scan").arg(case("ct-two-series")).arg("-o").arg(folder.path()).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    assert_eq!(files(one.path()), files(other.path()));
    for name in files(one.path()).keys() {
        assert_eq!(one.path().join(name).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
