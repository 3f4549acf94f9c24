//! Keys that the client's [`Path`] cannot hold: those with empty parts (`a//b`, `/a`, `a/`), and with `.` or `..` as a
//! part. In a [`Path`] such a part has a mark as its prefix; requests and listings are translated.
//!
//! A translated request is signed again. Keys with `.` and `..` cannot be requested: HTTP clients resolve them before
//! they send a request (RFC 3986 5.2.4).

use std::io;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use object_store::aws::{AwsAuthorizer, AwsCredentialProvider};
use object_store::azure::{AzureAuthorizer, AzureCredentialProvider};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::path::Path;
use object_store::{ClientOptions, Result};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH};

/// The prefix of a part that a path cannot hold; of the private use area of Unicode.
const MARK: char = '\u{E000}';
/// The mark in an address.
const MARK_IN_URL: &str = "%EE%80%80";
/// The separators before a part of a key in an address: in its path, and in the values of its query.
const BEFORE_PART: [&str; 3] = ["/", "%2F", "="];
/// Elements that hold a key in a listing: of S3 and Google, and of Azure.
const KEY_ELEMENTS: [&str; 2] = ["<Key>", "<Name>"];

/// A key as a path.
pub fn path(key: &str) -> std::result::Result<Path, object_store::path::Error> {
    if key.is_empty() { Ok(Path::default()) } else { Path::parse(marked(key)) }
}

/// A prefix without its slash as a path; it may be empty.
pub fn prefix(key: &str) -> std::result::Result<Path, object_store::path::Error> {
    Path::parse(marked(key))
}

/// The key of a path.
pub fn key(path: &Path) -> String {
    if !path.as_ref().contains(MARK) {
        return path.to_string();
    }
    let parts = path.as_ref().split('/').map(|part| part.strip_prefix(MARK).unwrap_or(part));
    parts.collect::<Vec<_>>().join("/")
}

/// The last part of a key; `None` if it cannot be a file name.
pub fn name(path: &Path) -> Option<String> {
    path.filename().filter(|name| !name.starts_with(MARK)).map(str::to_string)
}

fn marked(key: &str) -> String {
    let part = |part: &str| if is_odd(part) { format!("{MARK}{part}") } else { part.to_string() };
    key.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn is_odd(part: &str) -> bool {
    matches!(part, "" | "." | "..") || part.starts_with(MARK)
}

/// Makes clients that translate keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Connector {
    signer: Arc<OnceLock<Signer>>,
}

/// How a request is signed again.
#[derive(Debug)]
pub(super) enum Signer {
    /// With these credentials for this region.
    S3(AwsCredentialProvider, String),
    /// With these credentials of this account.
    Azure(AzureCredentialProvider, String),
}

impl Connector {
    /// Sets the signer, once the store is built.
    pub fn sign_with(&self, signer: Signer) {
        let _ = self.signer.set(signer);
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Translating { client, signer: Arc::clone(&self.signer) }))
    }
}

#[derive(Debug)]
struct Translating {
    client: HttpClient,
    signer: Arc<OnceLock<Signer>>,
}

#[async_trait]
impl HttpService for Translating {
    async fn call(&self, mut request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let query = request.uri().query().unwrap_or_default();
        let is_listing = query.contains("list-type=2") || query.contains("comp=list");
        if let Some(url) = with_keys(&request.uri().to_string()) {
            let url = url.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
            *request.uri_mut() = url.parse().map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
            if let Some(signer) = self.signer.get().filter(|_| request.headers().contains_key(AUTHORIZATION)) {
                signer.sign(&mut request).await.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
            }
        }
        let response = self.client.execute(request).await?;
        if is_listing && response.status().is_success() { with_paths(response).await } else { Ok(response) }
    }
}

impl Signer {
    async fn sign(&self, request: &mut HttpRequest) -> Result<()> {
        request.headers_mut().remove(AUTHORIZATION);
        match self {
            Signer::S3(credentials, region) => {
                let credential = credentials.get_credential().await?;
                AwsAuthorizer::new(&credential, "s3", region).try_authorize(request, None)
            }
            Signer::Azure(credentials, account) => {
                let credential = credentials.get_credential().await?;
                AzureAuthorizer::new(&credential, account).try_authorize(request)
            }
        }
    }
}

/// An address with marks removed; `None` without marks.
fn with_keys(url: &str) -> Option<io::Result<String>> {
    if !url.contains(MARK_IN_URL) {
        return None;
    }
    let unmarked = |url: String, before: &str| url.replace(&format!("{before}{MARK_IN_URL}"), before);
    let url = BEFORE_PART.into_iter().fold(url.to_string(), unmarked);
    let path = url.split('?').next().unwrap_or_default();
    let is_resolved = path.split('/').any(|part| matches!(part, "." | ".."));
    let refused = || io::Error::other("a key with . or .. as a part cannot be requested over HTTP");
    Some(if is_resolved { Err(refused()) } else { Ok(url) })
}

/// A page of a listing with keys replaced by paths.
async fn with_paths(response: HttpResponse) -> std::result::Result<HttpResponse, HttpError> {
    let (mut parts, body) = response.into_parts();
    // A truncated response is requested again.
    let body = body.bytes().await.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error))?;
    let Some(page) = std::str::from_utf8(&body).ok().and_then(page_with_paths) else {
        return Ok(HttpResponse::from_parts(parts, body.into()));
    };
    parts.headers.remove(CONTENT_LENGTH);
    Ok(HttpResponse::from_parts(parts, page.into()))
}

/// The text of a page with keys replaced by paths; `None` if all keys are paths.
fn page_with_paths(page: &str) -> Option<String> {
    let is_other = |(_, key): &(usize, &str)| !key.is_empty() && key.split('/').any(is_odd);
    let mut others: Vec<(usize, &str)> = keys_of(page).filter(is_other).collect();
    if others.is_empty() {
        return None;
    }
    others.sort_unstable();
    let (mut translated, mut end) = (String::with_capacity(page.len() + 8 * others.len()), 0);
    for (start, key) in others {
        translated.push_str(page.get(end..start)?);
        translated.push_str(&marked(key));
        end = start + key.len();
    }
    translated.push_str(page.get(end..)?);
    Some(translated)
}

/// The keys of a page, with their offsets.
fn keys_of(page: &str) -> impl Iterator<Item = (usize, &str)> {
    KEY_ELEMENTS.into_iter().flat_map(|element| page.match_indices(element)).filter_map(|(at, element)| {
        let start = at + element.len();
        let (key, _) = page.get(start..)?.split_once('<')?;
        Some((start, key))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_path_and_is_found_again() {
        for text in ["a/b.dcm", "a//b", "/a", "a/", "//", "a/./b", "../a", "\u{E000}a", "", "a/..b"] {
            let path = path(text).unwrap();
            assert_eq!(key(&path), text);
            assert_eq!(path.as_ref() == text, !text.split('/').any(is_odd) || text.is_empty(), "{text}");
        }
        assert!(path("a\nb").is_err());
    }

    #[test]
    fn a_request_has_the_key_itself() {
        for (url, want) in [
            ("http://h/b/a.dcm", None),
            ("http://h/b/a/%EE%80%80/c", Some(Ok("http://h/b/a//c"))),
            ("http://h/b/%EE%80%80/c", Some(Ok("http://h/b//c"))),
            ("http://h/b/a/%EE%80%80", Some(Ok("http://h/b/a/"))),
            ("http://h/b/%EE%80%80%EE%80%80x", Some(Ok("http://h/b/%EE%80%80x"))),
            ("http://h/b?prefix=%EE%80%80%2Fa%2F%EE%80%80%2F", Some(Ok("http://h/b?prefix=%2Fa%2F%2F"))),
            ("http://h/b/a/%EE%80%80../c", Some(Err(()))),
        ] {
            let found = with_keys(url).map(|url| url.map_err(|_| ()));
            assert_eq!(found, want.map(|want| want.map(str::to_string)), "{url}");
        }
    }

    #[test]
    fn a_listing_has_paths() {
        for (page, want) in [
            ("<Contents><Key>a/b</Key></Contents>", None),
            ("<Prefix>a//</Prefix><Key>a//b</Key>", Some("<Prefix>a//</Prefix><Key>a/\u{E000}/b</Key>")),
            ("<Key>/a</Key><Key>b/</Key>", Some("<Key>\u{E000}/a</Key><Key>b/\u{E000}</Key>")),
            ("<Blob><Name>a/../b</Name></Blob>", Some("<Blob><Name>a/\u{E000}../b</Name></Blob>")),
            ("<Key>a//", Some("<Key>a//")),
            ("<html", None),
            ("<Key></Key>", None),
        ] {
            let found = page_with_paths(page);
            // What is cut has no end of a key, and stays.
            assert_eq!(found.as_deref(), want.filter(|want| *want != page), "{page}");
        }
    }
}
