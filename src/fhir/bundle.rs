//! A Bundle for each study, which can be sent to a server twice without harm.
//!
//! Companions with a system in their identifier are created if the server has none, and existing ones are kept. Those
//! that are private to the study or belong to a patient are PUT to ids that nothing else uses. Entries with PUT are
//! referred to by `Type/id`, those with POST by the `urn:uuid` of their entry.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::contested::has_subject;
use super::id;
use super::identifier::Identifier;
use super::imaging_selection::ImagingSelection;
use super::imaging_study::ImagingStudy;
use super::references::{Companion, Identity, Linked, Links, Place, Sharing, link_by};
use super::release::Release;
use crate::options::{BundleOptions, BundleType};

/// A study with its companions, as one Bundle.
#[derive(Debug)]
pub struct Bundle<'a> {
    /// The study and what it refers to.
    pub linked: Linked<'a>,
    options: BundleOptions,
}

/// `Bundle.entry.request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Create, unless the search finds one.
    Post {
        /// The type.
        url: String,
        /// The search.
        if_none_exist: String,
    },
    /// Create or update.
    Put {
        /// `Type/id`, or a search.
        url: String,
    },
}

impl<'a> Bundle<'a> {
    /// The Bundle of a study.
    pub fn of(
        study: ImagingStudy<'a>,
        selections: Vec<ImagingSelection>,
        release: &Release,
        sharing: &Sharing,
        mut options: BundleOptions,
    ) -> Bundle<'a> {
        // Otherwise it can only be found by its id.
        options.conditional &= study.study_uid.as_ref().is_some_and(is_found_alone);
        let own = study_reference(&study, options);
        let links = Links { place: &|_| Place::Beside, literal: &|companion| reference_to(companion, options) };
        let mut linked = link_by(study, selections, own, release, sharing, &links);
        // In this order, referenced entries of a batch are processed first.
        linked.beside.sort_by_key(refers);
        Bundle { linked, options }
    }

    /// `Bundle.type`.
    pub fn bundle_type(&self) -> BundleType {
        self.options.bundle_type()
    }

    /// Whether the study is updated by its Study Instance UID, under any id; not in a collection.
    pub fn is_conditional(&self) -> bool {
        self.options.conditional && self.bundle_type() != BundleType::Collection
    }

    /// `Bundle.entry.request` of a companion.
    pub fn companion_request(&self, companion: &Companion) -> Option<Request> {
        request(companion, self.options)
    }

    /// `Bundle.entry.request` of the study.
    pub fn study_request(&self) -> Option<Request> {
        let study = &self.linked.study;
        let url = match study.study_uid.as_ref().and_then(search_for) {
            Some(search) if self.is_conditional() => format!("ImagingStudy?{search}"),
            _ => study_url(study),
        };
        (self.bundle_type() != BundleType::Collection).then_some(Request::Put { url })
    }

    /// `Bundle.entry.fullUrl` of the study.
    pub fn study_full_url(&self) -> String {
        study_full_url(&self.linked.study)
    }

    /// `Bundle.entry.request` of a selection, which its document's UID makes private to it.
    pub fn selection_request(&self, selection: &ImagingSelection) -> Option<Request> {
        let url = format!("ImagingSelection/{}", selection.id);
        (self.bundle_type() != BundleType::Collection).then_some(Request::Put { url })
    }
}

/// `Bundle.entry.fullUrl` of a companion.
pub fn full_url(companion: &Companion) -> String {
    format!("urn:uuid:{}", companion.id)
}

/// `Bundle.entry.fullUrl` of a selection.
pub fn selection_full_url(selection: &ImagingSelection) -> String {
    format!("urn:uuid:{}", selection.id)
}

pub(super) fn study_full_url(study: &ImagingStudy<'_>) -> String {
    format!("urn:uuid:{}", id::uuid(&study.uid))
}

fn study_url(study: &ImagingStudy<'_>) -> String {
    format!("ImagingStudy/{}", study.id)
}

/// How a selection refers to its study: by its entry, for an id that is a UID is not found by a relative reference
/// beside entries that are `urn:uuid` (R5 Bundle, resolving references). A batch resolves no entries.
fn study_reference(study: &ImagingStudy<'_>, options: BundleOptions) -> Option<String> {
    match options.bundle_type() {
        BundleType::Collection | BundleType::Transaction => Some(study_full_url(study)),
        BundleType::Batch => None,
    }
}

/// The request of a companion.
fn request(companion: &Companion, options: BundleOptions) -> Option<Request> {
    let kind = companion.resource_type().name();
    // A server has the number of an order perhaps of another patient, and a search that names the patient too is taken
    // without that part by servers that know no chains (R4 Search, lenient handling): so such an id says whose it is.
    let search = match &companion.identity {
        Identity::Identified(identifier) if !has_subject(companion.resource_type()) => search_for(identifier),
        Identity::Identified(_) | Identity::Addressed | Identity::Private => None,
    };
    match (options.bundle_type(), options.overwrite_companions, search) {
        (BundleType::Collection, ..) => None,
        (_, false, Some(if_none_exist)) => Some(Request::Post { url: kind.to_owned(), if_none_exist }),
        _ => Some(Request::Put { url: format!("{kind}/{}", companion.id) }),
    }
}

/// How a companion is referred to.
fn reference_to(companion: &Companion, options: BundleOptions) -> Option<String> {
    match (request(companion, options), options.bundle_type()) {
        (Some(Request::Put { url }), _) => Some(url),
        (Some(Request::Post { .. }), BundleType::Batch) => None,
        _ => Some(full_url(companion)),
    }
}

/// Whether a companion refers to others.
fn refers(companion: &Companion) -> bool {
    has_subject(companion.resource_type())
}

/// The search that finds a resource by an identifier.
pub fn search(system: &str, value: &str) -> String {
    format!("identifier={}%7C{}", parameter(system), parameter(value))
}

/// The search for an identifier, if it has a system and no replaced bytes.
fn search_for(identifier: &Identifier) -> Option<String> {
    identifier.token().map(|(system, value)| search(system, value))
}

/// Whether a search finds no study of another UID, also where the server ignores case, as it should in doubt (R4
/// Search, token), or reads separators otherwise than they are escaped: a UID has digits and dots alone.
fn is_found_alone(study_uid: &Identifier) -> bool {
    let uid = study_uid.value.exact().and_then(|value| value.strip_prefix("urn:oid:"));
    uid.is_some_and(|uid| uid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// A text as part of a search token: separators are escaped by a backslash, then the text is percent-encoded.
fn parameter(text: &str) -> String {
    const ENCODED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'/');
    let escape = |character: char| matches!(character, '\\' | ',' | '|' | '$').then_some('\\');
    let escaped: String = text.chars().flat_map(|character| escape(character).into_iter().chain([character])).collect();
    utf8_percent_encode(&escaped, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_escaped_for_fhir_and_then_for_the_url() {
        for (text, want) in [
            ("urn:oid:1.2", "urn:oid:1.2"),
            ("http://a/b?c=d&e#f", "http://a/b%3Fc%3Dd%26e%23f"),
            ("V|1,2 +$\\", "V%5C%7C1%5C%2C2%20%2B%5C%24%5C%5C"),
            ("Ä", "%C3%84"),
        ] {
            assert_eq!(parameter(text), want, "{text}");
        }
    }
}
