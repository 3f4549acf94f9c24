//! The FHIR server as a place where documents go: each study ends exactly once as accepted or rejected.
//!
//! ```text
//! input ──▶ package ──▶ lookup ──▶ plan ──▶ send ──▶ journal, rejects, counts
//! model     entries     Found      Step     Written
//! ```
//!
//! What is sent can be sent twice without harm: it is put onto ids that never change, or created unless a search finds
//! it. Nothing is sent that the server has, and nothing is taken from it unless the user says so.

mod counts;
mod input;
mod journal;
mod json;
mod lookup;
mod package;
mod plan;
mod rejects;
mod report;
mod response;
mod send;
mod server;
mod withdraw;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Error;
use crate::fhir::id::Ids;
use crate::fhir::{Dialect, Release};
use crate::http::{Body, Client, Clock, Connection, Credentials, Policy, Request, Sender, Traffic};
use crate::interrupt::Interrupt;
use crate::options::FileMode;
use crate::output::{DocumentName, Finished, Model, Order, Placed, Sink, WriteDocument};
use crate::progress::{self, Progress};
pub use counts::{Counts, Summary};
#[cfg(feature = "internals")]
pub use counts::{End, Ends};
pub use input::{Input, send};
use journal::Journal;
use lookup::Lookup;
use plan::{Allowed, Conditions};
use rejects::{NotTaken, Rejects};
pub use report::ServerReport;
use send::{KnownConditions, Turns};
pub use server::Mode;
use server::{Capability, capability};

/// Everything that an upload is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// How the server is reached.
    pub connection: Connection,
    /// Who we are.
    pub credentials: Credentials,
    /// How often and how long a request is tried.
    pub policy: Policy,
    /// How studies are sent; by default as the server likes it.
    pub mode: Option<Mode>,
    /// The release that is written; by default the server's.
    pub release: Option<&'static Release>,
    /// Bodies beyond this are not sent as one Bundle.
    pub max_bytes: usize,
    /// Nor are Bundles of more entries.
    pub max_entries: usize,
    /// Studies may lose instances.
    pub replace: bool,
    /// What was deleted or withdrawn on the server may come back.
    pub restore: bool,
    /// Companions on the server may be changed.
    pub overwrite_companions: bool,
    /// Ids are the server's to give.
    pub conditional: bool,
    /// Gives out the ids of companions, as `convert` does.
    pub ids: Ids,
    /// Nothing is sent.
    pub dry_run: bool,
    /// What would change is said.
    pub diff: bool,
    /// What became of each resource.
    pub journal: Option<PathBuf>,
    /// What was not taken.
    pub rejects: Option<PathBuf>,
    /// Permissions of the journal and of what was not taken.
    pub file_mode: FileMode,
    /// Whether what was not taken is listed for a report.
    pub report: bool,
}

/// A FHIR server, and all that is known of it.
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
    /// The server takes parts of transactions.
    breaks_transactions: AtomicBool,
    lookup: Lookup,
    turns: Turns,
    journal: Option<Journal>,
    rejects: Option<Rejects>,
    not_taken: Option<NotTaken>,
    counts: Mutex<Counts>,
    /// Resources of this run that the server has under another id, or not at all: what refers to them has to know.
    elsewhere: Mutex<BTreeMap<String, Option<String>>>,
    /// Requests in a row that the server did not answer.
    give_ups: AtomicU32,
}

impl Server {
    /// Asks the server what it is, and opens the journal and the rejects.
    pub fn open(
        options: &Options,
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

    /// A server of which nothing is known but what it says of itself.
    fn new(
        options: &Options,
        sender: Sender,
        capability: &Capability,
        release: &'static Release,
        progress: Arc<dyn Progress>,
    ) -> Server {
        Server {
            sender,
            progress,
            release,
            ids: options.ids,
            mode: options.mode.unwrap_or(capability.mode),
            allowed: Allowed {
                replace: options.replace,
                restore: options.restore,
                overwrite_companions: options.overwrite_companions,
                server_ids: options.conditional || !capability.update_create,
                without: Conditions::default(),
            },
            takes_ids: capability.update_create,
            max_bytes: AtomicUsize::new(options.max_bytes),
            max_entries: options.max_entries,
            dry_run: options.dry_run,
            diff: options.diff,
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

    /// Opens what is kept on disk; a dry run keeps only the list for the report.
    fn with_files(self, options: &Options) -> Result<Server, Error> {
        let journal = options.journal.as_deref().filter(|_| !options.dry_run);
        let rejects = options.rejects.as_deref().filter(|_| !options.dry_run);
        let open = |path| Journal::open(path, &options.connection.base)?.with_mode(options.file_mode);
        Ok(Server {
            journal: journal.map(open).transpose()?,
            rejects: rejects.map(|path| Rejects::create(path, options.file_mode)).transpose()?,
            not_taken: options.report.then(NotTaken::new),
            ..self
        })
    }

    /// The release that the server is sent.
    pub fn release(&self) -> &'static Release {
        self.release
    }

    /// What was wrong with the journal and is mended, for a message.
    pub fn journal_mended(&self) -> Option<String> {
        self.journal.as_ref().and_then(Journal::mended)
    }

    /// What went over the wire so far.
    pub fn traffic(&self) -> Traffic {
        self.sender.client.traffic()
    }

    /// What the upload came to so far.
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

    /// Takes a Bundle or a resource as text; `place` is where it was read, for messages. FHIR of another release
    /// than the server's is an error.
    pub fn text(&self, place: &str, text: &str) -> Result<(), Error> {
        self.try_text(place, text)?.map_err(|why| Error::Usage(format!("{place}: {why}")))
    }

    /// The same; the inner error says how FHIR of another release differs.
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
            self.package(&entries, &mut || text.to_string())?;
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
