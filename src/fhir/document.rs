//! A document Bundle for a study (R4 Documents): a Composition for people, the study, and all that it refers to.
//!
//! Its identifier is computed from its content, not from the creation time: the same study gives the same document, a
//! changed study another.

use super::bundle::{full_url, study_full_url};
use super::datatypes::{DateTime, ResourceType};
use super::id;
use super::imaging_study::ImagingStudy;
use super::references::{Linked, Links, Place, Sharing, link_by};
use super::release::Release;
use super::resource::Reference;

/// A study as a document.
#[derive(Debug)]
pub struct Document<'a> {
    /// The study and what it refers to.
    pub linked: Linked<'a>,
    /// The document's UID.
    pub uid: String,
    /// When it was made.
    pub made_at: DateTime,
}

impl<'a> Document<'a> {
    /// The document of a study that conforms to the profile; `content` is a hash of what it is to say.
    pub fn of(
        study: ImagingStudy<'a>,
        release: &Release,
        sharing: &Sharing,
        made_at: DateTime,
        content: impl FnOnce(&Linked<'_>) -> u128,
    ) -> Document<'a> {
        let links = Links { place: &|_| Place::Beside, literal: &|companion| Some(full_url(companion)) };
        let linked = link_by(study, Vec::new(), None, release, sharing, &links);
        let uid = uid(&linked, content(&linked));
        Document { linked, uid, made_at }
    }

    /// `Bundle.entry.fullUrl` of the Composition.
    pub fn composition_url(&self) -> String {
        format!("urn:uuid:{}", self.composition_id())
    }

    /// The id of the Composition.
    pub fn composition_id(&self) -> String {
        id::uuid(&format!("{} composition", self.uid)).to_string()
    }

    /// `Bundle.entry.fullUrl` of the study.
    pub fn study_url(&self) -> String {
        study_full_url(&self.linked.study)
    }

    /// `Composition.title`.
    pub fn title(&self) -> &str {
        self.linked.study.description.as_deref().unwrap_or("Imaging study")
    }

    /// `Composition.event.detail`.
    pub fn event(&self) -> Reference {
        Reference { literal: Some(self.study_url()), ..Reference::to(ResourceType::ImagingStudy) }
    }
}

/// The document's UID (PS3.5 B.2): the UUIDv5 of the study and of all that the document says.
fn uid(linked: &Linked<'_>, content: u128) -> String {
    format!("2.25.{}", id::uuid(&format!("{} {content:032x}", linked.study.uid)).as_u128())
}
