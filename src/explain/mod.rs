//! Explains one file: for each row of the mapping what was read, what is written of it in each release, or why nothing is.
//!
//! Nothing is described twice: each row is applied alone to an empty study, which then goes the way of every study, and
//! what the writer says more than of an empty study is what the row has written.

mod condensed;
mod leaf;
mod read;
mod table;
#[cfg(test)]
mod tests;
mod written;

use serde::Serialize;

use crate::dicom::value::trim_uid;
use crate::dicom::{DataSet, Header, Tag};
use crate::fhir::Release;
use crate::issue::{Issue, keyword};
use crate::mapping::{self, KIND, Mapped, NUMBER, Options, Row, SELECTION, SERIES, STUDY, SelectionPart};
pub use leaf::Leaf;
pub use read::{Read, display};
use written::{Parts, Uids, written};

/// What is to be said of one file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The file, as given.
    pub file: String,
    /// The SOP Class UID and its name.
    pub sop_class: Option<String>,
    /// What was wrong with the file as a whole.
    pub faults: Vec<String>,
    /// The releases that were looked at.
    pub releases: Vec<&'static str>,
    /// One for each row.
    pub rows: Vec<Explained>,
}

/// What is to be said of one row.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// The FHIR element.
    pub element: &'static str,
    /// Where DICOM defines its attributes.
    pub citation: &'static str,
    /// The attributes that the file has.
    pub read: Vec<Read>,
    /// The attributes that the row reads, as tags and keywords.
    pub reads: Vec<String>,
    /// What each group of releases writes.
    pub written: Vec<Written>,
    /// What was dropped or replaced.
    pub issues: Vec<String>,
}

/// What some releases write, all the same.
#[derive(Debug, PartialEq, Serialize)]
pub struct Written {
    /// The names of the releases.
    pub releases: Vec<&'static str>,
    /// The values, by element.
    pub values: Vec<Leaf>,
}

/// Explains a header to the releases.
pub fn explain(file: String, header: &Header, options: &Options, releases: &[&'static Release]) -> Explanation {
    let root = header.root();
    let walk = Walk { root, options, releases, uids: Uids::of(root) };
    let mut rows = uid_rows(&walk);
    rows.extend(walk.table(STUDY, |part, parts| parts.study = part));
    rows.extend(walk.table(SERIES, |part, parts| parts.series = part));
    rows.extend(walk.table(KIND, |part, parts| parts.kind = part));
    rows.extend(walk.table(NUMBER, |part, parts| parts.number = part.number));
    let class = sop_class(root);
    if class.as_deref().is_some_and(mapping::is_key_object_selection) {
        rows.extend(walk.selection());
    }
    let faults = header.faults.iter().map(|fault| crate::read::fault_issue(*fault));
    let faults = faults.chain(mapping::character_set_issue(root, options)).map(|issue| said(&issue)).collect();
    let named = |uid: &str| mapping::terms::sop_class(uid).map_or(uid.to_string(), |class| class.name.to_string());
    Explanation {
        file,
        sop_class: class.as_deref().map(named),
        faults,
        releases: releases.iter().map(|release| release.name).collect(),
        rows,
    }
}

/// The explanation as a table of so many columns.
pub fn table(explanation: &Explanation, columns: usize) -> String {
    table::table(explanation, columns)
}

struct Walk<'w> {
    root: DataSet<'w>,
    options: &'w Options,
    releases: &'w [&'static Release],
    uids: Uids,
}

impl Walk<'_> {
    fn read(&self, attribute: mapping::Attribute) -> Vec<Read> {
        read::read(self.root, attribute, &self.options.character_sets)
    }

    /// Explains each row of a table; `put` puts its part where the writer finds it.
    fn table<P: Default>(&self, rows: &'static [Row<P>], put: fn(P, &mut Parts)) -> Vec<Explained> {
        rows.iter().map(|row| self.row(row, &put, &Parts::default())).collect()
    }

    /// Explains the rows of a Key Object Selection. Without instances it becomes nothing, so the other rows are shown
    /// with them.
    fn selection(&self) -> Vec<Explained> {
        let instances = mapping::map(SELECTION, self.root, self.options).part.instances;
        let put = |part, parts: &mut Parts| {
            parts.selection = Some(SelectionPart { instances: instances.clone(), ..part });
        };
        let mut others = Parts::default();
        put(SelectionPart::default(), &mut others);
        let explained = |row: &'static Row<SelectionPart>| match row.element {
            "ImagingSelection.instance" => self.row(row, &put, &Parts::default()),
            _ => self.row(row, &put, &others),
        };
        SELECTION.iter().map(explained).collect()
    }

    fn row<P: Default>(&self, row: &'static Row<P>, put: &dyn Fn(P, &mut Parts), others: &Parts) -> Explained {
        let Mapped { part, issues } = mapping::map(std::slice::from_ref(row), self.root, self.options);
        let mut parts = Parts::default();
        put(part, &mut parts);
        let of = |release: &&'static Release| (release.name, written(&parts, others, &self.uids, release));
        Explained {
            element: row.element,
            citation: row.citation,
            read: row.attributes.iter().flat_map(|attribute| self.read(*attribute)).collect(),
            reads: row.attributes.iter().map(|attribute| path(attribute.path())).collect(),
            written: grouped(self.releases.iter().map(of)),
            issues: issues.iter().map(said).collect(),
        }
    }
}

/// The three UIDs, which fill elements without a row.
fn uid_rows(walk: &Walk<'_>) -> Vec<Explained> {
    use dicom_dictionary_std::tags::{SERIES_INSTANCE_UID, SOP_INSTANCE_UID, STUDY_INSTANCE_UID};
    let rows: [(&'static str, &'static str, &'static [Tag], &[&str]); 3] = [
        ("id, identifier", "PS3.3 C.7.2.1", &[STUDY_INSTANCE_UID], &["id", "identifier.system", "identifier.value"]),
        ("series.uid", "PS3.3 C.7.3.1", &[SERIES_INSTANCE_UID], &["series.uid"]),
        ("series.instance.uid", "PS3.3 C.12.1", &[SOP_INSTANCE_UID], &["series.instance.uid"]),
    ];
    rows.map(|(element, citation, tags, elements)| {
        let read = walk.read(mapping::Attribute::Value(tags));
        let of = |release: &&'static Release| {
            let all = written::whole(&Parts::default(), &walk.uids, release);
            let own = all.into_iter().filter(|leaf| !read.is_empty() && elements.contains(&leaf.element.as_str()));
            (release.name, own.collect())
        };
        let written = grouped(walk.releases.iter().map(of));
        let issues = walk.uids.issues(tags[0]).iter().map(said).collect();
        Explained { element, citation, read, reads: vec![path(tags)], written, issues }
    })
    .into()
}

/// Joins the releases that write the same.
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

/// An issue as it is said where its element is known: the attribute and the reason.
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
