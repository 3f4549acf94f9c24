//! The rows of an explanation: what of one instance each row of the mapping writes, and what no row does.

use std::collections::HashSet;

use super::origin::{self, Origin};
use super::uids::Uids;
use super::written::{Output, Parts};
use super::{Conformance, Explained, Leaf, Written, grouped, leaf, message, path, place, values};
use crate::dicom::DataSet;
use crate::fhir::profile::{Difference, differences};
use crate::mapping::{
    self, COMPANIONS, ContentOptions, KEY_OBJECT, KIND, KindPart, Listed, NUMBER, Row, SELECTION, SERIES, STUDY, UIDS,
};

/// One instance, and what each release writes of it.
pub struct ExplainedInstance<'r> {
    /// The data set.
    pub root: DataSet<'r>,
    /// The options of the conversion.
    pub content: &'r ContentOptions,
    /// What the rows make of it.
    pub parts: Parts,
    /// Its UIDs.
    pub uids: Uids,
    /// What each release writes.
    pub outputs: Vec<Output>,
}

/// What needs resources beside the study.
pub const SEPARATE: &str = "--references separate";

impl ExplainedInstance<'_> {
    /// All rows: those of the study, then those of the resources beside it, by type.
    pub fn rows(&self, is_selection: bool) -> Vec<Explained> {
        let mut rows: Vec<Explained> = UIDS.iter().filter(|row| !row.is_beside()).map(|row| self.uid(row)).collect();
        rows.extend(self.table(STUDY, |part, parts| parts.study = part));
        rows.extend(self.table(SERIES, |part, parts| parts.series = part));
        rows.extend(self.table(KIND, |part, parts| {
            parts.kind = KindPart { key_object: parts.kind.key_object.take(), ..part };
        }));
        if self.content.archive.profile.key_object_title.is_some() && is_selection {
            rows.extend(self.table(KEY_OBJECT, |part, parts| parts.kind.key_object = part.key_object));
        }
        rows.extend(self.table(NUMBER, |part, parts| parts.number = part.number));
        let listed = COMPANIONS.iter().chain(UIDS.iter().filter(|row| row.is_beside() && is_selection));
        rows.extend(listed.filter(|row| !row.attributes().is_empty()).flat_map(|row| self.beside(row, Vec::new())));
        if is_selection {
            rows.extend(SELECTION.iter().flat_map(|row| self.beside(&row.listed(), self.issues(row))));
        }
        rows.extend(self.of_origins(&rows));
        rows.sort_by_key(|row| (row.with.is_some(), place(row.element)));
        rows
    }

    /// Explains each row of a table; `put` stores its part for the writer.
    fn table<P: Default + 'static>(&self, rows: &'static [Row<P>], put: fn(P, &mut Parts)) -> Vec<Explained> {
        let explained = |row: &'static Row<P>| {
            let others = rows.iter().filter(|other| !std::ptr::eq(*other, row));
            let mut without = self.parts.clone();
            put(mapping::map_some(others, self.root, &self.content.archive).part, &mut without);
            let written = self.written(|output| output.lacking(&without, &self.uids));
            Explained { written, issues: self.issues(row), ..self.reading(&row.listed(), row.name()) }
        };
        rows.iter().map(explained).collect()
    }

    /// The issues of a single row.
    fn issues<P: Default>(&self, row: &'static Row<P>) -> Vec<String> {
        let mapped = mapping::map(std::slice::from_ref(row), self.root, &self.content.archive);
        mapped.issues.iter().map(message).collect()
    }

    /// Explains the row of a UID of the instance, which the grouping fills.
    fn uid(&self, row: &Listed) -> Explained {
        let tag = row.attributes().first().and_then(|attribute| attribute.path().first().copied());
        let is_used = tag.is_some_and(|tag| self.uids.has(tag));
        let written = self.written(|output| output.of_uid(row.element, is_used));
        let issues = tag.into_iter().flat_map(|tag| self.uids.issues(tag)).map(|issue| message(&issue)).collect();
        Explained { written, issues, ..self.reading(row, row.element) }
    }

    /// Explains a row of a resource beside the study, by the name of its element: with what is asked for, and with what
    /// else could be.
    fn beside(&self, row: &Listed, issues: Vec<String>) -> Vec<Explained> {
        let reading = Explained { issues, ..self.reading(row, row.element) };
        let is_read = !reading.read.is_empty();
        let of = |output: &Output, leaves: &[Leaf]| -> Vec<Leaf> {
            let name = output.release().element(row.element).filter(|_| is_read);
            leaves.iter().filter(|leaf| name.as_ref().is_some_and(|name| leaf.is_of(name))).cloned().collect()
        };
        let asked = self.written(|output| leaf::within(of(output, &output.asked), &output.of_headers));
        let besides = self.written(|output| of(output, &output.besides));
        self.either(reading, asked, besides)
    }

    /// What is written that no row of attributes explains, by where it comes from.
    fn of_origins(&self, rows: &[Explained]) -> Vec<Explained> {
        let all = origin::all(self.outputs.first().map(|output| output.target.profile()));
        let (asked, besides) =
            (self.untold(rows, &all, |output| &output.asked), self.untold(rows, &all, |output| &output.besides));
        let explained = |(at, origin): (usize, &Origin)| {
            let own = |untold: &[Vec<(usize, &Leaf)>]| {
                let of_release = |(output, untold): (&Output, &Vec<(usize, &Leaf)>)| {
                    let own = untold.iter().filter(|(of, _)| *of == at).map(|(_, leaf)| (*leaf).clone());
                    (output.release().name, own.collect())
                };
                grouped(self.outputs.iter().zip(untold).map(of_release))
            };
            let row = Explained { element: origin.element, source: origin.words.clone(), ..Explained::default() };
            self.either(row, own(&asked), own(&besides))
        };
        let rows = all.iter().enumerate().flat_map(explained);
        rows.filter(Explained::is_written).collect()
    }

    /// For each output, what no row tells of it, with the place of its origin.
    fn untold(&self, rows: &[Explained], all: &[Origin], of: fn(&Output) -> &[Leaf]) -> Vec<Vec<(usize, &Leaf)>> {
        let untold = |output| {
            let told = told(rows, Output::release(output).name);
            let untold = of(output).iter().filter(|leaf| !told.contains(leaf));
            untold.filter_map(|leaf| Some((origin::of(leaf, all, output.release())?, leaf))).collect()
        };
        self.outputs.iter().map(untold).collect()
    }

    /// The rows of what is asked for, and of what is not and would be written with an option.
    fn either(&self, row: Explained, asked: Vec<Written>, besides: Vec<Written>) -> Vec<Explained> {
        let is_open = self.outputs.iter().any(|output| output.target.separate().is_some());
        let asked = Explained { written: asked, ..row.clone() };
        let besides = Explained { written: besides, with: Some(SEPARATE), ..row };
        match (asked.is_written(), besides.is_written()) {
            (true, true) => vec![asked, besides],
            (false, _) if is_open => vec![besides],
            _ => vec![asked],
        }
    }

    /// A row with what it reads, and nothing written yet; `name` is what releases know its element by.
    fn reading(&self, row: &Listed, name: &'static str) -> Explained {
        let (options, attributes) = (&self.content.archive, row.attributes());
        let releases = self.outputs.iter().map(Output::release);
        Explained {
            element: row.element,
            citation: row.citation(),
            read: attributes.iter().flat_map(|one| values::read(self.root, *one, options)).collect(),
            reads: attributes.iter().map(|attribute| path(attribute.path())).collect(),
            lacks: releases.filter(|release| release.element(name).is_none()).map(|release| release.name).collect(),
            ..Explained::default()
        }
    }

    /// What each release writes.
    fn written(&self, of: impl Fn(&Output) -> Vec<Leaf>) -> Vec<Written> {
        grouped(self.outputs.iter().map(|output| (output.release().name, of(output))))
    }

    /// What the profile demands, where there is one.
    pub fn conformance(&self) -> Option<Conformance> {
        let [Output { target, .. }] = self.outputs.as_slice() else { return None };
        let profile = self.content.archive.profile;
        let judgment = target.judge(&self.parts, &self.uids);
        let options = self.content.profile.missing(profile).into_iter().map(|advice| format!("the profile {advice}"));
        profile.is_some().then(|| Conformance {
            name: profile.name,
            guide: profile.guide,
            missing: judgment.lacks.iter().map(ToString::to_string).chain(options).collect(),
            missing_for_kos: judgment.key_object_lacks.iter().map(ToString::to_string).collect(),
            from_options: differences(profile).into_iter().filter(Difference::is_from_options).collect(),
            changed: judgment.changes.iter().map(|change| format!("{}: {}", change.element, change.reason)).collect(),
        })
    }
}

/// The values that rows tell of a release.
fn told<'r>(rows: &'r [Explained], release: &str) -> HashSet<&'r Leaf> {
    let groups = rows.iter().flat_map(|row| &row.written).filter(|group| group.releases.contains(&release));
    groups.flat_map(|group| &group.values).collect()
}
