//! A history: what an archive, uploads, a second uploader, an editor and a bad network do to one server, one after the
//! other and in between.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dcm2fhir::internals::interrupt::Interrupt;
use dcm2fhir::internals::upload::Mode;
use serde_json::json;

use crate::server::{Act, Meanwhile, Seen, TestServer, statement};
use crate::store::{Rules, Store};
use crate::world::World;

/// Studies of the archive: two of one patient, and one of another.
pub const STUDIES: [usize; 3] = [0, 1, 3];

/// What happens.
#[derive(Debug, Clone)]
pub enum Event {
    /// Files come and go: the instances that a study has then, and a version of its description.
    Files { study: usize, instances: usize, version: usize },
    /// Somebody uploads the archive.
    Upload { how: How, faults: Vec<(At, Fault)> },
    /// Somebody edits.
    Edit(Edit),
    /// Time passes, in seconds.
    Pass(u64),
}

/// How it is uploaded.
#[derive(Debug, Clone, Copy)]
pub struct How {
    pub mode: Mode,
    pub conditional: bool,
    pub journal: bool,
    pub from: From,
}

/// From what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Bundles,
    /// Resources that come alone.
    Alone,
    /// A folder of DICOM files.
    Folder,
    /// The same, with an index that knows what earlier uploads with it sent.
    Index,
}

/// When something happens: at which request of an upload, or at which of those that write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    Request(usize),
    Write(usize),
}

/// What happens at one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Only this status.
    Status(u16),
    /// It is done, and answered by this status.
    Late(u16),
    CutBefore,
    CutAfter,
    CutInside,
    /// It is done, and the answer does not say where it is.
    Unsaid,
    /// The upload is killed, before or after the request is done.
    Kill {
        is_done: bool,
    },
    /// The entries of this type fail with 422 inside a 200.
    Fails(&'static str),
    /// Somebody edits before the request is done: the study that it is about, if it is about one.
    Edit(Edit),
    /// A second uploader uploads everything before the request is done.
    Second,
}

/// What an editor does.
#[derive(Debug, Clone, Copy)]
pub enum Edit {
    Correct {
        patient: usize,
    },
    Note {
        study: usize,
    },
    Label {
        study: usize,
    },
    Withdraw {
        study: usize,
    },
    DeleteStudy {
        study: usize,
    },
    DeletePatient {
        patient: usize,
    },
    /// A patient gets another resource with the same number, before any upload.
    Register {
        patient: usize,
    },
    /// A study is put under an id of somebody else's.
    OtherId {
        study: usize,
    },
}

/// What is to happen at the requests of the upload that runs.
#[derive(Default)]
struct Plan {
    at: BTreeMap<At, Fault>,
    requests: usize,
    writes: usize,
    /// The second uploader has a good network.
    is_nested: bool,
    /// Both leave the ids to the server, or neither.
    conditional: bool,
    /// Something may have been created that the upload did not see: what an editor deletes of it before it is read,
    /// nobody can know of.
    is_unseen: bool,
}

impl Fault {
    /// Whether something is created and the upload does not hear of it.
    fn hides(&self) -> bool {
        matches!(self, Fault::Second | Fault::Late(_) | Fault::CutAfter | Fault::CutInside | Fault::Unsaid)
    }
}

impl Edit {
    /// The same to a certain study or its patient.
    fn of(self, study: usize) -> Edit {
        let patient = study % 3;
        match self {
            Edit::Correct { .. } => Edit::Correct { patient },
            Edit::Note { .. } => Edit::Note { study },
            Edit::Label { .. } => Edit::Label { study },
            Edit::Withdraw { .. } => Edit::Withdraw { study },
            Edit::DeleteStudy { .. } => Edit::DeleteStudy { study },
            Edit::DeletePatient { .. } => Edit::DeletePatient { patient },
            Edit::Register { .. } => Edit::Register { patient },
            Edit::OtherId { .. } => Edit::OtherId { study },
        }
    }
}

/// A server that does what the history says, for many histories.
pub struct Stage {
    server: TestServer,
    plan: Arc<Mutex<Plan>>,
    world: Arc<Mutex<Option<Arc<World>>>>,
    interrupt: Arc<Mutex<Interrupt>>,
}

impl Stage {
    pub fn new() -> Stage {
        let plan: Arc<Mutex<Plan>> = Arc::default();
        let current: Arc<Mutex<Option<Arc<World>>>> = Arc::default();
        let interrupt: Arc<Mutex<Interrupt>> = Arc::default();
        let (inside, world, kill) = (Arc::clone(&plan), Arc::clone(&current), Arc::clone(&interrupt));
        let versioned = json!({"updateCreate": true, "versioning": "versioned-update"});
        let server = TestServer::with(statement("4.0.1", versioned).to_string(), move |seen| {
            let world = world.lock().unwrap().clone().unwrap();
            world.tick();
            let mut plan = inside.lock().unwrap();
            if plan.is_nested {
                return Act::Serve;
            }
            let (request, write) = (At::Request(plan.requests), At::Write(plan.writes));
            let is_write = seen.method != "GET" && !seen.body.contains("\"GET\"");
            plan.requests += 1;
            plan.writes += usize::from(is_write);
            let at_write = is_write.then(|| plan.at.remove(&write)).flatten();
            let fault = at_write.or_else(|| plan.at.remove(&request));
            plan.is_unseen |= fault.as_ref().is_some_and(Fault::hides);
            match fault {
                None => Act::Serve,
                Some(Fault::Edit(Edit::DeleteStudy { .. } | Edit::DeletePatient { .. })) if plan.is_unseen => {
                    Act::Serve
                }
                Some(fault) => act(fault, seen, &world, &inside, &kill),
            }
        });
        Stage { server, plan, world: current, interrupt }
    }

    /// Plays a history; an error says what was not true, and when.
    pub fn play(&self, rules: Rules, events: &[Event]) -> Result<(), String> {
        self.server.with_store(|store| *store = Store::with(rules));
        let world = Arc::new(World::new(&self.server));
        *self.world.lock().unwrap() = Some(Arc::clone(&world));
        for (number, event) in events.iter().enumerate() {
            match event {
                Event::Files { study, instances, version } => {
                    world.archive.lock().unwrap().insert(*study, (*instances, *version));
                }
                Event::Pass(seconds) => world.clock.jump(Duration::from_secs(*seconds)),
                Event::Edit(edit) => world.edit(*edit),
                Event::Upload { how, faults } => {
                    self.upload(&world, *how, faults).map_err(|why| format!("event {number}: {why}"))?;
                }
            }
        }
        Ok(())
    }

    fn upload(&self, world: &World, how: How, faults: &[(At, Fault)]) -> Result<(), String> {
        *self.plan.lock().unwrap() =
            Plan { at: faults.iter().cloned().collect(), conditional: how.conditional, ..Plan::default() };
        let session = world.session(how);
        *self.interrupt.lock().unwrap() = session.interrupt.clone();
        let stale = world.uploads(how);
        let result = world.upload(how, &session);
        self.plan.lock().unwrap().at.clear();
        let _ = self.server.seen();
        world.check(result.ok().as_ref(), &stale)
    }
}

fn act(fault: Fault, seen: &Seen, world: &Arc<World>, plan: &Arc<Mutex<Plan>>, kill: &Mutex<Interrupt>) -> Act {
    let status = |code| Act::Answer(code, String::new(), String::new());
    match fault {
        Fault::Status(code) => status(code),
        Fault::Late(code) => Act::Late(code),
        Fault::CutBefore => Act::CutBefore,
        Fault::CutAfter => Act::CutAfter,
        Fault::CutInside => Act::CutInside,
        Fault::Unsaid => Act::Unsaid,
        Fault::Kill { is_done } => {
            kill.lock().unwrap().set();
            if is_done { Act::CutAfter } else { Act::CutBefore }
        }
        // A study without its patient is the server's own fault where it minds neither the whole nor references.
        Fault::Fails("Patient") if !world.server.with_store(|store| store.rules.has_integrity) => Act::Serve,
        Fault::Fails(kind) if seen.body.contains("\"transaction\"") => Act::FailEntries(kind, 422),
        Fault::Fails(_) => Act::Serve,
        Fault::Edit(edit) => {
            let world = Arc::clone(world);
            let is_named = |study: &&usize| seen.body.contains(&format!("urn:oid:1.2.{study}\""));
            let edit = STUDIES.iter().find(is_named).map_or(edit, |study| edit.of(*study));
            Act::After(Meanwhile(Arc::new(move || world.edit(edit))))
        }
        Fault::Second => {
            let (world, plan) = (Arc::clone(world), Arc::clone(plan));
            Act::After(Meanwhile(Arc::new(move || {
                let conditional = {
                    let mut plan = plan.lock().unwrap();
                    plan.is_nested = true;
                    plan.conditional
                };
                let how = How { mode: Mode::Transaction, conditional, journal: false, from: From::Bundles };
                world.uploads(how);
                let _ = world.upload(how, &world.session(how));
                plan.lock().unwrap().is_nested = false;
            })))
        }
    }
}
