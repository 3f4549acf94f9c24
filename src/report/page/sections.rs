//! The sections of the page, from top to bottom.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::json;

use super::holdings::{Holdings, NOT_SAID};
use super::html::{self, Bar, Text, bars, value};
use super::lists::{self, Lists};
use super::maker::Maker;
use crate::issue::Reason;
use crate::numbers::count;
use crate::report::{Counts, Totals};

/// The most bars of a chart; all others are one more.
const MAX_BARS: usize = 15;
/// The most bars of the chart of years.
const MAX_YEARS: usize = 30;
/// The most makers in their table.
const MAX_MAKERS: usize = 40;
/// The most reasons of a maker; all others are one more.
const MAX_REASONS: usize = 8;

const WITHOUT_VALUES: &str = "It holds codes, the names of equipment and no other header values, and so no patient \
                              data but what file names say.";
const WITH_VALUES: &str = "It holds header values, which may be patient data.";

/// The data of the page.
pub struct Sections<'p> {
    /// The totals.
    pub totals: &'p Totals,
    /// The counts of what was left out.
    pub counts: &'p Counts,
    /// Statistics of the archive.
    pub holdings: &'p Holdings,
    /// Single files and values.
    pub lists: &'p Lists,
    /// Whether they contain header values.
    pub values: bool,
}

impl Sections<'_> {
    /// Writes all sections.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<header><h1>DICOM archive at a glance</h1>")?;
        self.tiles(out)?;
        writeln!(out, "</header>\n<main>")?;
        if self.totals.studies > 0 {
            self.holdings(out)?;
        } else {
            writeln!(out, "<p class=\"none\">No study was found.</p>")?;
        }
        self.left_out(out)?;
        self.dropped(out)?;
        writeln!(out, "</main>")
    }

    /// The heading and the scope of the page.
    pub fn footer(&self) -> String {
        let Totals { release, fhir_version, .. } = self.totals;
        format!(
            "<footer><p>Written by dcm2fhir {} for FHIR {} ({}). The page asks for nothing from anywhere. {}</p>\
             </footer>\n",
            env!("CARGO_PKG_VERSION"),
            Text(release),
            Text(fhir_version),
            if self.values { WITH_VALUES } else { WITHOUT_VALUES },
        )
    }

    fn tiles(&self, out: &mut dyn Write) -> io::Result<()> {
        let Sections { totals, counts, .. } = self;
        let repeated = match totals.repeated_files {
            0 => String::new(),
            files => format!("{} repeat another", count(files)),
        };
        let partial = if totals.partial { "a part, by --include or --exclude" } else { "" };
        let left_out = match counts.skipped_files() {
            0 => String::new(),
            files => format!("{} of all", share(files, totals.files)),
        };
        let tiles = [
            ("Files", totals.files, partial),
            ("DICOM files", totals.dicom_files, &repeated),
            ("Studies", totals.studies, ""),
            ("Series", totals.series, ""),
            ("Instances", totals.instances, ""),
            ("Files left out", counts.skipped_files(), &left_out),
            ("Values dropped or changed", counts.issues(), ""),
        ];
        writeln!(out, "<dl class=\"tiles\">")?;
        for (name, number, note) in tiles {
            let note = if note.is_empty() { String::new() } else { format!("<small>{}</small>", Text(note)) };
            writeln!(out, "<div><dt>{name}</dt><dd>{}{note}</dd></div>", count(number))?;
        }
        writeln!(out, "</dl>")
    }

    fn holdings(&self, out: &mut dyn Write) -> io::Result<()> {
        let Sections { totals, holdings, .. } = self;
        writeln!(out, "<h2>What it holds</h2>\n<div class=\"cards\">")?;
        let mut years = holdings.years.largest_first();
        years.sort_by(|(one, _), (other, _)| (one == NOT_SAID, other).cmp(&(other == NOT_SAID, one)));
        let charts = [
            ("By year", "studies", chart(&years, MAX_YEARS, totals.studies, "earlier", "year")),
            ("By modality", "instances", self.largest(&holdings.modalities, totals.instances, "modality")),
            ("By body site", "series", self.largest(&holdings.sites, 0, "site")),
            ("By manufacturer and model", "series", self.largest(&holdings.models, totals.series, "model")),
        ];
        for (title, unit, chart) in &charts {
            bars(out, title, unit, chart)?;
        }
        writeln!(out, "</div>")?;
        let shown = holdings.largest().count() as u64;
        let note = match shown < totals.studies {
            true => format!("The {} largest of {} studies.", count(shown), count(totals.studies)),
            false => "All studies, the largest first.".to_string(),
        };
        let columns = ["Study", "Year", "Modality", "Body site", "Manufacturer and model", "#Series", "#Instances"];
        list(out, "studies", "Largest studies", &note, &columns)
    }

    fn largest(&self, counts: &super::bounded::Bounded<String, u64>, all: u64, field: &str) -> Vec<Bar> {
        chart(&counts.largest_first(), MAX_BARS, all, "all others", field)
    }

    fn left_out(&self, out: &mut dyn Write) -> io::Result<()> {
        let Sections { totals, counts, lists, .. } = self;
        writeln!(out, "<h2>What was left out</h2>")?;
        let bar = |(code, words, files): (&str, &str, u64)| Bar {
            label: words.to_string(),
            count: files,
            note: share(files, totals.files),
            rows: format!("files?why={}", value(&why(code, words))),
        };
        let all: Vec<Bar> = counts.skipped_reasons().into_iter().map(bar).collect();
        writeln!(out, "<div class=\"wide\">")?;
        bars(out, "Files by reason", "files, and their share of all", &all)?;
        writeln!(out, "</div>")?;
        if all.is_empty() {
            return Ok(());
        }
        let listed: u64 = lists.files.values().map(|entries| entries.iter().count() as u64).sum();
        let note = held(listed, counts.skipped_files(), "files, of each reason some");
        list(out, "files", "Files left out", &note, &["File", "Why"])
    }

    fn dropped(&self, out: &mut dyn Write) -> io::Result<()> {
        let Sections { counts, lists, .. } = self;
        writeln!(out, "<h2>What was dropped or changed</h2>")?;
        let all: Vec<Bar> =
            counts.issue_reasons().into_iter().map(|(reason, values)| reason_bar(reason, values)).collect();
        writeln!(out, "<div class=\"wide\">")?;
        bars(out, "Values by reason", "values", &all)?;
        writeln!(out, "</div>")?;
        if all.is_empty() {
            return Ok(());
        }
        self.makers(out)?;
        let listed: u64 = lists.values.iter().map(|(_, values)| values.entries.iter().count() as u64).sum();
        let note = held(listed, counts.issues(), "values, of each reason and equipment some");
        let columns = ["Where", "Element", "Attribute", "Why", "Made by", "Value"];
        let shown = if self.values { &columns[..] } else { &columns[..5] };
        list(out, "values", "Values dropped or changed", &note, shown)
    }

    /// The makers of files with dropped values.
    fn makers(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut makers: BTreeMap<&Maker, Vec<(Reason, u64)>> = BTreeMap::new();
        for ((reason, maker), values) in self.lists.values.iter() {
            makers.entry(maker).or_default().push((*reason, values.count));
        }
        let sum = |reasons: &[(Reason, u64)]| reasons.iter().map(|(_, values)| values).sum::<u64>();
        let mut makers: Vec<_> = makers.into_iter().collect();
        makers.sort_by_key(|(_, reasons)| std::cmp::Reverse(sum(reasons)));
        writeln!(
            out,
            "<section class=\"card\"><h3>By what made the files</h3>\
             <p class=\"unit\">values, by reason and equipment</p>\
             <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Values by reason and equipment\">\
             <table><thead><tr>\
             <th scope=\"col\">Equipment</th><th scope=\"col\">Why</th>\
             <th scope=\"col\" class=\"number\">Values</th></tr></thead><tbody>"
        )?;
        for (maker, reasons) in makers.iter().take(MAX_MAKERS) {
            let mut reasons = reasons.clone();
            reasons.sort_by_key(|(_, values)| std::cmp::Reverse(*values));
            write_maker(out, maker, &reasons)?;
        }
        writeln!(out, "</tbody></table></div>")?;
        let told: u64 = makers.iter().take(MAX_MAKERS).map(|(_, reasons)| sum(reasons)).sum();
        if self.counts.issues() > told {
            writeln!(out, "<p class=\"note\">{} more, of other equipment.</p>", count(self.counts.issues() - told))?;
        }
        writeln!(out, "</section>")
    }

    /// The rows of the lists.
    pub fn data(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "<script type=\"application/json\" id=\"data\">{{\"studies\":[")?;
        let studies = self.holdings.largest().map(|row| json!(row).to_string());
        separated(out, studies)?;
        write!(out, "],\n\"files\":[")?;
        let files = self.lists.files.iter().flat_map(|((code, words), entries)| {
            let why = json!(why(code, words));
            entries.iter().map(move |(line, _)| format!("{{\"why\":{why},\"entry\":{}}}", lists::json(line)))
        });
        separated(out, files)?;
        write!(out, "],\n\"values\":[")?;
        let values = self.lists.values.iter().flat_map(|((reason, maker), values)| {
            let (why, maker) = (json!(reason.to_string()), json!(maker.to_string()));
            let row = move |line| format!("{{\"why\":{why},\"maker\":{maker},\"entry\":{}}}", lists::json(line));
            values.entries.iter().map(move |(line, _)| row(line))
        });
        separated(out, values)?;
        writeln!(out, "]}}</script>")
    }
}

fn separated(out: &mut dyn Write, mut rows: impl Iterator<Item = String>) -> io::Result<()> {
    let Some(first) = rows.next() else { return Ok(()) };
    write!(out, "{}", html::json(&first))?;
    rows.try_for_each(|row| write!(out, ",\n{}", html::json(&row)))
}

/// The text of a reason, as reasons with the same code can differ.
fn why(code: &str, words: &str) -> String {
    format!("{code}: {words}")
}

fn reason_bar(reason: Reason, values: u64) -> Bar {
    let words = reason.to_string();
    Bar { rows: format!("values?why={}", value(&words)), label: words, count: values, note: String::new() }
}

/// The rows of one maker, the first of which names it.
fn write_maker(out: &mut dyn Write, maker: &Maker, reasons: &[(Reason, u64)]) -> io::Result<()> {
    let name = maker.to_string();
    // One more row takes no more space than a row of the rest.
    let shown = if reasons.len() == MAX_REASONS + 1 { reasons.len() } else { MAX_REASONS.min(reasons.len()) };
    let (first, others) = reasons.split_at(shown);
    let rows = shown + usize::from(!others.is_empty());
    write!(out, "<tr><th scope=\"row\" rowspan=\"{rows}\">{}</th>", Text(&name))?;
    for (at, (reason, values)) in first.iter().enumerate() {
        let words = reason.to_string();
        write!(out, "{}", if at == 0 { "" } else { "<tr>" })?;
        write_reason(out, &words, &format!("why={}&amp;maker={}", value(&words), value(&name)), *values)?;
    }
    if others.is_empty() {
        return Ok(());
    }
    let values = others.iter().map(|(_, values)| values).sum();
    write!(out, "<tr>")?;
    write_reason(
        out,
        &format!("{} other reasons", count(others.len() as u64)),
        &format!("maker={}", value(&name)),
        values,
    )
}

fn write_reason(out: &mut dyn Write, words: &str, query: &str, values: u64) -> io::Result<()> {
    let (words, values) = (Text(words), count(values));
    writeln!(out, "<td>{words}</td><td class=\"number\"><a href=\"#values?{query}\">{values}</a></td></tr>")
}

/// A chart of the most frequent values, linked to studies; all others are one bar, except the number of missing values.
/// `all` is the sum of the bars, if they add up.
fn chart(values: &[(String, u64)], max_bars: usize, all: u64, others: &str, field: &str) -> Vec<Bar> {
    // One more bar takes no more space than a bar of the rest.
    let shown = if values.len() == max_bars + 1 { values.len() } else { max_bars.min(values.len()) };
    let bar = |(label, count): &(String, u64)| Bar {
        label: label.clone(),
        count: *count,
        note: String::new(),
        rows: format!("studies?{field}={}", value(label)),
    };
    let (first, rest) = values.split_at(shown);
    let mut bars: Vec<Bar> = first.iter().map(bar).collect();
    let not_said = rest.iter().find(|(label, _)| label == NOT_SAID).map(bar);
    let told: u64 = bars.iter().chain(&not_said).map(|bar| bar.count).sum();
    let known: u64 = values.iter().map(|(_, count)| count).sum();
    let untold = all.max(known).saturating_sub(told);
    if untold > 0 {
        bars.push(Bar { label: others.to_string(), count: untold, note: String::new(), rows: String::new() });
    }
    bars.extend(not_said);
    bars
}

/// A list that the script fills: a filter, a table with these columns, and pages. A column of numbers begins with `#`.
fn list(out: &mut dyn Write, id: &str, title: &str, note: &str, columns: &[&str]) -> io::Result<()> {
    writeln!(
        out,
        "<section class=\"list\" id=\"{id}\"><h3 tabindex=\"-1\">{title}</h3><p class=\"note\">{}</p>\
         <noscript><p class=\"warn\">The rows need JavaScript; the report as JSON has them too.</p></noscript>\
         <div class=\"tools\"><label>Filter <input type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></label>\
         <span class=\"chips\"></span></div>\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\"><table><thead><tr>",
        Text(note)
    )?;
    for column in columns {
        let (class, name) = column.strip_prefix('#').map_or(("", *column), |name| (" class=\"number\"", name));
        write!(out, "<th scope=\"col\"{class}>{name}</th>")?;
    }
    writeln!(
        out,
        "</tr></thead><tbody></tbody></table></div>\
         <div class=\"tools\"><button type=\"button\" class=\"previous\">Previous</button>\
         <button type=\"button\" class=\"next\">Next</button>\
         <span class=\"status\" role=\"status\"></span></div></section>"
    )
}

/// The number of listed rows, of all.
fn held(listed: u64, all: u64, what: &str) -> String {
    match listed < all {
        true => format!("{} of {} {what}. The report as JSON has all.", count(listed), count(all)),
        false => "All of them.".to_string(),
    }
}

fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "0 %".to_string(),
        _ if part > 0 && part * 1000 < whole => "under 0.1 %".to_string(),
        _ => format!("{:.1} %", part as f64 * 100.0 / whole as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_said_has_a_bar_of_its_own_however_many_there_are() {
        let of = |labels: &[&str], all| {
            let values: Vec<(String, u64)> = labels.iter().map(|label| (label.to_string(), 2)).collect();
            let bars = chart(&values, 2, all, "earlier", "year");
            bars.into_iter().map(|bar| format!("{} {}", bar.label, bar.count)).collect::<Vec<String>>().join(", ")
        };
        for (labels, all, want) in [
            (&["2024", NOT_SAID][..], 4, "2024 2, not said 2"),
            (&["2024", "2023", NOT_SAID], 6, "2024 2, 2023 2, not said 2"),
            (&["2024", "2023", "2022", NOT_SAID], 8, "2024 2, 2023 2, earlier 2, not said 2"),
            (&["2024", "2023", "2022", "2021"], 8, "2024 2, 2023 2, earlier 4"),
            (&["2024"], 9, "2024 2, earlier 7"),
            (&[], 0, ""),
        ] {
            assert_eq!(of(labels, all), want, "{labels:?}");
        }
    }
}
