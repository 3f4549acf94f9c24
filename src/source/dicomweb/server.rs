//! Requests to a DICOMweb server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::DicomWeb;
use crate::error::Error;
use crate::http::{Answer, Client, Request, Safety, Sender, Sent, SystemClock};
use crate::interrupt::Interrupt;
use crate::progress::{Progress, note_retries};

/// PS3.18 8.7.3.
const MEDIA_TYPE: &str = "application/dicom+json";
/// The number of consecutive failed requests, each with all its retries, after which no more are sent.
const MAX_GIVEN_UP: u32 = 3;

/// Credentials and data stay on the server that the user named.
const ELSEWHERE: &str = "it redirects to another server: give the address of that";

/// A DICOMweb server.
pub(super) struct Server {
    sender: Sender,
    /// Consecutive requests that were given up.
    given_up: AtomicU32,
}

/// Why a request failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server has no such resource.
    Gone,
    /// Anything else.
    Refused(String),
}

impl Failure {
    pub fn reason(self) -> String {
        match self {
            Failure::Gone => "status 404".to_string(),
            Failure::Refused(why) => why,
        }
    }
}

impl Server {
    pub fn new(options: &DicomWeb, interrupt: Interrupt, progress: Arc<dyn Progress>) -> Result<Server, Error> {
        let client = Client::new(&options.connection)?;
        let (credentials, clock) = (options.credentials.clone(), Box::new(SystemClock::default()));
        let on_retry = note_retries(progress, options.connection.base.clone(), options.policy.deadline);
        let sender = Sender::new(client, credentials, options.policy, clock, interrupt, on_retry);
        Ok(Server { sender, given_up: AtomicU32::new(0) })
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        self.sender.base()
    }

    /// The body at a path; empty if the server answers 204 No Content.
    pub fn get(&self, path: &str) -> Result<Result<Vec<u8>, Failure>, Error> {
        if self.given_up.load(Relaxed) >= MAX_GIVEN_UP {
            return Ok(Err(Failure::Refused("the server does not answer any more".to_string())));
        }
        let sent = self.sender.send(&Request::get(path, MEDIA_TYPE), Safety::Repeatable)?;
        match sent {
            Sent::GaveUp(_) => self.given_up.fetch_add(1, Relaxed),
            _ => self.given_up.swap(0, Relaxed),
        };
        Ok(match sent {
            Sent::Answer(Answer { status: 200, body, .. }) => Ok(body),
            Sent::Answer(Answer { status: 204, .. }) => Ok(Vec::new()),
            Sent::Answer(Answer { status: 404 | 410, .. }) => Err(Failure::Gone),
            Sent::Answer(Answer { status: 300..400, .. }) => Err(Failure::Refused(ELSEWHERE.to_string())),
            Sent::Answer(Answer { status, .. }) => Err(Failure::Refused(format!("status {status}"))),
            Sent::GaveUp(why) | Sent::Cut(why) | Sent::Unknown(why) | Sent::Refused(why) => Err(Failure::Refused(why)),
        })
    }

    /// Like `get`, but an unavailable server is a `Failure` and does not end the run.
    pub fn get_one(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.get(path).unwrap_or_else(|error| Err(Failure::Refused(error.to_string())))
    }

    /// An error that ends the run.
    pub fn error(&self, reason: &str) -> Error {
        self.sender.error(reason)
    }
}
