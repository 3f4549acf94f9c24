//! The mapping as a document: `dcm2fhir mapping` prints the rows and the finish rules, for those who check them
//! against PS3.3.

mod json;
mod line;
mod markdown;
mod text;

use super::finish::RULES;
use super::{COMPANIONS, KIND, NUMBER, SELECTION, SERIES, STUDY, UIDS};
use line::{Line, lines, listed};

/// How the document is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// To be read on a terminal.
    Text,
    /// `docs/mapping.md`.
    Markdown,
    /// To be read by programs.
    Json,
}

/// A level of the resource, with the rows that fill it.
struct Section {
    title: &'static str,
    lines: Vec<Line>,
}

/// The whole document.
pub fn document(layout: Layout) -> String {
    let sections = sections();
    match layout {
        Layout::Text => text::document(&sections, RULES),
        Layout::Markdown => markdown::document(&sections, RULES),
        Layout::Json => json::document(&sections, RULES),
    }
}

fn sections() -> Vec<Section> {
    let instance = [lines(KIND), lines(NUMBER)].into_iter().flatten().collect();
    vec![
        Section { title: "UIDs", lines: listed(UIDS) },
        Section { title: "Study", lines: lines(STUDY) },
        Section { title: "Series, and what each adds to its study", lines: lines(SERIES) },
        Section { title: "Instance", lines: instance },
        Section { title: "Key Object Selection, as ImagingSelection", lines: lines(SELECTION) },
        Section { title: "Companion resources, which the references above lead to", lines: listed(COMPANIONS) },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_and_rule_is_in_every_layout() {
        let elements = sections().into_iter().flat_map(|section| section.lines).map(|line| line.element);
        let elements: Vec<&str> = elements.chain(RULES.iter().map(|rule| rule.element)).collect();
        for layout in [Layout::Text, Layout::Markdown, Layout::Json] {
            let document = document(layout);
            for element in &elements {
                // A list of elements is written as such.
                assert!(element.split(", ").all(|element| document.contains(element)), "{layout:?} {element}");
            }
        }
    }

    #[test]
    fn the_json_can_be_read() {
        let document: serde_json::Value = serde_json::from_str(&document(Layout::Json)).unwrap();
        let rows = document["rows"].as_array().unwrap();
        let frames = rows.iter().find(|row| row["element"] == "series.instance.numberOfFrames").unwrap();
        assert_eq!(frames["releases"]["r4"], serde_json::Value::Null);
        assert_eq!(frames["releases"]["r6-ballot5"], "series.instance.numberOfFrames");
        assert_eq!(frames["attributes"][0]["path"][0], "(0028,0008)");
        assert_eq!(frames["attributes"][0]["keywords"][0], "NumberOfFrames");
        assert_eq!(frames["values"], "one");
    }

    #[test]
    fn no_line_of_the_text_is_wider_than_a_terminal() {
        for line in document(Layout::Text).lines() {
            assert!(line.chars().count() <= 120, "{line}");
        }
    }
}
