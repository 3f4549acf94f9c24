//! How the run goes, and what it says of itself.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::config::ShowProgress;
use crate::options::{FileMode, SummaryForm, whole};

/// The run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct RunArguments {
    /// Number of reading threads
    ///
    /// More threads than cores help on cold or remote disks. Default: four for each core, at most 32.
    #[arg(short = 'j', long, value_name = "N", value_parser = whole::<u16>(1..=1024))]
    pub threads: Option<u16>,

    /// Write a report of what was left out, and why
    ///
    /// A name that ends in .html gives a page to look at, which also shows what the archive holds; any other gives JSON,
    /// with every single file and value. `-` is standard output. Without header values, so that it holds no patient data but what file names say. Default: no report, and the
    /// summary has the counts.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Put header values into the report
    ///
    /// They may be patient data.
    #[arg(long, hide_short_help = true, requires = "report")]
    pub report_values: bool,

    /// Permissions of written files, as 640
    ///
    /// Of results, report, journal and rejects. Folders that are made get them too, and can be entered by whoever may
    /// read. Not on Windows. Default: 600, for they hold patient data.
    #[arg(long, value_name = "OCTAL", hide_short_help = true)]
    pub mode: Option<FileMode>,

    /// Exit with 1 if a value was dropped
    ///
    /// Default: only if a file was left out, or a study mixes patients.
    #[arg(long, hide_short_help = true)]
    pub strict: bool,

    /// Read options from a TOML file
    ///
    /// The names are those of the options. An option or a variable wins over the file. Paths in it are seen from the
    /// current folder. `dcm2fhir config --template` prints one. Default: none; no file is looked for.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub config: Option<PathBuf>,

    /// Form of the summary: text, json or none
    ///
    /// `json`: one line on standard error, for scripts. `none`: the reason of exit code 1 is still said. Default: text.
    #[arg(long, value_enum, value_name = "FORM", hide_possible_values = true, hide_short_help = true)]
    pub summary: Option<SummaryForm>,

    /// Name each file that is left out, as it comes
    #[arg(short, long, hide_short_help = true)]
    pub verbose: bool,

    /// Do not print a summary or progress
    ///
    /// Errors, warnings and the reason of exit code 1 are still said.
    #[arg(short, long)]
    pub quiet: bool,

    /// Show progress: auto, always or never
    ///
    /// `auto`: a bar on a terminal. `always`: without a terminal a line every ten seconds. Default: auto.
    #[arg(long, value_enum, value_name = "WHEN", hide_possible_values = true, hide_short_help = true)]
    pub progress: Option<ShowProgress>,

    /// Print this help; --help says more
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,
}
