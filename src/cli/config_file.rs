//! `--config`: a TOML file whose keys are names of options. Its settings are inserted before the arguments, as if
//! typed.
//!
//! Options and variables take precedence over the file. Every error names file and line.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, Error};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings;
use crate::options::closest;
use crate::source::{one_line, printable_path};

/// The arguments with the settings of the configuration file inserted, if one is named in what they come to leniently.
pub(super) fn put_in(
    command: &Command,
    lenient: Option<&ArgMatches>,
    arguments: Vec<OsString>,
) -> Result<Applied, Error> {
    let Some((name, matches)) = lenient.and_then(ArgMatches::subcommand) else { return Ok((arguments, Vec::new())) };
    let Ok(Some(path)) = matches.try_get_one::<PathBuf>("config") else { return Ok((arguments, Vec::new())) };
    let settings = File::read(command, path)?.settings(command, name, matches)?;
    // After the subcommand's name, so that a `--` has no effect on them.
    let place = arguments.iter().position(|argument| argument.to_str() == Some(name)).map_or(0, |place| place + 1);
    let (names, words): (Vec<String>, Vec<Vec<OsString>>) = settings.into_iter().unzip();
    let mut all = arguments;
    all.splice(place..place, words.into_iter().flatten());
    Ok((all, names))
}

/// The arguments of a run, and the names of those that came from a file.
type Applied = (Vec<OsString>, Vec<String>);

/// An option's name, and the arguments that set it.
type Setting = (String, Vec<OsString>);

/// A configuration file as text.
struct File<'p> {
    path: &'p Path,
    text: String,
}

impl<'p> File<'p> {
    fn read(command: &Command, path: &'p Path) -> Result<File<'p>, Error> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(File { path, text }),
            Err(error) => Err(raw(
                command,
                format!("cannot read {}: is the path right?\n  because: {error}", printable_path(path)),
            )),
        }
    }

    /// The file's settings of options that the subcommand has and that are not given otherwise.
    fn settings(&self, command: &Command, name: &str, given: &ArgMatches) -> Result<Vec<Setting>, Error> {
        let table = DeTable::parse(&self.text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            self.wrong(command, place, error.message())
        })?;
        let mut found = Vec::new();
        let mut lines: Vec<_> = table.get_ref().iter().collect();
        lines.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in lines {
            let known = settings(command).into_iter().find(|(_, argument)| is_called(argument, key.get_ref()));
            let Some((owner, argument)) = known else {
                return Err(self.wrong(command, key.span().start, &unknown(command, key.get_ref())));
            };
            let words = words(argument, value).map_err(|wanted| {
                let message = format!("{}: {wanted}", key.get_ref());
                self.wrong(command, value.span().start, &message)
            })?;
            self.check(owner, key, &words)?;
            let own = command.find_subcommand(name).into_iter().flat_map(Command::get_arguments);
            let has = own.chain(command.get_arguments()).any(|own| own.get_id() == argument.get_id());
            if has && !is_given(given, argument) {
                found.push((argument.get_long().unwrap_or_default().to_string(), words));
            }
        }
        Ok(found)
    }

    /// Parses one setting alone, so that the error for an invalid value can name its line.
    fn check(
        &self,
        owner: &Command,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        words: &[OsString],
    ) -> Result<(), Error> {
        let alone = owner.clone().no_binary_name(true).mut_args(|argument| argument.env(None::<&str>));
        let Err(error) = alone.try_get_matches_from(words) else { return Ok(()) };
        if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
            return Ok(());
        }
        let text = error.render().to_string();
        let advice = text.split("\n\nFor more information").next().unwrap_or(&text);
        Err(self.wrong(owner, key.span().start, advice.trim_start_matches("error: ").trim_end()))
    }

    fn wrong(&self, command: &Command, place: usize, message: &str) -> Error {
        let line = self.text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1;
        raw(command, format!("{}:{line}: {message}", printable_path(self.path)))
    }
}

fn raw(command: &Command, message: String) -> Error {
    Error::raw(ErrorKind::ValueValidation, message + "\n").with_cmd(command)
}

fn unknown(command: &Command, key: &str) -> String {
    let settings = settings(command);
    let names: Vec<&str> = settings.iter().filter_map(|(_, argument)| argument.get_long()).collect();
    let guess = closest(key, &names).map_or(String::new(), |guess| format!("; did you mean {guess}?"));
    format!("no option is called {}{guess}", one_line(key))
}

/// Whether this is the option's name or an alias.
fn is_called(argument: &Arg, name: &str) -> bool {
    let once = argument.get_all_aliases().unwrap_or_default();
    argument.get_long() == Some(name) || once.contains(&name)
}

fn is_given(matches: &ArgMatches, argument: &Arg) -> bool {
    let source = matches.value_source(argument.get_id().as_str());
    matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
}

/// The arguments that set the option, one for each value of a list.
fn words(argument: &Arg, value: &Spanned<DeValue<'_>>) -> Result<Vec<OsString>, String> {
    let long = argument.get_long().unwrap_or_default();
    let option = |value: &str| OsString::from(format!("--{long}={value}"));
    match (argument.get_action(), value.get_ref()) {
        (ArgAction::SetTrue, DeValue::Boolean(true)) => Ok(vec![format!("--{long}").into()]),
        (ArgAction::SetTrue, DeValue::Boolean(false)) => Ok(Vec::new()),
        (ArgAction::SetTrue, _) => Err("want true or false".to_string()),
        (ArgAction::Append, DeValue::Array(values)) => {
            values.iter().map(|value| text(value.get_ref()).map(|value| option(&value))).collect()
        }
        (ArgAction::Append, value) => Ok(vec![option(&text(value).map_err(|_| "want a list of texts, as [\"…\"]")?)]),
        (_, value) => Ok(vec![option(&text(value)?)]),
    }
}

fn text(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_string()),
        _ => Err("want a text or a whole number".to_string()),
    }
}
