//! A PACS that speaks DICOMweb (PS3.18): its studies by QIDO-RS, and of each the metadata of all instances by WADO-RS,
//! as DICOM JSON. Pixel data is never requested.
//!
//! A study is requested as a whole; if the server refuses, its series are requested one by one. What is not delivered
//! is reported by study, including instances that the server counts but does not return.

mod options;
mod pages;
mod server;
mod study;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::batch::Feed;
use super::item::{From, Item};
use super::permits::Permits;
use crate::error::Error;
use crate::http::{Connection, Credentials, Policy};
use crate::interrupt::Interrupt;
use crate::issue::Skip;
use crate::name::Name;
use crate::progress::Progress;
pub use options::WebOptions;
use pages::{Found, Pages};
use server::Server;
use study::Study;

/// Which studies of which server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DicomWeb {
    /// The connection to the server.
    pub connection: Connection,
    /// The credentials.
    pub credentials: Credentials,
    /// The retry policy.
    pub policy: Policy,
    /// The number of concurrent requests.
    pub requests: usize,
    /// A query of QIDO-RS (PS3.18 10.6), as `StudyDate=20240101-20240131`; empty for all studies.
    pub query: String,
    /// Study Instance UIDs; if any, only these are requested.
    pub studies: Vec<String>,
}

/// A server that has answered the first request.
pub(super) struct Asked {
    server: Arc<Server>,
    first: First,
    permits: Permits,
}

/// What is requested.
enum First {
    /// These studies.
    Studies(Vec<String>),
    /// All pages of a search, of which the first has arrived.
    Pages(Pages),
}

impl DicomWeb {
    /// Requests the first page of studies, so that an unusable server ends the run before anything is written.
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
    /// Sends all studies to the feed.
    pub fn give(self, feed: &mut Feed) {
        let Asked { server, first, permits } = self;
        let give = |found: Found, feed: &mut Feed| {
            let study = Study::new(&server, found, permits.clone());
            let name = Name::file(study.address());
            feed.item(Item { name, from: From::Source(Box::new(study)) });
            // One study a batch, so that readers request studies in parallel.
            feed.flush();
        };
        match first {
            First::Studies(studies) => {
                studies.into_iter().for_each(|uid| give(Found { uid, instances: None }, feed));
            }
            First::Pages(mut pages) => {
                while let Some(page) = pages.next(&server).filter(|_| !feed.is_closed()) {
                    match page {
                        Ok(found) => found.into_iter().for_each(|found| give(found, feed)),
                        Err(why) => feed.skip(Name::file(pages.address(&server)), Skip::NotDelivered(why)),
                    }
                }
            }
        }
    }
}
