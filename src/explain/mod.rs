//! Explains one file: for each row of the mapping what was read, what each release writes, or why nothing is written.
//!
//! Each row is applied alone to an empty study, which is written like every study. The difference to the output of an
//! empty study is what the row writes.

mod condensed;
mod leaf;
pub mod survey;
mod survey_table;
mod table;
#[cfg(test)]
mod tests;
mod values;
mod written;

use serde::Serialize;

use crate::dicom::value::trim_uid;
use crate::dicom::{DataSet, Header, Tag};
use crate::fhir::Release;
use crate::fhir::profile::{Difference, ProfileOptions, differences};
use crate::issue::{Issue, keyword};
use crate::mapping::{
    self, COMPANIONS, KEY_OBJECT, KIND, Listed, Mapped, NUMBER, Options, Row, SELECTION, SERIES, STUDY, SelectionPart,
    UIDS,
};
pub use leaf::Leaf;
pub use survey_table::survey_table;
pub use table::table;
pub use values::{Read, display};
use written::{Parts, Target, Uids, written};

/// The explanation of one file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The file, as given.
    pub file: String,
    /// The SOP Class UID and its name.
    pub sop_class: Option<String>,
    /// Faults of the file as a whole.
    pub faults: Vec<String>,
    /// The releases that were looked at.
    pub releases: Vec<&'static str>,
    /// Conformance to the profile, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Conformance>,
    /// One for each row.
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
    /// The output of each group of releases.
    pub written: Vec<Written>,
    /// Issues: values that were dropped or replaced.
    pub issues: Vec<String>,
}

/// The output of releases that write the same.
#[derive(Debug, PartialEq, Serialize)]
pub struct Written {
    /// The names of the releases.
    pub releases: Vec<&'static str>,
    /// The values, by element.
    pub values: Vec<Leaf>,
}

/// Explains a header for the releases.
pub fn explain(
    file: String,
    header: &Header,
    options: &Options,
    releases: &[&'static Release],
    profile: &ProfileOptions,
) -> Explanation {
    let root = header.root();
    let targets: Vec<Target<'_>> = releases.iter().map(|release| Target { release, profile }).collect();
    let walk = Walk { root, options, targets: &targets, uids: Uids::of(root) };
    let class = sop_class(root);
    let selects = class.as_deref().is_some_and(mapping::is_key_object_selection);
    let selection = selects.then(|| mapping::map(SELECTION, root, options).part);
    let mut rows = listed(&walk, UIDS, &Parts { selection, ..Parts::default() });
    rows.extend(walk.table(STUDY, |part, parts| parts.study = part));
    rows.extend(walk.table(SERIES, |part, parts| parts.series = part));
    rows.extend(walk.table(KIND, |part, parts| parts.kind = part));
    if options.profile.key_object_title.is_some() && selects {
        rows.extend(walk.table(KEY_OBJECT, |part, parts| parts.kind = part));
    }
    rows.extend(walk.table(NUMBER, |part, parts| parts.number = part.number));
    rows.extend(listed(&walk, &COMPANIONS, &walk.parts()));
    if selects {
        rows.extend(walk.selection());
    }
    let faults = header.faults.iter().map(|fault| crate::group::reader::fault_issue(*fault));
    let faults = faults.chain(mapping::character_set_issue(root, options)).map(|issue| said(&issue)).collect();
    let named = |uid: &str| mapping::terms::sop_class(uid).map_or(uid.to_string(), |class| class.name.to_string());
    Explanation {
        file,
        sop_class: class.as_deref().map(named),
        faults,
        releases: releases.iter().map(|release| release.name).collect(),
        profile: walk.conformance(),
        rows,
    }
}

struct Walk<'w> {
    root: DataSet<'w>,
    options: &'w Options,
    targets: &'w [Target<'w>],
    uids: Uids,
}

impl Walk<'_> {
    fn read(&self, attribute: mapping::Attribute) -> Vec<Read> {
        values::read(self.root, attribute, self.options)
    }

    /// Explains each row of a table; `put` stores its part for the writer.
    fn table<P: Default>(&self, rows: &'static [Row<P>], put: fn(P, &mut Parts)) -> Vec<Explained> {
        rows.iter().map(|row| self.row(row, &put, &Parts::default())).collect()
    }

    /// Explains the rows of a Key Object Selection. Without instances nothing is written, so the other rows are shown
    /// together with them.
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

    /// What the profile demands, where there is one.
    fn conformance(&self) -> Option<Conformance> {
        let [target] = self.targets else { return None };
        let profile = self.options.profile;
        let kind = mapping::kind(self.root, self.options).part;
        let judgment = written::conformance(&Parts { kind, ..self.parts() }, &self.uids, target);
        let options = target.profile.missing(profile).into_iter().map(|advice| format!("the profile {advice}"));
        profile.is_some().then(|| Conformance {
            name: profile.name,
            guide: profile.guide,
            missing: judgment.lacks.iter().map(ToString::to_string).chain(options).collect(),
            missing_for_kos: judgment.key_object_lacks.iter().map(ToString::to_string).collect(),
            from_options: differences(profile).into_iter().filter(Difference::is_from_options).collect(),
            changed: judgment.changes.iter().map(|change| format!("{}: {}", change.element, change.reason)).collect(),
        })
    }

    /// The parts of the companions.
    fn parts(&self) -> Parts {
        let study = mapping::map(STUDY, self.root, self.options).part;
        let series = mapping::map(SERIES, self.root, self.options).part;
        Parts { study, series, ..Parts::default() }
    }

    fn row<P: Default>(&self, row: &'static Row<P>, put: &dyn Fn(P, &mut Parts), others: &Parts) -> Explained {
        let Mapped { part, issues } = mapping::map(std::slice::from_ref(row), self.root, self.options);
        let mut parts = Parts::default();
        put(part, &mut parts);
        let of = |target: &Target<'_>| {
            let mut written = written(&parts, others, &self.uids, target);
            written.retain(|leaf| !is_companion(leaf));
            (target.release.name, written)
        };
        Explained {
            element: row.element,
            citation: row.citation,
            read: row.attributes.iter().flat_map(|attribute| self.read(*attribute)).collect(),
            reads: row.attributes.iter().map(|attribute| path(attribute.path())).collect(),
            written: grouped(self.targets.iter().map(of)),
            issues: issues.iter().map(said).collect(),
        }
    }
}

/// The rows of what other functions fill: the UIDs, and the companions of all parts together.
fn listed(walk: &Walk<'_>, rows: &'static [Listed], parts: &Parts) -> Vec<Explained> {
    let all: Vec<_> =
        walk.targets.iter().map(|target| (target.release, written::whole(parts, &walk.uids, target))).collect();
    let attributed = rows.iter().filter(|row| !row.attributes().is_empty());
    attributed.map(|row| listed_row(walk, row, &all)).collect()
}

fn listed_row(walk: &Walk<'_>, row: &Listed, all: &[(&'static Release, Vec<Leaf>)]) -> Explained {
    let attributes = row.attributes();
    let read: Vec<Read> = attributes.iter().flat_map(|attribute| walk.read(*attribute)).collect();
    let of = |(release, leaves): &(&'static Release, Vec<Leaf>)| {
        let own = leaves.iter().filter(|leaf| !read.is_empty() && is_of(leaf, row.element, release));
        (release.name, own.cloned().collect())
    };
    let written = grouped(all.iter().map(of));
    let tag = attributes.first().and_then(|attribute| attribute.path().first().copied());
    let issues = tag.into_iter().flat_map(|tag| walk.uids.issues(tag)).map(|issue| said(&issue)).collect();
    let reads = attributes.iter().map(|attribute| path(attribute.path())).collect();
    Explained { element: row.element, citation: row.citation(), read, reads, written, issues }
}

/// Whether a value is of the element, by the name that the release has for it. The study has other identifiers than its
/// UID, which have rows of their own.
fn is_of(leaf: &Leaf, element: &'static str, release: &Release) -> bool {
    let Some(name) = release.element(element) else { return false };
    let rest = leaf.element.strip_prefix(&*name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
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

/// Whether a value is of a companion resource, which has rows of its own.
fn is_companion(leaf: &Leaf) -> bool {
    leaf.element.starts_with(char::is_uppercase) && !leaf.element.starts_with("ImagingSelection")
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
