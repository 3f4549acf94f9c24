//! `dcm2fhir assemble`.

use std::path::PathBuf;

use clap::Args;

use super::ConsoleArguments;
use crate::error::Error;
use crate::mapping::ContentOptions;
#[cfg(feature = "objects")]
use crate::objects::BucketOptions;
use crate::options::{RunOptions, Share};
use crate::output::OutputOptions;
use crate::pipeline::{self, Assembly, Config};
use crate::source::RemoteOptions;

const EXAMPLES: &str = "\
Examples:
  The same result as convert, in three steps:
    dcm2fhir scan archive/ -o - | LC_ALL=C sort | dcm2fhir assemble - -o studies/ --fhir r4
  The 7th of 64 jobs, after the scans; records/ may also be s3://bucket/records/:
    dcm2fhir assemble records/ --partition 7/64 -o studies/ --fhir r4

All lines of a study must be adjacent, as after a sort. Duplicate lines are harmless.

Exit code:
  0    done; problems of the data are printed and listed in the report
  1    no study was found; with --strict: a value was dropped or a file was left out
  2    could not run: a line is not from scan, is of another version, apart from
       its study or missing; or a document was held back
  130  interrupted";

/// The arguments of `assemble`.
#[derive(Debug, Args)]
#[command(
    after_long_help = EXAMPLES,
    override_usage = "dcm2fhir assemble [OPTIONS] <INPUT>...",
    mut_arg("threads", |threads| threads.hide_short_help(true))
)]
pub struct AssembleArguments {
    /// Files or a folder that scan wrote, or s3://…/; - is stdin
    ///
    /// Those of a bucket (s3://, gs://, az://) are read where they are; a folder there ends in a slash. Several files
    /// must each be sorted. Piped input is kept in a temporary file while it is read.
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,

    /// Write only the studies of partition K of N
    ///
    /// From a folder that `scan --partitions N` wrote. Default: all.
    #[arg(long, value_name = "K/N", help_heading = "Run")]
    partition: Option<Share>,

    /// Accept input with no studies, or with a part of them
    ///
    /// For tasks of an engine, which see a part of a scan. Default: exit code 1 if no study is found, and 2 if lines of
    /// the scan are missing.
    #[arg(long, help_heading = "Run", hide_short_help = true)]
    allow_empty: bool,

    #[command(flatten)]
    output: OutputOptions,
    #[cfg(feature = "objects")]
    #[command(flatten)]
    bucket: BucketOptions,
    /// Trust these CA certificates of a private store, as PEM
    ///
    /// Default: the system's.
    #[cfg(all(feature = "objects", feature = "http"))]
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = "Server")]
    ca_cert: Option<PathBuf>,
    #[command(flatten)]
    content: ContentOptions,
    #[command(flatten)]
    run: RunOptions,
    #[command(flatten)]
    console: ConsoleArguments,
}

/// Assembles, and returns the exit code.
pub fn run(arguments: AssembleArguments) -> Result<u8, Error> {
    let AssembleArguments { inputs, partition, allow_empty, output, content, run, console, .. } = arguments;
    #[cfg(feature = "objects")]
    let mut remote = RemoteOptions { bucket: arguments.bucket, ..RemoteOptions::default() };
    #[cfg(all(feature = "objects", feature = "http"))]
    remote.web.access.ca_cert.clone_from(&arguments.ca_cert);
    #[cfg(not(feature = "objects"))]
    let remote = RemoteOptions::default();
    let job = Config { output, content, run, remote, ..Config::default() }.convert()?;
    pipeline::assemble(&Assembly { inputs, partition, allow_empty }, &job, &console.console())
}
