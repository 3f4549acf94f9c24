//! A PACS that speaks DICOMweb (PS3.18): its studies by QIDO-RS, and of each the metadata of all instances by WADO-RS, as
//! DICOM JSON. Pixel data is never asked for.
//!
//! A study is asked for as a whole; a server that refuses that is asked for its series. What was not delivered is reported
//! by study: instances that the server counts and does not give, too.

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

/// Which studies of which server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DicomWeb {
    /// How it is reached.
    pub connection: Connection,
    /// Who asks.
    pub credentials: Credentials,
    /// How often and for how long.
    pub policy: Policy,
    /// Requests at the same time.
    pub requests: usize,
    /// A query of QIDO-RS (PS3.18 10.6), as `StudyDate=20240101-20240131`; empty for all studies.
    pub query: String,
    /// Study Instance UIDs; where there are some, only these are asked for.
    pub studies: Vec<String>,
}

/// A server whose first answer is there.
pub(super) struct Asked {
    server: Arc<Server>,
    first: First,
    permits: Permits,
}

/// What is asked for.
enum First {
    /// These studies.
    Studies(Vec<String>),
    /// All pages, of which the first is there.
    Pages(Pages),
}

impl DicomWeb {
    /// Asks for the first page of studies: a server that cannot be used ends the run before anything is written.
    pub(super) fn ask(&self, interrupt: &Interrupt, progress: Arc<dyn Progress>) -> Result<Asked, Error> {
        let server = Arc::new(Server::new(self, interrupt.clone(), progress)?);
        let first = match &self.studies[..] {
            [] => First::Pages(Pages::first(&server, "studies", &self.query)?),
            studies => First::Studies(studies.to_vec()),
        };
        Ok(Asked { server, first, permits: Permits::new(self.requests) })
    }
}

impl Asked {
    /// Hands over all studies.
    pub fn give(self, feed: &mut Feed) {
        let Asked { server, first, permits } = self;
        let give = |found: Found, feed: &mut Feed| {
            let stamp = stamp(&found);
            let study = RemoteStudy::new(&server, found, permits.clone());
            let name = Name::file(study.address());
            feed.stamped(Item::new(name, From::Source(Box::new(study))), stamp, watch::From::Name);
            // Each study is a request, and the next is another reader's.
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
                while let Some(page) = pages.next(&server).filter(|_| !feed.is_closed()) {
                    match page {
                        Ok(found) => found.into_iter().for_each(|found| give(found, feed)),
                        Err(why) => {
                            feed.cannot_list(Path::new(&all));
                            feed.skip(Name::file(pages.address(&server)), Skip::NotDelivered(why));
                        }
                    }
                }
            }
        }
    }
}

/// What tells whether a study changed: the number of its instances, and what the search says of it. Where the server does
/// not count them, nothing does.
fn stamp(found: &Found) -> Stamp {
    match found.instances {
        Some(instances) => Stamp::Listed { size: instances.to_string(), tag: format!("{:016x}", found.hash) },
        None => Stamp::unknown(),
    }
}
