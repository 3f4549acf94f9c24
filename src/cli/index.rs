//! `dcm2fhir index`: looks at the file behind `--index`.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};

use crate::error::Error;
use crate::index;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  dcm2fhir index check archive.dcmindex
  dcm2fhir index stats archive.dcmindex

Exit code:
  0    the index is whole
  2    it is damaged, in use, or no index";

/// What `index` can be told.
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
    /// Find out whether an index is whole
    Check(IndexFile),
    /// Print what is in an index
    Stats(IndexFile),
    /// Make an index smaller: give back the room of what is gone
    Vacuum(IndexFile),
}

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
struct IndexFile {
    /// The index
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print this help
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,
}

/// Does what was asked for, and prints what is in the index then.
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
