//! Explains one file: for each row of the mapping what was read, what each release writes, or why nothing is written.
//!
//! The file is a study of one instance, which is written like every study. What of it a row writes is what is lacking
//! without the row; what no row of attributes writes is told by the row or rule that says where else it comes from. So
//! all that is written is told, and nothing else.

mod condensed;
mod leaf;
mod source;
pub mod survey;
mod survey_table;
mod table;
#[cfg(test)]
mod tests;
mod values;
mod written;

use std::collections::HashSet;

use serde::Serialize;

use crate::dicom::value::trim_uid;
use crate::dicom::{DataSet, Header, Tag};
use crate::fhir::profile::{Difference, differences};
use crate::fhir::{DateTime, Release};
use crate::issue::{Issue, keyword};
use crate::mapping::{
    self, COMPANIONS, ContentOptions, KEY_OBJECT, KIND, KindPart, Listed, Mapped, NUMBER, Row, SELECTION, SERIES,
    STUDY, UIDS,
};
use crate::name::Name;
pub use leaf::Leaf;
use source::Sourced;
pub use survey_table::survey_table;
pub use table::table;
pub use values::{Read, display};
use written::{Output, Parts, Target, Uids};

/// The explanation of one file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The file, as given.
    pub file: String,
    /// The SOP Class UID and its name.
    pub sop_class: Option<String>,
    /// Why a conversion leaves the file out; the rows say what its values would fill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// Faults of the file as a whole.
    pub faults: Vec<String>,
    /// The releases that were looked at.
    pub releases: Vec<&'static str>,
    /// Conformance to the profile, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Conformance>,
    /// One for each row, and for each source of what no attribute fills.
    pub rows: Vec<Explained>,
}

/// Whether a study of this file alone conforms to a profile.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Conformance {
    /// Its name in `--profile`.
    pub name: &'static str,
    /// The guide.
    pub guide: &'static str,
    /// What is missing: in the file, and among the options.
    pub missing: Vec<String>,
    /// What is missing besides for `--format kos`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_for_kos: Vec<String>,
    /// What options give, and no file.
    pub from_options: Vec<Difference>,
    /// What is changed or removed so that it conforms.
    pub changed: Vec<String>,
}

/// The explanation of one row.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Explained {
    /// The FHIR element.
    pub element: &'static str,
    /// Where DICOM defines its attributes.
    pub citation: &'static str,
    /// The attributes that the file has.
    pub read: Vec<Read>,
    /// The attributes that the row reads, as tags and keywords.
    pub reads: Vec<String>,
    /// Where the value comes from, if from no attribute: a constant, a count, an option, another element.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The option without which it is not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<&'static str>,
    /// The output of each group of releases.
    pub written: Vec<Written>,
    /// Issues: values that were dropped or replaced.
    pub issues: Vec<String>,
    /// The releases that have no such element.
    #[serde(skip)]
    lacks: Vec<&'static str>,
}

/// The output of releases that write the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Written {
    /// The names of the releases.
    pub releases: Vec<&'static str>,
    /// The values, by element.
    pub values: Vec<Leaf>,
}

/// Explains a header: what a conversion with these options writes in each of the releases. Documents are made at this
/// time.
pub fn explain(
    file: String,
    header: &Header,
    content: &ContentOptions,
    releases: &[&'static Release],
    made_at: DateTime,
) -> Explanation {
    let (root, options) = (header.root(), &content.archive);
    let (name, class) = (Name::file(""), sop_class(root));
    let record = crate::group::reader::record(header, None, &name);
    let is_selection = class.as_deref().is_some_and(mapping::is_key_object_selection);
    let selects = is_selection && record.as_ref().map_or(true, |record| record.is_selection);
    let (parts, uids) = (Parts::of(root, options, selects), Uids::of(root));
    let target = |release: &&'static Release| Target::new(release, content, made_at).of(&parts, &uids);
    let outputs = releases.iter().map(target).map(|target| Output::of(target, &parts, &uids)).collect();
    let walk = Walk { root, content, parts, uids, outputs };
    let faults = header.faults.iter().map(|fault| crate::group::reader::fault_issue(*fault));
    let faults = faults.chain(mapping::character_set_issue(root, options)).map(|issue| said(&issue)).collect();
    let named = |uid: &str| mapping::terms::sop_class(uid).map_or(uid.to_string(), |class| class.name.to_string());
    Explanation {
        file,
        sop_class: class.as_deref().map(named),
        left_out: record.err().map(|skip| skip.to_string()),
        faults,
        releases: releases.iter().map(|release| release.name).collect(),
        profile: walk.conformance(),
        rows: walk.rows(is_selection),
    }
}

struct Walk<'w> {
    root: DataSet<'w>,
    content: &'w ContentOptions,
    parts: Parts,
    uids: Uids,
    outputs: Vec<Output>,
}

/// What needs resources beside the study.
const SEPARATE: &str = "--references separate";

impl Walk<'_> {
    /// All rows: those of the study, then those of the resources beside it, by type.
    fn rows(&self, is_selection: bool) -> Vec<Explained> {
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
            rows.extend(SELECTION.iter().flat_map(|row| {
                let issues = mapping::map(std::slice::from_ref(row), self.root, &self.content.archive).issues;
                self.beside(&row.listed(), issues.iter().map(said).collect())
            }));
        }
        rows.extend(self.sourced(&rows));
        rows.sort_by_key(|row| (row.with.is_some(), source::place(row.element)));
        rows
    }

    /// Explains each row of a table; `put` stores its part for the writer.
    fn table<P: Default + 'static>(&self, rows: &'static [Row<P>], put: fn(P, &mut Parts)) -> Vec<Explained> {
        let without = |at: usize| {
            let others = rows.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, row)| row);
            let mut parts = self.parts.clone();
            put(mapping::map_some(others, self.root, &self.content.archive).part, &mut parts);
            parts
        };
        let explained = |(at, row): (usize, &'static Row<P>)| {
            let Mapped { issues, .. } = mapping::map(std::slice::from_ref(row), self.root, &self.content.archive);
            let rest = without(at);
            let written = self.written(|output| output.lacking(&rest, &self.uids));
            Explained { written, issues: issues.iter().map(said).collect(), ..self.reading(&row.listed(), row.name()) }
        };
        rows.iter().enumerate().map(explained).collect()
    }

    /// Explains the row of a UID of the instance, which the grouping fills.
    fn uid(&self, row: &Listed) -> Explained {
        let tag = row.attributes().first().and_then(|attribute| attribute.path().first().copied());
        let is_used = tag.is_some_and(|tag| self.uids.has(tag));
        let written = self.written(|output| output.of_uid(row.element, is_used));
        let issues = tag.into_iter().flat_map(|tag| self.uids.issues(tag)).map(|issue| said(&issue)).collect();
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
    fn sourced(&self, rows: &[Explained]) -> Vec<Explained> {
        let all = source::all(self.outputs.first().map(|output| output.target.profile()));
        let told: Vec<HashSet<&Leaf>> = self.outputs.iter().map(|output| told(rows, output.release().name)).collect();
        let left = |place: usize, leaves: &[Leaf]| -> Vec<(usize, Leaf)> {
            let (told, release) = (&told[place], self.outputs[place].release());
            let left = leaves.iter().filter(|leaf| !told.contains(leaf));
            left.filter_map(|leaf| Some((source::of(leaf, &all, release)?, leaf.clone()))).collect()
        };
        let each = |pick: fn(&Output) -> &[Leaf]| -> Vec<_> {
            self.outputs.iter().enumerate().map(|(place, output)| left(place, pick(output))).collect()
        };
        let (asked, besides) = (each(|output| &output.asked), each(|output| &output.besides));
        let explained = |(at, source): (usize, &Sourced)| {
            let own = |all: &[Vec<(usize, Leaf)>]| {
                let of_release = |(output, all): (&Output, &Vec<(usize, Leaf)>)| {
                    let own = all.iter().filter(|(of, _)| *of == at).map(|(_, leaf)| leaf.clone());
                    (output.release().name, own.collect())
                };
                grouped(self.outputs.iter().zip(all).map(of_release))
            };
            let row = Explained { element: source.element, source: source.words.clone(), ..Explained::default() };
            let rows = self.either(row, own(&asked), own(&besides));
            rows.into_iter().filter(Explained::is_written).collect::<Vec<_>>()
        };
        all.iter().enumerate().flat_map(explained).collect()
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
    fn conformance(&self) -> Option<Conformance> {
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

impl Explained {
    /// Whether any release writes anything of it.
    fn is_written(&self) -> bool {
        self.written.iter().any(|group| !group.values.is_empty())
    }
}

/// The values that rows tell of a release.
fn told<'r>(rows: &'r [Explained], release: &str) -> HashSet<&'r Leaf> {
    let groups = rows.iter().flat_map(|row| &row.written).filter(|group| group.releases.contains(&release));
    groups.flat_map(|group| &group.values).collect()
}

/// Groups the releases that write the same.
fn grouped(all: impl Iterator<Item = (&'static str, Vec<Leaf>)>) -> Vec<Written> {
    let mut groups: Vec<Written> = Vec::new();
    for (release, values) in all {
        match groups.iter_mut().find(|group| group.values == values) {
            Some(group) => group.releases.push(release),
            None => groups.push(Written { releases: vec![release], values }),
        }
    }
    groups
}

fn sop_class(root: DataSet<'_>) -> Option<String> {
    use dicom_dictionary_std::tags::{MEDIA_STORAGE_SOP_CLASS_UID, SOP_CLASS_UID};
    let uid = |tag| root.bytes(tag).map(trim_uid).filter(|uid| !uid.is_empty());
    let found = uid(SOP_CLASS_UID).or_else(|| uid(MEDIA_STORAGE_SOP_CLASS_UID))?;
    Some(display(&String::from_utf8_lossy(found)))
}

/// An issue without its element: attribute and reason.
fn said(issue: &Issue) -> String {
    match issue.tags.as_slice() {
        [] => issue.reason.to_string(),
        tags => format!("{}: {}", path(tags), issue.reason),
    }
}

/// `(0040,0275) > (0008,0050) AccessionNumber`.
fn path(tags: &[Tag]) -> String {
    let numbers: Vec<String> = tags.iter().map(Tag::to_string).collect();
    let name = tags.last().map(|tag| keyword(*tag)).unwrap_or_default();
    format!("{} {name}", numbers.join(" > "))
}
