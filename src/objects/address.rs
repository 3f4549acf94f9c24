//! Addresses of objects: `s3://bucket/key`, `gs://bucket/key`, `az://container/key`, `https://host/path`.

use std::fmt;

use object_store::path::Path;

use super::keys;
use crate::error::{Error, usage};

/// The service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Amazon S3, or a compatible store.
    S3,
    /// Google Cloud Storage.
    Google,
    /// Azure Blob Storage.
    Azure,
    /// A web server, which cannot be listed.
    Web,
}

impl Service {
    /// Whether its objects can be listed.
    pub fn is_listed(self) -> bool {
        self != Service::Web
    }
}

/// The address of an object, or of all objects with a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The service.
    pub service: Service,
    /// The scheme as typed.
    scheme: String,
    /// The bucket or container; for a web server host and port.
    pub bucket: String,
    /// The key.
    pub key: Path,
    /// Whether the key is a prefix: it is empty, or ends in a slash.
    pub is_prefix: bool,
}

const SERVICES: [(&str, Service); 5] = [
    ("s3", Service::S3),
    ("gs", Service::Google),
    ("az", Service::Azure),
    ("https", Service::Web),
    ("http", Service::Web),
];

impl Address {
    /// Parses an address; `None` for other paths.
    pub fn parse(text: &str) -> Result<Option<Address>, Error> {
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(None) };
        let Some((_, service)) = SERVICES.iter().find(|(known, _)| known.eq_ignore_ascii_case(scheme)) else {
            return Ok(None);
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return usage(format!("{scheme}:// wants a bucket, as {scheme}://bucket/prefix/"));
        }
        if bucket.contains('@') {
            return usage(format!("{scheme}://: a user or password in an address can be seen by other users"));
        }
        let is_web = *service == Service::Web;
        if is_web && key.contains(['?', '#']) {
            return usage(format!(
                "{scheme}://{bucket}/: an address is wanted without ? and #, for they may hold secrets"
            ));
        }
        // The slash at the end of a prefix is not part of the key.
        let below = key.strip_suffix('/');
        let path = match below {
            _ if is_web => Path::from_url_path(key),
            Some(below) => keys::prefix(below),
            None => keys::path(key),
        };
        let Ok(path) = path else {
            return usage(format!("{scheme}://{bucket}/: no object can have such a key"));
        };
        let is_prefix = key.is_empty() || below.is_some();
        if is_web && is_prefix {
            return usage(format!("{scheme}://{bucket}/{key} is no file: a web server is read, and never listed"));
        }
        let (scheme, bucket) = (scheme.to_ascii_lowercase(), bucket.to_string());
        Ok(Some(Address { service: *service, scheme, bucket, key: path, is_prefix }))
    }

    /// The address without the key.
    pub fn root(&self) -> String {
        format!("{}://{}/", self.scheme, self.bucket)
    }

    /// An error that ends the run.
    pub fn error(&self, reason: &str) -> Error {
        Error::Server { purpose: "use", base: self.to_string(), reason: reason.to_string() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.root(), keys::key(&self.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_bucket_and_a_key() {
        for (text, want) in [
            ("s3://b/a/c.dcm", Ok(Some(("b", "a/c.dcm", false)))),
            ("s3://b/a/", Ok(Some(("b", "a", true)))),
            ("gs://b", Ok(Some(("b", "", true)))),
            ("az://c/", Ok(Some(("c", "", true)))),
            ("https://h:8/a%20b.dcm", Ok(Some(("h:8", "a b.dcm", false)))),
            ("S3://b/a", Ok(Some(("b", "a", false)))),
            ("s3://b/a//c.dcm", Ok(Some(("b", "a/\u{E000}/c.dcm", false)))),
            ("s3://b//a/", Ok(Some(("b", "\u{E000}/a", true)))),
            ("s3://b//", Ok(Some(("b", "\u{E000}", true)))),
            ("archive/", Ok(None)),
            ("dicomweb+https://h", Ok(None)),
            ("ftp://h/x", Ok(None)),
            ("s3://", Err("wants a bucket")),
            ("s3://key:hidden@b/x", Err("other users")),
            ("https://h/x?token=hidden", Err("without ?")),
            ("https://h/folder/", Err("never listed")),
        ] {
            match (Address::parse(text), want) {
                (Ok(found), Ok(want)) => {
                    let found = found.as_ref().map(|it| (it.bucket.as_str(), it.key.as_ref(), it.is_prefix));
                    assert_eq!(found, want, "{text}");
                }
                (Err(error), Err(want)) => {
                    let error = error.to_string();
                    assert!(error.contains(want) && !error.contains("hidden"), "{text}: {error}");
                }
                (other, _) => panic!("{text}: {other:?}"),
            }
        }
    }
}
