//! Explains one file: for each row of the mapping what was read, what each release writes, or why nothing is written.
//!
//! The file is written like a study of one instance. The values that a row writes are those that are missing when it is
//! written without the row; values that no attribute fills are explained by the row or rule that names their origin. So
//! every written value is explained, and no other.

mod any_row;
mod condensed;
mod leaf;
mod origin;
mod rows;
pub mod survey;
mod survey_table;
mod table;
#[cfg(test)]
mod tests;
mod uids;
mod values;
mod written;

use serde::Serialize;

use crate::dicom::value::trim_uid;
use crate::dicom::{DataSet, Header, Tag};
use crate::fhir::profile::Difference;
use crate::fhir::{DateTime, Release};
use crate::group::reader::{fault_issue, record};
use crate::issue::{Issue, keyword};
use crate::mapping::{self, COMPANIONS, ContentOptions};
use crate::name::Name;
use crate::options::BundleOptions;
pub use leaf::Leaf;
use rows::{ExplainedInstance, SEPARATE};
pub use survey_table::survey_table;
pub use table::table;
use uids::Uids;
pub use values::{Read, display};
use written::{Output, Parts, Target};

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
    /// The explained releases.
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

/// Explains a header: what a conversion with these options writes in each of the releases, with options of Bundles in a
/// Bundle. Documents are made at this time.
pub fn explain(
    file: String,
    header: &Header,
    content: &ContentOptions,
    bundle: Option<BundleOptions>,
    releases: &[&'static Release],
    made_at: DateTime,
) -> Explanation {
    let (root, options) = (header.root(), &content.archive);
    let (name, class) = (Name::file(""), sop_class(root));
    let record = record(header, None, &name);
    let is_selection = class.as_deref().is_some_and(mapping::is_key_object_selection);
    let selects = is_selection && record.as_ref().map_or(true, |record| record.is_selection);
    let (parts, uids) = (Parts::of(root, options, selects), Uids::of(root));
    let target =
        |release: &&'static Release| Target::new(release, content, made_at).in_bundle(bundle).of(&parts, &uids);
    let outputs = releases.iter().map(target).map(|target| Output::of(target, &parts, &uids)).collect();
    let instance = ExplainedInstance { root, content, parts, uids, outputs };
    let faults = header.faults.iter().map(|fault| fault_issue(*fault));
    let faults = faults.chain(mapping::character_set_issue(root, options)).map(|issue| message(&issue)).collect();
    let named = |uid: &str| mapping::terms::sop_class(uid).map_or(uid.to_string(), |class| class.name.to_string());
    Explanation {
        file,
        sop_class: class.as_deref().map(named),
        left_out: record.err().map(|skip| skip.to_string()),
        faults,
        releases: releases.iter().map(|release| release.name).collect(),
        profile: instance.conformance(),
        rows: instance.rows(is_selection),
    }
}

impl Explained {
    /// Whether any release writes anything of it.
    fn is_written(&self) -> bool {
        self.written.iter().any(|group| !group.values.is_empty())
    }
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
fn message(issue: &Issue) -> String {
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

/// Where the rows of an element stand among those of other resources: the study's first, then by type.
fn place(element: &str) -> usize {
    if element.starts_with(char::is_lowercase) {
        return 0;
    }
    let place = COMPANIONS.iter().position(|row| resource_type(row.element) == resource_type(element));
    place.map_or(usize::MAX, |place| place + 1)
}

/// `Patient` of `Patient.name`.
fn resource_type(element: &str) -> Option<&str> {
    element.split('.').next()
}
