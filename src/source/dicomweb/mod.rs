//! DICOMweb (PS3.18): studies are searched by QIDO-RS, and the metadata of all instances of each is retrieved by
//! WADO-RS, as DICOM JSON. Pixel data is never requested.
//!
//! If a server refuses the metadata of a study, it is requested by series. Missing instances are reported by study,
//! also those that the server counts and does not deliver.

mod options;
mod pages;
mod server;
mod study;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use super::batch::Feed;
use super::item::{From, Item};
use super::permits::Permits;
use super::{Stamp, watch};
use crate::error::Error;
use crate::http::{Connection, Credentials, Policy};
use crate::interrupt::Interrupt;
use crate::issue::Skip;
use crate::name::Name;
use crate::progress::Progress;
pub use options::WebOptions;
use pages::{Found, Pages};
use server::Server;
use study::RemoteStudy;

/// Studies of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DicomWeb {
    /// The connection.
    pub connection: Connection,
    /// The credentials.
    pub credentials: Credentials,
    /// Retries and timeouts.
    pub policy: Policy,
    /// The number of concurrent requests.
    pub requests: usize,
    /// A query of QIDO-RS (PS3.18 10.6), as `StudyDate=20240101-20240131`; empty for all studies.
    pub query: String,
    /// Study Instance UIDs; if there are any, only these studies are requested.
    pub studies: Vec<String>,
}

/// A server that answered its first request.
pub(super) struct OpenSearch {
    server: Arc<Server>,
    first: First,
    permits: Permits,
}

/// The studies to request.
enum First {
    /// These studies.
    Studies(Vec<String>),
    /// All pages of a search, of which the first was received.
    Pages(Pages),
}

impl DicomWeb {
    /// Requests the first page of studies, so that an unusable server ends the run before anything is written.
    pub(super) fn ask(&self, interrupt: &Interrupt, progress: Arc<dyn Progress>) -> Result<OpenSearch, Error> {
        let server = Arc::new(Server::new(self, interrupt.clone(), progress)?);
        let first = match &self.studies[..] {
            [] => First::Pages(Pages::first(&server, "studies", &self.query)?),
            studies => First::Studies(studies.to_vec()),
        };
        Ok(OpenSearch { server, first, permits: Permits::new(self.requests) })
    }
}

impl OpenSearch {
    /// Sends all studies to the feed.
    pub fn give(self, feed: &mut Feed) {
        let OpenSearch { server, first, permits } = self;
        let give = |found: Found, feed: &mut Feed| {
            let stamp = stamp(&found);
            let study = RemoteStudy::new(&server, found, permits.clone());
            let name = Name::file(study.address());
            feed.stamped(Item::new(name, From::Source(Box::new(study))), stamp, watch::From::Name);
            // Sent one by one, so that several readers request studies at once.
            feed.flush();
        };
        match first {
            First::Studies(studies) => {
                studies.into_iter().for_each(|uid| give(Found { uid, instances: None, hash: 0 }, feed));
            }
            First::Pages(mut pages) => {
                let all = format!("{}/studies", server.base());
                if pages.are_all() {
                    feed.walks(Path::new(&all));
                }
                let lacks = |pages: &Pages, why: String, feed: &mut Feed| {
                    feed.cannot_list(Path::new(&all));
                    feed.skip(Name::file(pages.address(&server)), Skip::NotDelivered(why));
                };
                while let Some(page) = pages.next(&server).filter(|_| !feed.is_closed()) {
                    let found = page.unwrap_or_else(|why| {
                        lacks(&pages, why, feed);
                        Vec::new()
                    });
                    for found in found {
                        match found.uid.is_empty() {
                            true => lacks(&pages, "a result of the search has no Study Instance UID".to_string(), feed),
                            false => give(found, feed),
                        }
                    }
                }
            }
        }
    }
}

/// The stamp of a study: the number of its instances, and a hash of its attributes in the search. Without the number it
/// is unknown.
fn stamp(found: &Found) -> Stamp {
    match found.instances {
        Some(instances) => Stamp::Listed { size: instances.to_string(), tag: format!("{:016x}", found.hash) },
        None => Stamp::unknown(),
    }
}
