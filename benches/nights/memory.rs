//! Whether memory grows with the archive: an index is filled with instances that come from memory, as from a first
//! night, and a process of its own then writes all studies from it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use dcm2fhir::internals::group::reader::{Reader, Worker};
use dcm2fhir::internals::index::{Index, OnNetwork};
use dcm2fhir::internals::options::index::{Check, MaxGone};
use dcm2fhir::internals::source::{Mark, Name, Stamp, Watch};

use crate::headers::{self, Context, Series};
use crate::run::{self, TOOL, Work};

/// Instances of a series, which are a folder.
const INSTANCES: u32 = 200;
/// Series of one study.
const SERIES_OF_A_STUDY: u32 = 4;

/// Prints the peak of each, and what it is beside that of the first.
pub fn print(work: &Work, sizes: &[u32]) {
    println!("| files | filled, peak MB | written, peak MB | fill µs a file | write µs a file | index bytes a file |");
    println!("|---|---|---|---|---|---|");
    for files in sizes {
        let index = work.path(&format!("index-{files}"));
        let start = Instant::now();
        let filled = peak(run::own().as_path(), &["fill", &index, &files.to_string()]);
        let fill = start.elapsed().as_secs_f64();
        let bytes = std::fs::metadata(&index).map_or(0, |metadata| metadata.len());
        let start = Instant::now();
        let words = ["convert", "-q", "--fhir", "r5", "--threads", &work.threads, "--index", &index, "-o", "/dev/null"];
        let written = peak(Path::new(TOOL), &words);
        let write = start.elapsed().as_secs_f64();
        let each = |seconds: f64| seconds * 1e6 / f64::from(*files);
        let per_file = bytes / u64::from(*files);
        println!("| {files} | {filled:.0} | {written:.0} | {:.2} | {:.2} | {per_file} |", each(fill), each(write));
    }
}

/// The most memory that a program had, in MB. GNU time says it: what the kernel counts for children is the most of all.
fn peak(program: &Path, words: &[&str]) -> f64 {
    let output = Command::new("/usr/bin/time").arg("-f%M").arg(program).args(words).stdout(Stdio::null()).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).unwrap_or_default();
    said.lines().last().and_then(|line| line.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e3
}

/// Fills an index: its path, and the number of files.
pub fn fill(words: &[String]) -> ExitCode {
    let [path, files] = words else { return ExitCode::FAILURE };
    let context = Context::new();
    let wanted = context.wanted.hash();
    let index = Index::open(Path::new(path), Some(Check::Stat), OnNetwork::Allowed, wanted).expect("a new index");
    let reader = context.reader(Some(&index));
    let mut worker = Worker::default();
    for series in 0..files.parse::<u32>().unwrap_or_default() / INSTANCES {
        read_series(&index, &reader, &mut worker, series);
    }
    index.finish_reading().expect("room for the index");
    index.remove_gone(MaxGone::default()).expect("nothing is gone");
    ExitCode::SUCCESS
}

fn read_series(index: &Index, reader: &Reader<'_>, worker: &mut Worker, number: u32) {
    let mut series =
        Series::of(&headers::ct(&format!("study {}", number / SERIES_OF_A_STUDY), number % SERIES_OF_A_STUDY));
    let folder = PathBuf::from(format!("/archive/{:04}/{number:08}", number / 1000));
    let Some(entered) = index.enters(&folder, Some(1)) else { return };
    for file in 0..INSTANCES {
        let stamp = Stamp::Stat { size: 530_000, mtime: 1, ctime: 1, inode: file.into() };
        worker.mark = Some(Mark { stamp: Some(stamp), ..Mark::new(entered.number) });
        let name = Name::file(folder.join(format!("IM{file:06}.dcm")));
        let read = reader.read(worker, &name, &mut series.instance(file), |_| {});
        read.expect("a template has all that an instance needs");
    }
    index.leaves(entered.number, true);
}
