//! `--include` and `--exclude`: which files are read, by their path and by what their header says.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobMatcher};
use jiff::civil::Date;

use super::unknown;

/// A rule, as `modality=CT,MR`.
///
/// ```
/// use dcm2fhir::FilterRule;
///
/// assert!("date=2024-01-01..2024-12-31".parse::<FilterRule>().is_ok());
/// assert!("modality=".parse::<FilterRule>().is_err());
/// ```
#[derive(Debug, Clone)]
pub struct FilterRule {
    /// As it was typed.
    text: String,
    test: Test,
    /// Whether a file met it.
    met: Arc<AtomicBool>,
}

#[derive(Debug, Clone)]
enum Test {
    /// The path, or the file name for a glob without a slash.
    Path { glob: GlobMatcher, whole: bool },
    /// Modality (0008,0060) is one of these, in whatever case.
    Modality(Vec<String>),
    /// SOP Class UID (0008,0016) is one of these.
    SopClass(Vec<String>),
    /// Patient ID (0010,0020) is this.
    PatientId(String),
    /// Study Instance UID (0020,000D) is one of these.
    Study(Vec<String>),
    /// Study Date (0008,0020) is not before and not after these.
    Date(Date, Date),
}

/// The rules of a run.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    include: Vec<FilterRule>,
    exclude: Vec<FilterRule>,
}

/// What rules ask of a header: its values as text, without padding.
#[derive(Debug, Clone, Copy, Default)]
pub struct FilterValues<'a> {
    /// Modality (0008,0060).
    pub modality: Option<&'a str>,
    /// SOP Class UID (0008,0016).
    pub sop_class: Option<&'a str>,
    /// Patient ID (0010,0020), in whatever character set.
    pub patient_id: Option<&'a [u8]>,
    /// Study Instance UID (0020,000D).
    pub study: Option<&'a str>,
    /// Study Date (0008,0020).
    pub date: Option<&'a str>,
}

impl Filter {
    /// Files that meet these rules.
    pub fn new(include: Vec<FilterRule>, exclude: Vec<FilterRule>) -> Filter {
        Filter { include, exclude }
    }

    /// Whether the output may hold less than the input, so that counts are partial.
    pub fn is_partial(&self) -> bool {
        !self.include.is_empty() || !self.exclude.is_empty()
    }

    /// Whether a path is excluded: what is there is not even opened.
    pub fn excludes_path(&self, path: &str) -> bool {
        // Counted, so that every rule is asked and notes whether it is met.
        self.exclude.iter().filter(|rule| rule.of_path(path) == Some(true)).count() > 0
    }

    /// Whether a path is among those that are included, if only some are.
    pub fn includes_path(&self, path: &str) -> bool {
        let met: Vec<bool> = self.include.iter().filter_map(|rule| rule.of_path(path)).collect();
        met.is_empty() || met.contains(&true)
    }

    /// Whether a file with this header is kept: for each kind of rule one `include` has it, and no `exclude` does.
    pub fn keeps(&self, asked: &FilterValues<'_>) -> bool {
        let mut kinds = [None; 5];
        for rule in &self.include {
            if let Some(is_met) = rule.of_header(asked) {
                let kind = kinds[rule.test.kind()].get_or_insert(false);
                *kind |= is_met;
            }
        }
        let is_excluded = self.exclude.iter().filter(|rule| rule.of_header(asked) == Some(true)).count() > 0;
        !is_excluded && kinds.iter().all(|is_met| is_met.unwrap_or(true))
    }

    /// The rules that no file met.
    pub fn unmet(&self) -> Vec<String> {
        let unmet = |option: &'static str, rules: &[FilterRule]| {
            let unmet = rules.iter().filter(|rule| !rule.met.load(Ordering::Relaxed));
            unmet.map(|rule| format!("{option} {}", rule.text)).collect::<Vec<_>>()
        };
        [unmet("--include", &self.include), unmet("--exclude", &self.exclude)].concat()
    }
}

impl FilterRule {
    /// Whether the path meets it; `None` for a rule that is about something else.
    fn of_path(&self, path: &str) -> Option<bool> {
        let Test::Path { glob, whole } = &self.test else { return None };
        let name = path.rsplit('/').next().unwrap_or(path);
        Some(self.note(glob.is_match(if *whole { path } else { name })))
    }

    /// Whether the header meets it; `None` for a rule that is about the path.
    fn of_header(&self, asked: &FilterValues<'_>) -> Option<bool> {
        let is_among = |value: Option<&str>, wanted: &[String]| {
            value.is_some_and(|value| wanted.iter().any(|wanted| wanted == value))
        };
        let is_met = match &self.test {
            Test::Path { .. } => return None,
            Test::Modality(wanted) => asked.modality.is_some_and(|values| {
                values.split('\\').any(|value| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(value.trim())))
            }),
            Test::SopClass(wanted) => is_among(asked.sop_class, wanted),
            Test::PatientId(wanted) => asked.patient_id.is_some_and(|id| id.trim_ascii() == wanted.as_bytes()),
            Test::Study(wanted) => is_among(asked.study, wanted),
            Test::Date(first, last) => {
                asked.date.and_then(dicom_date).is_some_and(|date| (*first..=*last).contains(&date))
            }
        };
        Some(self.note(is_met))
    }

    fn note(&self, is_met: bool) -> bool {
        // Looked at first, so that the threads do not take the line from each other for each file.
        if is_met && !self.met.load(Ordering::Relaxed) {
            self.met.store(true, Ordering::Relaxed);
        }
        is_met
    }
}

impl Test {
    /// Rules of one kind widen, rules of several narrow.
    fn kind(&self) -> usize {
        match self {
            Test::Modality(_) | Test::Path { .. } => 0,
            Test::SopClass(_) => 1,
            Test::PatientId(_) => 2,
            Test::Study(_) => 3,
            Test::Date(..) => 4,
        }
    }
}

/// DA (PS3.5 6.2), or the form of ACR-NEMA with dots.
fn dicom_date(text: &str) -> Option<Date> {
    let digits: String = text.trim().chars().filter(|character| *character != '.').collect();
    Date::strptime("%Y%m%d", digits).ok()
}

const FORMS: &str = "want modality=CT,MR, sop-class=UID, path=GLOB, patient-id=ID, study=UID or date=FROM..TO";
const KINDS: [&str; 6] = ["modality", "sop-class", "path", "patient-id", "study", "date"];

impl FromStr for FilterRule {
    type Err = String;

    fn from_str(text: &str) -> Result<FilterRule, String> {
        let (kind, value) = text.split_once('=').ok_or(FORMS)?;
        let values = || value.split(',').map(str::trim);
        let test = match kind {
            "modality" => codes(values().map(str::to_ascii_uppercase)).map(Test::Modality),
            "sop-class" => uids(values()).map(Test::SopClass),
            "study" => uids(values()).map(Test::Study),
            "path" => glob(value),
            "patient-id" if value.trim().is_empty() => Err("want a Patient ID, as patient-id=12345".to_string()),
            "patient-id" => Ok(Test::PatientId(value.trim().to_string())),
            "date" => dates(value),
            _ => Err(unknown("kind of rule", kind, &KINDS)),
        };
        Ok(FilterRule { text: text.to_string(), test: test?, met: Arc::default() })
    }
}

impl fmt::Display for FilterRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// PS3.5 6.2: a code string has at most 16 capital letters, digits, spaces and underscores.
fn codes(codes: impl Iterator<Item = String>) -> Result<Vec<String>, String> {
    let is_code = |code: &str| {
        (1..=16).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_'))
    };
    codes.map(|code| if is_code(&code) { Ok(code) } else { Err("want modality codes, as CT,MR".to_string()) }).collect()
}

fn uids<'a>(uids: impl Iterator<Item = &'a str>) -> Result<Vec<String>, String> {
    uids.map(uid).collect()
}

/// PS3.5 9.1: a UID has at most 64 digits and dots.
pub fn uid(text: &str) -> Result<String, String> {
    let is_uid = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && !text.starts_with('.');
    if is_uid {
        Ok(text.to_string())
    } else {
        Err("want a UID of digits and dots, as 1.2.840.10008.5.1.4.1.1.2".into())
    }
}

fn glob(pattern: &str) -> Result<Test, String> {
    let whole = pattern.contains('/');
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    match glob {
        _ if pattern.is_empty() => Err("want a glob, as path=*.dcm or path=**/2024/**".to_string()),
        Ok(glob) => Ok(Test::Path { glob: glob.compile_matcher(), whole }),
        Err(error) => Err(format!("not a glob: {}", error.kind())),
    }
}

/// `2024-01-01..2024-12-31`, with either end left out, or one day.
fn dates(text: &str) -> Result<Test, String> {
    let wanted = "want dates, as date=2024-01-01..2024-12-31, date=2024-01-01.. or date=2024-05-17";
    let date = |text: &str| Date::strptime("%Y-%m-%d", text.trim()).ok().or_else(|| dicom_date(text)).ok_or(wanted);
    let (first, last) = match text.split_once("..") {
        Some(("", "")) => return Err(wanted.to_string()),
        Some((first, "")) => (date(first)?, Date::MAX),
        Some(("", last)) => (Date::MIN, date(last)?),
        Some((first, last)) => (date(first)?, date(last)?),
        None => (date(text)?, date(text)?),
    };
    if last < first {
        return Err(format!("{first} is after {last}: give the earlier date first"));
    }
    Ok(Test::Date(first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: &[&str]) -> Vec<FilterRule> {
        rules.iter().map(|rule| rule.parse().unwrap()).collect()
    }

    fn modality(code: &str) -> FilterValues<'_> {
        FilterValues { modality: Some(code), ..FilterValues::default() }
    }

    #[test]
    fn rules_of_one_kind_widen_and_rules_of_several_narrow() {
        let filter = Filter::new(rules(&["modality=ct,MR", "modality=US", "sop-class=1.2.3"]), rules(&["study=1.9"]));
        for (code, sop_class, study, want) in [
            ("CT", "1.2.3", "1", true),
            ("US", "1.2.3", "1", true),
            ("DX", "1.2.3", "1", false),
            ("CT", "1.2.4", "1", false),
            ("CT", "1.2.3", "1.9", false),
        ] {
            let asked = FilterValues { sop_class: Some(sop_class), study: Some(study), ..modality(code) };
            assert_eq!(filter.keeps(&asked), want, "{asked:?}");
        }
        assert!(Filter::default().keeps(&FilterValues::default()));
        assert!(!filter.keeps(&FilterValues::default()));
    }

    #[test]
    fn a_modality_is_met_in_whatever_case_and_by_one_of_several() {
        let filter = Filter::new(rules(&["modality=CT"]), vec![]);
        for (code, want) in [("CT", true), ("ct", true), ("PT\\CT", true), ("CTX", false)] {
            assert_eq!(filter.keeps(&modality(code)), want, "{code}");
        }
    }

    #[test]
    fn a_day_is_in_a_range_of_days() {
        for (rule, date, want) in [
            ("date=2024-01-01..2024-12-31", "20241231", true),
            ("date=2024-01-01..2024-12-31", "20250101", false),
            ("date=20240101..", "20991231", true),
            ("date=..2024-01-01", "2024.01.01", true),
            ("date=2024-05-17", "20240517", true),
            ("date=2024-05-17", "", false),
        ] {
            let asked = FilterValues { date: Some(date), ..FilterValues::default() };
            assert_eq!(Filter::new(rules(&[rule]), vec![]).keeps(&asked), want, "{rule} {date}");
        }
    }

    #[test]
    fn a_path_is_passed_by_before_it_is_opened() {
        let filter = Filter::new(rules(&["path=*.dcm", "path=**/CT/*"]), rules(&["path=**/.trash/**"]));
        for (path, want) in [
            ("a/b/1.dcm", false),
            ("a/CT/IM1", false),
            ("a/b/IM1", true),
            ("a/.trash/x/1.dcm", true),
            ("a/cd.zip!/DICOM/1.dcm", false),
        ] {
            assert_eq!(filter.excludes_path(path) || !filter.includes_path(path), want, "{path}");
        }
        assert!(filter.keeps(&FilterValues::default()));
    }

    #[test]
    fn a_rule_that_no_file_met_is_named() {
        let filter = Filter::new(rules(&["modality=CT", "patient-id= 7 "]), rules(&["path=*.tmp"]));
        filter.keeps(&FilterValues { patient_id: Some(b"7 "), ..modality("MR") });
        assert_eq!(filter.unmet(), ["--include modality=CT", "--exclude path=*.tmp"]);
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_refused() {
        for rule in [
            "CT",
            "modality=",
            "modality=CT,",
            "sop-class=CT",
            "Modality=CT",
            "path=",
            "path=[",
            "patient-id=",
            "study=x",
            "date=",
            "date=..",
            "date=2024",
            "date=2024-13-01",
            "date=2024-12-31..2024-01-01",
        ] {
            assert!(rule.parse::<FilterRule>().is_err(), "{rule}");
        }
    }
}
