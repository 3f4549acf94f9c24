//! The parsed parts of FHIR input: type, identifiers, subject and target.

#![allow(missing_docs, reason = "the members are those of FHIR")]

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The parsed parts of a resource.
#[derive(Deserialize)]
pub struct Head {
    #[serde(rename = "resourceType")]
    pub kind: String,
    pub id: Option<String>,
    /// One or a list, by type and release: R4 Composition has one.
    #[serde(default, deserialize_with = "listed")]
    pub identifier: Vec<Identifier>,
    #[serde(default, deserialize_with = "only")]
    pub subject: Option<Subject>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

fn listed<'d, D: Deserializer<'d>, T: Deserialize<'d>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(match Option::deserialize(deserializer)? {
        Some(OneOrMany::Many(all)) => all,
        Some(OneOrMany::One(one)) => vec![one],
        None => Vec::new(),
    })
}

/// The only item; none of a list of several.
fn only<'d, D: Deserializer<'d>, T: Deserialize<'d>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let mut all = listed(deserializer)?;
    Ok(if all.len() == 1 { all.pop() } else { None })
}

#[derive(Deserialize)]
pub struct Identifier {
    pub system: Option<String>,
    pub value: Option<String>,
}

#[derive(Deserialize)]
pub struct Subject {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub reference: Option<String>,
    pub identifier: Option<Identifier>,
}

#[derive(Deserialize)]
pub struct Bundle<'a> {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(default, borrow)]
    pub entry: Vec<BundleEntry<'a>>,
}

/// An entry of a Bundle.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleEntry<'a> {
    /// The URL by which other entries may refer to it.
    pub full_url: Option<String>,
    /// The resource as text.
    #[serde(borrow, default, deserialize_with = "as_text")]
    pub resource: Option<&'a str>,
    /// The request.
    pub request: Option<Request>,
}

fn as_text<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Option<&'a str>, D::Error> {
    Ok(Option::<&RawValue>::deserialize(deserializer)?.map(RawValue::get))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub method: String,
    pub url: String,
    pub if_none_exist: Option<String>,
}

impl Identifier {
    /// System and value, if it has both.
    pub fn token(&self) -> Option<(&str, &str)> {
        Some((self.system.as_deref()?, self.value.as_deref()?))
    }
}
