//! Parses the command line, runs the command, and returns the exit code.

use std::error::Error as _;
use std::process::ExitCode;

use clap::ColorChoice;
use clap::error::{ContextKind, ContextValue};

use super::{Cli, unknown_variables, variable};
use crate::error::Error;
use crate::source::one_line;
use crate::terminal::{self, ERROR, WARNING};

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// Everything was done, or the output pipe was closed.
    Done = 0,
    /// Done, except for what standard error names.
    Incomplete = 1,
    /// The run could not start or not continue.
    CouldNotRun = 2,
    /// Interrupted, by the convention of shells.
    Interrupted = 130,
}

impl Exit {
    fn of(result: &Result<u8, Error>) -> Exit {
        match result {
            Ok(0) | Err(Error::Closed) => Exit::Done,
            Ok(_) => Exit::Incomplete,
            Err(Error::Interrupted) => Exit::Interrupted,
            Err(_) => Exit::CouldNotRun,
        }
    }
}

/// The program.
pub fn main() -> ExitCode {
    let cli = Cli::parse_from(std::env::args_os()).unwrap_or_else(|error| of_variable(error).exit());
    let colors = match cli.color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    colors.write_global();
    let names = std::env::vars_os().map(|(name, _)| name);
    for warning in unknown_variables(names) {
        terminal::say(format_args!("{WARNING}warning:{WARNING:#} {}\n", one_line(&warning)));
    }
    let result = cli.command.run();
    if let Err(error) = &result
        && !matches!(error, Error::Closed)
    {
        say(error);
    }
    ExitCode::from(Exit::of(&result) as u8)
}

/// Names the variable whose value is invalid, where the option was not given.
fn of_variable(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return error };
    let Some(long) = argument.split(' ').next().and_then(|name| name.strip_prefix("--")) else { return error };
    let name = variable(long);
    let value = error.get(ContextKind::InvalidValue).map(ToString::to_string);
    let is_given = std::env::args_os().any(|given| given.to_string_lossy().starts_with(&format!("--{long}")));
    if !is_given && std::env::var(&name).ok() == value {
        error.insert(ContextKind::InvalidArg, ContextValue::String(name));
    }
    error
}

/// Prints the error and its causes.
fn say(error: &Error) {
    terminal::say(format_args!("{ERROR}error:{ERROR:#} {}\n", one_line(&error.to_string())));
    let mut cause = error.source();
    while let Some(error) = cause {
        terminal::say(format_args!("  because: {}\n", one_line(&error.to_string())));
        cause = error.source();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_with_the_code_of_what_came_of_it() {
        for (result, want) in [
            (Ok(0), 0),
            (Ok(1), 1),
            (Err(Error::Closed), 0),
            (Err(Error::Interrupted), 130),
            (Err(Error::Usage(String::new())), 2),
        ] {
            assert_eq!(Exit::of(&result) as u8, want, "{result:?}");
        }
    }
}
