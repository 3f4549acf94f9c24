//! Compares the tool with the floor and with other readers, each as a whole program: `cargo bench --bench compare --
//! --help`.
//!
//! They run in turns for several rounds on one archive, so that other load affects all alike. The results are medians,
//! and ratios within a round.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints what it measured")]

mod archive;
mod contestants;
mod counts;
#[path = "../headers/mod.rs"]
mod headers;
mod measure;
mod readers;
mod slow;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Parser;

use contestants::{Contestant, contestants, floor, tool};
use measure::Run;

/// Measures dcm2fhir, the floor and other readers on one archive
#[derive(Debug, Parser)]
pub struct Arguments {
    /// Files of the archive
    #[arg(long, default_value_t = 20_000)]
    files: u32,
    /// Pixel data of each file, in KiB
    #[arg(long, default_value_t = 4)]
    pixel_kib: usize,
    /// Measure on this folder instead of making an archive
    #[arg(long)]
    archive: Option<PathBuf>,
    /// Rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Threads of the tool and of the floor
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Leave the other readers out
    #[arg(long)]
    alone: bool,
    /// Count instructions and system calls too, with valgrind and strace
    #[arg(long)]
    counts: bool,
    /// Try 1 to 32 threads: warm, cold (as root) and with 5 ms for each open and read
    #[arg(long)]
    by_threads: bool,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    // The program starts itself anew for what has to be a process of its own.
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((first, command)) if first == "run" => return measure::run_and_tell(command),
        Some((first, rest)) if first == "reader" => return readers::read(rest),
        _ => {}
    }
    let arguments = Arguments::parse();
    let work = tempfile::tempdir().expect("a folder for the archive");
    let archive = arguments.archive.clone().unwrap_or_else(|| {
        let folder = work.path().join("archive");
        archive::write(&folder, arguments.files, arguments.pixel_kib << 10).expect("room for the archive");
        folder
    });
    let files = archive::count(&archive);
    println!("{files} files, {} rounds, {} threads", arguments.rounds, arguments.threads);
    let all = contestants(&archive, work.path(), arguments.threads, !arguments.alone);
    table::print(files, &rounds(&all, work.path(), arguments.rounds));
    if arguments.counts {
        counts::print(files, &all, work.path());
    }
    if arguments.by_threads {
        by_threads(&archive, work.path(), files, arguments.rounds);
    }
    ExitCode::SUCCESS
}

/// Runs all in turns; the first round is a warm-up. The floor runs before each, so that all start with the same caches.
fn rounds<'a>(all: &'a [Contestant], work: &Path, rounds: usize) -> Vec<(&'a Contestant, Vec<Run>)> {
    let mut results: Vec<(&Contestant, Vec<Run>)> = all.iter().map(|contestant| (contestant, Vec::new())).collect();
    for round in 0..=rounds {
        for (contestant, runs) in &mut results {
            measure::run(&all[0].command, work);
            let run = measure::run(&contestant.command, work);
            if round > 0 {
                runs.push(run);
            }
        }
    }
    results
}

/// Wall seconds for numbers of threads: of the floor and of the tool on a warm cache and on a cold one, and of the tool
/// on a slow disk.
fn by_threads(archive: &Path, work: &Path, files: u32, rounds: usize) {
    let slow = slow::library(work);
    println!("\nseconds by threads\n\n| threads | floor | floor, cold | warm | cold | 5 ms an open and read |");
    println!("|---|---|---|---|---|---|");
    for threads in [1, 2, 4, 8, 16, 32] {
        let (floor, command) = (floor(archive, threads), tool(archive, work, threads));
        let warm = |command: &[String]| table::median((0..rounds).map(|_| measure::run(command, work).wall));
        let cold = |command: &[String]| cold(command, work, rounds.min(3));
        let slowed = slow.as_ref().map(|library| measure::run(&slow::preloaded(&command, library, archive), work).wall);
        let seconds = [Some(warm(&floor)), cold(&floor), Some(warm(&command)), cold(&command), slowed];
        let cell = |seconds: Option<f64>| seconds.map_or("-".to_string(), |seconds| format!("{seconds:.2}"));
        println!("| {threads} | {} |", seconds.map(cell).join(" | "));
    }
    println!("\n({files} files)");
}

/// Wall seconds with an empty page cache, if it can be emptied.
fn cold(command: &[String], work: &Path, rounds: usize) -> Option<f64> {
    let run = |_| measure::drop_caches().then(|| measure::run(command, work).wall);
    let seconds: Option<Vec<f64>> = (0..rounds).map(run).collect();
    seconds.map(|seconds| table::median(seconds.into_iter()))
}

/// The words of a command as one that can be started.
fn command(words: &[String]) -> Command {
    let (program, arguments) = words.split_first().expect("a command has a program");
    let mut command = Command::new(program);
    command.args(arguments);
    command
}
