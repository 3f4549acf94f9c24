use std::ffi::OsString;

use super::*;
use crate::cli::{Cli, Command};

fn config(options: &str) -> Result<Config, Error> {
    let line = ["dcm2fhir", "convert"].into_iter().chain(options.split(' ')).map(OsString::from);
    let Command::Convert(arguments) = Cli::parse_from(line).unwrap().command else { panic!("another command") };
    Config::convert(*arguments)
}

#[test]
fn the_defaults_do_the_common_thing() {
    let config = config("archive").unwrap();
    assert_eq!(config.inputs, [Input::Path("archive".into())]);
    assert_eq!((config.output.target, config.output.format), (OutputTarget::Stdout, Format::Ndjson));
    assert_eq!(config.content.release, ReleaseName("r6-ballot2"));
    assert_eq!((config.content.detail, config.content.status.code()), (Detail::Instance, "available"));
    assert_eq!((config.content.references, config.content.selections), (References::Logical, Choice::No));
    assert!((1..=MAX_DEFAULT_THREADS).contains(&config.threads));
}

#[test]
fn the_defaults_that_config_prints_are_those_of_a_run() {
    let command = crate::cli::command();
    let convert = command.find_subcommand("convert").unwrap();
    let mut spelt_out = String::from("archive");
    for long in convert.get_arguments().filter_map(|argument| argument.get_long()) {
        let is_list = |text: &str| text.starts_with('[');
        if let Some(Unset::Is(value)) = unset(long).filter(|unset| !matches!(unset, Unset::Is(text) if is_list(text))) {
            spelt_out += &format!(" --{long}={}", value.trim_matches('"'));
        }
    }
    assert!(spelt_out.contains("--fhir="), "{spelt_out}");
    let mut unset = config("archive").unwrap();
    // What nobody named is told from what somebody named alike.
    unset.content.is_default_release = Choice::No;
    assert_eq!(format!("{:?}", config(&spelt_out).unwrap()), format!("{unset:?}"));
}

#[test]
fn a_bundle_has_companions_of_its_own() {
    for options in ["--overwrite-companions", "--references separate"] {
        let config = config(&format!("archive --format bundle --fhir r4 {options}")).unwrap();
        assert_eq!(config.content.references, References::Separate);
    }
    assert!(config("archive --format bundle --references contained").is_err());
}

#[test]
fn separate_resources_need_room() {
    assert!(config("archive --format json --references separate").is_err());
    assert!(config("archive --format json --references separate -o out/").is_ok());
    assert!(config("archive --references separate").is_ok());
}

#[test]
fn a_release_has_several_names() {
    for (name, want) in [("r4", "r4"), ("4.0.1", "r4"), ("R6", "r6-ballot5"), ("6.0.0-ballot2", "r6-ballot2")] {
        assert_eq!(config(&format!("a --fhir {name}")).unwrap().content.release, ReleaseName(want));
    }
}

#[test]
fn paths_can_come_from_lists() {
    let inputs = config("a --files-from list -0").unwrap().inputs;
    let list = |from| Input::List { from, separator: Separator::Nul };
    let want = [Input::Path("a".into()), list(ListFrom::File("list".into()))];
    assert_eq!(inputs, want);
    assert!(config("--files-from list").is_ok());
}

#[test]
fn output_and_report_are_not_read_again() {
    let config = config("archive -o archive/out --report archive/r.json").unwrap();
    assert_eq!(config.walk.excluded, [PathBuf::from("archive/out"), PathBuf::from("archive/r.json")]);
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    for (options, advice) in [
        ("a --conditional", "--conditional needs --format bundle"),
        ("a --bundle-type batch --format json", "--bundle-type needs --format bundle"),
        ("a --pretty", "--pretty needs --format json"),
        ("a --format bundle", "add --fhir r4"),
        ("a -o x.json --format ndjson", "name it .ndjson"),
        ("a -o x.ndjson --format json", "name it .json"),
        ("a --format json --selections --fhir r5", "needs room"),
        ("a --report -", "both go to standard output"),
        ("a -o - --report /dev/stdout", "both go to standard output"),
        ("a -0", "-0 needs a list"),
        ("- -", "give - once"),
        ("- --files-from /dev/stdin", "give - once"),
        ("- -0", "-0 needs a list"),
        ("a -o x.json --report x.json", "the same file"),
        ("a -o x.txt", "a file or a folder?"),
        ("a --system visit=http://a --system visit=http://b", "two URIs"),
    ] {
        match config(options) {
            Err(Error::Usage(message)) => assert!(message.contains(advice), "{options}: {message}"),
            other => panic!("{options}: {other:?}"),
        }
    }
}
