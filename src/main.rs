//! The command line: parses, runs, exits.

use std::error::Error as _;
use std::io::{Write, stderr};
use std::process::ExitCode;

use dcm2fhir::cli::{Cli, Command};
use dcm2fhir::config::{Config, ExplainConfig};
use dcm2fhir::error::Error;
use dcm2fhir::{interrupt, run, source};

/// The run could not start, or not go on.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse_from(std::env::args_os()).unwrap_or_else(|error| error.exit());
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
        Command::Convert(arguments) => run::convert(&Config::convert(*arguments)?),
        Command::Explain(arguments) => run::explain(&ExplainConfig::new(arguments)?),
    }
}

/// Prints the error and its causes. Nobody may be listening, which is no reason to stop.
fn say(error: &Error) {
    let _ = writeln!(stderr(), "error: {}", source::printable(error.to_string().as_bytes()));
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = writeln!(stderr(), "  because: {}", source::printable(error.to_string().as_bytes()));
        cause = error.source();
    }
}
