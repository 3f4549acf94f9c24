//! `dcm2fhir scan`.

use std::path::PathBuf;

use clap::Args;

use super::ConsoleArguments;
use crate::error::Error;
use crate::fhir::profile::{ProfileName, ProfileOptions};
use crate::options::parse::whole;
use crate::options::{FileMode, InputOptions, Share};
use crate::pipeline::{self, Scan};
use crate::source::RemoteOptions;

const EXAMPLES: &str = "\
Examples:
  Paths in, lines out, under any engine:
    find archive/ -type f | dcm2fhir scan - -o - > records.ndjson
  The 3rd of 100 jobs over one archive, into 64 files:
    dcm2fhir scan archive/ -o records/ --partitions 64 --shard 3/100
  What comes of them:
    dcm2fhir assemble records/ --partition 7/64 -o studies/ --fhir r4

A line is the study, a tab and JSON, in plain ASCII. Lines can be sorted, doubled and
taken together in any order; they hold patient data. docs/scale.md has more.

Exit code:
  0    done; files that are no use are named by assemble --report
  2    could not run, or a file cannot be read: another try may help
  130  interrupted";

const INPUTS: &str = "Files, folders, archives; - is a list of paths on stdin";
const INPUTS_IN_FULL: &str = "\
Files, folders, archives; - is a list of paths on stdin

As convert takes them, but for -, which is here what it is for --files-from: paths, one a line, or separated by NUL
with -0.";

/// What `scan` can be told.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, disable_help_flag = true, override_usage = "dcm2fhir scan [OPTIONS] <INPUT>...")]
#[command(mut_arg("inputs", |inputs| inputs.help(INPUTS).long_help(INPUTS_IN_FULL)))]
pub struct ScanArguments {
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten)]
    remote: RemoteOptions,

    /// Where the lines go: -, a file or a folder
    ///
    /// A path that ends in / or has no extension is a folder: it gets a file for each partition. Files appear when they
    /// are whole. Default: -, standard output.
    #[arg(short, long, value_name = "PATH", default_value = "-", help_heading = "Output")]
    output: PathBuf,

    /// Write N files, each with the studies of one hash
    ///
    /// For `assemble --partition K/N`. All scans into one folder need the same number. Default: 1.
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=100_000), help_heading = "Many machines")]
    partitions: Option<u32>,

    /// Read only the folders of shard K of M
    ///
    /// By the hash of a folder's path below its input, so that M scans share an archive. Default: all.
    #[arg(long, value_name = "K/M", help_heading = "Many machines")]
    shard: Option<Share>,

    /// Read what assemble --profile NAME needs too
    ///
    /// `mado` needs more than any other target. All scans of an archive and `assemble` need the same. Default: none.
    #[arg(long, value_enum, value_name = "NAME", hide_possible_values = true, help_heading = "Many machines")]
    #[arg(hide_short_help = true)]
    profile: Option<ProfileName>,

    /// Leave out files that cannot be read, and go on
    ///
    /// Default: nothing is written and the exit code is 2, for another try may read them.
    #[arg(long, help_heading = "Many machines", hide_short_help = true)]
    allow_unreadable: bool,

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
    let ScanArguments { input, remote, output, partitions, shard, profile, allow_unreadable, threads, mode, console } =
        arguments;
    let profile = ProfileOptions { profile, ..ProfileOptions::default() };
    let scan = Scan { input, remote, output, partitions, shard, profile, allow_unreadable, threads, mode };
    pipeline::scan(&scan, &console.console())
}
