//! What a package refers to must belong to its patient: orders, visits, specimens, procedures and whatever else has a
//! subject, in the package, inside its resources, and on the server. Packages from DICOM are made so; those from text
//! can come from anywhere. Where nothing shows that the patient is the same, nothing is sent.

mod owned;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::Ordering::Relaxed;

use memchr::memmem::Finder;
use serde_json::value::RawValue;

use super::record::rejected;
use crate::error::Error;
use crate::upload::Server;
use crate::upload::json::{Json, NewReferences, finder, references_in};
use crate::upload::lookup::{Found, Unread, Wanted};
use crate::upload::package::{Entry, Search, Target, can_own, is_nobodys};
use crate::upload::plan::{is_of_one_subject, relative, says_who};
use crate::upload::rejects::Outcome;
use owned::Owned;

/// A subject, as text.
const SUBJECT: &str = "\"subject\":";
/// Finds it.
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| finder(SUBJECT));

impl Server {
    /// Sends a package from text, unless it refers to a resource that may be another patient's.
    pub(in crate::upload) fn package_of_one(&self, entries: &[Entry<'_>], text: &str) -> Result<bool, Error> {
        let is_plain = is_plainly_of_one(entries, self.sender.base());
        let Some(why) = (if is_plain { None } else { self.doubt(entries)? }) else {
            return self.package(entries, &mut || text.to_string());
        };
        let results: Vec<_> = entries.iter().map(|_| rejected(why.clone())).collect();
        self.record(entries, &results, &mut || text.to_string())
    }

    /// Why something that the package refers to may be another patient's.
    fn doubt(&self, entries: &[Entry<'_>]) -> Result<Option<Outcome>, Error> {
        match self.refers_to_another(entries) {
            Ok(why) => Ok(why.map(|why| Outcome::ours(&why))),
            Err(Unread::Stop(error)) => Err(error),
            Err(Unread::Refused(outcome)) => Ok(Some(outcome)),
            Err(Unread::GaveUp(outcome)) => {
                self.give_ups.fetch_add(1, Relaxed);
                Ok(Some(outcome))
            }
        }
    }

    fn refers_to_another(&self, entries: &[Entry<'_>]) -> Result<Option<String>, Unread> {
        let (entries, gone) = self.adapted(entries);
        let (names, base) = (self.names(&entries, &gone)?, self.sender.base());
        let references: NewReferences<'_> =
            names.iter().map(|(from, to)| (from.as_str(), Some(to.as_str().into()))).collect();
        let own = entries.iter().filter(|entry| can_own(&entry.kind));
        let all: Vec<Owned<'_>> = match own.map(|entry| Owned::of(entry, &references, base).ok_or(entry)).collect() {
            Ok(all) => all,
            Err(entry) => return Ok(Some(format!("it is not clear whose the {} is", entry.kind))),
        };
        for one in all.iter().filter(|one| one.is_bound()) {
            let inside = one.contained.iter().chain(one.referred(&all).map(|other| &other.whose));
            if let Some(why) = inside.filter_map(|other| differs(&one.whose, other, base)).next() {
                return Ok(Some(why));
            }
            let there = one.outside(&all);
            let wanted: Vec<Wanted<'_>> = there.iter().map(|entry| (entry, None)).collect();
            let found = self.lookup.read(&self.sender, &wanted)?;
            let copies = found.iter().filter_map(|found| if let Found::One(copy) = found { Some(copy) } else { None });
            let whose = copies.map(|copy| owned::whose(&copy.resource));
            if let Some(why) = whose.filter_map(|other| differs(&one.whose, &other, base)).next() {
                return Ok(Some(why));
            }
        }
        Ok(None)
    }

    fn read_one(&self, entry: &Entry<'_>) -> Result<Found, Unread> {
        Ok(self.lookup.read(&self.sender, &[(entry, None)])?.pop().unwrap_or(Found::Nothing))
    }

    /// Where the server has, or will have, what the package refers to by these names. A patient who is to be created is
    /// searched for: who is not there can own nothing that is.
    fn names(&self, entries: &[Entry<'_>], gone: &NewReferences<'_>) -> Result<BTreeMap<String, String>, Unread> {
        // What is left out has no place there.
        let left_out = gone.keys().map(|name| (name.to_string(), None));
        let all = self.moved(entries).into_iter().chain(left_out);
        let mut names: BTreeMap<String, String> =
            all.map(|(from, to)| (from.clone(), to.unwrap_or_else(|| format!("#{from}")))).collect();
        for entry in entries {
            let Some(name) = entry.name() else { continue };
            let at = match entry.target {
                Target::Put => entry.own_place().map(ToString::to_string),
                _ if is_person(&entry.kind) && entry.search.is_some() => reference_of(self.read_one(entry)?),
                _ => None,
            };
            let at = at.unwrap_or_else(|| name.to_string());
            let own = [entry.full_url.as_deref(), entry.own_place()];
            names.extend(own.into_iter().flatten().map(|name| (name.to_string(), at.clone())));
        }
        for reference in entries.iter().flat_map(|entry| references_in(&entry.text)) {
            if let (false, Some(sought)) = (names.contains_key(reference), conditional(reference, self.sender.base())) {
                let inside = entries.iter().find(|entry| is_sought(entry, &sought)).and_then(|entry| entry.name());
                let at = inside.and_then(|name| names.get(name).cloned());
                let at = if at.is_some() { at } else { reference_of(self.read_one(&sought)?) };
                names.extend(at.map(|at| (reference.to_string(), at)));
            }
        }
        Ok(names)
    }
}

/// Whether resources of a type can be a subject.
fn is_person(kind: &str) -> bool {
    matches!(kind, "Patient" | "Device" | "Group")
}

fn reference_of(found: Found) -> Option<String> {
    if let Found::One(copy) = found { Some(copy.reference) } else { None }
}

/// What a conditional reference looks for (R4 http, transaction).
fn conditional(reference: &str, base: &str) -> Option<Entry<'static>> {
    let query = relative(reference, base);
    let (kind, _) = query.split_once('?').filter(|(kind, _)| !is_nobodys(kind))?;
    let search = Some(Search::parse(query.to_string()));
    Some(Entry { kind: kind.to_string().into(), target: Target::Create, search, ..Entry::default() })
}

fn is_sought(entry: &Entry<'_>, sought: &Entry<'_>) -> bool {
    let search = sought.search.as_ref().filter(|_| entry.kind == sought.kind);
    search.is_some_and(|search| Json::parse(&entry.text).is_some_and(|resource| search.is_had_by(&resource)))
}

/// Why a resource must not refer to another, if so: its subject is another, or nothing shows that it is the same.
fn differs(ours: &Json, theirs: &Json, base: &str) -> Option<String> {
    let kind = theirs.string("resourceType").unwrap_or("resource");
    let is_one = if says_who(theirs) { is_of_one_subject(ours, theirs, base) } else { Some(true) };
    match is_one {
        Some(true) => None,
        Some(false) => Some(format!("it refers to a {kind} of another patient")),
        None => Some(format!("it refers to a {kind} that nothing shows to be of the same patient")),
    }
}

/// Whether a package is as `convert` writes it: all have one subject in the same words, and nothing else of a patient
/// is referred to.
fn is_plainly_of_one(entries: &[Entry<'_>], base: &str) -> bool {
    let own = || entries.iter().filter(|entry| can_own(&entry.kind));
    let is_plain = |reference: &str| {
        let is_in = |entry: &Entry<'_>| [entry.full_url.as_deref(), entry.own_place()].contains(&Some(reference));
        let kind = relative(reference, base).split_once('/').map(|(kind, _)| kind);
        kind.is_some_and(|kind| !kind.contains(['?', '#', ':']) && !can_own(kind)) || entries.iter().any(is_in)
    };
    let Some(first) = own().next() else { return true };
    let Some(first) = subjects_in(&first.text).next().and_then(value) else { return false };
    let has_it = |entry: &Entry<'_>| {
        let mut subjects = subjects_in(&entry.text).peekable();
        subjects.peek().is_some() && subjects.all(|subject| subject.starts_with(first))
    };
    own().all(|entry| entry.has_subject() && has_it(entry) && references_in(&entry.text).all(is_plain))
}

/// What follows each `subject` in a compact resource.
fn subjects_in(text: &str) -> impl Iterator<Item = &str> {
    FINDER.find_iter(text.as_bytes()).map(|found| &text[found + SUBJECT.len()..])
}

/// The JSON value at the start of a text.
fn value(text: &str) -> Option<&str> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    values.take(1).find_map(Result::ok).map(RawValue::get)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::id::Ids;
    use crate::upload::package::parse;

    #[test]
    fn a_package_as_convert_writes_it_needs_no_closer_look() {
        let subject = |number: u8| {
            format!(r#""subject":{{"type":"Patient","identifier":{{"system":"urn:p","value":"{number}"}}}}"#)
        };
        let contained = |number: u8| format!(r#""contained":[{{"resourceType":"Specimen",{}}}],"#, subject(number));
        let refers = |to: &str| format!(r#""basedOn":[{{"reference":"{to}"}}],{}"#, subject(1));
        for (content, is_plain) in [
            (subject(1), true),
            (subject(2), false),
            (contained(1) + &subject(1), true),
            (contained(1) + &subject(2), false),
            (contained(2) + &subject(1), false),
            (r#""status":"available""#.to_string(), false),
            (refers("urn:uuid:1"), true),
            (refers("http://h/Practitioner/1"), true),
            (refers("Patient/1"), true),
            (refers("ServiceRequest/1"), false),
            (refers("http://h/ServiceRequest/1"), false),
            (refers("http://other/ServiceRequest/1"), false),
            (refers("ServiceRequest?identifier=http://a%7C7"), false),
            (refers("Patient?identifier=http://a%7C7"), false),
            (refers("#1"), false),
        ] {
            let text = format!(
                r#"{{"resourceType":"Bundle","type":"transaction","entry":[
                {{"resource":{{"resourceType":"ServiceRequest",{}}},"fullUrl":"urn:uuid:1",
                  "request":{{"method":"POST","url":"ServiceRequest","ifNoneExist":"identifier=7"}}}},
                {{"resource":{{"resourceType":"ImagingStudy",{content}}},
                  "request":{{"method":"PUT","url":"ImagingStudy/s"}}}}]}}"#,
                subject(1)
            );
            assert_eq!(is_plainly_of_one(&parse(&text, &Ids::new("")).unwrap(), "http://h"), is_plain, "{content}");
        }
        let other = |kind: &str| format!(r#"{{"resourceType":"{kind}","id":"1",{}}}"#, subject(1));
        for (kind, is_plain) in [("Device", true), ("Patient", true), ("Encounter", true), ("Condition", false)] {
            assert_eq!(is_plainly_of_one(&parse(&other(kind), &Ids::new("")).unwrap(), "http://h"), is_plain, "{kind}");
        }
    }
}
