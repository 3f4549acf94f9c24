//! The command line: parses, runs, exits.

use std::error::Error as _;
use std::process::ExitCode;

use clap::ColorChoice;
use dcm2fhir::cli::{self, Cli};
use dcm2fhir::error::Error;
use dcm2fhir::progress::{self, ERROR, WARNING};
use dcm2fhir::{interrupt, source};

/// The allocator of musl takes a lock for each request.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The run could not start, or not go on.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse_from(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let colors = match cli.color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    colors.write_global();
    let names = std::env::vars_os().map(|(name, _)| name);
    for warning in cli::unknown_variables(names) {
        progress::say(format_args!("{WARNING}warning:{WARNING:#} {}\n", source::printable(warning.as_bytes())));
    }
    ExitCode::from(match cli.command.run() {
        Ok(code) => code,
        Err(Error::Closed) => 0,
        Err(error) => {
            say(&error);
            if matches!(error, Error::Interrupted) { interrupt::EXIT_CODE } else { COULD_NOT_RUN }
        }
    })
}

/// Prints the error and its causes. Write errors are ignored: standard error may be closed.
fn say(error: &Error) {
    progress::say(format_args!("{ERROR}error:{ERROR:#} {}\n", source::printable(error.to_string().as_bytes())));
    let mut cause = error.source();
    while let Some(error) = cause {
        progress::say(format_args!("  because: {}\n", source::printable(error.to_string().as_bytes())));
        cause = error.source();
    }
}
