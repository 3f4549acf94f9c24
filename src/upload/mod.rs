//! The FHIR server as a place where documents go: each study ends exactly once as accepted or rejected.
//!
//! ```text
//! Bundle ──▶ Package ──hold──▶ read what is there ──▶ plan ──▶ submit ──▶ journal, rejects, counts
//! resource   entries           Found                  Step     Written
//! ```
//!
//! What is sent can be sent twice without harm: it is put onto ids that never change, or created unless a search finds
//! it. Nothing is sent that the server has, and nothing is taken from it unless the user says so.

mod aside;
pub mod capability;
mod compare;
pub mod counts;
pub mod documents;
mod identified;
mod identities;
mod journal;
mod json;
mod lookup;
mod merge;
mod not_taken;
mod outcome;
mod package;
mod plan;
mod record;
mod rejects;
mod send;
mod server_copy;
mod server_ids;
mod server_report;
mod shape;
mod split;
mod submit;
mod whose;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::fhir::Release;
use crate::http::{Body, Client, Clock, Connection, Credentials, Policy, Request, Safety, Sender, Sent, Traffic};
use crate::interrupt::Interrupt;
use crate::options::FileMode;
use crate::output::{DocumentName, Finished, Order, Placed, Sink, WriteDocument};
use crate::progress::Progress;
use capability::{Capability, Mode};
use counts::Counts;
use identities::Identities;
use journal::Journal;
use lookup::Lookup;
use not_taken::NotTaken;
use plan::{Allowed, Conditions};
use rejects::Rejects;

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
    mode: Mode,
    allowed: Allowed,
    takes_ids: bool,
    max_bytes: AtomicUsize,
    max_entries: usize,
    dry_run: bool,
    diff: bool,
    /// What the server is known to take, and to refuse.
    conditions: Mutex<[Conditions; 2]>,
    breaks_transactions: AtomicBool,
    lookup: Lookup,
    identities: Identities,
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
        let retried = progress.clone();
        let sender = Sender::new(client, credentials, options.policy, clock, interrupt, move || retried.retried(1));
        let capability = capability(&sender)?;
        let release = capability.release(options.release).map_err(|why| sender.error(&why))?;
        let base = &options.connection.base;
        let journal = options.journal.as_deref().filter(|_| !options.dry_run);
        let rejects = options.rejects.as_deref().filter(|_| !options.dry_run);
        Ok(Server {
            release,
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
            conditions: Mutex::new([
                Conditions { if_match: capability.versioned_update, if_none_match: false },
                Conditions::default(),
            ]),
            breaks_transactions: AtomicBool::new(false),
            lookup: Lookup::new(capability.batch, capability.update_create),
            identities: Identities::default(),
            journal: journal.map(|path| Journal::open(path, base)?.with_mode(options.file_mode)).transpose()?,
            rejects: rejects.map(|path| Rejects::create(path, options.file_mode)).transpose()?,
            not_taken: options.report.then(not_taken).transpose()?,
            counts: Mutex::default(),
            elsewhere: Mutex::default(),
            give_ups: AtomicU32::new(0),
            progress,
            sender,
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
    pub fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a resource is of the server's release: an error that ends the run if not.
    pub(crate) fn check(&self, place: &str, text: &str) -> Result<(), Error> {
        shape::check_resource(place, &json::one_line(text), self.release)
    }

    /// Takes a Bundle or a resource as text; `place` is where it was read, for messages.
    pub fn text(&self, place: &str, text: &str) -> Result<(), Error> {
        let text = json::one_line(text);
        match package::Package::parse(&text) {
            Ok(Some(package)) => {
                shape::check(place, &package, self.release)?;
                self.package(&package)
            }
            Ok(None) => Ok(()),
            Err(why) => {
                self.counts().unreadable(place, &why);
                Ok(())
            }
        }
    }
}

impl Sink for &Server {
    fn order(&self) -> Order {
        Order::Any
    }

    fn document(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        let mut bytes = Vec::new();
        write(&mut bytes).map_err(|source| Error::Write { path: Path::new(&name.id).to_path_buf(), source })?;
        self.text(&name.id, std::str::from_utf8(&bytes).unwrap_or_default())?;
        Ok(Placed::Written)
    }

    fn finish(self: Box<Self>, _: Option<&Path>) -> Result<Finished, Error> {
        Ok(Finished::default())
    }
}

fn not_taken() -> Result<NotTaken, Error> {
    NotTaken::new().map_err(|source| Error::Write { path: PathBuf::from("a temporary file"), source })
}

/// Asks for the CapabilityStatement, for as long as the deadline says: a server may be starting again.
fn capability(sender: &Sender) -> Result<Capability, Error> {
    let answer = match sender.send_at_most(u32::MAX, &fhir_read("metadata"), Safety::Repeatable)? {
        Sent::Answer(answer) => answer,
        Sent::GaveUp(why) | Sent::Unknown(why) => {
            return Err(sender.error(&format!("{why}: is the server running, and the base URL right?")));
        }
        Sent::Refused(why) => return Err(sender.error(&why)),
    };
    match answer.status {
        200 => Capability::parse(&answer.body).map_err(|why| sender.error(&format!("{why}: is the base URL right?"))),
        300..400 => Err(sender.error("it redirects to another server: give that with --to")),
        status => Err(sender.error(&format!("GET metadata answers {status}: is the base URL right?"))),
    }
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
