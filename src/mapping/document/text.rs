//! The document for a terminal: a block for each row.

use super::Section;
use super::line::{CONTENTS, Line, attribute};
use crate::mapping::finish::Rule;

/// Where a line ends.
const WIDTH: usize = 100;

/// The whole document.
pub fn document(sections: &[Section], rules: &[Rule]) -> String {
    let mut text = String::new();
    for Section { title, lines } in sections {
        text += &format!("{}\n\n", title.to_uppercase());
        lines.iter().for_each(|line| text += &block(line));
    }
    text += "FINISH RULES: WHAT IS COMPUTED OVER A STUDY OR SERIES\n\n";
    for rule in rules {
        text += &format!("{}\n{}{}\n", rule.element, wrapped(rule.from, "  from "), wrapped(rule.rule, "  "));
    }
    text += "IN BRACKETS: WHAT STANDS IN THE ITEMS OF A SEQUENCE\n\n";
    for (content, meaning) in CONTENTS {
        text += &wrapped(&format!("[{content}] {meaning}"), "  ");
    }
    text
}

fn block(line: &Line) -> String {
    let names = line.names().into_iter().map(|(name, releases)| match releases.as_slice() {
        [] => name.to_string(),
        releases => format!("{name} ({})", releases.join(", ")),
    });
    let mut text = format!("{}\n", names.collect::<Vec<_>>().join("; "));
    for group in line.groups() {
        // A tag and its keyword stay on one line.
        let whole = |name: String| name.replace(' ', "\u{A0}");
        let attributes = group.attributes.iter().copied().map(attribute).map(whole).collect::<Vec<_>>().join(", ");
        let place = group.place().map(|place| format!("{place}: ")).unwrap_or_default();
        text += &wrapped(&format!("{place}{attributes}"), "  ").replace('\u{A0}', " ");
    }
    text.extend(line.source.iter().map(|source| wrapped(source, "  ")));
    let end: Vec<&str> = [line.values, line.citation].into_iter().filter(|part| !part.is_empty()).collect();
    if end.is_empty() { text + "\n" } else { text + &format!("  {}\n\n", end.join("; ")) }
}

/// The text in lines of limited width, all but the first indented further.
fn wrapped(text: &str, indent: &str) -> String {
    let (mut lines, mut line) = (String::new(), indent.to_string());
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines += &format!("{line}\n");
            line = "   ".to_string();
        }
        if !is_empty {
            line.push(' ');
        }
        line += word;
        is_empty = false;
    }
    format!("{lines}{line}\n")
}
