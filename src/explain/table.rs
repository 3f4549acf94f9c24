//! The explanation as a table that fits the terminal: three columns with wrapped text.

use textwrap::core::Word;
use textwrap::{Options, WordSeparator::Custom, WordSplitter::NoHyphenation};
use unicode_width::UnicodeWidthStr;

use super::{Conformance, Explained, Explanation, Read, condensed, resource_type};

/// The narrowest table: below it a terminal wraps the lines itself.
pub(super) const MIN_COLUMNS: usize = 60;
/// Columns between cells.
const GAP: usize = 2;
/// The most lines of one value: the rest is in the JSON.
const MAX_VALUE_LINES: usize = 4;
/// The most values of a row: a Key Object Selection can refer to thousands.
const MAX_VALUES: usize = 40;
/// The widest column of elements.
const MAX_ELEMENT: usize = 32;

/// The table in so many columns of the terminal.
pub fn table(explanation: &Explanation, columns: usize) -> String {
    let columns = columns.max(MIN_COLUMNS);
    let (found, missing): (Vec<&Explained>, Vec<&Explained>) =
        explanation.rows.iter().partition(|row| !row.read.is_empty() || !row.source.is_empty());
    let widths = widths(found.iter().map(|row| row.element), columns);
    let mut out = header(explanation, columns);
    push_row(&mut out, widths, [lines("ELEMENT"), lines("FROM"), lines("WRITTEN")]);
    let (asked, with): (Vec<&Explained>, Vec<&Explained>) = found.into_iter().partition(|row| row.with.is_none());
    asked.into_iter().for_each(|row| push(&mut out, widths, row, &explanation.rows));
    if let Some(option) = with.first().and_then(|row| row.with) {
        out.push_str(&format!("\nWITH {option}, AND IN BUNDLES\n"));
    }
    with.into_iter().for_each(|row| push(&mut out, widths, row, &explanation.rows));
    out.push_str("\nNOT IN THE FILE\n");
    out.push_str(&absent(&missing, columns));
    out
}

/// A row; none of a resource that is not written at all, as a phantom's Device is not of a patient.
fn push(out: &mut String, widths: [usize; 3], row: &Explained, all: &[Explained]) {
    let is_beside = row.element.starts_with(char::is_uppercase);
    let is_written = |one: &Explained| resource_type(one.element) == resource_type(row.element) && one.is_written();
    if is_beside && row.issues.is_empty() && !all.iter().any(is_written) {
        return;
    }
    let source = row.source.split("; ").filter(|part| !part.is_empty()).map(str::to_string);
    let from: Vec<String> = row.read.iter().map(value).chain(source).collect();
    push_row(out, widths, [wrap(row.element, widths[0]), cell(&from, widths[1]), cell(&written(row), widths[2])]);
}

/// The file, its class, and faults of the file as a whole.
fn header(explanation: &Explanation, columns: usize) -> String {
    let class = explanation.sop_class.as_deref().unwrap_or("no SOP class");
    let first = [format!("{}: {class}", explanation.file), format!("FHIR {}", explanation.releases.join(", "))];
    let left_out = explanation.left_out.iter().map(|why| format!("! convert leaves this file out: {why}"));
    let faults = explanation.faults.iter().map(|fault| format!("! {fault}"));
    let profile = explanation.profile.iter().flat_map(conformance);
    let text: Vec<String> =
        first.into_iter().chain(left_out).chain(profile).chain(faults).flat_map(|line| wrap(&line, columns)).collect();
    text.join("\n") + "\n\n"
}

/// What is missing for the profile, and what is changed for it.
fn conformance(profile: &Conformance) -> Vec<String> {
    let Conformance { name, guide, missing, missing_for_kos, from_options, changed } = profile;
    let verdict =
        if missing.is_empty() { "a study of this file conforms" } else { "a study of this file does not conform" };
    let missing = missing.iter().map(|lack| format!("! missing: {lack}"));
    let missing_for_kos = missing_for_kos.iter().map(|lack| format!("! missing for --format kos: {lack}"));
    let changed = changed.iter().map(|change| format!("  changed: {change}"));
    let given = from_options.iter().map(|one| format!("  from {}: {}: {}", one.from, one.element, one.rule));
    let first = format!("profile {name} ({guide}): {verdict}");
    [first].into_iter().chain(missing).chain(missing_for_kos).chain(changed).chain(given).collect()
}

/// The first column is as wide as the longest element; the others share the rest.
pub(super) fn widths<'e>(elements: impl Iterator<Item = &'e str>, columns: usize) -> [usize; 3] {
    let longest = elements.map(UnicodeWidthStr::width).max().unwrap_or_default();
    let element = longest.min(MAX_ELEMENT).min(columns / 4);
    let rest = columns - element - 2 * GAP;
    let read = rest * 9 / 20;
    [element, read, rest - read]
}

fn value(read: &Read) -> String {
    let tags = read.tags.join(" > ");
    format!("{tags} {} = {}", read.keyword, if read.value.is_empty() { "(empty)" } else { &read.value })
}

/// What is written, and what was wrong.
fn written(row: &Explained) -> Vec<String> {
    let mut all = condensed::lines(row);
    if !row.is_written() {
        all = vec!["nothing".to_string()];
    }
    all.extend(row.issues.iter().map(|issue| format!("! {issue}")));
    all
}

/// The rows without values, and the attributes they read.
fn absent(rows: &[&Explained], columns: usize) -> String {
    let mut out = String::new();
    for row in rows {
        let first = row.reads.first().map_or("", String::as_str);
        let more = match row.reads.len() {
            0 | 1 => String::new(),
            more => format!(" and {} more", more - 1),
        };
        let issues: String = row.issues.iter().map(|issue| format!("; {issue}")).collect();
        for line in wrap(&format!("{}: {first}{more}{issues}", row.element), columns) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// The lines of a cell; a value that takes too many is cut.
pub(super) fn cell(values: &[String], width: usize) -> Vec<String> {
    let mut all = Vec::new();
    for value in values.iter().take(MAX_VALUES) {
        let mut lines = wrap(value, width);
        if lines.len() > MAX_VALUE_LINES {
            lines.truncate(MAX_VALUE_LINES);
            if let Some(last) = lines.last_mut() {
                *last = format!("{}…", wrap(last, width - 1).swap_remove(0));
            }
        }
        all.extend(lines);
    }
    if let Some(more) = values.len().checked_sub(MAX_VALUES).filter(|more| *more > 0) {
        all.extend(wrap(&format!("… and {more} more: --json shows them"), width));
    }
    all
}

/// Breaks a text at spaces and, where a word is too long, inside it; lines after the first are indented.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let options = Options::new(width).subsequent_indent("  ");
    let lines = textwrap::wrap(text, options.word_separator(Custom(words)).word_splitter(NoHyphenation));
    lines.into_iter().map(String::from).collect()
}

/// A line can end behind a space, and behind a slash of a URL.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    Box::new(line.split_inclusive([' ', '/']).map(Word::from))
}

pub(super) fn lines(text: &str) -> Vec<String> {
    vec![text.to_string()]
}

pub(super) fn push_row(out: &mut String, widths: [usize; 3], cells: [Vec<String>; 3]) {
    let height = cells.iter().map(Vec::len).max().unwrap_or_default();
    for at in 0..height {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let text = cell.get(at).map_or("", String::as_str);
            line.push_str(text);
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(text.width()) + GAP));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}
