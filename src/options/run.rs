//! Options of a run: threads, report, permissions, summary and progress.

use std::path::PathBuf;
use std::thread::available_parallelism;

use super::{FileMode, choice};

/// The upper limit of the default number of reading threads.
const MAX_DEFAULT_THREADS: usize = 32;

choice! {
    /// The form of the summary.
    pub enum SummaryForm: "form of summary", default Text {
        /// A table for people.
        Text = "text",
        /// One line of JSON.
        Json = "json",
        /// Only the reason for exit code 1.
        None = "none",
    }
}

choice! {
    /// When progress is shown.
    pub enum ShowProgress: "time for progress", default Auto {
        /// On a terminal.
        Auto = "auto",
        /// Without a terminal as lines.
        Always = "always",
        /// Not at all.
        Never = "never",
    }
}

/// The run.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Run"))]
#[non_exhaustive]
pub struct RunOptions {
    /// Number of reading threads
    ///
    /// More threads than cores help on slow or remote disks. Default: four for each core, at most 32.
    #[cfg_attr(
        feature = "cli",
        arg(short = 'j', long, value_name = "N", value_parser = super::parse::whole::<u16>(1..=1024))
    )]
    pub threads: Option<u16>,

    /// Write a report of what was left out, and why
    ///
    /// A name that ends in .html gives a web page, which also shows what the archive contains; any other name gives
    /// JSON that lists every file and value. `-` is standard output. It contains no header values, so no patient data
    /// except in file names. Default: no report; the summary has the counts.
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE"))]
    pub report: Option<PathBuf>,

    /// Put header values into the report
    ///
    /// They may be patient data.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true, requires = "report"))]
    pub report_values: bool,

    /// Permissions of written files, as 640
    ///
    /// For results, report, journal and rejects. New folders get them too, with the right to enter for everyone who may
    /// read. Not on Windows. Default: 600, as the files hold patient data.
    #[cfg_attr(feature = "cli", arg(long, value_name = "OCTAL", hide_short_help = true, default_value_t))]
    pub mode: FileMode,
}

impl RunOptions {
    /// Reading threads.
    pub fn threads(&self) -> usize {
        let default = || available_parallelism().map_or(1, |cores| (cores.get() * 4).min(MAX_DEFAULT_THREADS));
        self.threads.map_or_else(default, usize::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "cli")]
    #[test]
    fn the_help_states_the_default_number_of_threads() {
        use clap::Args;
        let command = RunOptions::augment_args(clap::Command::new("run"));
        let threads = command.get_arguments().find(|argument| argument.get_id() == "threads").unwrap();
        let help = threads.get_long_help().unwrap().to_string();
        assert!(help.contains(&format!("four for each core, at most {MAX_DEFAULT_THREADS}")), "{help}");
        let cores = available_parallelism().map_or(1, std::num::NonZero::get);
        assert_eq!(RunOptions::default().threads(), (4 * cores).min(MAX_DEFAULT_THREADS));
    }

    #[test]
    fn a_run_has_at_least_one_thread_and_not_more_than_help() {
        assert!((1..=MAX_DEFAULT_THREADS).contains(&RunOptions::default().threads()));
        assert_eq!(RunOptions { threads: Some(3), ..RunOptions::default() }.threads(), 3);
    }
}
