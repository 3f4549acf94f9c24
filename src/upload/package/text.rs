//! Parses a Bundle or a resource into entries; only type, id, identifiers and subject are parsed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::head::{Bundle, BundleEntry, Head, Identifier, Request};
use super::search::{Search, study_place, uid_search};
use super::{Entry, Target, has_subject, split, subject_hash};
use crate::fhir::ResourceType;
use crate::fhir::id::{Ids, is_id};
use crate::upload::json::without_id;

/// The entries of a Bundle, or a single resource, on one line; none for an OperationOutcome, as in a file of rejects.
/// Resources with an id that `convert` computed from a patient's number are recognized by it.
pub fn parse<'t>(text: &'t str, ids: &Ids) -> Result<Vec<Entry<'t>>, String> {
    let kind = kind(text).ok_or("no FHIR resource")?;
    let entries = match &*kind {
        "OperationOutcome" => return Ok(Vec::new()),
        "Bundle" => {
            let found = match split::entries(text) {
                Some(entries) => entries,
                None => parts(serde_json::from_str::<Bundle<'t>>(text).map_err(|_| "not a usable Bundle")?)?,
            };
            found.into_iter().map(|found| bundle_entry(found, ids)).collect::<Result<Vec<_>, _>>()?
        }
        _ => vec![entry(text, None, None, ids)?],
    };
    if entries.is_empty() {
        return Err("an empty Bundle".to_string());
    }
    let unique: BTreeSet<&str> = entries.iter().map(Entry::identity).collect();
    if unique.len() < entries.len() {
        return Err("a Bundle with two entries for one resource".to_string());
    }
    Ok(entries)
}

/// The entries of a Bundle that is not one thing as a whole.
fn parts(bundle: Bundle<'_>) -> Result<Vec<BundleEntry<'_>>, String> {
    match bundle.kind.as_deref() {
        Some(kind @ ("document" | "message")) => {
            Err(format!("a Bundle of type {kind}, which is sent as a whole: upload sends its resources one by one"))
        }
        _ => Ok(bundle.entry),
    }
}

fn bundle_entry<'t>(found: BundleEntry<'t>, ids: &Ids) -> Result<Entry<'t>, String> {
    let resource = found.resource.ok_or("a Bundle with an entry that has no resource")?;
    entry(resource, found.full_url, found.request, ids)
}

fn entry<'t>(
    text: &'t str,
    full_url: Option<String>,
    request: Option<Request>,
    ids: &Ids,
) -> Result<Entry<'t>, String> {
    let kind = kind(text).ok_or("an entry that is no resource")?;
    if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("a resource without a usable type".to_string());
    }
    let (target, place, search) = match request {
        Some(request) => target(&kind, text, full_url.as_deref(), request)?,
        None => (Target::Put, Some(own_place(&kind, text)?), None),
    };
    let search = search.or_else(|| uid_search(&kind, place.as_deref(), text));
    let mut entry = Entry::new(kind, target, place, search, Cow::Borrowed(text));
    if has_subject(&entry.kind) {
        of_a_patient(&mut entry, text, ids);
    }
    Ok(Entry { full_url, ..entry })
}

/// Reads the subject of a resource. One with an id computed from number and patient is created unless the search finds
/// it.
fn of_a_patient(entry: &mut Entry<'_>, text: &str, ids: &Ids) {
    let Ok(Head { identifier: numbers, subject: Some(subject), .. }) = serde_json::from_str::<Head>(text) else {
        return;
    };
    let patient = subject.identifier.as_ref().and_then(Identifier::token);
    let (system, value) = patient.unzip();
    let reference = subject.reference.as_deref();
    // A name that only this Bundle gives to its patient can be another's in the next one.
    let is_local = |reference: &str| reference.starts_with("urn:") || reference.contains(['#', '?']);
    if system.is_some() || reference.is_some_and(|reference| !is_local(reference)) {
        entry.subject = subject_hash([reference, system, value]);
    }
    let kind = subject.kind.as_deref().unwrap_or("Patient");
    let whose = [
        patient.map(|(system, value)| vec![kind.to_string(), system.to_string(), value.to_string()]),
        reference.map(|reference| vec![reference.to_string()]),
    ];
    let Some((of, id)) = entry.place.as_deref().and_then(|place| place.split_once('/')) else { return };
    let Some(resource_type) = resource_type(of).filter(|_| entry.target == Target::Put) else { return };
    let is_own = |(system, value): &(&str, &str)| {
        whose.iter().flatten().any(|subject| ids.shared_of(resource_type, system, value, subject) == id)
    };
    let Some((system, value)) = numbers.iter().filter_map(Identifier::token).find(is_own) else { return };
    let search = Some(Search::by(of, system, value));
    let text = Cow::Owned(without_id(text, id));
    let subject = entry.subject;
    *entry = Entry::new(entry.kind.clone(), Target::Create, entry.place.clone(), search, text);
    entry.subject = subject;
}

fn resource_type(kind: &str) -> Option<ResourceType> {
    use ResourceType::{Encounter, Procedure, ServiceRequest, Specimen};
    [Encounter, Procedure, ServiceRequest, Specimen].into_iter().find(|of| of.name() == kind)
}

/// The resource's type. It is usually at the start, and found without parsing the rest.
pub fn kind(text: &str) -> Option<Cow<'_, str>> {
    if let Some((kind, _)) = text.strip_prefix("{\"resourceType\":\"").and_then(|rest| rest.split_once('"')) {
        return Some(Cow::Borrowed(kind));
    }
    serde_json::from_str::<Head>(text).ok().map(|head| Cow::Owned(head.kind))
}

/// The target of a single resource: its id.
fn own_place(kind: &str, text: &str) -> Result<String, String> {
    let head = serde_json::from_str::<Head>(text).map_err(|_| "no FHIR resource")?;
    let id = head.id.filter(|id| is_id(id)).ok_or("a resource without a usable id")?;
    Ok(format!("{kind}/{id}"))
}

/// A target, with its id and its search.
type Targeted = (Target, Option<String>, Option<Search>);

/// The target of a Bundle entry.
fn target(kind: &str, text: &str, full_url: Option<&str>, request: Request) -> Result<Targeted, String> {
    let url = request.url;
    let search = |query: &str| Some(Search::parse(format!("{kind}?{}", query.trim_start_matches('?'))));
    match (&*request.method, url.split_once('/'), url.split_once('?')) {
        ("PUT", Some((of, id)), None) if of == kind && is_id(id) => Ok((Target::Put, Some(url), None)),
        ("PUT", _, Some((of, query))) if of == kind => Ok((Target::Update, study_place(kind, text), search(query))),
        ("POST", None, None) if url == kind => Ok(match &request.if_none_exist {
            Some(query) => {
                let place = full_url.and_then(uuid).map(|uuid| format!("{kind}/{uuid}"));
                (Target::Create, place, search(query))
            }
            None => (Target::New, None, None),
        }),
        _ => Err("a Bundle entry that neither puts nor creates its resource".to_string()),
    }
}

/// The UUID of a `urn:uuid:`, as an id.
fn uuid(full_url: &str) -> Option<&str> {
    full_url.strip_prefix("urn:uuid:").filter(|uuid| uuid.len() == 36 && is_id(uuid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upload::json::one_line;

    const UUID: &str = "11111111-2222-5333-8444-555555555555";

    /// Reads a text that lives as long as the tests.
    fn parse(text: &str) -> Result<Vec<Entry<'static>>, String> {
        super::parse(String::leak(one_line(text).into_owned()), &Ids::new(""))
    }

    fn bundle(entries: &str) -> Result<Vec<Entry<'static>>, String> {
        parse(&format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{entries}]}}"#))
    }

    #[test]
    fn entries_go_where_the_bundle_says() {
        let package = bundle(&format!(
            r#"{{"fullUrl":"urn:uuid:{UUID}","resource":{{"resourceType":"Patient"}},
                 "request":{{"method":"POST","url":"Patient","ifNoneExist":"identifier=a%7Cb"}}}},
               {{"resource":{{"resourceType":"Device","id":"d"}},"request":{{"method":"PUT","url":"Device/d"}}}},
               {{"resource":{{"resourceType":"Observation"}},"request":{{"method":"POST","url":"Observation"}}}},
               {{"resource":{{"resourceType":"ImagingStudy"}},
                 "request":{{"method":"PUT","url":"ImagingStudy?identifier=x"}}}}"#
        ));
        let entries = package.unwrap();
        let target = |entry: &Entry<'static>| (entry.target, entry.place.clone(), entry.search.clone());
        let search = |query: &str| Some(Search::parse(query.to_string()));
        let targets: Vec<_> = entries.iter().map(target).collect();
        let patient = (Target::Create, Some(format!("Patient/{UUID}")), search("Patient?identifier=a%7Cb"));
        let device = (Target::Put, Some("Device/d".into()), None);
        let study = (Target::Update, None, search("ImagingStudy?identifier=x"));
        assert_eq!(targets, [patient, device, (Target::New, None, None), study]);
        assert_eq!(entries[0].key, format!("Patient/{UUID}"));
        assert!(entries.iter().all(|entry| !entry.key.contains("identifier")));
    }

    #[test]
    fn a_resource_goes_onto_its_id_and_an_outcome_nowhere() {
        let study = parse("{\n  \"resourceType\": \"ImagingStudy\",\n  \"id\": \"1.2\"\n}\n").unwrap();
        assert_eq!((&*study[0].key, study.len()), ("ImagingStudy/1.2", 1));
        assert_eq!(study[0].text, r#"{"resourceType":"ImagingStudy","id":"1.2"}"#);
        assert!(parse(r#"{"resourceType":"OperationOutcome"}"#).unwrap().is_empty());
    }

    #[test]
    fn identifier_and_subject_are_one_or_a_list() {
        for text in [
            r#"{"resourceType":"Composition","id":"c","identifier":{"value":"1"},"subject":{"reference":"Patient/1"}}"#,
            r#"{"resourceType":"Patient","id":"c","identifier":null,"subject":null}"#,
            r#"{"resourceType":"Account","id":"c","identifier":[],"subject":[{"display":"x"},{"display":"y"}]}"#,
        ] {
            assert_eq!(parse(text).unwrap()[0].place.as_deref().unwrap().split_once('/').unwrap().1, "c", "{text}");
        }
        assert!(parse(r#"{"resourceType":"Composition","id":"c","identifier":null,"subject":null}"#).is_ok());
        assert!(parse(r#"{"resourceType":"Composition","id":"c","identifier":7}"#).is_err());
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let twice =
            r#"{"resource":{"resourceType":"Patient","id":"p"}},{"resource":{"resourceType":"Patient","id":"p"}}"#;
        assert!(bundle(twice).unwrap_err().contains("two entries"));
        let delete = r#"{"resource":{"resourceType":"Patient"},"request":{"method":"DELETE","url":"Patient/1"}}"#;
        assert!(bundle(delete).unwrap_err().contains("neither puts nor creates"));
        assert!(bundle("").unwrap_err().contains("empty"));
        let document =
            r#"{"resourceType":"Bundle","identifier":{"value":"1"},"type":"document","entry":[{"resource":{}}]}"#;
        assert!(parse(document).unwrap_err().contains("of type document"));
        for text in ["", "[]", "{}", r#"{"resourceType":"Patient"}"#, r#"{"resourceType":"A/B","id":"x"}"#] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn white_space_does_not_change_the_hash() {
        let hash = |text: &str| parse(text).unwrap()[0].hash;
        let one = hash(r#"{"resourceType":"Patient","id":"p"}"#);
        assert_eq!(one, hash("{ \"resourceType\" : \"Patient\",\n \"id\": \"p\" }"));
        assert_ne!(one, hash(r#"{"resourceType":"Patient","id":"p","active":true}"#));
    }

    #[test]
    fn an_order_on_the_id_of_its_number_and_patient_is_known_by_the_number() {
        let whose = ["Patient", "urn:p", "P1"].map(str::to_string);
        let order = |id: &str| {
            let text = format!(
                r#"{{"resourceType":"ServiceRequest","id":"{id}","identifier":[{{"value":"7"}},{{"system":"urn:a","value":"A1"}}],
                "subject":{{"reference":"urn:uuid:1","type":"Patient","identifier":{{"system":"urn:p","value":"P1"}}}}}}"#
            );
            parse(&text).unwrap().remove(0)
        };
        let id = Ids::new("").shared_of(ResourceType::ServiceRequest, "urn:a", "A1", &whose);
        let own = order(&id);
        assert_eq!((own.target, own.key), (Target::Create, format!("ServiceRequest/{id}")));
        assert_eq!(own.search, Some(Search::by("ServiceRequest", "urn:a", "A1")));
        assert!(!own.text.contains(&id));
        for other in [Ids::new("salt").shared_of(ResourceType::ServiceRequest, "urn:a", "A1", &whose), "o".to_string()]
        {
            assert_eq!((order(&other).target, order(&other).search), (Target::Put, None));
        }
        assert_eq!(order("a").subject, order("b").subject);
    }
}
