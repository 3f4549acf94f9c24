//! The first half of a conversion alone: headers become fragments of studies, for `assemble` on this or another
//! machine.
//!
//! Nothing is written before everything was read, and a file has its name only when it is whole.

mod recorder;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::counts::RunCounts;
#[cfg(not(feature = "objects"))]
use super::job::refuse_bucket;
use super::{Console, Job, Run, ending, read, records, threads};
use crate::error::Error;
use crate::group::Studies;
use crate::group::fragment::{Cutter, End, Scanned, Total, joined};
use crate::interrupt::Interrupt;
use crate::mapping;
use crate::numbers::{count, duration};
use crate::options::{RunOptions, Share, is_stdout};
#[cfg(feature = "objects")]
use crate::output::Staged;
use crate::progress::Progress;
use crate::report::{CauseInWords, Causes, Counts, Report, Totals};
use crate::source::{self, Input, Name, NameFilter, WalkOptions};
use crate::terminal::{self, NAME, WARNING};
use recorder::Recorder;
use write::{Target, Writer, total};

/// The options of `scan`, beside those of reading.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Standard output, a file or a folder.
    pub output: PathBuf,
    /// Files by the hash of the study, in a folder.
    pub partitions: Option<u32>,
    /// Which files are read, by the hash of their folder.
    pub shard: Option<Share>,
    /// Whether files that cannot be read are left out as faults of the data are.
    pub allow_unreadable: bool,
    /// Whether a scan that finds nothing is a success.
    pub allow_empty: bool,
}

/// What a scan came to.
struct Done {
    files: u64,
    dicom_files: u64,
    skipped_files: u64,
    lost_files: u64,
    studies: usize,
    unmet_rules: Vec<String>,
    /// The reason for exit code 1: nothing was found, and nothing was written.
    nothing: Option<String>,
}

impl Done {
    fn causes(&self) -> Causes {
        Causes(self.nothing.iter().cloned().map(CauseInWords::of).collect())
    }
}

/// Scans, and says with which code to exit.
pub fn scan(scan: &Scan, job: &Job, console: &Console) -> Result<u8, Error> {
    let start = Instant::now();
    let done = ending::watched(console, |progress, interrupt| run_to(scan, job, progress, interrupt))?;
    tell(scan, console, &done, start);
    Ok(done.causes().exit_code())
}

/// Scans to where the lines belong: to a bucket when all are written.
fn run_to(scan: &Scan, job: &Job, progress: &Arc<dyn Progress>, interrupt: &Interrupt) -> Result<Done, Error> {
    #[cfg(feature = "objects")]
    if let Some(staged) = Staged::of(&scan.output, &job.config.remote.bucket())? {
        staged.check()?;
        let here = Scan { output: staged.path().to_path_buf(), ..scan.clone() };
        let done = run(&here, job, progress, interrupt)?;
        if done.nothing.is_some() {
            return Ok(done);
        }
        return staged.upload(true).map(|_| done);
    }
    #[cfg(not(feature = "objects"))]
    refuse_bucket(Some(&scan.output))?;
    run(scan, job, progress, interrupt)
}

fn run(scan: &Scan, job: &Job, progress: &Arc<dyn Progress>, interrupt: &Interrupt) -> Result<Done, Error> {
    let of_shard = of_shard(scan, job);
    let inputs = find(scan, job, of_shard.clone(), progress.clone(), interrupt)?;
    let target = Target::open(scan, job.config.run.mode)?;
    let wanted = mapping::wanted();
    let (report, counts) = (Report::open(&RunOptions::default(), progress.clone())?, RunCounts::default());
    let recorder = Recorder::new(&target.folder());
    let walk = inputs.walk();
    let studies = Studies::keeping_files();
    let run = Run { job, report: &report, counts: &counts, progress: progress.as_ref(), interrupt };
    let only = of_shard.0.as_deref().map(|only| only as _);
    let mut stage = read::Stage { only, ..run.stage(&wanted, &studies) };
    stage.reader.keeper = Some(&recorder);
    threads(job.threads)?.install(|| stage.all(&walk))?;
    let Recorder { kept, left_out } = recorder;
    let mut left_out = left_out.into_inner().unwrap_or_else(PoisonError::into_inner);
    left_out.check(&target.folder(), scan.allow_unreadable)?;
    let scanned = kept.finish(studies);
    let (files, dicom_files) = counts.files();
    let report_counts = report.finish(&Default::default(), None)?;
    let mut done = Done {
        files,
        dicom_files,
        skipped_files: report_counts.skipped_files(),
        lost_files: report_counts.lost_files(),
        studies: scanned.len(),
        unmet_rules: job.filter.unmet(),
        nothing: None,
    };
    let partial = job.filter.is_partial();
    done.nothing = nothing_found(scan, &job.inputs, &done, &report_counts, partial);
    if done.nothing.is_some() {
        return Ok(done);
    }
    let run = joined(&[scanned.hash(), left_out.sum, partial.into()]);
    let cutter = Cutter::new(wanted.hash(), run);
    let (mode, end) = (job.config.run.mode, end(scan, &scanned, partial));
    Writer { target: &target, mode, cutter, end, scanned: &scanned, interrupt }.all(left_out.entries)?;
    Ok(done)
}

/// Why there is nothing to write. A shard may be empty although the archive is not.
fn nothing_found(scan: &Scan, inputs: &[Input], done: &Done, counts: &Counts, partial: bool) -> Option<String> {
    if done.studies > 0 || done.lost_files > 0 || scan.shard.is_some() || scan.allow_empty {
        return None;
    }
    let totals = Totals { files: done.files, dicom_files: done.dicom_files, partial, ..Totals::default() };
    let nothing = ending::nothing(inputs, &totals, counts, &done.unmet_rules);
    Some(format!("{nothing} ({})", ending::ALLOW_EMPTY))
}

/// The files of this shard.
fn of_shard(scan: &Scan, job: &Job) -> NameFilter {
    let inputs = job.config.input.inputs.clone();
    NameFilter(scan.shard.map(|shard| Arc::new(move |name: &Name| shard.has(folder_hash(name, &inputs))) as _))
}

/// The inputs, which are there.
fn find(
    scan: &Scan,
    job: &Job,
    only: NameFilter,
    progress: Arc<dyn Progress>,
    interrupt: &Interrupt,
) -> Result<source::FoundInputs, Error> {
    if let Some(base) = job.inputs.iter().find_map(Input::wado_base) {
        let advice = format!("convert would add the endpoint of the images: give assemble --endpoint wado-rs={base}");
        terminal::say(format_args!("{WARNING}note:{WARNING:#} {}\n", source::one_line(&advice)));
    }
    let excluded = if is_stdout(&scan.output) { Vec::new() } else { vec![scan.output.clone()] };
    source::find(&job.inputs, &WalkOptions { excluded, only, ..job.walk.clone() }, progress, interrupt)
}

/// The line that ends a scan.
fn end(scan: &Scan, scanned: &Scanned, partial: bool) -> End {
    let Total(studies, sum) = total(scanned.keys());
    let shard = scan.shard.map(|shard| (shard.number, shard.of));
    End { studies, sum, partial, shard, part: None, skipped: None }
}

/// The hash of the folder of a file, seen from the input that it lies in: the same wherever that is mounted.
fn folder_hash(name: &Name, inputs: &[PathBuf]) -> u64 {
    let path = Path::new(&name.place);
    let below = inputs.iter().filter_map(|input| path.strip_prefix(input).ok());
    let path = below.min_by_key(|path| path.as_os_str().len()).unwrap_or(path);
    let folder = path.parent().unwrap_or(Path::new(""));
    xxhash_rust::xxh3::xxh3_64(folder.as_os_str().as_encoded_bytes())
}

/// Says what came of the scan.
fn tell(scan: &Scan, console: &Console, done: &Done, start: Instant) {
    let Done { files, dicom_files, skipped_files, lost_files, studies, unmet_rules, .. } = done;
    let causes = done.causes();
    let json = serde_json::json!({
        "tool": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "files": files,
        "dicomFiles": dicom_files,
        "skippedFiles": skipped_files,
        "lostFiles": lost_files,
        "studies": studies,
        "unmetRules": unmet_rules,
        "exitCode": causes.exit_code(),
        "causes": causes.to_json(),
        "seconds": (start.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
    });
    let row = |name: &str, number: u64, words: &str| {
        let line = format!("{:>11}  {words}", count(number));
        format!("{NAME}{name:<12}{NAME:#} {}\n", line.trim_end())
    };
    let (to, by) = match done.nothing {
        Some(_) => (String::new(), ""),
        None => (format!("in fragments: {}", place(&scan.output)), ": assemble --report names them"),
    };
    let mut text = row("files", *files, &format!("in {}", duration(start.elapsed())))
        + &row("DICOM files", *dicom_files, "")
        + &row("studies", *studies as u64, &to);
    if *skipped_files > 0 {
        text += &row("left out", *skipped_files, &format!("files, {} DICOM or possibly so{by}", count(*lost_files)));
    }
    for rule in unmet_rules {
        text += &format!("{WARNING}rule{WARNING:#}         {}: no file meets it\n", source::one_line(rule));
    }
    ending::say_summary(console.summary, &text, &json, &causes.to_string());
}

fn place(output: &Path) -> String {
    if is_stdout(output) {
        "standard output".to_string()
    } else {
        source::printable(output.as_os_str().as_encoded_bytes())
    }
}
