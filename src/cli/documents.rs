//! `dcm2fhir completions` and `dcm2fhir man`: what is made of the command line's own description.

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::{ArgAction, Args, Command};
use clap_complete::Shell;

const COMPLETIONS: &str = "\
Examples:
  source <(dcm2fhir completions bash)
  dcm2fhir completions zsh > ~/.zfunc/_dcm2fhir
  dcm2fhir completions fish > ~/.config/fish/completions/dcm2fhir.fish";

/// What `completions` can be told.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS, disable_help_flag = true)]
pub struct CompletionsArguments {
    /// bash, zsh, fish, powershell or elvish
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    pub shell: Shell,

    /// This help
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,
}

const MAN: &str = "\
Examples:
  dcm2fhir man | man -l -
  dcm2fhir man --out /usr/local/share/man/man1";

/// What `man` can be told.
#[derive(Debug, Args)]
#[command(after_help = MAN, disable_help_flag = true)]
pub struct ManArguments {
    /// Write a page for each command into a folder
    ///
    /// As dcm2fhir.1, dcm2fhir-convert.1 and so on. Default: the main page, to standard output.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// This help
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,
}

/// The script with which a shell completes the command line.
pub fn completions(mut command: Command, shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "dcm2fhir", &mut script);
    script
}

/// The manual page of the whole command line.
pub fn page(command: Command) -> Vec<u8> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).expect("memory can be written");
    page
}

/// Writes a manual page for each command into the folder.
pub fn pages(command: Command, folder: &PathBuf) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}
