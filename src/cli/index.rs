//! `dcm2fhir index`: checks and maintains an index file.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
#[command(after_help = EXAMPLES)]
pub struct IndexArguments {
    #[command(subcommand)]
    action: Action,
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
struct IndexFile {
    /// Index file
    #[arg(value_name = "FILE")]
    file: PathBuf,
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
