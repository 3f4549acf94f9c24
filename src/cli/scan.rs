//! `dcm2fhir scan`.

use std::path::PathBuf;

use clap::Args;

use super::ConsoleArguments;
use crate::error::Error;
use crate::options::parse::whole;
use crate::options::{FileMode, InputOptions, RunOptions, Share};
use crate::pipeline::{self, Config, Scan};
use crate::source::RemoteOptions;

const EXAMPLES: &str = "\
Examples:
  List of paths in, lines out, as an engine such as Spark runs it:
    find archive/ -type f | dcm2fhir scan --files-from - > records.ndjson
  The 3rd of 100 jobs over one archive, into 64 files:
    dcm2fhir scan archive/ -o records/ --partitions 64 --shard 3/100
  The studies of one of the 64 files, as FHIR:
    dcm2fhir assemble records/ --partition 7/64 -o studies/ --fhir r4

Each line is a Study Instance UID, a tab and JSON, in ASCII. Lines can be sorted,
duplicated and merged in any order. They hold patient data. See docs/scale.md.

Exit code:
  0    done; assemble --report lists the files that were left out
  1    nothing was found, and nothing was written
  2    could not run, or a file could not be read: a retry may help
  130  interrupted";

/// The arguments of `scan`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, override_usage = "dcm2fhir scan [OPTIONS] <INPUT>...")]
pub struct ScanArguments {
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten)]
    remote: RemoteOptions,

    /// Write to a file, a folder or -
    ///
    /// A path that ends in / or has no extension is a folder, which gets one file for each partition. Files appear
    /// under their final name once complete. Default: -, standard output.
    #[arg(short, long, value_name = "PATH", default_value = "-", help_heading = "Output")]
    output: PathBuf,

    /// Split the output into N files, by hash of the study
    ///
    /// For `assemble --partition K/N`. All scans that write to one folder must use the same N. Default: 1.
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=100_000), help_heading = "Many machines")]
    partitions: Option<u32>,

    /// Read only the folders of shard K of M
    ///
    /// Folders are assigned by hash of their path below the input, so that M scans divide an archive. Default: all.
    #[arg(long, value_name = "K/M", help_heading = "Many machines")]
    shard: Option<Share>,

    /// Skip files that cannot be read
    ///
    /// Default: nothing is written and the exit code is 2, so that the job is retried.
    #[arg(long, help_heading = "Many machines", hide_short_help = true)]
    allow_unreadable: bool,

    /// Exit with 0 if nothing is found
    ///
    /// For tasks of an engine, of which some have nothing to do; a shard may always be empty. Default: exit code 1, and
    /// nothing is written.
    #[arg(long, help_heading = "Many machines", hide_short_help = true)]
    allow_empty: bool,

    /// Number of reading threads
    ///
    /// More threads than cores help on cold or remote disks. Default: four for each core, at most 32.
    #[arg(short = 'j', long, value_name = "N", value_parser = whole::<u16>(1..=1024), help_heading = "Run")]
    threads: Option<u16>,

    /// Permissions of written files, as 640
    ///
    /// Not on Windows. Default: 600, for they hold patient data.
    #[arg(long, value_name = "OCTAL", hide_short_help = true, default_value_t, help_heading = "Run")]
    mode: FileMode,

    #[command(flatten)]
    console: ConsoleArguments,
}

/// Scans, and says with which code to exit.
pub fn run(arguments: ScanArguments) -> Result<u8, Error> {
    let ScanArguments { input, remote, output, partitions, shard, threads, mode, console, .. } = arguments;
    let ScanArguments { allow_unreadable, allow_empty, .. } = arguments;
    let run = RunOptions { threads, mode, ..RunOptions::default() };
    let job = Config { input, remote, run, ..Config::default() }.job()?;
    let scan = Scan { output, partitions, shard, allow_unreadable, allow_empty };
    pipeline::scan(&scan, &job, &console.console())
}
