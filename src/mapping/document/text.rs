//! The document for a terminal: a block for each row.

use textwrap::{Options, WordSeparator::AsciiSpace, WordSplitter::NoHyphenation};

use super::line::{CONTENTS, Line, attribute};
use super::{Computed, Section};

/// The document in lines of so many columns.
pub fn document(sections: &[Section], rules: &[Computed], columns: usize) -> String {
    let wrapped = |text: &str, indent: &str| wrapped(text, indent, columns);
    let mut text = String::new();
    for Section { title, lines } in sections {
        text += &format!("{}\n", wrapped(&title.to_uppercase(), ""));
        lines.iter().for_each(|line| text += &block(line, columns));
    }
    if !rules.is_empty() {
        text += &format!("{}\n", wrapped("FINISH RULES: WHAT IS COMPUTED OVER A STUDY OR SERIES", ""));
    }
    for computed in rules {
        let rule = computed.rule;
        let names = wrapped(&computed.names().join(", "), "");
        text += &format!("{names}{}{}\n", wrapped(rule.from, "  from "), wrapped(rule.rule, "  "));
    }
    let contents = CONTENTS.iter().map(|(content, meaning)| (format!("[{content}]"), meaning));
    let contents: Vec<_> = contents.filter(|(content, _)| text.contains(content)).collect();
    if !contents.is_empty() {
        text += &format!("{}\n", wrapped("IN BRACKETS: WHAT STANDS IN THE ITEMS OF A SEQUENCE", ""));
    }
    for (content, meaning) in contents {
        text += &wrapped(&format!("{content} {meaning}"), "  ");
    }
    text
}

fn block(line: &Line, columns: usize) -> String {
    let wrapped = |text: &str, indent: &str| wrapped(text, indent, columns);
    let names = line.names().into_iter().map(|(name, releases)| match releases.as_slice() {
        [] => name.to_string(),
        releases => format!("{name} ({})", releases.join(", ")),
    });
    let mut text = wrapped(&names.collect::<Vec<_>>().join("; "), "");
    for group in line.groups() {
        // A tag and its keyword stay on one line, if that is long enough.
        let whole = |name: String| if name.len() + 4 < columns { name.replace(' ', "\u{A0}") } else { name };
        let attributes = group.attributes.iter().copied().map(attribute).map(whole).collect::<Vec<_>>().join(", ");
        let place = group.place().map(|place| format!("{place}: ")).unwrap_or_default();
        text += &wrapped(&format!("{place}{attributes}"), "  ").replace('\u{A0}', " ");
    }
    text.extend(line.source.iter().map(|source| wrapped(source, "  ")));
    let end: Vec<&str> = [line.values, line.citation].into_iter().filter(|part| !part.is_empty()).collect();
    if end.is_empty() { text + "\n" } else { text + &wrapped(&end.join("; "), "  ") + "\n" }
}

/// The text in lines of limited width, all but the first indented further.
pub(super) fn wrapped(text: &str, indent: &str, columns: usize) -> String {
    let options = Options::new(columns).initial_indent(indent).subsequent_indent("    ").break_words(false);
    textwrap::fill(text, options.word_separator(AsciiSpace).word_splitter(NoHyphenation)) + "\n"
}
