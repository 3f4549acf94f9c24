//! The mapping as a document: `dcm2fhir mapping` prints the rows and the finish rules, for those who check them
//! against PS3.3.

mod json;
mod line;
mod markdown;
mod profile;
mod question;
mod text;

use super::finish::{RULES, Rule};
use super::{COMPANIONS, KIND, NUMBER, SELECTION, SERIES, STUDY, UIDS};
use crate::fhir::Release;
use crate::options::choice;
use line::{Line, lines, listed};

pub use profile::document as profile_document;
pub use question::{NoAnswer, Question};

choice! {
    /// How the tables are laid out.
    pub enum TableFormat: "format", default Text {
        /// To be read on a terminal.
        Text = "text",
        /// `docs/mapping.md`.
        Markdown = "markdown",
        /// To be read by programs.
        Json = "json",
    }
}

/// A level of the resource, with the rows that fill it.
struct Section {
    title: &'static str,
    lines: Vec<Line>,
}

/// A finish rule, for the elements that are asked for.
struct Computed {
    /// Their names in the model.
    elements: Vec<&'static str>,
    /// The one release that they are to be named by.
    release: Option<&'static Release>,
    rule: &'static Rule,
}

impl Computed {
    fn of(rule: &'static Rule) -> Computed {
        Computed { elements: rule.element.split(", ").collect(), release: None, rule }
    }

    /// The names as the document has them.
    fn names(&self) -> Vec<String> {
        let named = |element: &&'static str| match self.release {
            Some(release) => release.element(element).map(String::from),
            None => Some((*element).to_string()),
        };
        self.elements.iter().filter_map(named).collect()
    }

    /// Says what one release says only; whether it says anything.
    fn narrow(&mut self, release: &'static Release) -> bool {
        self.release = Some(release);
        !self.names().is_empty()
    }
}

/// The document, or the part of it that answers a question, in lines of so many columns.
pub fn document(format: TableFormat, question: Question<'_>, columns: usize) -> Result<String, NoAnswer> {
    let (sections, rules) = question.answer(sections(), RULES.iter().map(Computed::of).collect())?;
    Ok(match format {
        TableFormat::Text => text::document(&sections, &rules, columns),
        TableFormat::Markdown => markdown::document(&sections, &rules),
        TableFormat::Json => json::document(&sections, &rules),
    })
}

fn sections() -> Vec<Section> {
    let instance = [lines(KIND), lines(NUMBER)].into_iter().flatten().collect();
    vec![
        Section { title: "UIDs", lines: listed(UIDS) },
        Section { title: "Study", lines: lines(STUDY) },
        Section { title: "Series, and what each adds to its study", lines: lines(SERIES) },
        Section { title: "Instance", lines: instance },
        Section { title: "Key Object Selection, as ImagingSelection", lines: lines(SELECTION) },
        Section { title: "Companion resources, which the references above lead to", lines: listed(&COMPANIONS) },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_and_rule_is_in_every_layout() {
        let elements = sections().into_iter().flat_map(|section| section.lines).map(|line| line.element);
        let elements: Vec<&str> = elements.chain(RULES.iter().map(|rule| rule.element)).collect();
        for format in TableFormat::ALL.iter().copied() {
            let document = document(format, Question::default(), 100).unwrap();
            for element in &elements {
                // A list of elements is written as such.
                assert!(element.split(", ").all(|element| document.contains(element)), "{format} {element}");
            }
        }
    }

    #[test]
    fn the_json_can_be_read() {
        let document: serde_json::Value =
            serde_json::from_str(&document(TableFormat::Json, Question::default(), 100).unwrap()).unwrap();
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
        for columns in [60, 80, 200] {
            for line in document(TableFormat::Text, Question::default(), columns).unwrap().lines() {
                assert!(line.chars().count() <= columns, "{columns}: {line}");
            }
        }
    }

    /// The elements of the rows that answer a question.
    fn answer(element: &str, release: Option<&'static Release>) -> Result<Vec<String>, NoAnswer> {
        let document = document(TableFormat::Json, Question { element: Some(element), release }, 100)?;
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        let rows = document["rows"].as_array().unwrap();
        Ok(rows.iter().map(|row| row["element"].as_str().unwrap().to_string()).collect())
    }

    #[test]
    fn an_element_is_found_by_its_name_its_parent_its_end_or_a_part() {
        for (asked, want) in [
            ("series.laterality", "series.laterality"),
            ("ImagingStudy.series.laterality", "series.laterality"),
            ("Laterality", "series.laterality"),
            ("reasonCode", "reason"),
            ("birth", "Patient.birthDate"),
            ("Patient.id", "*.id"),
        ] {
            assert_eq!(answer(asked, None).unwrap(), [want], "{asked}");
        }
        assert_eq!(answer("Patient.birthDate", Some(Release::R4)).unwrap(), ["Patient.birthDate"]);
        assert!(answer("ImagingStudy", None).unwrap().len() > 25);
        assert!(answer("series", None).unwrap().iter().all(|element| element.starts_with("series.")));
        assert!(answer("identifier", None).unwrap().iter().all(|element| element == "identifier"));
    }

    #[test]
    fn an_element_is_found_by_an_attribute_that_fills_it() {
        for asked in ["StudyDescription", "studydescription", "(0008,1030)", "0008,1030", "00081030"] {
            assert_eq!(answer(asked, None).unwrap(), ["description"], "{asked}");
        }
        assert!(answer("AnatomicRegionSequence", None).unwrap().contains(&"series.bodySite".to_string()));
        assert_eq!(answer("(0008,0060)", None).unwrap(), ["series.modality"]);
        assert!(matches!(answer("SliceThickness", None), Err(NoAnswer::Unknown(_))));
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        let Err(NoAnswer::Unknown(names)) = answer("latrality", None) else { panic!() };
        assert!(names.contains(&"series.laterality".into()), "{names:?}");
        assert!(matches!(answer("", None), Err(NoAnswer::Unknown(_))));
        let not_in_r4 = NoAnswer::NotInRelease(vec!["r5", "r6-ballot2"]);
        assert_eq!(answer("partOf", Some(Release::R4)), Err(not_in_r4));
    }

    #[test]
    fn a_release_names_its_elements_itself() {
        let question = Question { element: Some("reason"), release: Some(Release::R4) };
        let text = document(TableFormat::Text, question, 100).unwrap();
        assert!(text.contains("reasonCode\n") && !text.contains("r5"), "{text}");
    }
}
