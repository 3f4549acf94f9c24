//! The type of each option, with how it is read from the command line, shown, and what it is by default.

use clap::ValueEnum;

/// How a run sums up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SummaryForm {
    /// A table for people.
    #[default]
    Text,
    /// One line of JSON.
    Json,
    /// Nothing, but why the exit code is 1.
    None,
}
