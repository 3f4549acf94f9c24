//! The survey of many files as a table that fits the terminal, as that of one file.

use super::survey::{Surveyed, SurveyedAttribute, SurveyedRow};
use super::table::{MIN_COLUMNS, cell, lines, push_row, widths, wrap};
use crate::numbers::count;

/// Values and places that are named in a line, at most.
const MAX_NAMED: usize = 3;
/// Characters of a value, at most.
const MAX_CHARACTERS: usize = 64;

/// The table in so many columns of the terminal; `place` is what was surveyed.
pub fn survey_table(place: &str, surveyed: &Surveyed, columns: usize) -> String {
    let columns = columns.max(MIN_COLUMNS);
    let (found, missing): (Vec<&SurveyedRow>, Vec<&SurveyedRow>) =
        surveyed.rows.iter().partition(|row| !row.attributes.is_empty() || !row.source.is_empty());
    let mut out = wrap(&header(place, surveyed), columns).join("\n") + "\n\n";
    let widths = widths(found.iter().map(|row| row.element), columns);
    let heads = ["FROM, AND ITS VALUES", "FILLED, AND WHERE FILES DIFFER"].map(String::from);
    let [read_head, filled_head] = [cell(&heads[..1], widths[1]), cell(&heads[1..], widths[2])];
    push_row(&mut out, widths, [lines("ELEMENT"), read_head, filled_head]);
    let mut with = None;
    for row in found {
        if row.with != with {
            with = row.with;
            out.extend(with.map(|option| format!("\nWITH {option}, AND IN BUNDLES\n")));
        }
        let sources = row.source.split("; ").filter(|part| !part.is_empty()).map(String::from);
        let read: Vec<String> =
            row.attributes.iter().flat_map(|attribute| read(attribute, surveyed.files)).chain(sources).collect();
        let filled = filled(row, surveyed);
        push_row(&mut out, widths, [wrap(row.element, widths[0]), cell(&read, widths[1]), cell(&filled, widths[2])]);
    }
    out.push_str("\nIN NO FILE\n");
    for row in missing {
        for line in wrap(&format!("{}: {}", row.element, row.reads.first().map_or("", String::as_str)), columns) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

fn header(place: &str, surveyed: &Surveyed) -> String {
    let Surveyed { files, studies, series, .. } = *surveyed;
    let [files, studies, series] = [(files, "DICOM file"), (studies, "study"), (series, "series")].map(of);
    format!("{place}: {files}, {studies}, {series}")
}

/// A number and its unit.
fn of((number, unit): (u64, &str)) -> String {
    let unit = match (number, unit) {
        (1, _) | (_, "series") => unit.to_string(),
        (_, "study") => "studies".to_string(),
        _ => format!("{unit}s"),
    };
    format!("{} {unit}", count(number))
}

/// `(0008,0060) Modality: in 138 files, 2 values:`, and in a line of its own `CT, MR`.
fn read(attribute: &SurveyedAttribute, all: u64) -> [String; 2] {
    let SurveyedAttribute { tags, keyword, files, different_values, values, .. } = attribute;
    let number = match different_values {
        Some(1) => "always:".to_string(),
        Some(number) => format!("{} values:", count(*number as u64)),
        None => "many values:".to_string(),
    };
    let named: Vec<String> = values.iter().take(MAX_NAMED).map(|value| short(value)).collect();
    let more = if different_values.is_none_or(|number| number > MAX_NAMED) { ", …" } else { "" };
    let files = share(*files, all);
    [format!("{} {keyword}: in {files}, {number}", tags.join(" > ")), format!("  {}{more}", named.join(", "))]
}

/// In how many files the element is filled, what was dropped, and where files differ.
fn filled(row: &SurveyedRow, all: &Surveyed) -> Vec<String> {
    let of_studies = match row.filled_studies {
        0 if row.is_of_files && row.filled_files == 0 => None,
        0 => Some("written in no study".to_string()),
        studies if studies == all.studies => (!row.is_of_files).then(|| "in all studies".to_string()),
        studies => Some(format!("in {}", of((studies, "study")))),
    };
    let of_files = row.is_of_files.then(|| format!("in {}", share(row.filled_files, all.files)));
    let mut filled: Vec<String> = of_files.into_iter().chain(of_studies).collect();
    filled.extend(row.issues.iter().map(|(reason, files)| format!("! in {}: {reason}", of((*files, "file")))));
    if row.differs.count > 0 {
        let places: Vec<&str> = row.differs.places.iter().take(MAX_NAMED).map(String::as_str).collect();
        let (places, more) = (places.join(", "), if row.differs.count as usize > MAX_NAMED { ", …" } else { "" });
        filled.push(format!("! differs in {}: {places}{more}", of((row.differs.count, "place"))));
    }
    filled
}

fn share(files: u64, all: u64) -> String {
    if files == all { "all files".to_string() } else { of((files, "file")) }
}

fn short(value: &str) -> String {
    match value.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => value.get(..end).unwrap_or(value).to_string() + "…",
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::survey::Differs;

    #[test]
    fn a_row_says_how_many_files_have_what_and_where_they_differ() {
        let attribute = |files, different_values, values: &[&str]| SurveyedAttribute {
            tags: vec!["(0008,0060)".into()],
            keyword: "Modality".into(),
            files,
            different_values,
            values: values.iter().map(ToString::to_string).collect(),
            has_more: false,
        };
        let row = SurveyedRow {
            element: "series.modality",
            filled_files: 9,
            attributes: vec![attribute(9, Some(2), &["CT", "MR"]), attribute(10, None, &["A", "B", "C", "D"])],
            issues: [("not a defined term: kept as text".to_string(), 1)].into(),
            differs: Differs { count: 1, places: ["series 1.2".to_string()].into() },
            ..SurveyedRow::default()
        };
        let missing = SurveyedRow {
            element: "series.number",
            reads: vec!["(0020,0011) SeriesNumber".into()],
            ..SurveyedRow::default()
        };
        let surveyed = Surveyed { files: 10, studies: 1, series: 2, rows: vec![row, missing] };
        let table = survey_table("a/", &surveyed, 160);
        for want in [
            "a/: 10 DICOM files, 1 study, 2 series",
            "(0008,0060) Modality: in 9 files, 2 values:",
            "    CT, MR",
            "in all files, many values:",
            "    A, B, C, …",
            "! in 1 file: not a defined term",
            "! differs in 1 place: series 1.2",
            "IN NO FILE\nseries.number: (0020,0011) SeriesNumber\n",
        ] {
            assert!(table.contains(want), "{want}: {table}");
        }
    }
}
