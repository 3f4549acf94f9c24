//! Completions and manual pages: complete, and accepted by shells and mandoc.

use std::fs;
use std::path::Path;
use std::process::Command;

use dcm2fhir::internals::cli::command;

use crate::run::{code, dcm2fhir, stderr, stdout};

/// The long names of the options of `convert`.
fn options() -> Vec<String> {
    let command = command();
    let convert = command.find_subcommand("convert").unwrap();
    convert.get_arguments().filter_map(|argument| argument.get_long().map(str::to_owned)).collect()
}

/// Whether the program accepts the file; true if it is not installed.
fn takes(program: &str, arguments: &[&str], file: &Path) -> bool {
    match Command::new(program).args(arguments).arg(file).output() {
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&said));
            true
        }
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

#[test]
fn each_shell_takes_its_completions_and_they_name_every_option() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, check) in [
        ("bash", Some(["bash", "-n"])),
        ("zsh", Some(["zsh", "-n"])),
        ("fish", Some(["fish", "--no-execute"])),
        ("powershell", None),
        ("elvish", None),
    ] {
        let output = dcm2fhir().args(["completions", shell]).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        for option in options() {
            assert!(stdout(&output).contains(&option), "{shell}: --{option}");
        }
        let file = folder.path().join(shell);
        fs::write(&file, &output.stdout).unwrap();
        assert!(check.is_none_or(|[program, argument]| takes(program, &[argument], &file)), "{shell}");
    }
}

#[test]
fn bash_completes_options_and_their_values() {
    let script = dcm2fhir().args(["completions", "bash"]).output().unwrap();
    for (words, want) in [
        ("convert --ref", "--references"),
        ("convert --fhir r4", "r4 r4b"),
        ("upload --fhir r6-", "r6-ballot2 r6-ballot5"),
        ("mapping --fhir r5", "r5"),
        ("convert --system pa", "patient="),
        ("explain --system s", "study-id= specimen= scheme:"),
    ] {
        let probe = format!(
            "COMP_WORDS=(dcm2fhir {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _dcm2fhir dcm2fhir \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let script = format!("{}\n{probe}", stdout(&script));
        let Ok(output) = Command::new("bash").args(["-c", &script]).output() else { return };
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), want, "{words}");
    }
}

#[test]
fn the_manual_has_a_page_for_each_command_with_every_option_and_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let output = dcm2fhir().args(["man", "--out"]).arg(folder.path()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let names = command().get_subcommands().map(|one| format!("dcm2fhir-{}.1", one.get_name())).collect::<Vec<_>>();
    for name in names.iter().map(String::as_str).chain(["dcm2fhir.1"]) {
        let page = folder.path().join(name);
        assert!(page.is_file(), "{name}");
        assert!(takes("mandoc", &["-T", "lint", "-W", "error"], &page));
        let text = fs::read_to_string(&page).unwrap();
        for section in ["EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "FILES"] {
            assert!(text.contains(&format!(".SH {section:?}")), "{name}: {section}");
        }
        let has_no_text = |entry: &&str| entry.trim_start_matches(".TP\n").lines().nth(1).is_none_or(str::is_empty);
        let silent: Vec<&str> = text.split(".TP\n").skip(1).filter(has_no_text).collect();
        assert!(silent.is_empty(), "{name}: {silent:?}");
    }
    let page = fs::read_to_string(folder.path().join("dcm2fhir-convert.1")).unwrap().replace("\\-", "-");
    for option in options() {
        assert!(page.contains(&format!("--{option}")), "--{option}");
    }
}

#[test]
fn the_main_page_goes_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["man"] as &[&str], &["man", "-o", "-"]] {
        let output = dcm2fhir().current_dir(folder.path()).args(arguments).output().unwrap();
        assert!(stdout(&output).contains(".TH dcm2fhir 1"), "{}", stdout(&output));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn help_of_every_command_fits_a_screen_and_says_what_to_type() {
    let names = command().get_subcommands().map(|one| one.get_name().to_owned()).collect::<Vec<_>>();
    for name in names.iter().map(|name| vec![name.as_str()]).chain([vec![]]) {
        let output = dcm2fhir().args(&name).arg("-h").output().unwrap();
        let help = stdout(&output);
        assert!(help.contains(&format!("Usage: dcm2fhir {}", name.join(" ")).trim_end().to_owned()), "{help}");
        assert!(help.lines().count() <= 24, "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        assert!(!help.contains('\u{1b}'), "no colors without a terminal: {help}");
    }
}

#[test]
fn colors_come_only_where_they_are_wanted() {
    let colored = |options: &[&str]| {
        let output = dcm2fhir().env_remove("NO_COLOR").args(options).output().unwrap();
        stderr(&output).contains('\u{1b}')
    };
    assert!(!colored(&["convert", "/nowhere"]));
    assert!(colored(&["convert", "/nowhere", "--color", "always"]));
    assert!(colored(&["--color", "always", "convert", "--fhir", "r3", "x"]));
    assert!(!colored(&["convert", "/nowhere", "--color", "never"]));
}
