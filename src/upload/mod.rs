//! Uploads to a FHIR server: each study is counted exactly once, as accepted or rejected.
//!
//! ```text
//! input ──▶ package ──▶ lookup ──▶ plan ──▶ send ──▶ journal, rejects, counts
//! model     entries     Found      Step     Written
//! ```
//!
//! Requests are idempotent: resources are put on stable ids, or created unless a search finds them. Nothing is sent
//! that the server already has, and nothing on the server is removed unless the user asks for it.

mod counts;
mod input;
mod journal;
mod json;
mod lookup;
mod options;
mod package;
mod plan;
mod rejects;
mod report;
mod response;
mod send;
mod server;
mod withdraw;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Error;
use crate::fhir::id::Ids;
use crate::fhir::{Dialect, Release};
use crate::http::{Body, Client, Clock, Request, Sender, Traffic};
use crate::interrupt::Interrupt;
use crate::output::{DocumentName, Finished, Model, Order, Placed, Sink, WriteDocument};
use crate::progress::{self, Progress};
pub use counts::{Counts, UploadSummary};
#[cfg(feature = "internals")]
pub use counts::{End, Ends};
pub use input::{Input, send};
use journal::Journal;
use lookup::Lookup;
pub use options::{SendingOptions, UploadOptions};
use plan::{Allowed, Conditions};
use rejects::{NotTaken, Rejects};
pub use report::ServerReport;
use send::{KnownConditions, Turns};
pub use server::Mode;
use server::{Capability, capability};

/// A FHIR server, and the state of the upload.
pub struct Server {
    sender: Sender,
    progress: Arc<dyn Progress>,
    release: &'static Release,
    ids: Ids,
    mode: Mode,
    allowed: Allowed,
    takes_ids: bool,
    max_bytes: AtomicUsize,
    max_entries: usize,
    dry_run: bool,
    diff: bool,
    conditions: KnownConditions,
    /// Whether the server was seen to process transactions partially.
    breaks_transactions: AtomicBool,
    lookup: Lookup,
    turns: Turns,
    journal: Option<Journal>,
    rejects: Option<Rejects>,
    not_taken: Option<NotTaken>,
    counts: Mutex<Counts>,
    /// Resources of this run that the server does not have under their id, so that references are adapted.
    elsewhere: Mutex<BTreeMap<String, Elsewhere>>,
    /// Consecutive requests without a response.
    give_ups: AtomicU32,
}

/// Where a resource is that is not under its own id.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Elsewhere {
    /// Under this `Type/id`.
    At(String),
    /// Nowhere: it was held back or rejected.
    Nowhere,
    /// Nowhere, as only an id identifies it that the server does not accept: references to it are logical.
    LeftOut,
}

impl Server {
    /// Reads the server's capabilities, and opens journal and rejects.
    pub fn open(
        options: &UploadOptions,
        clock: Box<dyn Clock>,
        interrupt: Interrupt,
        progress: Arc<dyn Progress>,
    ) -> Result<Server, Error> {
        let (client, credentials) = (Client::new(&options.connection)?, options.credentials.clone());
        let (base, deadline) = (options.connection.base.clone(), options.policy.deadline);
        let on_retry = progress::note_retries(progress.clone(), base, deadline);
        let sender = Sender::new(client, credentials, options.policy, clock, interrupt, on_retry);
        let capability = capability(&sender)?;
        let release = capability.release(options.release).map_err(|why| sender.error(&why))?;
        let server = Server::new(options, sender, &capability, release, progress);
        server.with_files(options)
    }

    /// A server with its capabilities only.
    fn new(
        options: &UploadOptions,
        sender: Sender,
        capability: &Capability,
        release: &'static Release,
        progress: Arc<dyn Progress>,
    ) -> Server {
        let sending = &options.sending;
        Server {
            sender,
            progress,
            release,
            ids: options.ids,
            mode: sending.send_as.unwrap_or(capability.mode),
            allowed: Allowed {
                replace: sending.replace,
                restore: sending.restore,
                overwrite_companions: sending.overwrite_companions,
                server_ids: sending.conditional || !capability.update_create,
                without: Conditions::default(),
            },
            takes_ids: capability.update_create,
            max_bytes: AtomicUsize::new(usize::try_from(sending.max_bytes).unwrap_or(usize::MAX)),
            max_entries: sending.max_entries.into(),
            dry_run: sending.dry_run,
            diff: sending.diff,
            conditions: KnownConditions::new(Conditions {
                if_match: capability.versioned_update,
                ..Conditions::default()
            }),
            breaks_transactions: AtomicBool::new(false),
            lookup: Lookup::new(capability.batch, capability.update_create),
            turns: Turns::default(),
            journal: None,
            rejects: None,
            not_taken: None,
            counts: Mutex::default(),
            elsewhere: Mutex::default(),
            give_ups: AtomicU32::new(0),
        }
    }

    /// Opens journal and rejects; a dry run has only the list for the report.
    fn with_files(self, options: &UploadOptions) -> Result<Server, Error> {
        let SendingOptions { journal, rejects, dry_run, .. } = &options.sending;
        let journal = journal.as_deref().filter(|_| !dry_run);
        let rejects = rejects.as_deref().filter(|_| !dry_run);
        let open = |path| Journal::open(path, &options.connection.base)?.with_mode(options.file_mode);
        Ok(Server {
            journal: journal.map(open).transpose()?,
            rejects: rejects.map(|path| Rejects::create(path, options.file_mode)).transpose()?,
            not_taken: options.report.then(NotTaken::new),
            ..self
        })
    }

    /// The release that is sent.
    pub fn release(&self) -> &'static Release {
        self.release
    }

    /// A message about a repair of the journal, if any.
    pub fn journal_mended(&self) -> Option<String> {
        self.journal.as_ref().and_then(Journal::mended)
    }

    /// The traffic so far.
    pub fn traffic(&self) -> Traffic {
        self.sender.client.traffic()
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        self.count_by(|counts| counts.clone())
    }

    /// Counts an input that cannot be sent.
    pub fn unreadable(&self, place: &str, why: &str) {
        self.count_by(|counts| counts.unreadable(place, why));
    }

    fn count_by<T>(&self, count: impl FnOnce(&mut Counts) -> T) -> T {
        count(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends a Bundle or a resource given as text; `place` is where it was read, for messages. FHIR of another release
    /// than the server's is an error.
    pub fn text(&self, place: &str, text: &str) -> Result<(), Error> {
        self.try_text(place, text)?.map_err(|why| Error::Usage(format!("{place}: {why}")))
    }

    /// Like `text`; the inner error describes FHIR of another release.
    fn try_text(&self, place: &str, text: &str) -> Result<Result<(), String>, Error> {
        let text = json::one_line(text);
        let entries = match package::parse(&text, &self.ids) {
            Ok(entries) => entries,
            Err(why) => {
                self.unreadable(place, &why);
                return Ok(Ok(()));
            }
        };
        if let Err(why) = entries.iter().try_for_each(|entry| input::check(&entry.text, self.release)) {
            return Ok(Err(why));
        }
        if !entries.is_empty() {
            self.package_of_one(&entries, &text)?;
        }
        Ok(Ok(()))
    }
}

impl Sink for &Server {
    fn order(&self) -> Order {
        Order::Any
    }

    fn document(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        self.text(&name.id, &text_of(write))?;
        Ok(Placed::Written)
    }

    fn model(
        &self,
        _: &DocumentName,
        model: &Model<'_>,
        dialect: Dialect<'_>,
        write: WriteDocument<'_>,
    ) -> Result<Placed, Error> {
        let entries = package::entries(model, dialect, self.allowed.server_ids);
        let is_there = self.package(&entries, &mut || text_of(&mut *write).trim_end().to_string())?;
        Ok(if is_there && !self.dry_run { Placed::Written } else { Placed::NotTaken })
    }

    fn withdraw(&self, name: &DocumentName, study_uid: &str) -> Result<bool, Error> {
        self.withdraw_study(&name.id, study_uid)
    }

    fn finish(self: Box<Self>, _: Option<&Path>) -> Result<Finished, Error> {
        Ok(Finished::default())
    }
}

fn text_of(write: WriteDocument<'_>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).expect("memory can be written");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

const FHIR_JSON: &str = "application/fhir+json";

/// A request that reads FHIR.
fn fhir_read(path: &str) -> Request<'_> {
    Request::get(path, FHIR_JSON)
}

/// A request that writes FHIR.
fn fhir_write<'a>(method: &'static str, path: &'a str, text: &'a str) -> Request<'a> {
    let body = Body { media_type: FHIR_JSON, bytes: text.as_bytes(), compressible: true };
    Request { method, body: Some(body), headers: vec![("prefer", "return=minimal")], ..fhir_read(path) }
}
