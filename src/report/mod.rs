//! The report: what was left out, dropped or changed, and why. Counts are always kept, single entries only for a
//! report.
//!
//! Entries are spooled to disk and sorted for the report, so that memory does not grow and the same input gives the
//! same report. It contains header values only on request.

#[cfg(feature = "cli")]
mod causes;
mod counts;
mod document;
mod entry;
mod kept;
mod page;
mod sorter;
#[cfg(feature = "cli")]
mod summary;
#[cfg(feature = "cli")]
mod summary_json;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::issue::{Issue, Place, Skip};
use crate::mapping::ResolvedStudy;
use crate::name::Name;
use crate::options::RunOptions;
use crate::progress::Progress;

#[cfg(feature = "cli")]
pub use causes::{CauseInWords, Causes, causes};
pub use counts::Counts;
#[cfg(feature = "cli")]
pub use sorter::Sorter;
#[cfg(feature = "cli")]
pub use summary::Summary;
#[cfg(feature = "cli")]
pub use summary_json::summary_json;

pub use document::Section;
pub use kept::KeptIssue;
#[cfg(feature = "index")]
pub use kept::word;

use document::Document;
use page::Page;
pub use page::{Equipment, is_page};

/// Where something was found, and the source of its equipment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Where<'a> {
    /// The file.
    pub name: Option<&'a Name>,
    /// Study Instance UID.
    pub study: Option<&'a str>,
    /// Series Instance UID.
    pub series: Option<&'a str>,
    /// SOP Instance UID.
    pub instance: Option<&'a str>,
    /// The source of the file's equipment.
    pub equipment: Equipment<'a>,
}

impl<'a> Where<'a> {
    /// The place alone.
    pub fn place(&self) -> Place<'a> {
        Place { name: self.name, study: self.study, series: self.series, instance: self.instance }
    }
}

/// The totals of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// The name of the release, as `r4`.
    pub release: &'static str,
    /// The version that the release gives itself.
    pub fhir_version: &'static str,
    /// Files found, with those that the walk left out.
    pub files: u64,
    /// Files that are DICOM.
    pub dicom_files: u64,
    /// DICOM files that repeat one that was read: the same instance with the same content.
    pub repeated_files: u64,
    /// Studies written.
    pub studies: u64,
    /// Series in them.
    pub series: u64,
    /// Instances in them.
    pub instances: u64,
    /// Instances by the modality of their series.
    pub instances_by_modality: BTreeMap<String, u64>,
    /// Whether rules of `include` or `exclude` left files out.
    pub partial: bool,
}

/// Collects skips and issues from all threads.
pub struct Report {
    counts: Mutex<Counts>,
    form: Form,
    /// Whether it contains header values.
    values: bool,
    /// Receives callbacks for each.
    progress: Arc<dyn Progress>,
    /// The issues of each study, by its UID, for an index.
    kept: Option<Mutex<HashMap<String, Vec<KeptIssue>>>>,
}

/// The form of the report.
#[derive(Debug)]
enum Form {
    /// Counts alone.
    None,
    /// A document of all.
    Json(Box<Mutex<Document>>),
    /// A web page.
    Page(Box<Mutex<Page>>),
}

impl Report {
    /// Opens the requested report: a page if its name ends in `.html`.
    pub fn open(options: &RunOptions, progress: Arc<dyn Progress>) -> Result<Report, Error> {
        let RunOptions { report, mode, report_values, .. } = options;
        let form = match report {
            None => Form::None,
            Some(path) if page::is_page(path) => Form::Page(Box::new(Mutex::new(Page::create(path, *mode)?))),
            Some(path) => Form::Json(Box::new(Mutex::new(Document::create(path, *mode)?))),
        };
        Ok(Report { counts: Mutex::default(), form, values: *report_values, progress, kept: None })
    }

    /// The report, which also keeps the issues of each study until they are taken.
    pub fn keeping(self) -> Report {
        Report { kept: Some(Mutex::default()), ..self }
    }

    /// Adds an issue of a study; the place need not name the study.
    pub fn issue_of(&self, study: &str, place: Where<'_>, issue: &Issue) {
        self.issue(place, issue);
        if let Some(kept) = &self.kept {
            lock(kept).entry(study.to_string()).or_default().push(KeptIssue::of(place, issue));
        }
    }

    /// Takes the kept issues of a study.
    pub fn take_kept(&self, study: &str) -> Vec<KeptIssue> {
        self.kept.as_ref().and_then(|kept| lock(kept).remove(study)).unwrap_or_default()
    }

    /// Adds a file that is left out.
    pub fn skip(&self, name: &Name, skip: &Skip) {
        self.progress.left_out(name, skip);
        lock(&self.counts).skip(name, skip);
        match &self.form {
            Form::None => {}
            Form::Json(document) => {
                let line = entry::skipped(name, skip);
                lock(document).skipped(line);
            }
            Form::Page(page) => lock(page).skip(name, skip),
        }
    }

    /// Adds a value that is dropped or changed.
    pub fn issue(&self, place: Where<'_>, issue: &Issue) {
        self.progress.issue(place.place(), issue);
        lock(&self.counts).issue(place, issue);
        match &self.form {
            Form::None => {}
            Form::Json(document) => {
                let line = entry::issue(place, issue, self.values);
                lock(document).issue(line);
            }
            Form::Page(page) => lock(page).issue(place, issue, self.values),
        }
    }

    /// Adds a written study, for the contents of a page.
    pub fn wrote(&self, study: &ResolvedStudy<'_>) {
        if let Form::Page(page) = &self.form {
            lock(page).study(study);
        }
    }

    /// Completes the report, with an additional section if given, and returns the counts.
    pub fn finish(self, totals: &Totals, section: Option<&Section<'_>>) -> Result<Counts, Error> {
        let counts = self.counts.into_inner().unwrap_or_else(PoisonError::into_inner);
        match self.form {
            Form::None => {}
            Form::Json(document) => {
                document.into_inner().unwrap_or_else(PoisonError::into_inner).finish(totals, &counts, section)?;
            }
            Form::Page(page) => {
                let page = page.into_inner().unwrap_or_else(PoisonError::into_inner);
                page.finish(totals, &counts, section, self.values)?;
            }
        }
        Ok(counts)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
