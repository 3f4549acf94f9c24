//! The examples of a document: commands in its `console` and `yaml` blocks.

/// A command, and what is shown below it.
pub struct Example {
    pub line: usize,
    pub command: String,
    /// `None` where only success is shown.
    pub output: Option<Vec<String>>,
}

/// The examples of a document, in their order.
pub fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut language = None;
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), language) {
            (Some(name), None) => language = Some(name.trim()),
            (Some(_), Some(_)) => language = None,
            (None, Some("console")) => console(&mut examples, number + 1, line),
            (None, Some("yaml")) => yaml(&mut examples, number + 1, line),
            _ => {}
        }
    }
    examples
}

fn console(examples: &mut Vec<Example>, number: usize, line: &str) {
    if let Some(command) = line.strip_prefix("$ ") {
        examples.push(Example { line: number, command: command.to_owned(), output: Some(Vec::new()) });
        return;
    }
    let Some(Example { command, output: Some(output), .. }) = examples.last_mut() else {
        panic!("line {number}: output before a command");
    };
    match command.strip_suffix('\\') {
        Some(start) => *command = format!("{start}{}", line.trim_start()),
        None => output.push(line.to_owned()),
    }
}

/// A step of a pipeline: it shows no output, but it has to succeed.
fn yaml(examples: &mut Vec<Example>, number: usize, line: &str) {
    let command = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
    if command.starts_with("dcm2fhir ") || command.starts_with("diff ") {
        examples.push(Example { line: number, command: command.to_owned(), output: None });
    }
}

/// Whether the lines are those shown, where a shown `...` stands for any number of lines.
pub fn agrees(shown: &[String], lines: &[&str]) -> bool {
    match (shown, lines) {
        ([], []) => true,
        ([first, rest @ ..], _) if first.trim() == "..." => {
            (0..=lines.len()).any(|skipped| agrees(rest, &lines[skipped..]))
        }
        ([first, shown @ ..], [line, lines @ ..]) => timeless(first) == timeless(line) && agrees(shown, lines),
        _ => false,
    }
}

/// A line without the duration of the run, and without the padding of `wc`.
fn timeless(line: &str) -> &str {
    match line.strip_suffix(" a second").and_then(|line| line.split_once(" in ")) {
        Some((before, _)) => before.trim(),
        None => line.trim(),
    }
}

#[test]
fn dots_stand_for_any_lines() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(agrees(&shown("a\n...\nz"), &["a", "b", "c", "z"]));
    assert!(agrees(&shown("files 2 in 0.1 s, 20 a second"), &["files 2 in 3.0 s, 1 a second"]));
    assert!(!agrees(&shown("a"), &["a", "b"]));
}

#[test]
fn a_command_goes_on_behind_a_backslash() {
    let found = examples("```console\n$ one \\\n  two\nout\n```\n```yaml\n- run: dcm2fhir man\n```\n");
    assert_eq!((found[0].command.as_str(), found[0].output.as_deref()), ("one two", Some(&["out".to_owned()][..])));
    assert_eq!((found[1].command.as_str(), found[1].output.as_deref()), ("dcm2fhir man", None));
}
