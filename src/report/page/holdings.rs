//! Statistics of the archive, and its largest studies. It contains codes and names of equipment, but no free text about
//! patients.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::Serialize;

use super::bounded::Bounded;
use super::maker::{self, shown};
use crate::fhir::CodeableConcept;
use crate::mapping::{ResolvedSeries, ResolvedStudy};

/// The most distinct values of each kind.
const MAX_VALUES: usize = 2000;
/// The most studies that are listed.
const MAX_STUDIES: usize = 1000;
/// The most values of each kind in the row of a study.
const MAX_IN_ROW: usize = 8;

/// The label of terms that are not known codes, which could be any text.
const OTHER_TERM: &str = "other terms";
/// The label of missing values.
pub const NOT_SAID: &str = "not said";

/// Statistics of the archive.
#[derive(Debug)]
pub struct Holdings {
    /// Studies by year.
    pub years: Bounded<String, u64>,
    /// Instances by modality.
    pub modalities: Bounded<String, u64>,
    /// Series by body site.
    pub sites: Bounded<String, u64>,
    /// Series by manufacturer and model.
    pub models: Bounded<String, u64>,
    studies: Bounded<(Reverse<u64>, Box<str>), Option<StudyRow>>,
}

/// A study as a row of a list.
#[derive(Debug, Serialize)]
pub struct StudyRow {
    study: Box<str>,
    year: String,
    modality: BTreeSet<String>,
    site: BTreeSet<String>,
    model: BTreeSet<String>,
    series: u64,
    instances: u64,
}

impl Default for Holdings {
    fn default() -> Holdings {
        Holdings {
            years: Bounded::new(MAX_VALUES),
            modalities: Bounded::new(MAX_VALUES),
            sites: Bounded::new(MAX_VALUES),
            models: Bounded::new(MAX_VALUES),
            studies: Bounded::new(MAX_STUDIES),
        }
    }
}

impl Holdings {
    /// Counts a study that was written.
    pub fn add(&mut self, study: &ResolvedStudy<'_>) {
        let mut row = StudyRow {
            study: study.uid.into(),
            year: study.part.started.map_or(NOT_SAID.to_string(), |started| format!("{:04}", started.year)),
            modality: BTreeSet::new(),
            site: BTreeSet::new(),
            model: BTreeSet::new(),
            series: 0,
            instances: 0,
        };
        study.listed().for_each(|series| self.series(series, &mut row));
        self.years.add(row.year.clone(), 1);
        if let Some(kept) = self.studies.get_mut((Reverse(row.instances), study.uid.into())) {
            *kept = Some(row);
        }
    }

    fn series(&mut self, series: &ResolvedSeries<'_>, row: &mut StudyRow) {
        let instances = u64::from(series.number_of_instances);
        let modality = series.part.modality.as_ref().map_or(NOT_SAID.to_string(), code);
        let sites = series.part.body_site.iter().flat_map(|site| site.concepts()).map(label);
        let mut sites: BTreeSet<String> = sites.take(MAX_IN_ROW).collect();
        if sites.is_empty() {
            sites.insert(NOT_SAID.to_string());
        }
        let model = maker::of_series(&series.part).model();
        self.modalities.add(modality.clone(), instances);
        sites.iter().for_each(|site| self.sites.add(site.clone(), 1));
        self.models.add(model.clone(), 1);
        insert(&mut row.modality, modality);
        sites.into_iter().for_each(|site| insert(&mut row.site, site));
        insert(&mut row.model, model);
        row.series += 1;
        row.instances += instances;
    }

    /// The largest studies, the largest first.
    pub fn largest(&self) -> impl Iterator<Item = &StudyRow> {
        self.studies.iter().filter_map(|(_, row)| row.as_ref())
    }
}

fn insert(values: &mut BTreeSet<String>, value: String) {
    values.insert(value);
    if values.len() > MAX_IN_ROW {
        values.pop_last();
    }
}

/// The code of a modality.
fn code(concept: &CodeableConcept) -> String {
    concept.coding.first().map_or(OTHER_TERM.to_string(), |coding| shown(&coding.code))
}

/// The words of a code.
fn label(concept: &CodeableConcept) -> String {
    match concept.coding.first() {
        Some(_) => shown(concept.label().unwrap_or_default()),
        None => OTHER_TERM.to_string(),
    }
}
