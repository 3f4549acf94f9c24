//! A package: resources that are sent together, as a study with its companions, or a single resource. Resources are
//! text, with the properties that decide how they are sent, from the model of a study or parsed once from input.

mod head;
mod model;
mod search;
mod server_ids;
mod split;
mod text;

use std::borrow::Cow;

use xxhash_rust::xxh3::{Xxh3Default, xxh3_64, xxh3_128};

pub use model::entries;
pub use search::Search;
pub use server_ids::adapt;
pub use text::{kind, parse};

/// The main types; all others are companions, which are created and not changed.
const MAIN_TYPES: [&str; 2] = ["ImagingStudy", "ImagingSelection"];

/// One resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry<'t> {
    /// The type.
    pub kind: Cow<'t, str>,
    /// The key in the journal, without patient data: `Type/id`, or `Type/~hash`.
    pub key: String,
    /// How it is sent.
    pub target: Target,
    /// Its stable `Type/id`.
    pub place: Option<String>,
    /// A search that finds it under any id.
    pub search: Option<Search>,
    /// The URL by which other entries of its Bundle may refer to it.
    pub full_url: Option<String>,
    /// The resource, on one line.
    pub text: Cow<'t, str>,
    /// A hash of text and target.
    pub hash: u128,
    /// A hash of the subject, for resources of a patient; 0 where only its own Bundle knows whom it names.
    pub subject: u64,
}

/// How a resource is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Target {
    /// PUT on its stable id.
    Put,
    /// Conditional update by the search.
    Update,
    /// Conditional create by the search.
    Create,
    /// Unconditional create: sending it twice makes two.
    #[default]
    New,
}

impl<'t> Entry<'t> {
    /// An entry whose key and hash follow from the rest.
    fn new(
        kind: impl Into<Cow<'t, str>>,
        target: Target,
        place: Option<String>,
        search: Option<Search>,
        text: Cow<'t, str>,
    ) -> Entry<'t> {
        let kind = kind.into();
        let query = search.as_ref().map(|search| search.query.as_str());
        let place_or_query = match target {
            Target::Put => place.as_deref(),
            Target::Update | Target::Create => query,
            Target::New => None,
        };
        let mut hasher = Xxh3Default::new();
        [place_or_query.unwrap_or_default(), "\n", &text].iter().for_each(|part| hasher.update(part.as_bytes()));
        let hash = hasher.digest128();
        let key = match (target, &place, query) {
            (Target::Put | Target::Create | Target::Update, Some(place), _) => place.clone(),
            (Target::Update | Target::Create, _, Some(query)) => {
                format!("{kind}/~{:032x}", xxh3_128(query.as_bytes()))
            }
            _ => format!("{kind}/~{hash:032x}"),
        };
        Entry { kind, key, target, place, search, full_url: None, text, hash, subject: 0 }
    }

    /// Whether it is of a main type.
    pub fn is_main(&self) -> bool {
        MAIN_TYPES.contains(&&*self.kind)
    }

    /// The key by which concurrent requests for the same resource are serialized. It may contain a patient's
    /// identifier, so it is never printed.
    pub fn identity(&self) -> &str {
        let query = self.search.as_ref().map(|search| search.query.as_str());
        match self.target {
            Target::Put => self.place.as_deref().unwrap_or(&self.key),
            Target::Update | Target::Create => query.unwrap_or(&self.key),
            Target::New => &self.key,
        }
    }

    /// Whether other studies can share it, so that it is cached.
    pub fn is_shared(&self) -> bool {
        self.target == Target::Create || self.kind == "Endpoint"
    }

    /// Whether it belongs to a patient, so that only studies of that patient can share it.
    pub fn belongs_to_a_patient(&self) -> bool {
        has_subject(&self.kind)
    }

    /// Whether its type always has a subject, or says by its absence that nobody knows it.
    pub fn has_subject(&self) -> bool {
        self.is_main() || self.belongs_to_a_patient()
    }

    /// Whether it says whose it is in words that mean the same in every package, if it belongs to a patient.
    pub fn is_comparable(&self) -> bool {
        self.subject != 0 || !self.belongs_to_a_patient()
    }

    /// Its `Type/id`, by which others can refer to it; nobody knows that of what is created without a condition.
    pub fn own_place(&self) -> Option<&str> {
        self.place.as_deref().filter(|_| self.target != Target::New)
    }

    /// A name by which others of its package refer to it.
    pub fn name(&self) -> Option<&str> {
        self.full_url.as_deref().or(self.own_place())
    }
}

/// Types of resources that belong to no patient.
const NOBODYS: [&str; 6] = ["Device", "Endpoint", "Location", "Organization", "Practitioner", "PractitionerRole"];

/// Whether resources of a type belong to no patient.
pub fn is_nobodys(kind: &str) -> bool {
    NOBODYS.contains(&kind)
}

/// Whether resources of a type can belong to a patient.
pub fn can_own(kind: &str) -> bool {
    !is_nobodys(kind) && !matches!(kind, "Patient" | "Group")
}

/// Whether resources of a type belong to a patient.
pub fn has_subject(kind: &str) -> bool {
    matches!(kind, "Encounter" | "ImagingSelection" | "Procedure" | "ServiceRequest" | "Specimen")
}

/// The hash of a subject: its reference and its identifier.
fn subject_hash(parts: [Option<&str>; 3]) -> u64 {
    xxh3_64(parts.map(Option::unwrap_or_default).join("\n").as_bytes())
}
