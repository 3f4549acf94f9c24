//! `dcm2fhir index`: checks and maintains an index file.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};

use crate::error::Error;
use crate::index;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  dcm2fhir index check archive.index
  dcm2fhir index stats archive.index

Exit code:
  0    the index is intact
  2    it is damaged, in use, or not an index";

/// The arguments of `index`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, disable_help_flag = true)]
pub struct IndexArguments {
    #[command(subcommand)]
    action: Action,

    /// Print this help
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check whether an index is intact
    Check(IndexFile),
    /// Print statistics of an index
    Stats(IndexFile),
    /// Shrink an index: free the space of deleted entries
    Vacuum(IndexFile),
}

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
struct IndexFile {
    /// Index file
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print this help
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,
}

/// Runs the subcommand, then prints statistics of the index.
pub fn run(arguments: &IndexArguments) -> Result<u8, Error> {
    let lines = match &arguments.action {
        Action::Check(file) => index::check(&file.file),
        Action::Stats(file) => index::stats(&file.file),
        Action::Vacuum(file) => index::vacuum(&file.file),
    }?;
    let text: String = lines.iter().map(|(name, value)| format!("{name:<31} {value}\n")).collect();
    output::print(text.as_bytes())?;
    Ok(0)
}
