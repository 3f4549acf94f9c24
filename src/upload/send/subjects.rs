//! What a package refers to must belong to its patient: orders, visits, specimens and procedures, in the package and on
//! the server. Packages from DICOM are made so; those from text can come from anywhere.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::record::rejected;
use crate::error::Error;
use crate::upload::Server;
use crate::upload::json::{Json, NewReferences, finder, references_in, with_references};
use crate::upload::lookup::{Found, Unread, Wanted};
use crate::upload::package::{Entry, Target, has_subject};
use crate::upload::plan::{is_of_one_subject, relative};
use crate::upload::rejects::Outcome;

/// The beginning of a subject.
const SUBJECT: &str = "\"subject\":";
/// Finds it.
static SUBJECT_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| finder(SUBJECT));

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
    let Some(first) = companions().next() else { return false };
    // As `convert` writes it: the same subject in the same words.
    let first = subject(&first.text);
    if of_patients().all(|entry| first.is_some_and(|first| has_only_subject(&entry.text, first))) {
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

/// Whether a resource and all that it contains have a subject, in these words.
fn has_only_subject(text: &str, subject: &str) -> bool {
    let mut subjects = SUBJECT_FINDER.find_iter(text.as_bytes()).map(|at| &text[at + SUBJECT.len()..]).peekable();
    subjects.peek().is_some() && subjects.all(|found| found.starts_with(subject))
}

/// The subject of a resource as text.
fn subject(text: &str) -> Option<&str> {
    serde_json::from_str::<Whose<'_>>(text).ok()?.subject.map(RawValue::get)
}

/// A resource of which only the subject is known.
fn with_subject(text: &str, references: &NewReferences<'_>) -> Option<Json> {
    Json::parse(&with_references(&format!("{{\"subject\":{}}}", subject(text)?), references))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::id::Ids;
    use crate::upload::package::parse;

    #[test]
    fn a_study_that_refers_to_the_order_of_another_patient_is_known_by_its_own_subject() {
        let subject = |number: u8| {
            format!(r#""subject":{{"type":"Patient","identifier":{{"system":"urn:p","value":"{number}"}}}}"#)
        };
        let contained = |number: u8| format!(r#""contained":[{{"resourceType":"Specimen",{}}}],"#, subject(number));
        for (content, is_of_another) in [
            (subject(1), false),
            (subject(2), true),
            (contained(1) + &subject(1), false),
            (contained(1) + &subject(2), true),
            (contained(2) + &subject(1), false),
        ] {
            let text = format!(
                r#"{{"resourceType":"Bundle","type":"transaction","entry":[
                {{"resource":{{"resourceType":"ServiceRequest",{}}},"fullUrl":"urn:uuid:1",
                  "request":{{"method":"POST","url":"ServiceRequest","ifNoneExist":"identifier=7"}}}},
                {{"resource":{{"resourceType":"ImagingStudy",{content},"basedOn":[{{"reference":"urn:uuid:1"}}]}},
                  "request":{{"method":"PUT","url":"ImagingStudy/s"}}}}]}}"#,
                subject(1)
            );
            assert_eq!(
                refers_to_another(&parse(&text, &Ids::new("")).unwrap(), "http://h"),
                is_of_another,
                "{content}"
            );
        }
    }
}
