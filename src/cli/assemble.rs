//! `dcm2fhir assemble`.

use std::path::PathBuf;

use clap::Args;

use super::ConsoleArguments;
use crate::error::Error;
use crate::mapping::ContentOptions;
#[cfg(feature = "objects")]
use crate::objects::BucketOptions;
use crate::options::{OutputOptions, RunOptions, Share};
use crate::pipeline::{self, Assembly, Config};
use crate::source::RemoteOptions;

const EXAMPLES: &str = "\
Examples:
  What convert does, in three steps:
    dcm2fhir scan archive/ -o - | LC_ALL=C sort | dcm2fhir assemble - -o studies/ --fhir r4
  The 7th of 64 jobs over what the scans wrote:
    dcm2fhir assemble records/ --partition 7/64 -o studies/ --fhir r4

The lines of a study have to stand together. Doubled lines do no harm.

Exit code:
  0    done; faults of the data are told, and stand in the report
  1    --strict, and a value was dropped or a file left out
  2    could not run: a line is none of ours, is of another version, does not stand
       with its study, or a document was held back
  130  interrupted";

/// What `assemble` can be told.
#[derive(Debug, Args)]
#[command(
    after_long_help = EXAMPLES,
    disable_help_flag = true,
    override_usage = "dcm2fhir assemble [OPTIONS] <INPUT>...",
    mut_arg("threads", |threads| threads.hide_short_help(true))
)]
pub struct AssembleArguments {
    /// Files that scan wrote, or the folder; - is stdin
    ///
    /// Several files have to be sorted. What comes through a pipe is kept in a temporary file while it is read.
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,

    /// Write only the studies of partition K of N
    ///
    /// Of a folder that `scan --partitions N` wrote. Default: all.
    #[arg(long, value_name = "K/N", help_heading = "Run")]
    partition: Option<Share>,

    #[command(flatten)]
    output: OutputOptions,
    #[cfg(feature = "objects")]
    #[command(flatten)]
    bucket: BucketOptions,
    #[command(flatten)]
    content: ContentOptions,
    #[command(flatten)]
    run: RunOptions,
    #[command(flatten)]
    console: ConsoleArguments,
}

/// Assembles, and says with which code to exit.
pub fn run(arguments: AssembleArguments) -> Result<u8, Error> {
    let AssembleArguments { inputs, partition, output, content, run, console, .. } = arguments;
    #[cfg(feature = "objects")]
    let remote = RemoteOptions { bucket: arguments.bucket, ..RemoteOptions::default() };
    #[cfg(not(feature = "objects"))]
    let remote = RemoteOptions::default();
    let job = Config { output, content, run, remote, ..Config::default() }.convert()?;
    pipeline::assemble(&Assembly { inputs, partition }, &job, &console.console())
}
