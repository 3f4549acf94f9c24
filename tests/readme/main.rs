//! The examples of README.md, CONTRIBUTING.md and docs/ do what they show, each document in a folder of its own that
//! has a copy of the project's test data.
//!
//! A line of a `console` block that begins with `$` is run; the lines below it, up to the next `$` or the end of the
//! block, are its output, and `...` among them stands for any lines. A command continues after a backslash. `$FHIR` is
//! the address of a server. Of `$ cargo run … -- …` the part after `--` is run, with the program that cargo would
//! build; `.ci/run` has the whole line. Other `cargo` commands and `git` are run by `.ci/run` alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod examples;
mod server;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use examples::{agrees, examples};
use serde_json::{Value, json};

/// Programs that an example may need and a machine may not have.
const TOOLS: [&str; 3] = ["curl", "jq", "man"];

/// Commands that `.ci/run` runs instead of this test, or that were needed to get here; but see [`built`].
const NOT_RUN: [&str; 4] = ["cargo ", "git ", "packaging/", "docker "];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut documents: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|name| name == "md")).collect();
    documents.sort();
    [root().join("README.md"), root().join("CONTRIBUTING.md")].into_iter().chain(documents).collect()
}

/// The program that `cargo run` would build, and its arguments: it was built for this test.
fn built(command: &str) -> Option<String> {
    let (cargo, arguments) = command.strip_prefix("cargo run ")?.split_once(" -- ")?;
    let program = Path::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    let program = match cargo.split_once("--example ") {
        Some((_, example)) => program.with_file_name("examples").join(example),
        None => program.to_owned(),
    };
    Some(format!("'{}' {arguments}", program.display()))
}

fn run(command: &str, folder: &Path, server: &str) -> Output {
    let binaries = Path::new(env!("CARGO_BIN_EXE_dcm2fhir")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([binaries.to_owned()].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{{ {command}\n}} 2>&1")]).current_dir(folder);
    shell.env("PATH", path).env("FHIR", server).env("NO_PROXY", "*").output().unwrap()
}

/// The first missing tool of a command.
fn lacks(command: &str) -> Option<&'static str> {
    let wants = |tool: &&str| command.split([' ', '|', '(', ';']).any(|word| word == *tool);
    let is_there =
        |tool: &&str| Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().unwrap().status;
    TOOLS.into_iter().filter(wants).find(|tool| !is_there(tool).success())
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Runs the examples of a document, and returns those whose output differs.
fn wrong(document: &Path, server: &str, left_out: &mut Vec<String>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("testdata/dicom"), &folder.path().join("testdata/dicom"));
    let mut wrong = Vec::new();
    for example in examples(&fs::read_to_string(document).unwrap()) {
        let place = format!("{}:{}", document.file_name().unwrap().display(), example.line);
        let command = built(&example.command).unwrap_or_else(|| example.command.clone());
        if NOT_RUN.iter().any(|start| command.starts_with(start)) || lacks(&command).is_some() {
            left_out.push(format!("{place}: {command}"));
            continue;
        }
        let output = run(&command, folder.path(), server);
        let text = String::from_utf8_lossy(&output.stdout);
        let is_right = match &example.output {
            Some(shown) if shown.is_empty() && command != example.command => output.status.success(),
            Some(shown) => agrees(shown, &text.lines().collect::<Vec<_>>()),
            None => output.status.success(),
        };
        if !is_right {
            wrong.push(format!("{place}: {}\n{text}", example.command));
        }
    }
    wrong
}

#[cfg(unix)]
#[test]
fn every_example_prints_what_it_shows() {
    let server = server::start();
    let mut left_out = Vec::new();
    let wrong: Vec<String> = documents().iter().flat_map(|document| wrong(document, &server, &mut left_out)).collect();
    // Past the capture of the test harness.
    let _ = writeln!(std::io::stderr(), "left out: {}", left_out.join("\nleft out: "));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether shown JSON is a shortened form of the whole: members and entries may be left out, and `…` stands for the end
/// of a text.
fn is_shortened(shown: &Value, whole: &Value) -> bool {
    match (shown, whole) {
        (Value::Object(shown), Value::Object(whole)) => {
            shown.iter().all(|(name, shown)| whole.get(name).is_some_and(|whole| is_shortened(shown, whole)))
        }
        (Value::Array(shown), Value::Array(whole)) => {
            shown.len() <= whole.len() && shown.iter().zip(whole).all(|(shown, whole)| is_shortened(shown, whole))
        }
        (Value::String(shown), Value::String(whole)) => match shown.strip_suffix('…') {
            Some(start) => whole.starts_with(start),
            None => shown == whole,
        },
        _ => shown == whole,
    }
}

#[test]
fn the_study_of_the_readme_is_what_its_first_command_prints() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let first = examples(&readme).remove(0).command;
    let (_, arguments) = first.split_once(" -- ").unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_dcm2fhir")).args(arguments.split(' ')).current_dir(root()).output().unwrap();
    let study: Value = serde_json::from_slice(&output.stdout).unwrap();
    let shown = readme.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let shown: Value = serde_json::from_str(shown).unwrap();
    assert!(is_shortened(&shown, &study), "README.md shows another study than is printed:\n{study:#}");
}

#[test]
fn a_shortened_study_leaves_out_and_changes_nothing() {
    let whole = json!({ "id": "2.25.7", "series": [{ "number": 1 }, { "number": 2 }] });
    for (shown, want) in [
        (json!({ "id": "2.25.…" }), true),
        (json!({ "series": [{}] }), true),
        (json!({ "id": "2.25" }), false),
        (json!({ "name": 1 }), false),
        (json!({ "series": [{ "number": 2 }] }), false),
        (json!({ "series": [{}, {}, {}] }), false),
    ] {
        assert_eq!(is_shortened(&shown, &whole), want, "{shown}");
    }
}

#[test]
fn the_cargo_commands_shown_are_those_that_ci_runs() {
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    for document in documents() {
        for example in examples(&fs::read_to_string(&document).unwrap()) {
            let is_run = match &example.command {
                cargo if cargo.starts_with("cargo ") => ci.lines().any(|line| line.trim() == cargo),
                script if script.starts_with("packaging/") => ci.contains(script),
                _ => true,
            };
            assert!(is_run, "{}:{}: {}", document.display(), example.line, example.command);
        }
    }
}

#[test]
fn no_command_stands_in_a_block_that_is_not_run() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for language in ["```sh\n", "```bash\n", "```shell\n"] {
            assert!(!text.contains(language), "{}: make {} a console block", document.display(), language.trim());
        }
    }
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
            let path = document.parent().unwrap().join(target.split('#').next().unwrap());
            assert!(path.exists(), "{}: {target}", document.display());
        }
    }
}
