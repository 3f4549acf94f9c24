//! The command line: parses, runs, exits.

use std::error::Error as _;
use std::process::ExitCode;

use clap::ColorChoice;
use dcm2fhir::cli::{self, Cli, Command, ManArguments};
use dcm2fhir::config::{Config, ExplainConfig, SynthConfig};
use dcm2fhir::error::Error;
use dcm2fhir::progress::{self, ERROR, WARNING};
use dcm2fhir::{interrupt, output, pipeline, source};

/// The allocator of musl takes a lock for each request.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The run could not start, or not go on.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse_from(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let colors = match cli.color.unwrap_or_default() {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    colors.write_global();
    let names = std::env::vars_os().map(|(name, _)| name);
    for warning in cli::unknown_variables(names) {
        progress::say(format_args!("{WARNING}warning:{WARNING:#} {}\n", source::printable(warning.as_bytes())));
    }
    ExitCode::from(match run(cli.command) {
        Ok(code) => code,
        Err(Error::Closed) => 0,
        Err(error) => {
            say(&error);
            if matches!(error, Error::Interrupted) { interrupt::EXIT_CODE } else { COULD_NOT_RUN }
        }
    })
}

fn run(command: Command) -> Result<u8, Error> {
    match command {
        Command::Convert(arguments) => pipeline::convert(&Config::convert(*arguments)?),
        Command::Explain(arguments) => pipeline::explain(&ExplainConfig::new(arguments)?),
        Command::Mapping(arguments) => pipeline::print_mapping(&arguments),
        #[cfg(feature = "upload")]
        Command::Upload(arguments) => pipeline::upload(dcm2fhir::config::Upload::of(*arguments)?),
        Command::Synth(arguments) => pipeline::synth(&SynthConfig::new(arguments)?),
        Command::Config(arguments) => print(arguments.text.as_bytes()),
        Command::Completions(arguments) => print(&cli::completions(cli::command(), arguments.shell)),
        Command::Man(ManArguments { output: None, .. }) => print(&cli::page(cli::command())),
        Command::Man(ManArguments { output: Some(folder), .. }) => {
            let pages = cli::pages(cli::command(), &folder);
            pages.map(|()| 0).map_err(|source| Error::Write { path: folder, source })
        }
    }
}

/// Prints a document that the command line itself makes.
fn print(document: &[u8]) -> Result<u8, Error> {
    output::print(document).map(|()| 0)
}

/// Prints the error and its causes. Nobody may be listening, which is no reason to stop.
fn say(error: &Error) {
    progress::say(format_args!("{ERROR}error:{ERROR:#} {}\n", source::printable(error.to_string().as_bytes())));
    let mut cause = error.source();
    while let Some(error) = cause {
        progress::say(format_args!("  because: {}\n", source::printable(error.to_string().as_bytes())));
        cause = error.source();
    }
}
