//! Counters of a run, updated from any thread.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::mapping::{ResolvedSeries, ResolvedStudy, SeriesPart};
use crate::report::Totals;

use super::Job;

/// The counts of a run.
#[derive(Debug, Default)]
pub struct RunCounts {
    files: AtomicU64,
    dicom_files: AtomicU64,
    /// DICOM files that were read and not left out.
    read_files: AtomicU64,
    /// Those of them that became an instance, or are counted elsewhere in the summary.
    resolved_files: AtomicU64,
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    studies: u64,
    series: u64,
    instances: u64,
    by_modality: BTreeMap<String, u64>,
}

/// The counts of one study.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudyCounts {
    resolved_files: u64,
    series: u64,
    instances: u64,
    by_modality: BTreeMap<String, u64>,
}

impl StudyCounts {
    /// Counts a study.
    pub fn of(study: &ResolvedStudy<'_>) -> StudyCounts {
        let files = |series: &ResolvedSeries<'_>| {
            let left_out = series.conflicts.len() + series.rejected.len() + series.manifests.len();
            u64::from(series.number_of_instances) + left_out as u64
        };
        let mut counts = StudyCounts { resolved_files: study.series.iter().map(files).sum(), ..StudyCounts::default() };
        for series in study.listed() {
            let instances = u64::from(series.number_of_instances);
            counts.series += 1;
            counts.instances += instances;
            *counts.by_modality.entry(modality(&series.part)).or_default() += instances;
        }
        counts
    }
}

impl RunCounts {
    /// Adds files that were read or left out, and how many of them are DICOM.
    pub fn read(&self, files: u64, dicom_files: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.dicom_files.fetch_add(dicom_files, Ordering::Relaxed);
    }

    /// Adds DICOM files that were grouped.
    pub fn grouped(&self, files: u64) {
        self.read(files, files);
        self.read_files.fetch_add(files, Ordering::Relaxed);
    }

    /// The number of files read or left out, and how many of them are DICOM.
    pub fn files(&self) -> (u64, u64) {
        (self.files.load(Ordering::Relaxed), self.dicom_files.load(Ordering::Relaxed))
    }

    /// Adds files that an index knows.
    #[cfg(feature = "index")]
    pub fn known(&self, files: u64, dicom_files: u64, grouped_files: u64) {
        self.read(files, dicom_files);
        self.read_files.fetch_add(grouped_files, Ordering::Relaxed);
    }

    /// Adds the instances of a resolved study.
    pub fn resolved(&self, study: &StudyCounts) {
        self.resolved_files.fetch_add(study.resolved_files, Ordering::Relaxed);
    }

    /// Adds a written study.
    pub fn wrote(&self, study: &StudyCounts) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.studies += 1;
        written.series += study.series;
        written.instances += study.instances;
        for (modality, instances) in &study.by_modality {
            *written.by_modality.entry(modality.clone()).or_default() += instances;
        }
    }

    /// The totals at the end of a run.
    pub fn totals(self, job: &Job) -> Totals {
        let release = job.config.content.release();
        let written = self.written.into_inner().unwrap_or_else(PoisonError::into_inner);
        Totals {
            release: release.name,
            fhir_version: release.version,
            files: self.files.into_inner(),
            dicom_files: self.dicom_files.into_inner(),
            repeated_files: self.read_files.into_inner().saturating_sub(self.resolved_files.into_inner()),
            studies: written.studies,
            series: written.series,
            instances: written.instances,
            instances_by_modality: written.by_modality,
            partial: job.filter.is_partial(),
        }
    }
}

/// The modality of a series, for the summary.
fn modality(part: &SeriesPart) -> String {
    let Some(concept) = &part.modality else { return "none".to_string() };
    let code = concept.coding.first().map(|coding| &*coding.code);
    code.or(concept.text.as_deref()).unwrap_or("none").to_string()
}
