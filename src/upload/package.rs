//! What is sent together: a study with its companions, or one resource alone, taken from a Bundle or a resource as text.
//!
//! Resources stay text: only their type, id and place in a Bundle are read.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64, xxh3_128};

use super::split;
use super::whose;
use crate::fhir::id::is_id;

/// The types that the run is about; all others are companions, which are created and not changed.
const MAIN_TYPES: [&str; 2] = ["ImagingStudy", "ImagingSelection"];

/// A study and what goes with it.
#[derive(Debug, Clone)]
pub struct Package<'t> {
    /// The resources; what is referred to comes first.
    pub entries: Vec<Entry<'t>>,
    /// The text it was made of, on one line: what the rejects take.
    pub text: &'t str,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'t> {
    /// The type.
    pub kind: Cow<'t, str>,
    /// What the journal calls it; nothing of the patient is in it.
    pub key: Cow<'t, str>,
    /// Where it goes.
    pub target: Target<'t>,
    /// How the others of its Bundle may refer to it.
    pub full_url: Option<Cow<'t, str>>,
    /// The resource, on one line, as it came.
    pub text: Cow<'t, str>,
    /// A hash of the text and the target.
    pub hash: u128,
}

/// Where a resource goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target<'t> {
    /// `Type/id`.
    Id(Cow<'t, str>),
    /// The one that a search finds, or a new one: `Type?search`.
    Update(String),
    /// A new one, unless a search finds one. The id is one that is always the same for it.
    Create {
        /// `Type?search`.
        search: String,
        /// The id for it.
        id: Option<Cow<'t, str>>,
    },
    /// A new one in any case: doing it twice makes two.
    New,
}

/// A text that is borrowed where it can be, also where it is optional.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "resourceType", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(default, borrow)]
    entry: Vec<BundleEntry<'a>>,
}

/// An entry of a Bundle.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BundleEntry<'a> {
    /// How the others may refer to it.
    #[serde(borrow)]
    pub full_url: Option<Text<'a>>,
    /// The resource as text.
    #[serde(borrow, default, deserialize_with = "as_text")]
    pub resource: Option<&'a str>,
    /// What is to be done with it.
    #[serde(borrow)]
    pub request: Option<Request<'a>>,
}

fn as_text<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Option<&'a str>, D::Error> {
    Ok(Option::<&RawValue>::deserialize(deserializer)?.map(RawValue::get))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow)]
    if_none_exist: Option<Text<'a>>,
}

impl<'t> Package<'t> {
    /// Reads a Bundle or a resource on one line; `None` for an OperationOutcome, which stands in rejects and is not sent.
    pub fn parse(text: &'t str) -> Result<Option<Package<'t>>, String> {
        let kind = kind(text).ok_or("no FHIR resource")?;
        let entries = match &*kind {
            "OperationOutcome" => return Ok(None),
            "Bundle" => {
                let found = match split::entries(text) {
                    Some(entries) => entries,
                    None => serde_json::from_str::<Bundle<'t>>(text).map_err(|_| "not a usable Bundle")?.entry,
                };
                found.into_iter().map(bundle_entry).collect::<Result<Vec<_>, _>>()?
            }
            _ => vec![entry(text, None, None)?],
        };
        if entries.is_empty() {
            return Err("an empty Bundle".to_string());
        }
        let unique: BTreeSet<&str> = entries.iter().map(Entry::identity).collect();
        if unique.len() < entries.len() {
            return Err("a Bundle with two entries for one resource".to_string());
        }
        Ok(Some(Package { text, entries }))
    }
}

impl Entry<'_> {
    /// Whether the run is about it.
    pub fn is_main(&self) -> bool {
        MAIN_TYPES.contains(&&*self.kind)
    }

    /// What must not be in two requests at once. It may have a patient's identifier in it, and is not to be shown.
    pub fn identity(&self) -> &str {
        match &self.target {
            Target::Id(id) => id,
            Target::Update(search) | Target::Create { search, .. } => search,
            Target::New => &self.key,
        }
    }

    /// The hash of the subject, for what belongs to a patient: it is of use to studies of the same patient only.
    pub fn subject(&self) -> u64 {
        if whose::has_subject(&self.kind) { xxh3_64(whose::subject(&self.text).as_bytes()) } else { 0 }
    }

    /// Whether other studies can have it too, so that it is worth remembering.
    pub fn is_shared(&self) -> bool {
        matches!(self.target, Target::Create { .. }) || self.kind == "Endpoint"
    }
}

fn bundle_entry(found: BundleEntry<'_>) -> Result<Entry<'_>, String> {
    let resource = found.resource.ok_or("a Bundle with an entry that has no resource")?;
    entry(resource, found.full_url.map(|Text(full_url)| full_url), found.request)
}

fn entry<'t>(text: &'t str, full_url: Option<Cow<'t, str>>, request: Option<Request<'t>>) -> Result<Entry<'t>, String> {
    let kind = kind(text).ok_or("an entry that is no resource")?;
    if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("a resource without a usable type".to_string());
    }
    let target = match request {
        Some(request) => target(&kind, full_url.as_deref(), request)?,
        None => Target::Id(Cow::Owned(own_place(&kind, text)?)),
    };
    let place = match &target {
        Target::Id(id) => id,
        Target::Update(search) | Target::Create { search, .. } => search.as_str(),
        Target::New => "",
    };
    let mut hasher = Xxh3Default::new();
    [place, "\n", text].iter().for_each(|part| hasher.update(part.as_bytes()));
    let hash = hasher.digest128();
    let key = match &target {
        Target::Id(id) => id.clone(),
        Target::Create { id: Some(id), .. } => format!("{kind}/{id}").into(),
        Target::Update(search) | Target::Create { search, id: None } => {
            format!("{kind}/~{:032x}", xxh3_128(search.as_bytes())).into()
        }
        Target::New => format!("{kind}/~{hash:032x}").into(),
    };
    Ok(Entry { kind, key, target, full_url, text: Cow::Borrowed(text), hash })
}

/// The resource's type. It mostly stands at the start, where it is found without reading the rest.
pub fn kind(text: &str) -> Option<Cow<'_, str>> {
    if let Some((kind, _)) = text.strip_prefix("{\"resourceType\":\"").and_then(|rest| rest.split_once('"')) {
        return Some(Cow::Borrowed(kind));
    }
    serde_json::from_str::<Head<'_>>(text).ok().map(|head| head.kind)
}

/// Where a resource goes of which no Bundle says it: onto its id.
fn own_place(kind: &str, text: &str) -> Result<String, String> {
    let head = serde_json::from_str::<Head<'_>>(text).map_err(|_| "no FHIR resource")?;
    let Text(id) = head.id.filter(|Text(id)| is_id(id)).ok_or("a resource without a usable id")?;
    Ok(format!("{kind}/{id}"))
}

/// Where a Bundle says that a resource goes.
fn target<'t>(kind: &str, full_url: Option<&str>, request: Request<'t>) -> Result<Target<'t>, String> {
    let url = request.url;
    let search = |search: &str| format!("{kind}?{}", search.trim_start_matches('?'));
    match (&*request.method, url.split_once('/'), url.split_once('?')) {
        ("PUT", Some((of, id)), None) if of == kind && is_id(id) => Ok(Target::Id(url.clone())),
        ("PUT", _, Some((of, query))) if of == kind => Ok(Target::Update(search(query))),
        ("POST", None, None) if url == kind => Ok(match &request.if_none_exist {
            Some(Text(query)) => Target::Create {
                search: search(query),
                id: full_url.and_then(uuid).map(|uuid| Cow::Owned(uuid.to_string())),
            },
            None => Target::New,
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
    fn parse(text: &str) -> Result<Option<Package<'static>>, String> {
        Package::parse(String::leak(one_line(text).into_owned()))
    }

    fn bundle(entries: &str) -> Result<Option<Package<'static>>, String> {
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
        let entries = package.unwrap().unwrap().entries;
        let patient = Target::Create { search: "Patient?identifier=a%7Cb".into(), id: Some(UUID.into()) };
        let targets: Vec<&Target> = entries.iter().map(|entry| &entry.target).collect();
        let study = Target::Update("ImagingStudy?identifier=x".into());
        assert_eq!(targets, [&patient, &Target::Id("Device/d".into()), &Target::New, &study]);
        assert_eq!(entries[0].key, format!("Patient/{UUID}"));
        assert!(entries.iter().all(|entry| !entry.key.contains("identifier")));
    }

    #[test]
    fn a_resource_goes_onto_its_id_and_an_outcome_nowhere() {
        let study = parse("{\n  \"resourceType\": \"ImagingStudy\",\n  \"id\": \"1.2\"\n}\n").unwrap().unwrap();
        assert_eq!((&*study.entries[0].key, study.entries.len()), ("ImagingStudy/1.2", 1));
        assert_eq!(study.text, r#"{"resourceType":"ImagingStudy","id":"1.2"}"#);
        assert!(parse(r#"{"resourceType":"OperationOutcome"}"#).unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let twice =
            r#"{"resource":{"resourceType":"Patient","id":"p"}},{"resource":{"resourceType":"Patient","id":"p"}}"#;
        assert!(bundle(twice).unwrap_err().contains("two entries"));
        let delete = r#"{"resource":{"resourceType":"Patient"},"request":{"method":"DELETE","url":"Patient/1"}}"#;
        assert!(bundle(delete).unwrap_err().contains("neither puts nor creates"));
        assert!(bundle("").unwrap_err().contains("empty"));
        for text in ["", "[]", "{}", r#"{"resourceType":"Patient"}"#, r#"{"resourceType":"A/B","id":"x"}"#] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn white_space_does_not_change_the_hash() {
        let hash = |text: &str| parse(text).unwrap().unwrap().entries[0].hash;
        let one = hash(r#"{"resourceType":"Patient","id":"p"}"#);
        assert_eq!(one, hash("{ \"resourceType\" : \"Patient\",\n \"id\": \"p\" }"));
        assert_ne!(one, hash(r#"{"resourceType":"Patient","id":"p","active":true}"#));
    }
}
