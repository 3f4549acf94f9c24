//! Explains many files at once: for each row of the mapping which attributes they have, in how many of them the row
//! fills its element, which values there are, in which studies and series they differ, and of how many studies it is
//! written.
//!
//! What is kept does not grow with the files: of each attribute some values, and of each difference some places. It is
//! the same in any order of arrival.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::any_row::{AnyRow, Found, rows};
use super::origin::{self, Origin};
use super::written::Target;
use super::{Leaf, SEPARATE, values};
use crate::dicom::{Header, Tag};
use crate::fhir::{DateTime, Release};
use crate::group::reader::{Keeper, Record};
use crate::issue::{Issue, Reason, Skip};
use crate::mapping::{ContentOptions, Options, ResolvedStudy};
use crate::name::Name;
use crate::stamp::Mark;

/// Different values of an attribute that are counted, at most.
const MAX_VALUES: usize = 256;
/// Values of them that are kept to be shown, the first in order.
const MAX_SHOWN: usize = 20;
/// Studies or series where values differ that are named, the first in order.
const MAX_PLACES: usize = 20;

/// The summary of many files.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Surveyed {
    /// Files that were read.
    pub files: u64,
    /// Studies in them.
    pub studies: u64,
    /// Series in them.
    pub series: u64,
    /// One for each row.
    pub rows: Vec<SurveyedRow>,
}

/// The summary of one row.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SurveyedRow {
    /// The FHIR element.
    pub element: &'static str,
    /// Where DICOM defines its attributes.
    pub citation: &'static str,
    /// Where the value comes from, if from no attribute: a constant, a count, an option, another element.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Files in which the element is filled.
    pub filled_files: u64,
    /// Studies of which the element is written.
    pub filled_studies: u64,
    /// The option without which it is not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<&'static str>,
    /// Whether files fill it one by one.
    #[serde(skip)]
    pub(super) is_of_files: bool,
    /// Studies of which it would be written with another option.
    #[serde(skip)]
    pub(super) besides: u64,
    /// The attributes that files have.
    pub attributes: Vec<SurveyedAttribute>,
    /// The attributes that the row reads, as tags and keywords.
    pub reads: Vec<String>,
    /// Files in which a value was dropped or changed, by reason.
    pub issues: BTreeMap<String, u64>,
    /// Where files differ.
    pub differs: Differs,
}

/// The summary of one attribute.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SurveyedAttribute {
    /// The tags from the root inwards, as `(0010,0010)`.
    pub tags: Vec<String>,
    /// The keyword of the last one.
    pub keyword: String,
    /// Files that have it.
    pub files: u64,
    /// How many different values it has; `None` where there are more than are counted.
    pub different_values: Option<usize>,
    /// The first of them, in order.
    pub values: BTreeSet<String>,
    /// Whether there are more values than are counted.
    #[serde(skip)]
    pub(super) has_more: bool,
}

/// Where files of one study or series differ, so that the first in order decides or nothing can be said.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// How many studies or series.
    pub count: u64,
    /// The first of them, in order.
    pub places: BTreeSet<String>,
}

/// Collects files and studies, from any thread.
#[derive(Debug)]
pub struct Survey<'s> {
    options: &'s Options,
    /// How each release is written, with what is asked for and with what else could be.
    targets: Vec<[Option<Target>; 2]>,
    origins: Vec<Origin>,
    rows: Vec<AnyRow>,
    /// The places of the rows of an element, by release.
    known: Mutex<HashMap<&'static str, HashMap<String, Vec<usize>>>>,
    surveyed: Mutex<Surveyed>,
}

impl<'s> Survey<'s> {
    /// A survey of no file yet, for a conversion with these options.
    pub fn new(content: &'s ContentOptions, made_at: DateTime) -> Survey<'s> {
        let (rows, origins) = (rows(), origin::all(None));
        let releases = content.fhir.map_or(Release::ALL.to_vec(), |release| vec![release]);
        let target = |release| {
            let asked = Target::new(release, content, made_at);
            [asked.separate(), Some(asked)]
        };
        let all = rows.iter().map(SurveyedRow::of).chain(origins.iter().map(SurveyedRow::of_origin));
        let surveyed = Mutex::new(Surveyed { rows: all.collect(), ..Surveyed::default() });
        let targets = releases.into_iter().map(target).collect();
        Survey { options: &content.archive, targets, origins, rows, known: Mutex::default(), surveyed }
    }

    /// Which rows are written of a study with what else could be asked for, and which with what is.
    fn written(&self, study: &ResolvedStudy<'_>) -> [Vec<bool>; 2] {
        let mut all = [(); 2].map(|()| vec![false; self.rows.len() + self.origins.len()]);
        for targets in &self.targets {
            for (found, target) in all.iter_mut().zip(targets) {
                let Some(target) = target else { continue };
                let leaves = target.of_shapes(study);
                leaves.iter().flat_map(|leaf| self.rows_of(leaf, target.release)).for_each(|place| found[place] = true);
            }
        }
        all
    }

    /// The places of the rows of a value, which are the same of every study: those of the element, and of its origin.
    fn rows_of(&self, leaf: &Leaf, release: &'static Release) -> Vec<usize> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of_release = known.entry(release.name).or_default();
        if let Some(places) = of_release.get(&leaf.element) {
            return places.clone();
        }
        let is_of = |row: &AnyRow| release.element(row.name).is_some_and(|name| leaf.is_of(&name));
        let of_rows = self.rows.iter().enumerate().filter(|(_, row)| is_of(row)).map(|(place, _)| place);
        let of_origin = origin::of(leaf, &self.origins, release).map(|place| self.rows.len() + place);
        let places: Vec<usize> = of_rows.chain(of_origin).collect();
        of_release.insert(leaf.element.clone(), places.clone());
        places
    }

    /// Adds a resolved study: where its files differ, and what is written of it.
    pub fn study(&self, study: &ResolvedStudy<'_>) {
        let [besides, asked] = self.written(study);
        let mut surveyed = self.lock();
        surveyed.studies += 1;
        for (row, (besides, asked)) in surveyed.rows.iter_mut().zip(besides.into_iter().zip(asked)) {
            row.filled_studies += u64::from(asked);
            row.besides += u64::from(besides);
        }
        for found in &study.issues {
            surveyed.differs(&self.rows, &found.issue, format!("study {}", study.uid));
        }
        for series in &study.series {
            surveyed.series += 1;
            for found in &series.issues {
                surveyed.differs(&self.rows, &found.issue, format!("series {}", series.uid));
            }
        }
    }

    /// The summary: the attributes that files have, and the first values of each.
    pub fn finish(self) -> Surveyed {
        let mut surveyed = self.surveyed.into_inner().unwrap_or_else(PoisonError::into_inner);
        for row in &mut surveyed.rows {
            row.attributes.retain(|attribute| attribute.files > 0);
            row.settle();
            for attribute in &mut row.attributes {
                attribute.different_values = (!attribute.has_more).then_some(attribute.values.len());
                attribute.values = std::mem::take(&mut attribute.values).into_iter().take(MAX_SHOWN).collect();
            }
        }
        let read: BTreeSet<&'static str> =
            surveyed.rows.iter().filter(|row| !row.attributes.is_empty()).map(|row| row.element).collect();
        // Elements that attributes fill are explained by the rows of these.
        let is_told =
            |row: &SurveyedRow| row.source.is_empty() || (row.filled_studies > 0 && !read.contains(row.element));
        surveyed.rows.retain(is_told);
        surveyed.rows.sort_by_key(|row| (row.with.is_some(), super::place(row.element)));
        surveyed
    }

    fn lock(&self) -> MutexGuard<'_, Surveyed> {
        self.surveyed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper for Survey<'_> {
    fn read(&self, _: &Name, _: Option<Mark>, header: &Header, grouped: Result<&Record<'_>, &Skip>) {
        if grouped.is_err() {
            return;
        }
        let root = header.root();
        let found: Vec<Found> = self.rows.iter().map(|row| row.found(root, self.options)).collect();
        let mut surveyed = self.lock();
        surveyed.files += 1;
        // The rows of origins, which come last, are of studies.
        surveyed.rows.iter_mut().zip(found).for_each(|(row, found)| row.add(found));
    }
}

impl Surveyed {
    fn differs(&mut self, all: &[AnyRow], issue: &Issue, place: String) {
        if issue.reason != Reason::Differs {
            return;
        }
        let is_it = |row: &AnyRow| {
            row.element == issue.element
                && row.attributes.iter().any(|attribute| issue.tags.starts_with(attribute.path()))
        };
        if let Some(row) = all.iter().position(is_it).and_then(|at| self.rows.get_mut(at)) {
            row.differs.count += 1;
            row.differs.places.insert(place);
            if row.differs.places.len() > MAX_PLACES {
                row.differs.places.pop_last();
            }
        }
    }
}

impl SurveyedRow {
    /// A row of which no file was read yet.
    fn of(row: &AnyRow) -> SurveyedRow {
        let attribute = |path: &Vec<Tag>| {
            let (tags, keyword) = values::names(path);
            SurveyedAttribute { tags, keyword, ..SurveyedAttribute::default() }
        };
        SurveyedRow {
            element: row.element,
            citation: row.citation,
            attributes: row.paths.iter().map(attribute).collect(),
            reads: row.attributes.iter().map(|attribute| super::path(attribute.path())).collect(),
            is_of_files: row.apply.is_some(),
            ..SurveyedRow::default()
        }
    }

    /// An origin of which no study was seen yet.
    fn of_origin(origin: &Origin) -> SurveyedRow {
        SurveyedRow { element: origin.element, source: origin.words.clone(), ..SurveyedRow::default() }
    }

    /// Decides of how many studies it is written, and with what; of none, if no file has an attribute of it.
    fn settle(&mut self) {
        if self.source.is_empty() && self.attributes.is_empty() {
            self.filled_studies = 0;
        } else if self.filled_studies == 0 && self.besides > 0 {
            (self.filled_studies, self.with) = (self.besides, Some(SEPARATE));
        }
    }

    fn add(&mut self, found: Found) {
        self.filled_files += u64::from(found.is_filled);
        let reasons: BTreeSet<String> = found.issues.iter().map(super::message).collect();
        reasons.into_iter().for_each(|reason| *self.issues.entry(reason).or_default() += 1);
        for (attribute, values) in self.attributes.iter_mut().zip(found.values) {
            attribute.files += u64::from(!values.is_empty());
            values.into_iter().for_each(|value| attribute.value(value));
        }
    }
}

impl SurveyedAttribute {
    /// Keeps the first values in order, so that they are the same whichever file comes first.
    fn value(&mut self, value: String) {
        if self.values.len() == MAX_VALUES && !self.values.contains(&value) {
            self.has_more = true;
            if self.values.last().is_some_and(|last| *last < value) {
                return;
            }
            self.values.pop_last();
        }
        self.values.insert(value);
    }
}
