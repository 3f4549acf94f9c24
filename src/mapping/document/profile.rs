//! What a profile changes, as a document.

use serde_json::json;

use super::TableFormat;
use super::text::wrapped;
use crate::fhir::Profile;
use crate::fhir::profile::{Difference, differences};

/// The document, in lines of so many columns.
pub fn document(format: TableFormat, profile: &Profile, columns: usize) -> String {
    let (all, release) = (differences(profile), profile.release);
    let head = format!("{} ({}), for {} {}", profile.name, profile.guide, release.name, release.version);
    match format {
        TableFormat::Text => {
            all.iter().fold(wrapped(&head, "", columns) + "\n", |text, one| text + &block(one, columns))
        }
        TableFormat::Markdown => {
            let table = format!("## {head}\n\n| element | from | rule |\n|---|---|---|\n");
            all.iter().fold(table, |text, one| text + &format!("| `{}` | {} | {} |\n", one.element, one.from, one.rule))
        }
        TableFormat::Json => {
            let document = json!({
                "profile": profile.name, "guide": profile.guide, "fhir": release.version, "differences": all,
            });
            format!("{document:#}\n")
        }
    }
}

fn block(one: &Difference, columns: usize) -> String {
    let from = if one.from.is_empty() { String::new() } else { wrapped(one.from, "  from ", columns) };
    wrapped(one.element, "", columns) + &from + &wrapped(&one.rule, "  ", columns) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_told_in_every_layout() {
        for profile in Profile::ALL {
            for format in TableFormat::ALL.iter().copied() {
                let text = document(format, profile, 80);
                for word in [profile.guide, profile.release.version, "meta.profile", "(demanded)"] {
                    assert!(text.contains(word), "{} {format} {word}", profile.name);
                }
            }
            let text = document(TableFormat::Text, profile, 100);
            let is_url = |line: &str| line.contains("http");
            assert!(text.lines().all(|line| line.chars().count() <= 100 || is_url(line)), "{text}");
        }
    }

    #[test]
    fn no_profile_changes_nothing() {
        assert_eq!(differences(Profile::NONE), []);
    }
}
