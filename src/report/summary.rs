//! The end of a run in a few lines, for a terminal.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use anstyle::Style;
use textwrap::{Options, WordSeparator::AsciiSpace, WordSplitter::NoHyphenation};

use super::{Counts, Totals};
use crate::numbers::{count, duration};
use crate::source::{one_line, printable_path};
use crate::terminal::{NAME, WARNING};

/// Reasons that are named; of the others only the number. So that the whole table fits a screen of 24 lines.
const MAX_REASONS: usize = 4;
/// Modalities that are named.
const MAX_MODALITIES: usize = 5;

/// The widest line, where the formatter is given no width: so that no terminal breaks one.
const WIDTH: usize = 80;
/// Where the words begin that follow a name.
const WORDS_AT: usize = 13;
/// Where the words begin that follow a number.
const DETAIL_AT: usize = 26;

/// The result of a run, as a small table in the width of the formatter.
#[derive(Debug, Clone, Copy)]
pub struct Summary<'a> {
    /// What was read and written.
    pub totals: &'a Totals,
    /// What was left out.
    pub counts: &'a Counts,
    /// Files in the output that look like documents and are not of this run.
    pub stale_files: u64,
    /// Rules of `--include` and `--exclude` that no file met.
    pub unmet_rules: &'a [String],
    /// Whether FHIR was written, and no catalog.
    pub is_fhir: bool,
    /// Whether the release is the default one.
    pub is_default_release: bool,
    /// How long it took.
    pub elapsed: Duration,
    /// Where the report is.
    pub report: Option<&'a Path>,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { totals, counts, .. } = self;
        row(f, "files", totals.files, &self.speed())?;
        row(f, "DICOM files", totals.dicom_files, &dicom_files(totals))?;
        row(f, "studies", totals.studies, &mixed(counts))?;
        row(f, "series", totals.series, "")?;
        row(f, "instances", totals.instances, &modalities(totals))?;
        if counts.skipped_files() > 0 {
            let style = if counts.lost_files() > 0 { WARNING } else { NAME };
            styled(f, style, "left out", counts.skipped_files(), "files")?;
            reasons(f, &counts.skipped_in_words())?;
        }
        if counts.issues() > 0 {
            styled(f, WARNING, "issues", counts.issues(), "values dropped, changed or differing")?;
            reasons(f, &counts.issues_in_words())?;
        }
        if self.stale_files > 0 {
            styled(f, WARNING, "older files", self.stale_files, "in the output, and not of this run")?;
        }
        if let Some(path) = self.report {
            worded(f, NAME, "report", &printable_path(path))?;
        } else if counts.skipped_files() + counts.issues() > 0 {
            worded(f, NAME, "report", "none: --report FILE lists each file and value")?;
        }
        for rule in self.unmet_rules {
            worded(f, WARNING, "rule", &format!("{}: no file meets it", one_line(rule)))?;
        }
        if !self.is_fhir {
            return Ok(());
        }
        let release = match self.is_default_release {
            false => format!("{} ({})", totals.release, totals.fhir_version),
            true => format!("{}, the default: most servers want --fhir r4", totals.release),
        };
        worded(f, NAME, "FHIR", &release)
    }
}

/// A row of words alone.
fn worded(f: &mut fmt::Formatter<'_>, style: Style, name: &str, words: &str) -> fmt::Result {
    let width = f.width().unwrap_or(WIDTH).saturating_sub(WORDS_AT);
    let mut lines = wrapped(words, width);
    writeln!(f, "{style}{name:<12}{style:#} {}", lines.next().unwrap_or_default())?;
    lines.try_for_each(|line| writeln!(f, "{:WORDS_AT$}{line}", ""))
}

impl Summary<'_> {
    fn speed(&self) -> String {
        let seconds = self.elapsed.as_secs_f64();
        let rate = self.totals.files as f64 / seconds.max(0.001);
        format!("in {}, {} a second", duration(self.elapsed), count(rate as u64))
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, number: u64, detail: &str) -> fmt::Result {
    styled(f, NAME, name, number, detail)
}

fn styled(f: &mut fmt::Formatter<'_>, style: Style, name: &str, number: u64, detail: &str) -> fmt::Result {
    let width = f.width().unwrap_or(WIDTH).saturating_sub(DETAIL_AT);
    let mut lines = wrapped(detail, width);
    let first = format!(" {:>11}  {}", count(number), lines.next().unwrap_or_default());
    writeln!(f, "{style}{name:<12}{style:#}{}", first.trim_end())?;
    lines.try_for_each(|line| writeln!(f, "{:DETAIL_AT$}{line}", ""))
}

/// The text in lines of at most so many characters, parted at spaces.
fn wrapped(text: &str, width: usize) -> impl Iterator<Item = Cow<'_, str>> {
    let options = Options::new(width).break_words(false).word_separator(AsciiSpace).word_splitter(NoHyphenation);
    textwrap::wrap(text, options).into_iter()
}

fn reasons(f: &mut fmt::Formatter<'_>, reasons: &[(String, u64)]) -> fmt::Result {
    // One more takes no more room than to say that there is one more.
    let named = if reasons.len() == MAX_REASONS + 1 { reasons.len() } else { MAX_REASONS };
    reasons.iter().take(named).try_for_each(|(words, number)| row(f, "", *number, &one_line(words)))?;
    match reasons.get(named..) {
        None | Some([]) => Ok(()),
        Some(others) => row(f, "", others.iter().map(|(_, number)| number).sum(), "for other reasons"),
    }
}

fn modalities(totals: &Totals) -> String {
    let mut modalities: Vec<(&String, &u64)> = totals.instances_by_modality.iter().collect();
    modalities.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    let named = modalities.iter().take(MAX_MODALITIES);
    let mut words: Vec<String> =
        named.map(|(code, number)| format!("{} {}", one_line(code), count(**number))).collect();
    let others: u64 = modalities.iter().skip(MAX_MODALITIES).map(|(_, number)| **number).sum();
    if others > 0 {
        words.push(format!("others {}", count(others)));
    }
    words.join(", ")
}

fn dicom_files(totals: &Totals) -> String {
    let repeated =
        (totals.repeated_files > 0).then(|| format!("{} of them repeat another", count(totals.repeated_files)));
    let partial = totals.partial.then(|| "of them only what was asked for".to_string());
    [repeated, partial].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn mixed(counts: &Counts) -> String {
    match counts.mixed_studies() {
        0 => String::new(),
        studies => format!("{} of them with several Patient IDs", count(studies)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::{Issue, Reason, Skip};
    use crate::report::Where;
    use crate::source::Name;

    #[test]
    fn a_long_reason_goes_on_below_itself() {
        let lines: Vec<_> = wrapped("the date is kept, the time dropped", 16).collect();
        assert_eq!(lines, ["the date is", "kept, the time", "dropped"]);
        assert_eq!(wrapped("", 16).collect::<Vec<_>>(), [""]);
        assert_eq!(wrapped("averylongword", 4).collect::<Vec<_>>(), ["averylongword"]);
    }

    #[test]
    fn the_summary_is_a_table_that_a_terminal_can_take() {
        let mut counts = Counts::default();
        let (name, place) = (Name::file("a"), Where::default());
        (0..1200).for_each(|_| counts.skip(&name, &Skip::NotDicom));
        counts.skip(&name, &Skip::Unreadable("x".into()));
        counts.issue(place, &Issue::new("", &[], Reason::SeveralPatients));
        (0..2).for_each(|_| counts.issue(place, &Issue::new("", &[], Reason::NotADate)));
        let totals = Totals {
            release: "r5",
            fhir_version: "5.0.0",
            files: 20_000,
            dicom_files: 18_799,
            repeated_files: 0,
            studies: 42,
            series: 310,
            instances: 18_799,
            instances_by_modality: [("C\u{1b}T".to_string(), 18_000), ("MR".to_string(), 799)].into(),
            partial: false,
        };
        let elapsed = Duration::from_millis(4200);
        let summary = Summary {
            totals: &totals,
            counts: &counts,
            stale_files: 12,
            unmet_rules: &[],
            is_fhir: true,
            is_default_release: false,
            elapsed,
            report: Some(Path::new("r.json")),
        };
        let want = "\
files             20,000  in 4.2 s, 4,761 a second
DICOM files       18,799
studies               42  1 of them with several Patient IDs
series               310
instances         18,799  C\\u{1b}T 18,000, MR 799
left out           1,201  files
                   1,200  not a DICOM file
                       1  cannot be read
issues                 3  values dropped, changed or differing
                       1  several Patient IDs in one study
                       2  not a date: want YYYYMMDD
older files           12  in the output, and not of this run
report       r.json
FHIR         r5 (5.0.0)
";
        assert_eq!(anstream::adapter::strip_str(&summary.to_string()).to_string(), want);
        let narrow = anstream::adapter::strip_str(&format!("{summary:50}")).to_string();
        assert!(narrow.lines().all(|line| line.chars().count() <= 50), "{narrow}");
    }
}
