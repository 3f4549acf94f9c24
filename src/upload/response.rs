//! The Bundle in response to a search, a batch or a transaction.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The Bundle.
#[derive(Deserialize)]
pub struct Response<'a> {
    /// Its entries.
    #[serde(default, borrow)]
    pub entry: Vec<ResponseEntry<'a>>,
    /// Links.
    #[serde(default)]
    pub link: Vec<Link>,
}

/// A link to another part of it.
#[derive(Deserialize)]
pub struct Link {
    /// `next`, for the next page.
    pub relation: Option<String>,
    /// The address.
    pub url: Option<String>,
}

/// One entry.
#[derive(Deserialize)]
pub struct ResponseEntry<'a> {
    /// The resource.
    #[serde(borrow)]
    pub resource: Option<&'a RawValue>,
    /// The result of the request.
    #[serde(borrow)]
    pub response: Option<EntryResponse<'a>>,
    search: Option<Search>,
}

/// The result of a request.
#[derive(Deserialize)]
pub struct EntryResponse<'a> {
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    /// The version.
    #[serde(borrow)]
    pub etag: Option<Cow<'a, str>>,
    /// The location of the resource.
    #[serde(borrow)]
    pub location: Option<Cow<'a, str>>,
    /// The reason for a failure.
    #[serde(borrow)]
    pub outcome: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Search {
    mode: Option<String>,
}

impl ResponseEntry<'_> {
    /// The status of the request; empty if missing.
    pub fn status(&self) -> &str {
        self.response.as_ref().and_then(|response| response.status.as_deref()).unwrap_or_default().trim()
    }

    /// Whether it is a match of the search, not an included resource.
    pub fn is_match(&self) -> bool {
        self.search.as_ref().and_then(|search| search.mode.as_deref()).is_none_or(|mode| mode == "match")
    }
}
