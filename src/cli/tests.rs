use clap::error::ErrorKind;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::parse_from(line.split(' ').map(OsString::from))
}

#[test]
fn the_command_line_is_consistent() {
    command().debug_assert();
}

#[test]
fn short_help_fits_one_screen() {
    let error = parse("dcm2fhir convert -h").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DisplayHelp);
    let help = error.to_string();
    assert!(help.lines().count() <= 24, "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
}

#[test]
fn every_option_has_a_variable() {
    let convert = command().find_subcommand("convert").unwrap().clone();
    for argument in convert.get_arguments().filter(|argument| argument.get_long().is_some()) {
        assert!(argument.get_env().is_some() || argument.get_id() == "help", "{argument}");
    }
}

#[test]
fn every_option_of_a_run_says_what_happens_without_it() {
    let command = command();
    for (_, argument) in settings(&command) {
        let long = argument.get_long().unwrap();
        let is_flag = matches!(argument.get_action(), ArgAction::SetTrue);
        assert!(is_flag || crate::config::unset(long).is_some(), "--{long} has no row in config/defaults.rs");
    }
}

#[test]
fn the_example_in_the_documents_is_the_template() {
    let text = std::fs::read_to_string("docs/dcm2fhir.toml").unwrap();
    let advice = "docs/dcm2fhir.toml is out of date: dcm2fhir config --template > docs/dcm2fhir.toml";
    assert!(text == settings::template(&command()), "{advice}");
}

#[test]
fn the_template_is_a_configuration_file_once_it_is_uncommented() {
    let folder = tempfile::tempdir().unwrap();
    let (path, template) = (folder.path().join("all.toml"), settings::template(&command()));
    let is_setting = |line: &str| line.starts_with('#') && line[1..].starts_with(char::is_alphabetic);
    let lines = template.lines().map(|line| if is_setting(line) { &line[1..] } else { line });
    std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let Command::Config(config) = parse(&format!("dcm2fhir config --config {}", path.display())).unwrap().command
    else {
        panic!("another command");
    };
    assert!(!config.text.contains("# default"), "{}", config.text);
}

#[test]
fn what_is_wrong_comes_with_advice() {
    for (line, advice) in [
        ("dcm2fhir convert a --fhir r3", "did you mean r4?"),
        ("dcm2fhir convert a --detial study", "'--detail'"),
        ("dcm2fhir convert a --endpoint wado-rs=https://h/", "did you mean https://h?"),
        ("dcm2fhir convert a --system patient=1.2.3", "did you mean urn:oid:1.2.3?"),
        ("dcm2fhir convert a --format xml", "ndjson"),
        ("dcm2fhir convert a --report-values", "--report"),
        ("dcm2fhir convert", "<INPUT>"),
        ("dcm2fhir conver a", "convert"),
    ] {
        let error = parse(line).unwrap_err().to_string();
        assert!(error.contains(advice), "{line}: {error}");
    }
}
