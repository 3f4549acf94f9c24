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
