//! Nights and many machines beside what they are measured by, as ratios of one run:
//! `cargo bench --bench nights -- --help`.
//!
//! All take turns, several rounds, on one archive; medians count. What is opened of the archive in an unchanged night
//! is counted with strace, where that is installed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints what it measured")]

mod floor;
#[path = "../headers/mod.rs"]
mod headers;
mod memory;
mod run;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Parser;

use run::{Cost, Work, median};

/// Measures runs with an index, and scan, sort and assemble
#[derive(Debug, Parser)]
struct Arguments {
    /// Measure on this folder instead of making an archive
    #[arg(long)]
    archive: Option<PathBuf>,
    /// Series of 200 instances of the archive that is made
    #[arg(long, default_value_t = 100)]
    series: u32,
    /// Spread the files of the archive that is made over 65,536 folders, in no order
    #[arg(long)]
    spread: bool,
    /// Rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Reading threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Instead: the peak of memory of indexes of so many files, which come from memory
    #[arg(long, value_name = "FILES")]
    memory: Vec<u32>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    // The program starts itself anew for what has to be a process of its own.
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((first, rest)) if first == "look" => return floor::look(rest),
        Some((first, rest)) if first == "fill" => return memory::fill(rest),
        _ => {}
    }
    let arguments = Arguments::parse();
    let work = Work::new(arguments.threads);
    if !arguments.memory.is_empty() {
        memory::print(&work, &arguments.memory);
        return ExitCode::SUCCESS;
    }
    let archive = arguments.archive.clone().unwrap_or_else(|| made(&work, &arguments));
    let files = files_below(&archive);
    println!("{files} files, {} rounds, {} threads\n", arguments.rounds, arguments.threads);
    let rounds: Vec<Round> = (0..=arguments.rounds).map(|number| Round::of(&work, &archive, number)).collect();
    print(&rounds[1..], files);
    print_opened(&work, &archive);
    ExitCode::SUCCESS
}

/// What everything took in one round, in which the machine was the same for all.
struct Round {
    look: Cost,
    convert: Cost,
    first: Cost,
    unchanged: Cost,
    from_index: Cost,
    scan: Cost,
    sort: Cost,
    assemble: Cost,
    line_bytes: u64,
}

impl Round {
    /// Every output is a new folder: a file system that has just removed files gives out their places slowly.
    fn of(work: &Work, archive: &Path, number: usize) -> Round {
        let at = |name: &str| work.path(&format!("{name}-{number}"));
        let archive = archive.display().to_string();
        let (index, sorted) = (at("index"), at("sorted"));
        // A path without an extension is a folder.
        let lines = at("lines") + ".ndjson";
        let with_index = ["--index", &index, "--fhir"];
        let night = |output: &str| work.convert(&[&[&archive[..], "-o", output], &with_index[..], &["r4"]].concat());
        let convert = |output: &str| work.convert(&[&archive, "-o", output, "--fhir", "r4"]);
        let (plain, nightly) = (at("plain/"), at("nightly/"));
        // The first is there to find the caches as all others do.
        work.own(&["look", &archive]);
        Round {
            look: work.own(&["look", &archive]),
            convert: convert(&plain),
            first: night(&nightly),
            unchanged: night(&nightly),
            from_index: work.convert(&[&["-o", &at("again/")], &with_index[..], &["r5"]].concat()),
            scan: work.tool(&["scan", &archive, "-o", &lines, "-q", "-j", &work.threads]),
            sort: work.shell(&format!("LC_ALL=C sort '{lines}' > '{sorted}'")),
            assemble: work.shell(&format!(
                "'{}' assemble - -q --fhir r4 -o '{}' < '{sorted}'",
                run::TOOL,
                at("parts/")
            )),
            line_bytes: fs::metadata(&lines).map_or(0, |metadata| metadata.len()),
        }
    }
}

fn print(rounds: &[Round], files: u64) {
    let each = |cost: &dyn Fn(&Round) -> f64| median(rounds.iter().map(cost));
    let line = |name: &str, cost: &dyn Fn(&Round) -> f64| {
        println!("{name:<28} {:8.2} µs of CPU a file", each(cost) * 1e6 / files as f64);
    };
    line("walk and stat", &|round| round.look.cpu);
    line("convert", &|round| round.convert.cpu);
    line("first night", &|round| round.first.cpu);
    line("unchanged night", &|round| round.unchanged.cpu);
    line("from the index", &|round| round.from_index.cpu);
    line("scan", &|round| round.scan.cpu);
    line("sort", &|round| round.sort.cpu);
    line("assemble", &|round| round.assemble.cpu);
    println!();
    let ratio = |name: &str, goal: &str, ratio: &dyn Fn(&Round) -> f64| {
        println!("{name:<36} {:5.2}   (goal {goal})", each(ratio));
    };
    ratio("unchanged night / walk and stat", "1.4", &|round| round.unchanged.cpu / round.look.cpu);
    ratio("first night / convert", "1.4; spread 1.7", &|round| round.first.cpu / round.convert.cpu);
    ratio("from the index / convert", "0.7", &|round| round.from_index.cpu / round.convert.cpu);
    let parts = |round: &Round| (round.scan.cpu + round.sort.cpu + round.assemble.cpu) / round.convert.cpu;
    ratio("scan, sort, assemble / convert", "1.5", &parts);
    ratio("bytes a file in fragments", "70", &|round| round.line_bytes as f64 / files as f64);
}

/// How many files of the archive an unchanged night opens.
fn print_opened(work: &Work, archive: &Path) {
    let (index, output) = (work.path("index-1"), work.path("nightly-1/"));
    let archive = archive.display().to_string();
    let words = ["convert", &archive, "-o", &output, "--index", &index, "--fhir", "r4", "-q"];
    match work.opened_files(&archive, &words) {
        Some(opened) => println!("files opened in an unchanged night    {opened:4}   (goal 0)"),
        None => println!("files opened in an unchanged night       -   (strace is not installed)"),
    }
}

/// An archive of series of 200 instances, four a study, made by `synth`.
fn made(work: &Work, arguments: &Arguments) -> PathBuf {
    let folder = work.path("archive");
    let studies = arguments.series.div_ceil(4).to_string();
    work.tool(&["synth", "-o", &folder, "--studies", &studies, "--modalities", "CT", "--instances", "200", "-q"]);
    // What changed just now would be read again in the next night.
    for file in files_of(folder.as_ref()) {
        let file = fs::File::options().append(true).open(file).expect("it was made just now");
        file.set_modified(SystemTime::UNIX_EPOCH).expect("it is ours");
    }
    if arguments.spread { spread(folder.as_ref(), work.path("spread").into()) } else { folder.into() }
}

/// Moves files to folders by a hash, as archives do in which neighbours have nothing to do with each other.
fn spread(from: &Path, to: PathBuf) -> PathBuf {
    for (number, file) in (0_u32..).zip(files_of(from)) {
        let hash = number.wrapping_mul(0x9E37_79B9).rotate_left(16).wrapping_mul(0x85EB_CA6B);
        let folder = to.join(format!("{:02x}/{:02x}", hash >> 24, hash >> 16 & 0xFF));
        fs::create_dir_all(&folder).expect("room for the archive");
        fs::rename(file, folder.join(number.to_string())).expect("room for the archive");
    }
    to
}

fn files_below(folder: &Path) -> u64 {
    files_of(folder).count() as u64
}

fn files_of(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path)
}
