use clap::error::ErrorKind;

use std::path::PathBuf;

use super::*;
use crate::fhir::Release;
use crate::options::{Detail, References};
use crate::output::{Format, OutputTarget};
use crate::pipeline::Job;
use crate::source::{Input, ListFrom, Separator};

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
fn the_example_in_the_documents_is_the_template() {
    let text = std::fs::read_to_string("docs/dcm2fhir.toml").unwrap();
    let advice = "docs/dcm2fhir.toml is out of date: dcm2fhir config --template > docs/dcm2fhir.toml";
    // The document is that of a build without object stores, which add two options.
    let is_there =
        |option: &&str| !["\n#no-sign-request ", "\n#endpoint-url "].iter().any(|name| option.contains(name));
    let template = settings::template(&command());
    let options: Vec<&str> = template.split("\n\n").filter(is_there).collect();
    assert!(text == options.join("\n\n"), "{advice}");
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

fn job(options: &str) -> Result<Job, Error> {
    let Command::Convert(arguments) = parse(&format!("dcm2fhir convert {options}")).unwrap().command else {
        panic!("another command")
    };
    arguments.job()
}

#[test]
fn the_defaults_do_the_common_thing() {
    let job = job("archive").unwrap();
    assert_eq!(job.inputs, [Input::Path("archive".into())]);
    assert_eq!((job.target, job.format), (OutputTarget::Stdout, Format::Ndjson));
    assert_eq!(job.config.content.release(), Release::R6_BALLOT2);
    assert_eq!((job.config.content.detail, job.config.content.status.name()), (Detail::Instance, "available"));
    assert_eq!((job.config.content.references(), job.config.content.selections), (References::Logical, false));
}

#[test]
fn the_defaults_that_config_prints_are_those_of_a_run() {
    let Command::Config(config) = parse("dcm2fhir config").unwrap().command else { panic!("another command") };
    let command = command();
    let convert = command.find_subcommand("convert").unwrap();
    let is_of_convert = |long: &str| convert.get_arguments().any(|argument| argument.get_long() == Some(long));
    let settings = config.text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    let mut spelt_out = String::from("archive");
    for (long, value) in settings.filter(|(long, _)| is_of_convert(long)) {
        let value = value.strip_suffix("  # default").unwrap();
        if !value.starts_with('[') && value != "false" {
            spelt_out += &format!(" --{long}={}", value.trim_matches('"'));
        }
    }
    assert!(spelt_out.contains("--status=") && spelt_out.contains("--mode="), "{spelt_out}");
    let mut unset = job("archive").unwrap();
    // An output that was given as - differs from one that was not given.
    unset.config.output.output = Some("-".into());
    assert_eq!(format!("{:?}", job(&spelt_out).unwrap()), format!("{unset:?}"));
}

/// What the program does without an option whose default is more than a value, in the words of the help.
fn without(long: &str) -> String {
    let job = |options: &str| job(options).unwrap();
    let bundle = || job("a --format bundle --fhir r4").config.content.references();
    let format = |options: &str| job(options).format;
    match long {
        "bundle-type" => job("a").config.output.bundle.bundle_type().to_string(),
        "fhir" => job("a").config.content.release().name.to_string(),
        "format" => {
            assert_eq!((format("a -o x.csv"), format("a -o x.ndjson")), (Format::Csv, Format::Ndjson));
            format!("{} on standard output, {} in a folder, by its extension in a file", format("a"), format("a -o x/"))
        }
        "references" => format!("{}, in a Bundle {}", job("a").config.content.references(), bundle()),
        "rows" => crate::output::Rows::default().to_string(),
        _ => "none".to_string(),
    }
}

/// Defaults in words: that the program does so is tested beside what does it.
const IN_WORDS: [(&str, &str); 17] = [
    ("ca-cert", "the system's"),
    ("creation-time", "SOURCE_DATE_EPOCH, else the current time"),
    ("endpoint-url", "that of the service itself"),
    ("journal", "none; what the server has is compared"),
    ("max-instances", "no limit"),
    ("oauth-token-url", "the token_endpoint in the server's .well-known/smart-configuration"),
    ("partition", "all"),
    ("partitions", "1"),
    ("query", "all studies of the server"),
    ("rejects", "none; the summary has the counts"),
    ("report", "no report; the summary has the counts"),
    ("requests", "64 for buckets, 4 for a PACS"),
    ("send-as", "by what the server supports"),
    ("shard", "all"),
    ("subject", "from the headers"),
    ("threads", "four for each core, at most 32"),
    ("timezone", "none; such times are written as dates"),
];

#[test]
fn each_default_that_is_more_than_a_value_is_what_the_program_does() {
    let template = settings::template(&command());
    let in_words = template.lines().filter_map(|line| line.trim_start_matches('#').split_once("  # default: "));
    for (setting, words) in in_words {
        let long = setting.split(" = ").next().unwrap();
        let known = IN_WORDS.iter().find(|(name, _)| *name == long).map(|(_, words)| words.to_string());
        let want = known.unwrap_or_else(|| without(long));
        assert!(words == want || long == "to", "--{long}: {words:?}, but {want:?}");
    }
}

#[test]
fn a_bundle_has_companions_of_its_own() {
    for options in ["--overwrite-companions", "--references separate"] {
        let job = job(&format!("archive --format bundle --fhir r4 {options}")).unwrap();
        assert_eq!(job.config.content.references(), References::Separate);
    }
    assert!(job("archive --format bundle --references contained").is_err());
}

#[test]
fn separate_resources_need_room() {
    assert!(job("archive --format json --references separate").is_err());
    assert!(job("archive --format json --references separate -o out/").is_ok());
    assert!(job("archive --references separate").is_ok());
}

#[test]
fn a_release_has_several_names() {
    for (name, want) in [("r4", "r4"), ("4.0.1", "r4"), ("R6", "r6-ballot5"), ("6.0.0-ballot2", "r6-ballot2")] {
        assert_eq!(job(&format!("a --fhir {name}")).unwrap().config.content.release().name, want);
    }
}

#[test]
fn paths_can_come_from_lists() {
    let inputs = job("a --files-from list -0").unwrap().inputs;
    let list = |from| Input::List { from, separator: Separator::Nul };
    let want = [Input::Path("a".into()), list(ListFrom::File("list".into()))];
    assert_eq!(inputs, want);
    assert!(job("--files-from list").is_ok());
}

#[test]
fn output_and_report_are_not_read_again() {
    let job = job("archive -o archive/out --report archive/r.json").unwrap();
    assert_eq!(job.walk.excluded, [PathBuf::from("archive/out"), PathBuf::from("archive/r.json")]);
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
        match job(options) {
            Err(Error::Usage(message)) => assert!(message.contains(advice), "{options}: {message}"),
            other => panic!("{options}: {other:?}"),
        }
    }
}
