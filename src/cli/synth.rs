//! `dcm2fhir synth`.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::options::{FileMode, at_least, whole};

const EXAMPLES: &str = "\
Examples:
  Ten studies of all modalities:
    dcm2fhir synth -o archive/
  A hundred studies of CT and MR, about fifty images a series:
    dcm2fhir synth -o archive/ --studies 100 --modalities CT,MR --instances 50
  The same archive on every machine, and what is in it:
    dcm2fhir synth -o archive/ --seed 7 --manifest archive.json";

/// What `synth` can be told.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct SynthArguments {
    /// The folder; it is made where it is not there
    ///
    /// Files are written as patient/study/series/instance.dcm; those of the same name are replaced, others stay.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,

    /// How many studies
    ///
    /// A larger archive of the same seed begins with the smaller one. Default: 10.
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=10_000_000))]
    pub studies: Option<u32>,

    /// Of which modalities, as CT,MR
    ///
    /// Default: CT, MR, US, DX, CR, MG, PT, XA, NM and SR.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub modalities: Vec<String>,

    /// Instances a series, on average
    ///
    /// From one to twice that, less one. Default: 5.
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=100_000))]
    pub instances: Option<u32>,

    /// Another seed gives another archive
    ///
    /// The same options and version give the same bytes, on every machine. Default: 1.
    #[arg(long, value_name = "N", value_parser = at_least(0))]
    pub seed: Option<u64>,

    /// Pixel data of each image, in KiB
    ///
    /// Grey, and in compressed transfer syntaxes a filler that no viewer takes: for benchmarks that want large files.
    /// Default: none.
    #[arg(long, value_name = "N", value_parser = whole::<u16>(1..=32_768))]
    pub pixel_kb: Option<u16>,

    /// Write what was asked for and what was made, as JSON
    ///
    /// Without times and paths, so that it is the same for the same archive. Default: no manifest.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,

    /// Permissions of written files, as 640
    ///
    /// Folders that are made get them too, and can be entered by whoever may read. Not on Windows. Default: what the
    /// umask leaves, for no patient is in them; the manifest 600.
    #[arg(long, value_name = "OCTAL")]
    pub mode: Option<FileMode>,

    /// Do not print a summary
    #[arg(short, long)]
    pub quiet: bool,

    /// Print this help; --help says more
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,
}
