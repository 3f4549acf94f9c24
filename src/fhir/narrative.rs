//! The narrative of a document: a summary of the study for people, as XHTML (R4 Narrative).
//!
//! All text of headers is escaped.

use std::fmt::Write;

use super::imaging_study::ImagingStudy;
use super::resource::Reference;

/// The study as a table of XHTML.
pub fn of_study(study: &ImagingStudy<'_>) -> String {
    let mut out = String::from("<div xmlns=\"http://www.w3.org/1999/xhtml\">");
    if let Some(description) = &study.description {
        let _ = write!(out, "<p>{}</p>", text(description));
    }
    out.push_str("<table><tbody>");
    for (name, value) in rows(study) {
        let _ = write!(out, "<tr><td>{name}</td><td>{}</td></tr>", text(&value));
    }
    out.push_str("</tbody></table></div>");
    out
}

/// The accession numbers of orders as a paragraph of XHTML.
pub fn of_orders(orders: &[Reference]) -> String {
    let numbers = listed(accession_numbers(orders));
    let words = if numbers.is_empty() { "Without an accession number".to_string() } else { numbers };
    format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{}</p></div>", text(&words))
}

fn accession_numbers<'o>(orders: impl IntoIterator<Item = &'o Reference>) -> impl Iterator<Item = &'o str> {
    let numbers = orders.into_iter().filter_map(|order| order.identifier.as_ref());
    numbers.filter(|number| number.is_accession()).map(|number| number.value.text())
}

/// The rows; unknown values are left out.
fn rows(study: &ImagingStudy<'_>) -> impl Iterator<Item = (&'static str, String)> {
    let series = || study.series.iter().flatten();
    let modalities = series().filter_map(|series| series.modality.as_ref()?.label());
    let regions = study.regions.iter().map(|region| region.code().1);
    let orders = study.based_on.iter().chain(&study.other_orders);
    let all = [
        ("Patient", study.subject.display.clone().unwrap_or_default()),
        ("Started", study.started.map(|started| started.to_string()).unwrap_or_default()),
        ("Modalities", listed(modalities)),
        ("Regions", listed(regions)),
        ("Series", study.number_of_series.to_string()),
        ("Instances", study.number_of_instances.to_string()),
        ("Accession number", listed(accession_numbers(orders))),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty())
}

/// Deduplicated words, in order.
fn listed<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    words.dedup();
    words.join(", ")
}

/// A text as XML has it (XML 1.0, 2.2 and 2.4): what would be markup is escaped, and what no document may hold
/// replaced.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{FFFE}' | '\u{FFFF}' => out.push(char::REPLACEMENT_CHARACTER),
            control if control.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::sample;

    #[test]
    fn no_value_becomes_markup() {
        for (value, want) in [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\" onload='x' &amp;", "&quot; onload=&#39;x&#39; &amp;amp;"),
            ("]]><!--", "]]&gt;&lt;!--"),
            ("a\u{0}b\u{B}c\u{85}\u{FFFF}", "a\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}"),
            ("M\u{FC}ller \u{1F600}\r\n", "M\u{FC}ller \u{1F600}  "),
        ] {
            assert_eq!(text(value), want, "{value:?}");
        }
    }

    #[test]
    fn a_hostile_study_is_shown_as_text() {
        let mut study = sample::maximal();
        let hostile = "</td></tr><img src=x onerror=y>";
        study.description = Some(hostile.to_string());
        study.subject.display = Some(hostile.to_string());
        let shown = of_study(&study);
        assert!(!shown.contains("<img") && shown.matches("&lt;img").count() == 2, "{shown}");
        assert_eq!(shown.matches("<td>").count(), shown.matches("</td>").count());
    }
}
