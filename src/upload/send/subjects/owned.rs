//! A resource that can belong to a patient, and what it refers to.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::upload::json::{Json, NewReferences, references_in, with_references};
use crate::upload::package::{Entry, Target, can_own, kind};
use crate::upload::plan::{relative, says_who};

/// The elements that name a subject: `patient` of some resources, `for` of a Task.
const SUBJECT: [&str; 3] = ["subject", "patient", "for"];

/// A resource of a package, with its references as the server will have them.
pub struct Owned<'e> {
    entry: &'e Entry<'e>,
    base: &'e str,
    text: Cow<'e, str>,
    /// Its type and its subject.
    pub whose: Json,
    /// The same of the resources inside it.
    pub contained: Vec<Json>,
}

impl<'e> Owned<'e> {
    /// A resource; `None` if it is not clear what its subject is.
    pub fn of(entry: &'e Entry<'e>, references: &NewReferences<'_>, base: &'e str) -> Option<Owned<'e>> {
        let text = with_references(&entry.text, references);
        let head = Head::of(&text)?;
        let whose = head.whose(&text)?;
        let inside = |raw: &&RawValue| Head::of(raw.get())?.whose(raw.get());
        let contained = head.contained.iter().map(inside).collect::<Option<_>>()?;
        Some(Owned { entry, base, whose, contained, text })
    }

    /// Whether it must not refer to what is another's: all that has a subject or should have one.
    pub fn is_bound(&self) -> bool {
        self.entry.has_subject() || says_who(&self.whose)
    }

    /// Those of a package that it refers to.
    pub fn referred<'o>(&'o self, all: &'o [Owned<'e>]) -> impl Iterator<Item = &'o Owned<'e>> {
        let names: BTreeSet<&str> = self.references().collect();
        all.iter().filter(move |other| names.iter().any(|name| other.is_called(name)))
    }

    /// What it refers to that the package does not bring along, to be read.
    pub fn outside(&self, all: &[Owned<'_>]) -> Vec<Entry<'static>> {
        let place = |reference: &str| {
            let (kind, _) = reference.split_once('/').filter(|(kind, _)| can_own(kind))?;
            let is_brought = all.iter().any(|other| other.entry.own_place() == Some(reference));
            let is_on_server = !kind.contains([':', '#', '?']) && !is_brought;
            is_on_server.then(|| (kind.to_string(), reference.to_string()))
        };
        let places: BTreeSet<(String, String)> = self.references().filter_map(place).collect();
        let read = |(kind, place): (String, String)| Entry {
            kind: kind.into(),
            target: Target::Put,
            place: Some(place),
            ..Entry::default()
        };
        places.into_iter().map(read).collect()
    }

    /// Its references: `Type/id` where they can be, without version.
    fn references(&self) -> impl Iterator<Item = &str> {
        references_in(&self.text).map(|reference| {
            let reference = relative(reference, self.base);
            reference.split_once("/_history/").map_or(reference, |(current, _)| current)
        })
    }

    /// Whether a reference leads to it, also one that is relative to its URL (R4 Bundle, resolving references).
    fn is_called(&self, reference: &str) -> bool {
        let url = self.entry.full_url.as_deref();
        let is_relative = |url: &str| url.strip_suffix(reference).is_some_and(|base| base.ends_with('/'));
        self.entry.own_place() == Some(reference) || url.is_some_and(|url| url == reference || is_relative(url))
    }
}

/// Type and subject of a resource: as an object without the rest.
pub fn whose(resource: &Json) -> Json {
    let subject = SUBJECT.iter().find_map(|name| resource.get(name));
    of(resource.string("resourceType").unwrap_or_default(), subject.cloned())
}

fn of(kind: &str, subject: Option<Json>) -> Json {
    let kind = ("resourceType".to_string(), Json::Text(kind.to_string()));
    Json::Object([kind].into_iter().chain(subject.map(|subject| ("subject".to_string(), subject))).collect())
}

/// What says whose a resource is; that a member stands twice is an error.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, alias = "patient", alias = "for")]
    subject: Option<&'a RawValue>,
    #[serde(borrow, default)]
    contained: Vec<&'a RawValue>,
}

impl<'a> Head<'a> {
    fn of(text: &'a str) -> Option<Head<'a>> {
        serde_json::from_str(text).ok()
    }

    fn whose(&self, text: &str) -> Option<Json> {
        let subject = self.subject.map(|raw| Json::parse(raw.get()).ok_or(())).transpose().ok()?;
        Some(of(&kind(text)?, subject))
    }
}
