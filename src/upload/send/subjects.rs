//! What a package refers to must belong to its patient: orders, visits, specimens and procedures, in the package and on
//! the server. Packages from DICOM are made so; those from text can come from anywhere.

use std::borrow::Cow;
use std::collections::BTreeSet;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::record::rejected;
use crate::error::Error;
use crate::upload::Server;
use crate::upload::json::{Json, NewReferences, references_in, with_references};
use crate::upload::lookup::{Found, Unread, Wanted};
use crate::upload::package::{Entry, Target, has_subject};
use crate::upload::plan::{is_of_one_subject, relative};
use crate::upload::rejects::Outcome;

#[derive(Deserialize)]
struct Whose<'a> {
    #[serde(borrow)]
    subject: Option<&'a RawValue>,
}

impl Server {
    /// Sends a package from text, unless it refers to a resource of another patient.
    pub(in crate::upload) fn package_of_one(&self, entries: &[Entry<'_>], text: &str) -> Result<bool, Error> {
        if !refers_to_another(entries, self.sender.base()) && !self.refers_to_another_there(entries)? {
            return self.package(entries, &mut || text.to_string());
        }
        let why = Outcome::ours("it refers to an order, visit, specimen or procedure of another patient");
        let results: Vec<_> = entries.iter().map(|_| rejected(why.clone())).collect();
        self.record(entries, &results, &mut || text.to_string())
    }

    /// Whether the server has another patient's resource that the package refers to and does not bring along.
    fn refers_to_another_there(&self, entries: &[Entry<'_>]) -> Result<bool, Error> {
        let moved = self.moved(entries);
        let mut references: NewReferences<'_> =
            moved.iter().map(|(from, to)| (from.as_str(), Some(Cow::Borrowed(to.as_str())))).collect();
        // Nobody knows yet where the server has what is not put, so that only its number can be compared.
        for entry in entries {
            let place = entry.place.as_deref().filter(|_| entry.target == Target::Put && !self.allowed.server_ids);
            [entry.full_url.as_deref(), entry.place.as_deref()].into_iter().flatten().for_each(|name| {
                references.insert(name, place.map(Cow::Borrowed));
            });
        }
        for entry in entries.iter().filter(|entry| is_of_a_patient(entry)) {
            let there = outside(entry, entries, &references, self.sender.base());
            if there.is_empty() {
                continue;
            }
            let wanted: Vec<Wanted<'_>> = there.iter().map(|entry| (entry, None)).collect();
            let found = match self.lookup.read(&self.sender, &wanted) {
                Ok(found) => found,
                Err(Unread::Stop(error)) => return Err(error),
                // What the server says of the package decides.
                Err(Unread::GaveUp(_) | Unread::Refused(_)) => continue,
            };
            let Some(ours) = with_subject(&entry.text, &references) else { continue };
            let is_of_another = |found: &Found| match found {
                Found::One(copy) if copy.resource.get("subject").is_some() => {
                    is_of_one_subject(&ours, &copy.resource, self.sender.base()) == Some(false)
                }
                _ => false,
            };
            if found.iter().any(is_of_another) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a resource of a package refers to one of another patient in it.
fn refers_to_another(entries: &[Entry<'_>], base: &str) -> bool {
    let of_patients = || entries.iter().filter(|entry| is_of_a_patient(entry));
    let companions = || of_patients().filter(|entry| !entry.is_main());
    // As `convert` writes it: the same subject in the same words.
    let first = companions().next().and_then(|entry| subject(&entry.text)).map(|raw| format!("\"subject\":{raw}"));
    let has_first = |entry: &Entry<'_>| {
        first.as_ref().is_none_or(|first| memmem::find(entry.text.as_bytes(), first.as_bytes()).is_some())
    };
    if of_patients().all(has_first) {
        return false;
    }
    let name = |entry: &Entry<'_>| entry.place.as_deref().or(entry.full_url.as_deref()).map(str::to_string);
    let names: Vec<(&Entry<'_>, String)> = entries.iter().filter_map(|entry| Some((entry, name(entry)?))).collect();
    let references: NewReferences<'_> = names
        .iter()
        .filter_map(|(entry, name)| Some((entry.full_url.as_deref()?, Some(Cow::Borrowed(name.as_str())))))
        .collect();
    let differ = |one: &Entry<'_>, other: &Entry<'_>| {
        let both = with_subject(&one.text, &references).zip(with_subject(&other.text, &references));
        both.is_some_and(|(one, other)| is_of_one_subject(&one, &other, base) == Some(false))
    };
    of_patients().any(|entry| {
        let text = with_references(&entry.text, &references);
        let referred: BTreeSet<&str> = references_in(&text).map(|reference| relative(reference, base)).collect();
        let is_referred = |other: &Entry<'_>| name(other).is_some_and(|name| referred.contains(name.as_str()));
        companions().any(|other| other.key != entry.key && is_referred(other) && differ(entry, other))
    })
}

/// The resources of a patient that a resource refers to outside of its package, to be read.
fn outside(
    entry: &Entry<'_>,
    entries: &[Entry<'_>],
    references: &NewReferences<'_>,
    base: &str,
) -> Vec<Entry<'static>> {
    let is_inside = |reference: &str| {
        entries.iter().any(|other| [&other.place, &other.full_url].into_iter().flatten().any(|name| name == reference))
    };
    let place = |reference: &str| {
        let reference = relative(reference, base);
        let (kind, id) = reference.split_once('/').filter(|(kind, _)| has_subject(kind) && !is_inside(reference))?;
        let place = match references.get(reference) {
            Some(Some(moved)) => moved.to_string(),
            _ => format!("{kind}/{}", id.split('/').next().unwrap_or_default()),
        };
        Some((kind.to_string(), place))
    };
    let places: BTreeSet<(String, String)> = references_in(&entry.text).filter_map(place).collect();
    let read = |(kind, place): (String, String)| Entry {
        kind: kind.into(),
        target: Target::Put,
        place: Some(place),
        ..Entry::default()
    };
    places.into_iter().map(read).collect()
}

fn is_of_a_patient(entry: &Entry<'_>) -> bool {
    entry.is_main() || entry.belongs_to_a_patient()
}

/// The subject of a resource as text.
fn subject(text: &str) -> Option<&str> {
    serde_json::from_str::<Whose<'_>>(text).ok()?.subject.map(RawValue::get)
}

/// A resource of which only the subject is known.
fn with_subject(text: &str, references: &NewReferences<'_>) -> Option<Json> {
    Json::parse(&with_references(&format!("{{\"subject\":{}}}", subject(text)?), references))
}
