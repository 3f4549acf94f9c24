//! The first half of a conversion alone: headers become fragments of studies, for `assemble` on this or another machine.
//!
//! Nothing is written before everything was read, and a file has its name only when it is whole.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::counts::RunCounts;
use super::{Console, job, read, records, threads};
use crate::dicom::Header;
use crate::error::Error;
use crate::group::fragment::{Cutter, End, Kept, Scanned, SkippedFile, key_hash, skipped_entry, skipped_line};
use crate::group::reader::{Keeper, Reader, Record, Selections};
use crate::group::{FileNotes, Studies};
use crate::interrupt::Interrupt;
use crate::issue::Skip;
use crate::mapping::{self, Options};
use crate::numbers::{count, duration};
use crate::options::filter::Filter;
use crate::options::{FileMode, InputOptions, OutputTarget, RunOptions, Share, SummaryForm, is_stdout, share_of};
use crate::output::WholeFile;
use crate::progress::Progress;
use crate::report::{Report, Sorter};
use crate::source::{self, Links, Name, RemoteOptions, WalkOptions};
use crate::terminal::{self, NAME, WARNING};

/// Files that are left out, in a line.
const SKIPPED_IN_LINE: usize = 1_000;
/// Files that could not be read, of which the error names so many.
const NAMED_FILES: usize = 3;

/// The options of `scan`.
#[derive(Debug, Clone)]
pub struct Scan {
    /// What is read.
    pub input: InputOptions,
    /// How servers are asked.
    pub remote: RemoteOptions,
    /// Standard output, a file or a folder.
    pub output: PathBuf,
    /// Files by the hash of the study, in a folder.
    pub partitions: Option<u32>,
    /// Which files are read, by the hash of their folder.
    pub shard: Option<Share>,
    /// Whether files that cannot be read are left out as faults of the data are.
    pub allow_unreadable: bool,
    /// Reading threads.
    pub threads: Option<u16>,
    /// Who may read what is written.
    pub mode: FileMode,
}

/// What a scan came to.
struct Done {
    files: u64,
    dicom_files: u64,
    skipped_files: u64,
    lost_files: u64,
    studies: usize,
    unmet_rules: Vec<String>,
}

/// Scans, and says with which code to exit.
pub fn scan(scan: &Scan, console: &Console) -> Result<u8, Error> {
    let start = Instant::now();
    let interrupt = Interrupt::on_signals().map_err(|source| Error::Signals { source })?;
    let progress = terminal::start(console.progress, console.verbose);
    let done = run(scan, progress.clone(), &interrupt);
    progress.finish();
    tell(scan, console, &done?, start);
    Ok(0)
}

fn run(scan: &Scan, progress: std::sync::Arc<dyn Progress>, interrupt: &Interrupt) -> Result<Done, Error> {
    let target = Target::open(scan)?;
    let inputs = job::inputs(&paths_from_stdin(scan.input.clone()), &scan.remote)?;
    if let Some(base) = inputs.iter().find_map(source::Input::wado_base) {
        let advice = format!("convert would add the endpoint of the images: give assemble --endpoint wado-rs={base}");
        terminal::say(format_args!("{WARNING}note:{WARNING:#} {}\n", source::printable(advice.as_bytes())));
    }
    let threads_number = RunOptions { threads: scan.threads, ..RunOptions::default() }.threads();
    let links = if scan.input.follow { Links::Follow } else { Links::Skip };
    let excluded = if is_stdout(&scan.output) { Vec::new() } else { vec![scan.output.clone()] };
    let filter = Filter::new(scan.input.include.clone(), scan.input.exclude.clone());
    let wanted = mapping::wanted();
    let (report, counts) = (Report::open(&RunOptions::default(), progress.clone())?, RunCounts::default());
    let recorder = Recorder::new(&target.folder());
    let walk = source::open(
        &inputs,
        &WalkOptions { links, excluded, threads: threads_number, watch: None },
        progress.clone(),
        interrupt,
    )?;
    let (studies, options) = (Studies::keeping_files(), Options::default());
    let of_shard = |name: &Name| scan.shard.is_none_or(|shard| shard.has(folder_hash(name, &scan.input.inputs)));
    let stage = read::Stage {
        reader: Reader {
            wanted: &wanted,
            options: &options,
            studies: &studies,
            filter: &filter,
            selections: Selections::Rejections,
            keeper: Some(&recorder),
            files: None,
        },
        report: &report,
        counts: &counts,
        progress: progress.as_ref(),
        interrupt,
        others: None,
        known: None,
        only: Some(&of_shard),
    };
    threads(threads_number)?.install(|| stage.all(&walk, threads_number))?;
    let Recorder { kept, left_out } = recorder;
    let left_out = left_out.into_inner().unwrap_or_else(PoisonError::into_inner);
    left_out.check(scan.allow_unreadable)?;
    let scanned = kept.finish(studies);
    let (files, dicom_files) = counts.files();
    let report_counts = report.finish(&Default::default(), None)?;
    let done = Done {
        files,
        dicom_files,
        skipped_files: report_counts.skipped_files(),
        lost_files: report_counts.lost_files(),
        studies: scanned.len(),
        unmet_rules: filter.unmet(),
    };
    let end = End {
        studies: scanned.len() as u64,
        sum: fragment_sum(&scanned),
        partial: filter.is_partial(),
        shard: scan.shard.map(|shard| (shard.number, shard.of)),
    };
    let cutter = Cutter::new(wanted.hash(), scanned.hash());
    Writer { target: &target, mode: scan.mode, cutter, end, scanned: &scanned, interrupt }.all(left_out.entries)?;
    Ok(done)
}

fn fragment_sum(scanned: &Scanned) -> crate::group::fragment::Hash {
    crate::group::fragment::Hash(scanned.keys().fold(0, |sum, key| sum.wrapping_add(key_hash(key))))
}

/// For `scan`, `-` is a list of paths: what an engine pipes into it.
fn paths_from_stdin(mut input: InputOptions) -> InputOptions {
    if input.files_from.is_none()
        && let Some(at) = input.inputs.iter().position(|path| job::is_stdin(path))
    {
        input.files_from = Some(input.inputs.remove(at));
    }
    input
}

/// The hash of the folder of a file, seen from the input that it lies in: the same wherever that is mounted.
fn folder_hash(name: &Name, inputs: &[PathBuf]) -> u64 {
    let path = Path::new(&name.place);
    let below = inputs.iter().filter_map(|input| path.strip_prefix(input).ok());
    let path = below.min_by_key(|path| path.as_os_str().len()).unwrap_or(path);
    let folder = path.parent().unwrap_or(Path::new(""));
    xxhash_rust::xxh3::xxh3_64(folder.as_os_str().as_encoded_bytes())
}

/// Keeps what is read, and names what is left out.
#[derive(Debug)]
struct Recorder {
    kept: Kept,
    left_out: Mutex<LeftOut>,
}

#[derive(Debug)]
struct LeftOut {
    entries: Sorter,
    /// The first thing that went wrong while they were put aside.
    failure: Option<io::Error>,
    unreadable: u64,
    named: BTreeSet<String>,
}

impl Recorder {
    fn new(folder: &Path) -> Recorder {
        let entries = Sorter::new(folder);
        let left_out = LeftOut { entries, failure: None, unreadable: 0, named: BTreeSet::new() };
        Recorder { kept: Kept::default(), left_out: Mutex::new(left_out) }
    }

    fn put_aside(&self, name: &Name, skip: Option<&Skip>, notes: FileNotes) {
        let entry = skipped_entry(&SkippedFile { name: name.clone(), skip: skip.cloned(), notes });
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        if left_out.failure.is_none() {
            left_out.failure = left_out.entries.push(entry + "\n").err();
        }
        if let Some(skip @ (Skip::Unreadable(_) | Skip::NotDelivered(_))) = skip {
            left_out.unreadable += 1;
            left_out.named.insert(format!("{name}: {skip}"));
            if left_out.named.len() > NAMED_FILES {
                left_out.named.pop_last();
            }
        }
    }
}

impl Keeper for Recorder {
    fn read(&self, name: &Name, header: &Header, grouped: Result<&Record<'_>, &Skip>) {
        match grouped {
            Ok(record) => self.kept.read(name, header, record),
            // Why it is left out comes next; the scanner's own remarks are told all the same.
            Err(_) if header.faults.is_empty() => {}
            Err(_) => self.put_aside(name, None, FileNotes::of_skipped(header)),
        }
    }

    fn left_out(&self, name: &Name, skip: &Skip) {
        self.put_aside(name, Some(skip), FileNotes::default());
    }
}

impl LeftOut {
    /// Fails where another try may read more: an engine tries again by the exit code.
    fn check(&self, allow_unreadable: bool) -> Result<(), Error> {
        if self.unreadable == 0 || allow_unreadable {
            return Ok(());
        }
        let named: Vec<&str> = self.named.iter().map(String::as_str).collect();
        let more = self.unreadable.saturating_sub(self.named.len() as u64);
        let more = if more > 0 { format!(" and {} more", count(more)) } else { String::new() };
        let advice = "try again, or give --allow-unreadable to leave them out and report them";
        Err(Error::Usage(format!("files cannot be read, so nothing was written: {}{more}; {advice}", named.join("; "))))
    }
}

/// Where the lines go.
enum Target {
    /// Standard output or a file.
    Stream(PathBuf),
    /// A file for each partition.
    Folder { path: PathBuf, partitions: u32, shard: Share },
}

impl Target {
    /// Finds out whether the output can be written, before anything is read.
    fn open(scan: &Scan) -> Result<Target, Error> {
        match OutputTarget::parse(&scan.output)? {
            OutputTarget::Folder(path) => {
                scan.mode.make_folder(&path).map_err(|source| Error::Write { path: path.clone(), source })?;
                WholeFile::try_in(&path)?;
                let shard = scan.shard.unwrap_or(Share::WHOLE);
                Ok(Target::Folder { path, partitions: scan.partitions.unwrap_or(1), shard })
            }
            _ if scan.partitions.is_some() => {
                Err(Error::Usage("--partitions writes a file each: give a folder for them (-o records/)".to_string()))
            }
            _ => Ok(Target::Stream(scan.output.clone())),
        }
    }

    /// Where there is room for what is put aside.
    fn folder(&self) -> PathBuf {
        match self {
            Target::Stream(_) => std::env::temp_dir(),
            Target::Folder { path, .. } => path.clone(),
        }
    }

    fn partitions(&self) -> u32 {
        match self {
            Target::Stream(_) => 1,
            Target::Folder { partitions, .. } => *partitions,
        }
    }

    fn path(&self, number: u32) -> PathBuf {
        match self {
            Target::Stream(path) => path.clone(),
            Target::Folder { path, partitions, shard } => {
                path.join(records::file_name(Share { number, of: *partitions }, *shard))
            }
        }
    }
}

/// Writes the lines, partition by partition.
struct Writer<'w> {
    target: &'w Target,
    mode: FileMode,
    cutter: Cutter,
    end: End,
    scanned: &'w Scanned,
    interrupt: &'w Interrupt,
}

impl Writer<'_> {
    fn all(&self, entries: Sorter) -> Result<(), Error> {
        let partitions = self.target.partitions();
        // All of them are read before the first file is opened: they are few, or on disk.
        let mut by_partition: Vec<Sorter> = Vec::new();
        if partitions > 1 {
            by_partition = self.divided(entries, partitions)?;
        } else {
            by_partition.push(entries);
        }
        for (number, entries) in (1..).zip(by_partition) {
            self.interrupt.check()?;
            self.partition(number, entries)?;
        }
        Ok(())
    }

    /// The files that were left out, by the partition that names them.
    fn divided(&self, entries: Sorter, partitions: u32) -> Result<Vec<Sorter>, Error> {
        let folder = self.target.folder();
        // Little is held of each, for there may be many.
        let mut divided: Vec<Sorter> = (0..partitions).map(|_| Sorter::holding(&folder, 64 << 10)).collect();
        let divide = |entry: &str| {
            let at = share_of(key_hash(entry), partitions) - 1;
            divided.get_mut(at as usize).map_or(Ok(()), |sorter| sorter.push(entry.to_string()))
        };
        entries.finish(divide).map_err(|source| Error::Write { path: folder, source })?;
        Ok(divided)
    }

    fn partition(&self, number: u32, entries: Sorter) -> Result<(), Error> {
        let path = self.target.path(number);
        let mut file = WholeFile::create(&path)?.with_mode(self.mode);
        let mut entries = Some(entries);
        file.write(&mut |out| {
            let Some(entries) = entries.take() else { return Ok(()) };
            self.skipped(entries, out)?;
            let share = Share { number, of: self.target.partitions() };
            let of_partition = |key: &str| share.has(key_hash(key));
            self.scanned.lines(&self.cutter, of_partition, |line| writeln!(out, "{line}"))?;
            // Last, so that a stream that was cut lacks it.
            writeln!(out, "{}", self.cutter.end_line(self.end))
        })?;
        file.finish()
    }

    fn skipped(&self, entries: Sorter, out: &mut dyn Write) -> io::Result<()> {
        let (mut some, mut last) = (Vec::new(), String::new());
        entries.finish(|entry| {
            let entry = entry.trim_end_matches('\n');
            if *last == *entry {
                return Ok(());
            }
            last = entry.to_string();
            some.push(last.clone());
            if some.len() < SKIPPED_IN_LINE {
                return Ok(());
            }
            writeln!(out, "{}", skipped_line(&self.cutter, &std::mem::take(&mut some)))
        })?;
        if some.is_empty() { Ok(()) } else { writeln!(out, "{}", skipped_line(&self.cutter, &some)) }
    }
}

/// Says what came of the scan.
fn tell(scan: &Scan, console: &Console, done: &Done, start: Instant) {
    let Done { files, dicom_files, skipped_files, lost_files, studies, unmet_rules } = done;
    match console.summary {
        SummaryForm::None => {}
        SummaryForm::Json => terminal::say(format_args!(
            "{}\n",
            serde_json::json!({
                "tool": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "files": files,
                "dicomFiles": dicom_files,
                "skippedFiles": skipped_files,
                "lostFiles": lost_files,
                "studies": studies,
                "unmetRules": unmet_rules,
                "seconds": (start.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
            })
        )),
        SummaryForm::Text => {
            let row = |name: &str, number: u64, words: &str| {
                let line = format!("{:>11}  {words}", count(number));
                terminal::say(format_args!("{NAME}{name:<12}{NAME:#} {}\n", line.trim_end()));
            };
            row("files", *files, &format!("in {}", duration(start.elapsed())));
            row("DICOM files", *dicom_files, "");
            row("studies", *studies as u64, &format!("in fragments: {}", place(&scan.output)));
            if *skipped_files > 0 {
                let lost =
                    format!("files, {} of them DICOM or possibly so: assemble --report names them", count(*lost_files));
                row("left out", *skipped_files, &lost);
            }
            for rule in unmet_rules {
                let rule = source::printable(rule.as_bytes());
                terminal::say(format_args!("{WARNING}rule{WARNING:#}         {rule}: no file meets it\n"));
            }
        }
    }
}

fn place(output: &Path) -> String {
    if is_stdout(output) {
        "standard output".to_string()
    } else {
        source::printable(output.as_os_str().as_encoded_bytes())
    }
}
