//! `dcm2fhir completions` and `dcm2fhir man`: generated from the definition of the command line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use super::command;
use crate::error::Error;
use crate::options::is_stdout;
use crate::output;

const COMPLETIONS: &str = "\
Examples:
  source <(dcm2fhir completions bash)
  dcm2fhir completions zsh > ~/.zfunc/_dcm2fhir
  dcm2fhir completions fish > ~/.config/fish/completions/dcm2fhir.fish";

/// The arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub struct CompletionsArguments {
    /// bash, zsh, fish, powershell or elvish
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

const MAN: &str = "\
Examples:
  dcm2fhir man | man -l -
  dcm2fhir man -o /usr/local/share/man/man1";

/// The arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = MAN)]
pub struct ManArguments {
    /// Write a page for each command into a folder
    ///
    /// As dcm2fhir.1, dcm2fhir-convert.1 and so on. Default: the main page, to standard output.
    #[arg(short, long, alias = "out", value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// Prints the completion script of a shell.
pub fn completions(arguments: &CompletionsArguments) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command(), "dcm2fhir", &mut script);
    output::print(&script).map(|()| 0)
}

/// Prints the manual page of the whole command line, or writes a page for each command.
pub fn man(arguments: &ManArguments) -> Result<u8, Error> {
    let Some(folder) = arguments.output.as_ref().filter(|path| !is_stdout(path)) else {
        let mut page = Vec::new();
        render(command(), &mut page).expect("memory can be written");
        return output::print(&page).map(|()| 0);
    };
    pages(command(), folder).map(|()| 0).map_err(|source| Error::Write { path: folder.clone(), source })
}

/// Writes a manual page for each command into the folder.
fn pages(command: Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    for one in command.get_subcommands().chain([&command]) {
        let mut page = Vec::new();
        render(one.clone(), &mut page)?;
        fs::write(folder.join(Man::new(one.clone()).get_filename()), page)?;
    }
    Ok(())
}

/// Renders a page: the sections of clap_mangen, then EXAMPLES, EXIT STATUS, ENVIRONMENT and FILES.
fn render(command: Command, page: &mut Vec<u8>) -> io::Result<()> {
    let extra = extra(&command);
    let is_main = command.get_name() == "dcm2fhir";
    let takes_settings = command.get_arguments().any(|argument| argument.get_id() == "config");
    let has_version = command.get_version().is_some();
    // clap_mangen leaves out the text of options that are not in the short help and have no long one.
    let man = Man::new(command.mut_args(|argument| argument.hide_short_help(false)));
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if is_main {
        man.render_subcommands_section(page)?;
    }
    section(page, "EXAMPLES", &extra.examples);
    section(page, "EXIT STATUS", if extra.exit_codes.is_empty() { EXIT_STATUS } else { &extra.exit_codes });
    let (settings, files) = if takes_settings || is_main { (SETTINGS, FILES) } else { ("", NO_FILES) };
    section(page, "ENVIRONMENT", &format!("{settings}{ENVIRONMENT}"));
    section(page, "FILES", files);
    if has_version { man.render_version_section(page) } else { Ok(()) }
}

const EXIT_STATUS: &str = "\
0    done
1    done, but something was left out or held back; standard error says what
2    could not run
130  interrupted";

const SETTINGS: &str = "\
DCM2FHIR_CONFIG   the configuration file, as --config
DCM2FHIR_...      each option by its name, as DCM2FHIR_FHIR=r4 or
                  DCM2FHIR_REPORT_VALUES=true; the command line wins
";

const ENVIRONMENT: &str = "\
NO_COLOR          no colors in messages, as --color never
COLUMNS           the width of the tables of explain and mapping
TMPDIR            the folder for temporary files, as of piped input";

const NO_FILES: &str = "Only files named on the command line are read and written.";

const FILES: &str = "\
Only files that are named are read. --config FILE is TOML with the names of the
options; dcm2fhir config --template prints one.
.dcm2fhir-*.tmp in the folder of the output is a file that is not whole yet; a later
run removes those of a run that was killed.";

/// The text below the options in the help.
#[derive(Default)]
struct Extra {
    examples: String,
    exit_codes: String,
}

/// The examples and the exit codes of a command's help.
fn extra(command: &Command) -> Extra {
    let text = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string).unwrap_or_default();
    let (before, exit_codes) = text.split_once("Exit code:\n").unwrap_or((&text, ""));
    let examples = before.split_once("Examples:\n").or(before.split_once("Example: "));
    let examples = examples.map_or("", |(_, examples)| examples);
    Extra { examples: unindented(examples), exit_codes: unindented(exit_codes) }
}

fn unindented(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| line.strip_prefix("  ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// A section whose line breaks are kept.
fn section(page: &mut Vec<u8>, title: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    let escaped = |line: &str| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
    };
    let lines: Vec<String> = text.lines().map(escaped).collect();
    page.extend_from_slice(format!(".SH {title:?}\n.nf\n{}\n.fi\n", lines.join("\n")).as_bytes());
}
