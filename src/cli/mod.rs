//! The command line: its syntax and help. The meaning of options is elsewhere.
//!
//! Doc comments are the help texts, here and in the option groups of other modules. The settings of a configuration
//! file are inserted before the arguments, so that defaults stay clap's.

mod assemble;
mod config_file;
mod console;
mod convert;
mod documents;
mod exit;
mod explain;
#[cfg(feature = "index")]
mod index;
mod mapping;
mod scan;
mod settings;
mod synth;
#[cfg(feature = "upload")]
mod upload;

use std::ffi::OsString;

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, ColorChoice, Command as ClapCommand, CommandFactory, FromArgMatches, Parser, Subcommand};

pub use assemble::AssembleArguments;
pub use console::ConsoleArguments;
pub use convert::ConvertArguments;
pub use documents::{CompletionsArguments, ManArguments};
pub use exit::main;
pub use explain::ExplainArguments;
#[cfg(feature = "index")]
pub use index::IndexArguments;
pub use mapping::MappingArguments;
pub use scan::ScanArguments;
pub use settings::ConfigArguments;
pub use synth::SynthArguments;
#[cfg(feature = "upload")]
pub use upload::UploadArguments;

use crate::error::Error;
use crate::options::closest;
use crate::output;
use settings::settings;

/// The version, and optional features of this build.
const VERSION: &str = if cfg!(feature = "objects") {
    concat!(env!("CARGO_PKG_VERSION"), " (with object stores)")
} else {
    env!("CARGO_PKG_VERSION")
};

const EXAMPLE: &str = "Example: dcm2fhir convert archive/ -o studies/ --fhir r4";

/// Convert folders of DICOM files to FHIR ImagingStudy resources
#[derive(Debug, Parser)]
#[command(name = "dcm2fhir", version = VERSION, max_term_width = 100, after_help = EXAMPLE)]
pub struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,

    /// Colors in messages: auto, always or never
    ///
    /// `auto`: on a terminal, unless NO_COLOR is set. Default: auto.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_short_help = true,
        display_order = 900
    )]
    pub color: ColorChoice,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Convert DICOM to FHIR: to standard output, a file or a folder
    Convert(Box<ConvertArguments>),
    /// Print which DICOM attribute fills which FHIR element
    Mapping(MappingArguments),
    /// Explain which attribute of a file fills which element
    Explain(Box<ExplainArguments>),
    /// Upload DICOM or FHIR to a FHIR server
    #[cfg(feature = "upload")]
    Upload(Box<UploadArguments>),
    /// Read headers into study fragments, to use many machines
    Scan(Box<ScanArguments>),
    /// Write FHIR from the fragments that scan wrote
    Assemble(Box<AssembleArguments>),
    /// Check an index file of --index, or show its statistics
    #[cfg(feature = "index")]
    Index(IndexArguments),
    /// Write a synthetic DICOM archive for tests, benchmarks and CI
    #[command(display_order = 101)]
    Synth(SynthArguments),
    /// Print the options that a run would use, as TOML
    #[command(display_order = 102)]
    Config(ConfigArguments),
    /// Print the completion script of a shell
    #[command(display_order = 103)]
    Completions(CompletionsArguments),
    /// Print the manual page, or write one for each command
    #[command(display_order = 104)]
    Man(ManArguments),
}

impl Cli {
    /// Parses the command line. The error may also be the help text.
    pub fn parse_from(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let command = command();
        // Errors of parsing are colored too, and a configuration file is read before the arguments count.
        let lenient = command.clone().ignore_errors(true).try_get_matches_from(&arguments).ok();
        let color = lenient.as_ref().and_then(|matches| matches.get_one("color").copied());
        let command = command.color(color.unwrap_or_default());
        let (arguments, from_file) = config_file::put_in(&command, lenient.as_ref(), arguments)?;
        let matches = command.clone().try_get_matches_from(arguments)?;
        let mut cli = Cli::from_arg_matches(&matches)?;
        if let (Command::Config(config), Some((_, matches))) = (&mut cli.command, matches.subcommand()) {
            config.text = match config.template {
                true => settings::template(&command),
                false => settings::effective(&command, matches, &from_file, config.show_secrets),
            };
        }
        Ok(cli)
    }
}

impl Command {
    /// Runs the command, and returns the exit code.
    pub fn run(self) -> Result<u8, Error> {
        match self {
            Command::Convert(arguments) => convert::run(*arguments),
            Command::Explain(arguments) => explain::run(&arguments),
            #[cfg(feature = "index")]
            Command::Index(arguments) => index::run(&arguments),
            Command::Mapping(arguments) => mapping::run(&arguments),
            #[cfg(feature = "upload")]
            Command::Upload(arguments) => upload::run(*arguments),
            Command::Scan(arguments) => scan::run(*arguments),
            Command::Assemble(arguments) => assemble::run(*arguments),
            Command::Synth(arguments) => synth::run(&arguments),
            Command::Config(arguments) => output::print(arguments.text.as_bytes()).map(|()| 0),
            Command::Completions(arguments) => documents::completions(&arguments),
            Command::Man(arguments) => documents::man(&arguments),
        }
    }
}

/// The command line with its environment variables: `DCM2FHIR_` and the option's name.
pub fn command() -> ClapCommand {
    let command = settings::with_settings(Cli::command().mut_subcommands(with_help))
        .mut_args(in_own_words)
        .mut_args(with_variable);
    command.mut_subcommands(|subcommand| subcommand.mut_args(in_own_words)).mut_subcommands(|subcommand| {
        match NO_VARIABLES.contains(&subcommand.get_name()) {
            true => subcommand,
            false => subcommand.mut_args(with_variable),
        }
    })
}

/// Variables that begin with `DCM2FHIR_` and match no option, each with a suggestion.
pub fn unknown_variables(names: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let names = names.into_iter().map(|name| name.to_string_lossy().into_owned());
    let names: Vec<String> = names.filter(|name| name.starts_with("DCM2FHIR_")).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let command = command();
    let options = settings(&command).into_iter().filter_map(|(_, argument)| Some(variable(argument.get_long()?)));
    let known: Vec<String> = options.chain([variable("config")]).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let unknown = names.into_iter().filter(|name| !known.contains(&name.as_str()));
    unknown
        .map(|name| {
            let guess = closest(&name, &known).map_or(String::new(), |guess| format!("; did you mean {guess}?"));
            format!("{name} is no option{guess}")
        })
        .collect()
}

/// Commands whose options have the names of other commands' options but another meaning.
const NO_VARIABLES: [&str; 4] = ["mapping", "synth", "completions", "man"];

/// The variable of an option.
fn variable(long: &str) -> String {
    format!("DCM2FHIR_{}", long.replace('-', "_").to_uppercase())
}

/// A command that says what its help option prints.
fn with_help(command: ClapCommand) -> ClapCommand {
    let help = match command.get_after_long_help() {
        Some(_) => "Print this help; --help says more",
        None => "Print this help",
    };
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help(help);
    command.disable_help_flag(true).arg(help).mut_subcommands(with_help)
}

/// Hides the default and the possible values that clap would print: the help text states them.
fn in_own_words(argument: Arg) -> Arg {
    let takes_values = argument.get_action().takes_values();
    let has_default = takes_values && !argument.get_default_values().is_empty();
    argument.hide_default_value(has_default).hide_possible_values(takes_values)
}

fn with_variable(argument: Arg) -> Arg {
    let Some(long) = argument.get_long().filter(|long| !NO_VARIABLE.contains(long)) else { return argument };
    let name = variable(long);
    let argument = argument.env(name).hide_env(true);
    match argument.get_action() {
        ArgAction::SetTrue => argument.value_parser(BoolishValueParser::new()),
        _ => argument,
    }
}

/// Options that have no variable.
const NO_VARIABLE: [&str; 4] = ["help", "version", "template", "show-secrets"];

#[cfg(test)]
mod tests;
