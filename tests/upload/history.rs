//! A history: what an archive, uploads, a second uploader, an editor and a bad network do to one server, one after the
//! other and in between; and what must be true after each upload.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dcm2fhir::interrupt::Interrupt;
use dcm2fhir::upload::capability::Mode;
use dcm2fhir::upload::counts::Counts;
use serde_json::{Value, json};

use crate::server::{Act, Meanwhile, Seen, TestServer, statement};
use crate::session::{JumpingClock, Session, bundle};
use crate::store::{Rules, Store, references};

/// Studies of the archive.
pub const STUDIES: usize = 4;

/// What happens.
#[derive(Debug, Clone)]
pub enum Event {
    /// Files come and go: the instances that a study has then, and a version of its description.
    Files { study: usize, instances: usize, version: usize },
    /// Somebody uploads the archive.
    Upload { how: How, faults: Vec<(usize, Fault)> },
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
    /// Resources that come alone, and not Bundles.
    pub alone: bool,
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
    /// The upload is killed, before or after the request is done.
    Kill {
        is_done: bool,
    },
    /// The entries of this type fail with 422 inside a 200.
    Fails(&'static str),
    /// Somebody edits before the request is done.
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

/// What must stay true of a resource, by its key.
#[derive(Debug, Clone)]
enum Claim {
    Name(String),
    Note(String),
    Label(String),
    Withdrawn,
    Deleted,
}

/// All that is known.
pub struct World {
    server: TestServer,
    clock: JumpingClock,
    /// The instances of each study, and the version of its description.
    archive: Mutex<BTreeMap<usize, (usize, usize)>>,
    claims: Mutex<BTreeMap<String, Vec<Claim>>>,
    /// Studies that an editor deleted or withdrew, and the resources that may be there then.
    edited: Mutex<BTreeMap<usize, BTreeSet<String>>>,
    edits: Mutex<usize>,
    folder: tempfile::TempDir,
}

/// What is to happen at the requests of the upload that runs.
#[derive(Default)]
struct Plan {
    at: BTreeMap<usize, Fault>,
    requests: usize,
    /// The second uploader has a good network.
    is_nested: bool,
    /// Both leave the ids to the server, or neither.
    conditional: bool,
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
            plan.requests += 1;
            let number = plan.requests - 1;
            match plan.at.remove(&number) {
                None => Act::Serve,
                Some(fault) => act(fault, seen, &world, &inside, &kill),
            }
        });
        Stage { server, plan, world: current, interrupt }
    }

    /// Plays a history; an error says what was not true, and when.
    pub fn play(&self, rules: Rules, events: &[Event]) -> Result<(), String> {
        self.server.with_store(|store| *store = Store::with(rules));
        let world = Arc::new(World {
            server: self.server.clone(),
            clock: JumpingClock::default(),
            archive: Mutex::default(),
            claims: Mutex::default(),
            edited: Mutex::default(),
            edits: Mutex::default(),
            folder: tempfile::tempdir().unwrap(),
        });
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

    fn upload(&self, world: &World, how: How, faults: &[(usize, Fault)]) -> Result<(), String> {
        *self.plan.lock().unwrap() =
            Plan { at: faults.iter().cloned().collect(), conditional: how.conditional, ..Plan::default() };
        let session = world.session(how);
        *self.interrupt.lock().unwrap() = session.interrupt.clone();
        let result = session.try_upload(&world.documents(how));
        self.plan.lock().unwrap().at.clear();
        let _ = self.server.seen();
        world.check(result.ok().as_ref())
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
        Fault::Kill { is_done } => {
            kill.lock().unwrap().set();
            if is_done { Act::CutAfter } else { Act::CutBefore }
        }
        Fault::Fails(kind) if seen.body.contains("\"transaction\"") => Act::FailEntries(kind, 422),
        Fault::Fails(_) => Act::Serve,
        Fault::Edit(edit) => {
            let world = Arc::clone(world);
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
                let how = How { mode: Mode::Transaction, conditional, journal: false, alone: false };
                let _ = world.session(how).try_upload(&world.documents(how));
                plan.lock().unwrap().is_nested = false;
            })))
        }
    }
}

impl World {
    fn tick(&self) {
        self.clock.jump(Duration::from_millis(20));
        let now = dcm2fhir::upload::clock::Clock::now(&self.clock);
        self.server.with_store(|store| store.now = now);
    }

    fn session(&self, how: How) -> Session {
        let mut session = Session::to(&self.server);
        session.clock = self.clock.clone();
        session.options.mode = Some(how.mode);
        session.options.conditional = how.conditional;
        session.options.journal = how.journal.then(|| self.folder.path().join("journal"));
        session
    }

    /// What the archive holds now.
    fn documents(&self, how: How) -> Vec<Value> {
        let bundles = self.numbers().into_iter().map(|number| self.ours(number));
        if !how.alone {
            return bundles.collect();
        }
        let alone = |bundle: Value| {
            let mut entries: Vec<Value> = bundle["entry"].as_array().unwrap().clone();
            let (patient, id) = (
                entries[0]["fullUrl"].as_str().unwrap().to_string(),
                entries[0]["fullUrl"].as_str().unwrap()[9..].to_string(),
            );
            entries[0]["resource"]["id"] = id.as_str().into();
            let text = |entry: &Value| entry["resource"].to_string().replace(&patient, &format!("Patient/{id}"));
            entries.iter().map(|entry| serde_json::from_str(&text(entry)).unwrap()).collect::<Vec<Value>>()
        };
        bundles.flat_map(alone).collect()
    }

    /// The studies that the archive has now.
    fn numbers(&self) -> Vec<usize> {
        let archive = self.archive.lock().unwrap();
        archive.iter().filter(|(_, (instances, _))| *instances > 0).map(|(number, _)| *number).collect()
    }

    /// A study as we have it.
    fn ours(&self, number: usize) -> Value {
        let (instances, version) = self.archive.lock().unwrap()[&number];
        let mut ours = bundle(number, &["a", "b", "c"][..instances]);
        ours["entry"][2]["resource"]["description"] = format!("version {version}").into();
        ours
    }

    fn edit(&self, edit: Edit) {
        let mut edits = self.edits.lock().unwrap();
        *edits += 1;
        let word = format!("edit {edits}");
        let mut claims = self.claims.lock().unwrap();
        self.server.with_store(|store| match edit {
            Edit::Correct { patient } => {
                for key in store.with_identifier("Patient", &format!("urn:test|{patient}")) {
                    store.change(&key, |value| value["name"] = json!([{"family": word}]));
                    claims.entry(key.clone()).or_default().retain(|claim| !matches!(claim, Claim::Name(_)));
                    claims.entry(key).or_default().push(Claim::Name(word.clone()));
                }
            }
            Edit::Note { study } => {
                for key in studies(store, study) {
                    store.change(&key, |value| push(&mut value["note"], json!({"text": word})));
                    claims.entry(key.clone()).or_default().push(Claim::Note(word.clone()));
                }
            }
            Edit::Label { study } => {
                for key in studies(store, study) {
                    store.change(&key, |value| push(&mut value["meta"]["tag"], json!({"code": word})));
                    claims.entry(key.clone()).or_default().push(Claim::Label(word.clone()));
                }
            }
            Edit::Withdraw { study } => {
                for key in studies(store, study) {
                    store.change(&key, |value| value["status"] = "entered-in-error".into());
                    claims.entry(key.clone()).or_default().push(Claim::Withdrawn);
                    self.edited.lock().unwrap().insert(study, studies(store, study).into_iter().collect());
                }
            }
            Edit::DeleteStudy { study } => {
                for key in studies(store, study) {
                    if store.delete(&key) {
                        claims.entry(key.clone()).or_default().push(Claim::Deleted);
                        // What only the server's id named can be created again: nobody sees that it was there.
                        let is_ours = key == format!("ImagingStudy/1.2.{study}");
                        let may_be = studies(store, study).into_iter().collect();
                        self.edited.lock().unwrap().insert(study, if is_ours { may_be } else { any() });
                    }
                }
            }
            Edit::DeletePatient { patient } if store.rules.has_integrity => {
                for key in store.with_identifier("Patient", &format!("urn:test|{patient}")) {
                    if store.delete(&key) {
                        claims.entry(key.clone()).or_default().push(Claim::Deleted);
                    }
                }
            }
            Edit::DeletePatient { .. } => {}
            Edit::Register { patient } => {
                let identifier = json!([{"system": "urn:test", "value": patient.to_string()}]);
                let key = format!("Patient/mpi-{patient}");
                if store.with_identifier("Patient", &format!("urn:test|{patient}")).is_empty()
                    && !store.is_deleted(&key)
                {
                    store.put(&key, json!({"resourceType": "Patient", "id": &key[8..], "identifier": identifier}));
                }
            }
            Edit::OtherId { study } => {
                let key = format!("ImagingStudy/other-{study}");
                if studies(store, study).is_empty() && !store.is_deleted(&key) {
                    let mut value = crate::session::study(study, &["a"]);
                    value["id"] = format!("other-{study}").into();
                    value.as_object_mut().unwrap().remove("subject");
                    store.put(&key, value);
                    self.edited.lock().unwrap().entry(study).or_default().insert(key);
                }
            }
        });
    }

    /// What must be true when an upload has ended; it has no counts if it was killed or could not go on.
    fn check(&self, counts: Option<&Counts>) -> Result<(), String> {
        self.server.with_store(|store| {
            for (key, claims) in self.claims.lock().unwrap().iter() {
                let is_deleted = claims.iter().any(|claim| matches!(claim, Claim::Deleted));
                for claim in claims.iter().filter(|claim| !is_deleted || matches!(claim, Claim::Deleted)) {
                    if !holds(store, key, claim) {
                        return Err(format!("{key}: {claim:?} is gone: {:?}", store.get(key)));
                    }
                }
            }
            for (key, (_, value)) in store.all() {
                for reference in references(&value) {
                    if store.get(&reference).is_none() {
                        return Err(format!("{key} refers to {reference}, which is not there"));
                    }
                }
            }
            for (study, may_be) in self.edited.lock().unwrap().iter() {
                let new =
                    studies(store, *study).into_iter().find(|key| !may_be.contains(key) && !may_be.contains("any"));
                if let Some(key) = new {
                    return Err(format!("{key} came back"));
                }
            }
            (0..STUDIES).try_for_each(|study| match studies(store, study).len() {
                0 | 1 => Ok(()),
                number => Err(format!("study {study} is there {number} times")),
            })?;
            counts.map_or(Ok(()), |counts| self.check_counts(store, counts))
        })
    }

    /// What was not said to be refused is there as we have it.
    fn check_counts(&self, store: &Store, counts: &Counts) -> Result<(), String> {
        let edited = self.edited.lock().unwrap();
        for number in self.numbers() {
            let name = format!("ImagingStudy/1.2.{number}:");
            let is_refused = counts.refused.iter().any(|line| line.starts_with(&name));
            // What was edited while this ran may have been right at the time.
            let is_edited = edited.contains_key(&number);
            if is_refused && counts.exit_code() == 0 {
                return Err(format!("study {number} was refused, with exit code 0"));
            }
            if is_refused || is_edited {
                continue;
            }
            let ours = self.ours(number)["entry"][2]["resource"].clone();
            let there = studies(store, number);
            let there = there.first().and_then(|key| store.get(key));
            let is_same = there.is_some_and(|there| {
                ["description", "numberOfInstances", "status"].iter().all(|name| there[name] == ours[name])
                    && there["series"][0]["instance"] == ours["series"][0]["instance"]
                    && store
                        .get(there["subject"]["reference"].as_str().unwrap_or_default())
                        .is_some_and(|patient| patient["identifier"][0]["value"] == (number % 3).to_string())
            });
            if !is_same {
                return Err(format!("study {number} was called done, and is not as ours: {there:?} {ours}"));
            }
        }
        Ok(())
    }
}

fn any() -> BTreeSet<String> {
    ["any".to_string()].into()
}

fn holds(store: &Store, key: &str, claim: &Claim) -> bool {
    let value = store.get(key);
    let has = |list: Option<&Value>, name: &str, word: &str| {
        list.and_then(Value::as_array).is_some_and(|list| list.iter().any(|item| item[name] == word))
    };
    match claim {
        Claim::Name(word) => value.is_some_and(|value| value["name"][0]["family"] == *word),
        Claim::Note(word) => has(value.map(|value| &value["note"]), "text", word),
        Claim::Label(word) => has(value.map(|value| &value["meta"]["tag"]), "code", word),
        Claim::Withdrawn => value.is_some_and(|value| value["status"] == "entered-in-error"),
        Claim::Deleted => value.is_none(),
    }
}

fn studies(store: &Store, study: usize) -> Vec<String> {
    store.with_identifier("ImagingStudy", &format!("urn:dicom:uid|urn:oid:1.2.{study}"))
}

fn push(list: &mut Value, item: Value) {
    match list {
        Value::Array(items) => items.push(item),
        other => *other = json!([item]),
    }
}
