//! What the command says of a run, and how its exit code is judged.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::options::{ShowProgress, SummaryForm};
use crate::pipeline::Console;

/// The end of every run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct ConsoleArguments {
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
    #[arg(long, value_enum, default_value_t, value_name = "FORM", hide_short_help = true)]
    pub summary: SummaryForm,

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
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", hide_short_help = true)]
    pub progress: ShowProgress,

    /// Print this help; --help says more
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,
}

impl ConsoleArguments {
    /// What the user sees of the run.
    pub fn console(&self) -> Console {
        let ConsoleArguments { verbose, strict, .. } = *self;
        match self.quiet {
            true => Console { progress: ShowProgress::Never, summary: SummaryForm::None, verbose, strict },
            false => Console { progress: self.progress, summary: self.summary, verbose, strict },
        }
    }
}
