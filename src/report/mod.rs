//! What was left out, dropped or changed, and why: counts always, and every single one where a report is asked for.
//!
//! Entries go to disk as they come, and are sorted on the way into the report: a million take no memory, and the same
//! input gives the same report. Header values stand in it only if the user wants them.

#[cfg(feature = "cli")]
mod causes;
mod code;
mod counts;
mod document;
mod entry;
mod page;
mod sorter;
#[cfg(feature = "cli")]
mod summary;
#[cfg(feature = "cli")]
mod summary_json;

use std::collections::BTreeMap;
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
pub use summary::Summary;
#[cfg(feature = "cli")]
pub use summary_json::summary_json;

pub use document::Section;

use document::Document;
pub use page::Equipment;
use page::Page;

/// Where something was found, and how to find out what made it.
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
    /// Where to look for what made the file.
    pub equipment: Equipment<'a>,
}

impl<'a> Where<'a> {
    /// The place alone.
    pub fn place(&self) -> Place<'a> {
        Place { name: self.name, study: self.study, series: self.series, instance: self.instance }
    }
}

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// What `--fhir` calls the release.
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
    /// Whether `--include` or `--exclude` left files out.
    pub partial: bool,
}

/// Takes skips and issues from all threads.
pub struct Report {
    counts: Mutex<Counts>,
    form: Form,
    /// Whether header values stand in it.
    values: bool,
    /// Hears of each.
    progress: Arc<dyn Progress>,
}

/// What is made of the skips and issues.
#[derive(Debug)]
enum Form {
    /// Counts alone.
    None,
    /// A document of all.
    Json(Box<Mutex<Document>>),
    /// A page to look at.
    Page(Box<Mutex<Page>>),
}

impl Report {
    /// Starts to count, and opens the report that is asked for: a page where its name ends in `.html`.
    pub fn open(options: &RunOptions, progress: Arc<dyn Progress>) -> Result<Report, Error> {
        let RunOptions { report, mode, report_values, .. } = options;
        let form = match report {
            None => Form::None,
            Some(path) if page::is_page(path) => Form::Page(Box::new(Mutex::new(Page::create(path, *mode)?))),
            Some(path) => Form::Json(Box::new(Mutex::new(Document::create(path, *mode)?))),
        };
        Ok(Report { counts: Mutex::default(), form, values: *report_values, progress })
    }

    /// A file is left out.
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

    /// A value is dropped or changed.
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

    /// A study was written: a page says what the archive holds.
    pub fn wrote(&self, study: &ResolvedStudy<'_>) {
        if let Form::Page(page) = &self.form {
            lock(page).study(study);
        }
    }

    /// Completes the report, with a section of somebody else's if there is one, and gives the counts.
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
