//! Options of messages and of the exit code.

use std::path::PathBuf;

use clap::Args;

use crate::options::{ShowProgress, SummaryForm};
use crate::pipeline::Console;

/// Options of messages and of the exit code, which every command that runs has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct ConsoleArguments {
    /// Exit with 1 if a value was dropped
    ///
    /// Default: only if a file was left out or a study mixes patients.
    #[arg(long, hide_short_help = true)]
    pub strict: bool,

    /// Read options from a TOML file
    ///
    /// Its keys are the names of the options. Options and environment variables take precedence over the file. Relative
    /// paths in it start at the current folder. `dcm2fhir config --template` prints one. Default: none; no file is
    /// searched for.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub config: Option<PathBuf>,

    /// Form of the summary: text, json or none
    ///
    /// `json`: one line on standard error, for scripts. `none`: only the reason for exit code 1. Default: text.
    #[arg(long, value_enum, default_value_t, value_name = "FORM", hide_short_help = true)]
    pub summary: SummaryForm,

    /// Name each file that is left out when it is found
    #[arg(short, long, hide_short_help = true)]
    pub verbose: bool,

    /// Do not print a summary or progress
    ///
    /// Errors, warnings and the reason for exit code 1 are still printed.
    #[arg(short, long)]
    pub quiet: bool,

    /// Show progress: auto, always or never
    ///
    /// `auto`: a progress bar, on a terminal only. `always`: also a line every ten seconds if there is no terminal.
    /// Default: auto.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", hide_short_help = true)]
    pub progress: ShowProgress,
}

impl ConsoleArguments {
    /// The settings of summary and progress.
    pub fn console(&self) -> Console {
        let ConsoleArguments { verbose, strict, .. } = *self;
        match self.quiet {
            true => Console { progress: ShowProgress::Never, summary: SummaryForm::None, verbose, strict },
            false => Console { progress: self.progress, summary: self.summary, verbose, strict },
        }
    }
}
