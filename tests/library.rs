//! The library as another program uses it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use dcm2fhir::{
    Conversion, Detail, Error, Format, Interrupt, Issue, Name, Place, Progress, Reason, References, Release, Skip,
};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/dicom");

fn lines(conversion: Conversion) -> Vec<String> {
    let mut lines = Vec::new();
    let run = conversion.run(|document| {
        lines.push(document.json.to_owned());
        Ok(())
    });
    run.unwrap();
    lines
}

fn command(options: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    let output = command.args(["convert", CASES, "--quiet"]).args(options).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_library_gives_what_the_command_writes() {
    let conversion = |release| Conversion::new(release).input(CASES);
    assert_eq!(lines(conversion(Release::R4)), command(&["--fhir", "r4"]));
    assert_eq!(lines(conversion(Release::R5).bundles()), command(&["--fhir", "r5", "--format", "bundle"]));
    assert_eq!(lines(conversion(Release::R4).bundles()), command(&["--fhir", "r4", "--format", "bundle"]));
    let options = conversion(Release::R6_BALLOT5)
        .detail(Detail::Series)
        .references(References::Contained)
        .system("patient=http://hospital.example/mrn".parse().unwrap())
        .endpoint("wado-rs=https://pacs.example/dicomweb".parse().unwrap())
        .time_zone("Europe/Berlin".parse().unwrap())
        .threads(2);
    let typed = "--fhir r6 --detail series --references contained --system patient=http://hospital.example/mrn \
                 --endpoint wado-rs=https://pacs.example/dicomweb --timezone Europe/Berlin";
    assert_eq!(lines(options), command(&typed.split_whitespace().collect::<Vec<_>>()));
}

#[test]
fn an_error_of_the_callback_ends_the_run_and_is_its_result() {
    let mut calls = 0;
    let run = Conversion::new(Release::R4).input(CASES).run(|_| {
        calls += 1;
        Err(io::Error::other("the database is gone"))
    });
    let Err(Error::Write { source, .. }) = run else { panic!("{run:?}") };
    assert_eq!((calls, source.to_string().as_str()), (1, "the database is gone"));
}

#[test]
fn an_input_that_is_not_there_is_an_error_and_a_report_is_written_where_it_is_asked_for() {
    let none = Conversion::new(Release::R4).input("/nowhere/at/all").run(|_| Ok(()));
    assert!(matches!(none, Err(Error::Input { .. })));
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let cut = Path::new(CASES).join("truncated");
    Conversion::new(Release::R4).input(cut).report(&report).run(|_| Ok(())).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert!(report["totals"]["files"].as_u64().unwrap() > 0);
}

#[test]
fn readers_give_what_their_files_give() {
    let files =
        walkdir::WalkDir::new(CASES).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    let readers = files.map(|file| (file.path().display().to_string(), File::open(file.path()).unwrap()));
    assert_eq!(lines(Conversion::new(Release::R5).readers(readers)), command(&["--fhir", "r5"]));
}

#[test]
fn a_reader_may_be_an_archive_and_is_named_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("image", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&fs::read(Path::new(CASES).join("ct-two-series/1-1.dcm")).unwrap()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let report = folder.path().join("report.json");
    let outcome = Conversion::new(Release::R4)
        .reader("a zip", Cursor::new(zip))
        .reader("a text", &b"no DICOM"[..])
        .reader("one that fails", Fails)
        .report(&report)
        .run(|_| Ok(()))
        .unwrap();
    assert_eq!((outcome.totals.instances, outcome.counts.skipped_files()), (1, 2));
    let report = fs::read_to_string(report).unwrap();
    assert!(report.contains("\"a text\"") && report.contains("\"one that fails\""), "{report}");
    assert!(report.contains("the line is dead"), "{report}");
}

#[test]
fn of_many_readers_few_are_open_at_once() {
    struct Open(Arc<AtomicUsize>);
    impl Drop for Open {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Relaxed);
        }
    }
    impl Read for Open {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }
    }
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (open_now, most_ever) = (open.clone(), most.clone());
    let readers = (0..2000).map(move |number| {
        most_ever.fetch_max(open_now.fetch_add(1, Relaxed) + 1, Relaxed);
        (number.to_string(), Open(open_now.clone()))
    });
    let outcome = Conversion::new(Release::R4).readers(readers).run(|_| Ok(())).unwrap();
    assert_eq!((outcome.totals.files, open.load(Relaxed)), (2000, 0));
    assert!(most.load(Relaxed) <= 64, "{most:?}");
}

/// A reader that cannot be read.
struct Fails;

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the line is dead"))
    }
}

/// Keeps what it is told of.
#[derive(Default)]
struct Heard {
    skipped: Mutex<Vec<(String, Skip)>>,
    issues: Mutex<Vec<(Option<String>, Reason)>>,
}

impl Progress for Heard {
    fn left_out(&self, file: &Name, why: &Skip) {
        self.skipped.lock().unwrap().push((file.to_string(), why.clone()));
    }

    fn issue(&self, place: Place<'_>, issue: &Issue) {
        self.issues.lock().unwrap().push((place.study.map(str::to_owned), issue.reason));
    }
}

#[test]
fn what_is_left_out_and_dropped_comes_as_values() {
    let heard = Arc::new(Heard::default());
    let conversion = Conversion::new(Release::R5).input(Path::new(CASES).join("not-dicom"));
    let conversion = conversion.input(Path::new(CASES).join("series-number-negative"));
    let outcome = conversion.run_with(heard.clone(), &Interrupt::default(), |_| Ok(())).unwrap();
    let skipped = heard.skipped.lock().unwrap();
    assert_eq!(skipped.len() as u64, outcome.counts.skipped_files());
    assert!(skipped.iter().any(|(file, why)| file.contains("not-dicom") && *why == Skip::NotDicom), "{skipped:?}");
    let issues = heard.issues.lock().unwrap();
    assert_eq!(issues.len() as u64, outcome.counts.issues());
    assert!(issues.iter().any(|(study, _)| study.is_some()), "{issues:?}");
}

#[test]
fn a_manifest_in_dicom_is_written_and_given_to_no_closure() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = || {
        Conversion::new(Release::R4).input(format!("{CASES}/full-identity")).configure(|options| {
            options.output.format = Some(Format::Kos);
            options.output.output = Some(folder.path().to_path_buf());
            options.content.profile.profile = "mado".parse().ok();
            options.content.profile.creator = Some("City Hospital".to_string());
            options.content.profile.retrieve_location = Some("1.2.3".to_string());
        })
    };
    let refused = manifest().run(|_| Ok(())).unwrap_err();
    assert!(refused.to_string().contains("write it to a folder"), "{refused}");
    assert_eq!(manifest().write().unwrap().totals.studies, 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
