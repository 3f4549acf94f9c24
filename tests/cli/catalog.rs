//! `-o catalog.csv` and `-o catalog.parquet`: a table of what the headers say. tests/catalog reads both back with
//! DuckDB and pandas.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use crate::run::{case, convert, stderr, stdout};

type Row = BTreeMap<String, String>;

fn table(csv: &[u8]) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(csv);
    reader.deserialize().map(Result::unwrap).collect()
}

fn catalog(input: &Path, options: &[&str]) -> Vec<Row> {
    let format = ["--format", "csv"].iter().chain(options).map(OsStr::new);
    let output = convert([input.as_os_str()].into_iter().chain(format));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    table(&output.stdout)
}

#[test]
fn a_row_is_a_series_unless_another_is_asked_for() {
    let series = catalog(&case("ct-two-series"), &[]);
    assert_eq!(series.len(), 2);
    assert_eq!(series[0]["PatientID"], "PAT-0815");
    assert_eq!((&*series[0]["Modality"], &*series[0]["StudyDate"]), ("CT", "2024-02-29"));
    assert_eq!(series.iter().map(|row| row["instanceCount"].parse::<u32>().unwrap()).sum::<u32>(), 5);
    assert!(series[0]["path"].ends_with("dicom/ct-two-series"), "{series:?}");
    let studies = catalog(&case("ct-two-series"), &["--rows", "study"]);
    assert_eq!((studies.len(), &*studies[0]["seriesCount"], &*studies[0]["instanceCount"]), (1, "2", "5"));
    assert_eq!(studies[0]["ModalitiesInStudy"], "CT");
    let instances = catalog(&case("ct-two-series"), &["--rows", "instance"]);
    assert_eq!(instances.len(), 5);
    let bytes = |rows: &[Row]| rows.iter().map(|row| row["bytes"].parse::<u64>().unwrap()).sum::<u64>();
    let files: u64 = instances.iter().map(|row| std::fs::metadata(&row["path"]).unwrap().len()).sum();
    assert_eq!([bytes(&instances), bytes(&series), bytes(&studies)], [files; 3]);
    assert_eq!(instances[0]["SOPClassUID"], "1.2.840.10008.5.1.4.1.1.2");
}

#[test]
fn a_value_stands_as_the_file_has_it() {
    let row = &catalog(&case("body-part-unknown"), &[])[0];
    assert_eq!(row["BodyPartExamined"], "LEFT BIG TOE");
    assert_eq!(catalog(&case("series-number-negative"), &[])[0]["SeriesNumber"], "-3");
    assert_eq!(catalog(&case("modality-missing"), &[])[0]["Modality"], "");
}

#[test]
fn a_file_is_named_by_its_format_and_is_the_same_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, inputs: &[&str], threads: &str| {
        let path = folder.path().join(name);
        let inputs: Vec<_> = inputs.iter().map(|name| case(name)).collect();
        let options =
            ["-o".as_ref(), path.as_os_str(), "-j".as_ref(), threads.as_ref(), "--rows".as_ref(), "instance".as_ref()];
        let output = convert(inputs.iter().map(|input| input.as_os_str()).chain(options));
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(!stderr(&output).contains("FHIR "), "{}", stderr(&output));
        std::fs::read(path).unwrap()
    };
    let cases = ["duplicates", "duplicate-other-content", "mr-enhanced", "two-patients"];
    let back: Vec<&str> = cases.iter().rev().copied().collect();
    for name in ["catalog.csv", "catalog.PARQUET"] {
        let one = run(name, &cases, "1");
        assert_eq!(one, run(name, &back, "8"), "{name}");
        assert_eq!(one.starts_with(b"PAR1"), name.ends_with("PARQUET"));
    }
}

#[test]
fn an_archive_is_a_place_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cd.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let file = std::fs::read_dir(case("ct-two-series")).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(file).unwrap();
    zip.start_file("IM/1", options).unwrap();
    std::io::Write::write_all(&mut zip, &bytes).unwrap();
    zip.finish().unwrap();
    let row = &catalog(&path, &["--rows", "instance"])[0];
    assert!(row["path"].ends_with("cd.zip!/IM/1"), "{row:?}");
    assert_eq!(row["bytes"], bytes.len().to_string());
    assert!(catalog(&path, &[])[0]["path"].ends_with("cd.zip!/IM"));
}

#[test]
fn a_run_that_finds_nothing_replaces_nothing_and_else_has_the_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.csv");
    let run = |input: &Path| convert([input.as_os_str(), "-o".as_ref(), path.as_os_str()]).status.code();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert_eq!(run(&empty), Some(1));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("PatientID,PatientSex,StudyInstanceUID,"));
    assert_eq!(run(&case("ct-two-series")), Some(0));
    let whole = std::fs::read(&path).unwrap();
    assert_eq!((run(&empty), std::fs::read(&path).unwrap()), (Some(1), whole));
}

#[test]
fn a_catalog_with_fewer_rows_is_held_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.csv");
    let run = |input: &Path, options: &[&str]| {
        let options = options.iter().map(OsStr::new);
        convert([input.as_os_str(), "-o".as_ref(), path.as_os_str()].into_iter().chain(options))
    };
    assert_eq!(run(&case("ct-two-series"), &[]).status.code(), Some(0));
    let whole = std::fs::read(&path).unwrap();
    let part = run(&case("dx-implicit"), &[]);
    assert_eq!((part.status.code(), std::fs::read(&path).unwrap()), (Some(1), whole), "{}", stderr(&part));
    assert!(stderr(&part).contains("give --replace") && stderr(&part).contains("catalog.csv"), "{}", stderr(&part));
    assert_eq!(run(&case("dx-implicit"), &["--replace"]).status.code(), Some(0));
    assert_eq!(table(&std::fs::read(&path).unwrap()).len(), 1);
}

#[test]
fn an_option_that_does_not_fit_a_catalog_is_an_error() {
    for (options, want) in [
        (&["--rows", "series"][..], "--rows needs --format csv or parquet"),
        (&["--format", "csv", "-o", "folder/"], "name it .csv"),
        (&["--format", "csv", "-o", "x.parquet"], "name it .csv"),
        (&["--format", "json", "-o", "x.csv"], "name it .json"),
        (&["--format", "csv", "--pretty"], "--pretty is for JSON"),
        (&["--format", "tsv"], "csv"),
    ] {
        let input = case("ct-two-series");
        let output = convert([input.as_os_str()].into_iter().chain(options.iter().map(OsStr::new)));
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(stderr(&output).contains(want), "{options:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn a_closed_pipe_is_success_and_a_full_disk_is_named() {
    for format in ["csv", "parquet"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
        run.arg("convert").arg(case("")).args(["--rows", "instance", "--quiet", "--format", format]).stdout(writer);
        let output = run.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}: {}", stderr(&output));
    }
    if cfg!(target_os = "linux") {
        let output = convert([
            case("ct-two-series").as_os_str(),
            "-o".as_ref(),
            "/dev/full".as_ref(),
            "--format".as_ref(),
            "csv".as_ref(),
        ]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("cannot write /dev/full"), "{}", stderr(&output));
    }
}
