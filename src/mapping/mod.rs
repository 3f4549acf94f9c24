//! The mapping: the only module that knows both DICOM and FHIR.
//!
//! It is two tables. The rows ([`STUDY`], [`SERIES`], [`KIND`], [`NUMBER`], [`SELECTION`]) say which attributes fill
//! which element of one instance; the rows of companion resources, listed in [`COMPANIONS`], fill what a reference
//! leads to. The [`finish`] rules say what is computed over a study or series. `docs/mapping.md` is printed from both.

pub mod anatomy;
pub mod attribute;
pub mod attributes;
mod code;
mod companions;
mod content;
#[cfg(feature = "cli")]
pub mod document;
mod encounter;
mod endpoint;
pub mod finish;
mod identity;
pub mod instance;
mod listed;
mod location;
pub mod options;
mod patient;
mod performer;
mod person;
mod procedure;
mod reason;
mod request;
mod resolved;
pub mod row;
pub mod selection;
pub mod series;
mod specimen;
pub mod study;
mod subject;
pub mod terms;
#[cfg(test)]
pub(crate) mod tests;
mod time;
pub mod zone;

#[cfg(test)]
pub(crate) use tests::sample;

use std::cell::RefCell;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

pub use attribute::Attribute;
pub use companions::COMPANIONS;
pub use content::ContentOptions;
pub use endpoint::{EndpointLevel, EndpointOption, EndpointTarget, EndpointType};
pub use instance::{KEY_OBJECT, KIND, KindPart, NUMBER, NumberPart};
pub use listed::{Listed, UIDS};
pub use options::Options;
pub use resolved::{FoundIssue, Rejected, ResolvedSeries, ResolvedStudy, Selection};
pub use row::{Agreement, Row};
pub use selection::{SELECTION, SelectionPart};
pub use series::{SERIES, SeriesPart};
pub use study::{STUDY, StudyPart};

use crate::dicom::value::plain_number;
use crate::dicom::{DataSet, Levels, Wanted};
use crate::issue::Issue;
use attributes::{Attributes, RowView, text_reason};
use terms::SopClassKind;

/// A part of the model filled from one instance, and issues.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mapped<P> {
    /// The part.
    pub part: P,
    /// The values that were dropped or replaced.
    pub issues: Vec<Issue>,
}

/// Applies the rows of a table to one instance.
pub fn map<P: Default + 'static>(rows: &[Row<P>], data_set: DataSet<'_>, options: &Options) -> Mapped<P> {
    map_some(rows.iter(), data_set, options)
}

/// Applies some rows of a table to one instance.
pub fn map_some<'r, P: Default + 'static>(
    rows: impl Iterator<Item = &'r Row<P>>,
    data_set: DataSet<'_>,
    options: &Options,
) -> Mapped<P> {
    let issues = RefCell::new(Vec::new());
    let mut part = P::default();
    for row in rows {
        let view = RowView { element: row.element, attributes: row.attributes, within: None, options, issues: &issues };
        (row.fill)(&Attributes::new(data_set, view), &mut part);
    }
    Mapped { part, issues: once_each(issues.into_inner()) }
}

/// Applies the row of [`NUMBER`], for every file. Plain digits are the same in every character set and are not decoded.
pub fn number(data_set: DataSet<'_>, options: &Options) -> Mapped<NumberPart> {
    match data_set.bytes(tags::INSTANCE_NUMBER).and_then(plain_number) {
        Some(number) => Mapped { part: NumberPart { number: Some(number) }, issues: Vec::new() },
        None => map(NUMBER, data_set, options),
    }
}

/// Applies the rows of [`KIND`], and additional ones of the profile.
pub fn kind(data_set: DataSet<'_>, options: &Options) -> Mapped<KindPart> {
    let mut kind = map(KIND, data_set, options);
    if options.profile.key_object_title.is_some() {
        let more = map(KEY_OBJECT, data_set, options);
        kind.part.key_object = more.part.key_object;
        kind.issues.extend(more.issues);
    }
    kind
}

/// Deduplicates issues, as several rows may read one attribute.
fn once_each(mut issues: Vec<Issue>) -> Vec<Issue> {
    issues.sort();
    issues.dedup();
    issues
}

/// The issue of the declared character set itself, once for each part.
pub fn character_set_issue(data_set: DataSet<'_>, options: &Options) -> Option<Issue> {
    let fault = options.character_set(data_set.character_set()).fault()?;
    Some(Issue {
        element: "",
        tags: vec![tags::SPECIFIC_CHARACTER_SET],
        reason: text_reason(fault),
        value: options.keep_values.then(|| String::from_utf8_lossy(data_set.character_set()).into_owned()),
    })
}

/// The wanted attributes of the rows, for the scanner: those of every profile, so that what is kept serves them all.
pub fn wanted() -> Wanted {
    wanted_with(KEY_OBJECT)
}

/// What was wanted without a profile before lines of version 3. What is kept of it serves each profile but those that
/// show titles of key objects.
pub fn wanted_before() -> Wanted {
    wanted_with(&[])
}

fn wanted_with(key_object: &'static [Row<KindPart>]) -> Wanted {
    let schemes = attribute::CODING_SCHEMES.iter().map(|path| (path.to_vec(), Levels::STUDY.and(Levels::SERIES)));
    let rows = wanted_by(STUDY, Levels::STUDY)
        .chain(wanted_by(SERIES, Levels::SERIES))
        .chain(wanted_by(KIND, Levels::KIND))
        .chain(wanted_by(key_object, Levels::KIND))
        .chain(wanted_by(NUMBER, Levels::NUMBER))
        .chain(wanted_by(SELECTION, Levels::SELECTION));
    Wanted::new(schemes.chain(rows), last_tag)
}

/// The attributes of the rows of study and series, which are kept of their files.
#[cfg(test)]
pub fn attributes_of_rows() -> impl Iterator<Item = crate::dicom::TagPath> {
    let all = STUDY.iter().flat_map(|row| row.attributes).chain(SERIES.iter().flat_map(|row| row.attributes));
    all.filter(|attribute| attribute.path().len() == 1).map(|attribute| attribute.path())
}

fn wanted_by<P>(rows: &'static [Row<P>], levels: Levels) -> impl Iterator<Item = (Vec<Tag>, Levels)> {
    let attributes = rows.iter().flat_map(|row| row.attributes);
    attributes.flat_map(move |attribute| attribute.wanted().map(move |path| (path, levels)))
}

/// The last wanted root attribute of objects of this class. Images end with the request attributes of group 0040;
/// documents and presentations have their titles later, and enhanced objects their shared functional groups.
fn last_tag(sop_class: Option<&[u8]>) -> Tag {
    let class = sop_class.and_then(|uid| std::str::from_utf8(uid).ok()).and_then(terms::sop_class);
    match class {
        Some(class) if class.enhanced => tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
        Some(class) if class.kind == SopClassKind::Image => Tag(0x0040, 0xFFFF),
        Some(class) if class.kind == SopClassKind::EncapsulatedDocument => tags::DOCUMENT_TITLE,
        Some(class) if class.kind == SopClassKind::PresentationState => tags::CONTENT_LABEL,
        Some(class) if class.kind == SopClassKind::StructuredReport => tags::REFERENCED_REQUEST_SEQUENCE,
        Some(class) if class.kind == SopClassKind::KeyObjectSelection => tags::CONTENT_SEQUENCE,
        _ => tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
    }
}

/// Whether objects of a SOP class are images, which decide before others if instances differ.
pub fn is_image(sop_class: &str) -> bool {
    terms::sop_class(sop_class).is_some_and(|class| class.kind == SopClassKind::Image)
}

/// Whether objects of a SOP class select others, so that the rows of [`SELECTION`] apply to them.
pub fn is_key_object_selection(sop_class: &str) -> bool {
    terms::sop_class(sop_class).is_some_and(|class| class.kind == SopClassKind::KeyObjectSelection)
}
