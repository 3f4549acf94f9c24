//! Checks each default stated in help texts against the program.
//!
//! The output of `config` is checked against a run by another test; this one checks the help texts against `config`.

use std::collections::BTreeMap;
use std::fs;

use crate::run::{case, dcm2fhir, files, stdout};

/// The help of a command in full.
fn help(command: &str) -> String {
    let output = dcm2fhir().args(command.split(' ')).arg("--help").output().unwrap();
    stdout(&output).to_owned()
}

/// The default that a help states of each option: the words up to the end of the sentence.
fn stated(help: &str) -> BTreeMap<String, String> {
    let mut blocks: BTreeMap<String, String> = BTreeMap::new();
    let mut option = String::new();
    for (indent, line) in help.lines().map(|line| (line.len() - line.trim_start().len(), line.trim())) {
        let words = line.trim_start_matches(|c: char| c == '-' || c.is_ascii_alphanumeric() || c == ',' || c == ' ');
        let named = line.split_whitespace().find(|word| word.starts_with("--")).filter(|_| line.starts_with('-'));
        // The text of an option is indented further, and may begin a line with another option.
        let named = named.filter(|_| indent < 10);
        match named {
            Some(name) if words.len() < line.len() => option = name.trim_start_matches('-').to_string(),
            _ => *blocks.entry(option.clone()).or_default() += &format!("{line} "),
        }
    }
    let default = |text: String| {
        let (_, rest) = text.split_once("Default: ")?;
        Some(rest.split(". ").next().unwrap().trim().trim_end_matches('.').to_string())
    };
    blocks.into_iter().filter_map(|(option, text)| Some((option, default(text)?))).collect()
}

/// What `config` says of an option that nobody set: its value, or in words what happens.
fn unset(config: &str, option: &str) -> Option<String> {
    let line = config.lines().find(|line| line.trim_start_matches('#').starts_with(&format!("{option} = ")))?;
    let (value, words) = line.split_once("  # default").unwrap_or((line, ""));
    match line.starts_with('#') {
        true => Some(words.trim_start_matches(": ").to_string()),
        false => Some(value.split_once(" = ")?.1.trim_matches('"').to_string()),
    }
}

fn first(words: &str) -> Option<&str> {
    words.split([',', ' ']).next()
}

/// Whether the words of a help say what the program does.
fn agrees(stated: &str, unset: &str) -> bool {
    match unset {
        // A switch: the help says in a sentence what happens without it.
        "false" => true,
        "[]" => stated.starts_with("none") || stated.starts_with("all"),
        "none" => stated.starts_with("no") || stated == "the summary has the numbers",
        value => stated == value || first(stated) == first(value),
    }
}

/// All commands that have options.
const COMMANDS: [&str; 13] = [
    "convert",
    "upload",
    "assemble",
    "scan",
    "explain",
    "mapping",
    "synth",
    "config",
    "completions",
    "man",
    "index check",
    "index stats",
    "index vacuum",
];

/// What a command does otherwise than `convert`, whose defaults `config` prints: tests of the command hold it to these.
const OF_COMMAND: [(&str, &str, &str); 8] = [
    ("upload", "fhir", "the release that the server states in /metadata"),
    ("upload", "references", "separate"),
    ("explain", "fhir", "all; differences between releases are shown"),
    ("explain", "format", "text"),
    ("mapping", "fhir", "all; differences between releases are named"),
    ("mapping", "format", "text"),
    ("synth", "mode", "by the umask, as no patient data is in them; 600 for the manifest"),
    ("man", "output", "the main page, to standard output"),
];

/// Options that no file sets: arguments, and what tests of the command look at.
const NOT_IN_CONFIG: [&str; 9] =
    ["", "config", "show-secrets", "studies", "modalities", "instances", "seed", "pixel-kb", "manifest"];

#[test]
fn each_default_that_a_help_states_is_what_config_prints() {
    let output = dcm2fhir().arg("config").output().unwrap();
    let mut checked = 0;
    for command in COMMANDS {
        for (option, stated) in stated(&help(command)) {
            let own = OF_COMMAND.iter().find(|(of, name, _)| (*of, *name) == (command, &*option));
            let unset = unset(stdout(&output), &option);
            let is_right = match (own, &unset) {
                (Some((_, _, own)), _) => stated == *own,
                (None, Some(unset)) => agrees(&stated, unset),
                (None, None) => NOT_IN_CONFIG.contains(&&*option),
            };
            assert!(is_right, "{command} --{option}: {stated:?}, but {unset:?}");
            checked += 1;
        }
    }
    assert!(checked > 150, "{checked}");
}

#[test]
fn the_manual_states_the_same_defaults_as_the_help() {
    let folder = tempfile::tempdir().unwrap();
    dcm2fhir().args(["man", "--out"]).arg(folder.path()).output().unwrap();
    let plain = |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>();
    for command in COMMANDS {
        let name = format!("dcm2fhir-{}.1", first(command).unwrap());
        let page = fs::read_to_string(folder.path().join(name)).unwrap();
        // roff's apostrophe.
        let page = plain(&page.replace(r"\*(Aq", "'"));
        for (option, stated) in stated(&help(command)) {
            assert!(page.contains(&plain(&format!("Default: {stated}"))), "{command} --{option}: {stated}");
        }
    }
}

/// What pages say of defaults in sentences: the page, its words, and the option whose default they are, as `config` has
/// it.
const IN_SENTENCES: [(&str, &str, &str, &str); 5] = [
    ("README.md", "The default is `r6-ballot2`", "fhir", "r6-ballot2"),
    ("releases.md", "| `r6-ballot2` | 6.0.0-ballot2 | the default", "fhir", "r6-ballot2"),
    ("sources.md", "concurrent requests; default 4, as a PACS", "requests", "4; for buckets"),
    ("sources.md", "concurrent requests; default 64", "requests", "for buckets 64"),
    ("performance.md", "the default of four for each core, at most 32", "threads", "four for each core, at most 32"),
];

/// Words of pages about something else: defaults in general, of other programs, and of a profile, which has goldens.
const OF_NO_OPTION: [&str; 8] = [
    "its default the one of both",
    "--no-default-features",
    "default seed |",
    "option's default, in the report's members",
    "PySpark's default",
    "and the file over defaults",
    "lists all options with their defaults",
    "`--references contained` is its default",
];

/// A page says it behind the value, `stat` (default), or in a sentence that stands above.
#[test]
fn the_pages_name_the_same_defaults_as_the_program() {
    let output = dcm2fhir().arg("config").output().unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let is_markdown = |page: &std::path::PathBuf| page.extension().is_some_and(|extension| extension == "md");
    let mut checked = 0;
    for page in pages.filter(is_markdown).chain([root.join("README.md")]) {
        let text = fs::read_to_string(&page).unwrap();
        for line in text.lines().filter(|line| line.to_lowercase().contains("default")) {
            if OF_NO_OPTION.iter().any(|words| line.contains(words)) {
                continue;
            }
            let said = IN_SENTENCES.iter().find(|(of, words, ..)| page.ends_with(of) && line.contains(words));
            let value = line.split('`').nth(1).unwrap_or_default();
            let is_so = match said {
                Some((_, _, option, words)) => {
                    unset(stdout(&output), option).is_some_and(|unset| unset.contains(words))
                }
                None => line.contains("(default)") && is_a_default(stdout(&output), value),
            };
            assert!(is_so, "{}: {line}", page.display());
            checked += 1;
        }
    }
    assert!(checked >= 7, "{checked}");
}

/// Whether some option has this value where nobody sets it.
fn is_a_default(config: &str, value: &str) -> bool {
    let said = [format!(" = \"{value}\"  # default"), format!("  # default: {value}")];
    config.lines().any(|line| said.iter().any(|said| line.ends_with(said)))
}

#[test]
fn synth_makes_the_same_with_its_defaults_as_without() {
    let stated = stated(&help("synth"));
    let made = |options: &[String]| {
        let folder = tempfile::tempdir().unwrap();
        let output = dcm2fhir().args(["synth", "--quiet", "-o"]).arg(folder.path()).args(options).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        files(folder.path())
    };
    let numbers = ["studies", "instances", "seed"].map(|option| format!("--{option}={}", stated[option]));
    let modalities = stated["modalities"].replace(" and ", ",").replace(", ", ",");
    let options = [&numbers[..], &[format!("--modalities={modalities}")]].concat();
    assert!(made(&[]) == made(&options), "{options:?}");
}

#[test]
fn mapping_and_explain_print_the_same_with_their_defaults_as_without() {
    let print = |arguments: &[&str]| stdout(&dcm2fhir().args(arguments).output().unwrap()).to_owned();
    let format = &stated(&help("mapping"))["format"];
    assert_eq!(print(&["mapping"]), print(&["mapping", "--format", format]));
    let folder = case("ct-two-series");
    let file = folder.join(files(&folder).into_keys().next().unwrap());
    assert!(stated(&help("explain"))["fhir"].starts_with("all"));
    let file = file.to_str().unwrap();
    assert_eq!(print(&["explain", file]), print(&["explain", file, "--format", &stated(&help("explain"))["format"]]));
    assert!(print(&["explain", file, "--json"]).contains("r6-ballot5"));
}
