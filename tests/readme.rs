//! The examples of README.md do what they show: each `console` block is run in a copy of the project's test data.
//!
//! A line that begins with `$` is run; the lines below it, up to the next `$` or the end of the block, are its output,
//! and `...` among them stands for any lines. `$ cargo` is not run: CI has the same commands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// A command of a `console` block, and what is shown below it.
struct Example {
    line: usize,
    command: String,
    output: Vec<String>,
}

fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(language) => inside = !inside && language.trim() == "console",
            None if !inside => {}
            None => match (line.strip_prefix("$ "), examples.last_mut()) {
                (Some(command), _) => {
                    examples.push(Example { line: number + 1, command: command.to_owned(), output: Vec::new() });
                }
                (None, Some(example)) => example.output.push(line.to_owned()),
                (None, None) => panic!("line {}: output before a command", number + 1),
            },
        }
    }
    examples
}

fn run(example: &Example, folder: &Path) -> String {
    let binaries = Path::new(env!("CARGO_BIN_EXE_dcm2fhir")).parent().unwrap();
    let path = std::env::join_paths(
        [binaries.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )
    .unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("{} 2>&1", example.command)])
        .env("PATH", path)
        .current_dir(folder)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Whether the lines are those shown, where a shown `...` stands for any number of lines.
fn agrees(shown: &[String], lines: &[&str]) -> bool {
    match (shown, lines) {
        ([], []) => true,
        ([first, rest @ ..], _) if first.trim() == "..." => {
            (0..=lines.len()).any(|skipped| agrees(rest, &lines[skipped..]))
        }
        ([first, shown @ ..], [line, lines @ ..]) => same(first, line) && agrees(shown, lines),
        _ => false,
    }
}

fn same(shown: &str, line: &str) -> bool {
    timeless(shown) == timeless(line)
}

/// A line without how long the run took, which is another time every time.
fn timeless(line: &str) -> &str {
    match line.strip_suffix(" a second").and_then(|line| line.split_once(" in ")) {
        Some((before, _)) => before,
        None => line.trim_end(),
    }
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

#[cfg(unix)]
#[test]
fn every_example_prints_what_it_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    copy(&root.join("testdata/dicom"), &folder.path().join("testdata/dicom"));
    let text = fs::read_to_string(root.join("README.md")).unwrap();
    let mut left_out = Vec::new();
    let mut wrong = Vec::new();
    for example in examples(&text) {
        if example.command.starts_with("cargo ") {
            left_out.push(example.command);
            continue;
        }
        assert!(example.output != ["..."], "README.md:{}: show the output", example.line);
        let output = run(&example, folder.path());
        if !agrees(&example.output, &output.lines().collect::<Vec<_>>()) {
            wrong.push(format!("README.md:{}: {}\n{output}", example.line, example.command));
        }
    }
    // Past the capture of the test harness.
    let _ = writeln!(std::io::stderr(), "left out: README.md: {left_out:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_cargo_commands_shown_are_those_that_ci_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ci = fs::read_to_string(root.join(".ci/run")).unwrap();
    for example in examples(&fs::read_to_string(root.join("README.md")).unwrap()) {
        if example.command.starts_with("cargo ") {
            assert!(ci.contains(&example.command), "README.md:{}: {}", example.line, example.command);
        }
    }
}

#[test]
fn dots_stand_for_any_lines() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(agrees(&shown("a\n...\nz"), &["a", "b", "c", "z"]));
    assert!(agrees(&shown("files 2 in 0.1 s, 20 a second"), &["files 2 in 3.0 s, 1 a second"]));
    assert!(!agrees(&shown("a"), &["a", "b"]));
}
