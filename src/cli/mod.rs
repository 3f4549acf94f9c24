//! The command line: what can be said, not what it means.
//!
//! The doc comments here are the help. No option has its default here, so that a configuration file can stand between
//! the command line and the defaults, which are in [`config`](crate::config).

mod content;
mod convert;
mod explain;
mod input;
mod output;
mod run;

use std::ffi::OsString;

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command as ClapCommand, CommandFactory, FromArgMatches, Parser, Subcommand};

pub use content::ContentArguments;
pub use convert::ConvertArguments;
pub use explain::ExplainArguments;
pub use input::InputArguments;
pub use output::OutputArguments;
pub use run::RunArguments;

/// Turns folders of DICOM into FHIR ImagingStudy resources
#[derive(Debug, Parser)]
#[command(name = "dcm2fhir", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// DICOM to FHIR, to standard output, a file or a folder
    Convert(Box<ConvertArguments>),
    /// Which attribute of a file filled which element, and what was left out and why
    Explain(ExplainArguments),
}

impl Cli {
    /// Reads the command line. What comes back as an error may also be the help.
    pub fn parse_from(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
        Cli::from_arg_matches(&command().try_get_matches_from(arguments)?)
    }
}

/// The command line with its variables: every option is also `DCM2FHIR_` and its name.
pub fn command() -> ClapCommand {
    Cli::command().mut_subcommands(|subcommand| subcommand.mut_args(with_variable))
}

fn with_variable(argument: Arg) -> Arg {
    let Some(long) = argument.get_long().filter(|long| *long != "help") else { return argument };
    let name = format!("DCM2FHIR_{}", long.replace('-', "_").to_uppercase());
    let argument = argument.env(name).hide_env(true);
    match argument.get_action() {
        ArgAction::SetTrue => argument.value_parser(BoolishValueParser::new()),
        _ => argument,
    }
}

#[cfg(test)]
mod tests;
