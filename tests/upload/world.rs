//! All that is known of one history: the archive, what the editor wrote, and what must be true after each upload.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use dcm2fhir::internals::error::Error;
use dcm2fhir::internals::fhir::ResourceType;
use dcm2fhir::internals::fhir::id::Ids;
use dcm2fhir::internals::http::Clock;
use dcm2fhir::internals::upload::Counts;
use serde_json::{Value, json};

use crate::files::Files;
use crate::history::{Edit, From, How, STUDIES};
use crate::server::TestServer;
use crate::session::{JumpingClock, Session, bundle, patient_id};
use crate::store::{Store, references};

/// What must stay true of a resource, by its key.
#[derive(Debug, Clone)]
enum Claim {
    Name(String),
    Note(String),
    Label(String),
    Withdrawn,
    Deleted,
}

/// The instances of a study, and the version of its description.
type Sent = (usize, usize);

/// All that is known.
pub struct World {
    pub server: TestServer,
    pub clock: JumpingClock,
    /// The instances of each study, and the version of its description.
    pub archive: Mutex<BTreeMap<usize, (usize, usize)>>,
    claims: Mutex<BTreeMap<String, Vec<Claim>>>,
    /// Studies that an editor deleted or withdrew, and the resources that may be there then.
    edited: Mutex<BTreeMap<usize, BTreeSet<String>>>,
    edits: Mutex<usize>,
    /// What was sent last of each study with the journal, and with the index; and whether others sent something else
    /// since.
    known: [Mutex<BTreeMap<usize, (Sent, bool)>>; 2],
    folder: tempfile::TempDir,
    files: Mutex<Files>,
}

impl World {
    /// An empty archive, and nothing that the editor wrote.
    pub fn new(server: &TestServer) -> World {
        let folder = tempfile::tempdir().unwrap();
        World {
            files: Mutex::new(Files::below(folder.path())),
            server: server.clone(),
            clock: JumpingClock::default(),
            archive: Mutex::default(),
            claims: Mutex::default(),
            edited: Mutex::default(),
            edits: Mutex::default(),
            known: Default::default(),
            folder,
        }
    }

    pub fn tick(&self) {
        self.clock.jump(Duration::from_millis(20));
        let now = self.clock.now();
        self.server.with_store(|store| store.now = now);
    }

    pub fn session(&self, how: How) -> Session {
        let mut session = Session::to(&self.server);
        session.clock = self.clock.clone();
        session.options.sending.send_as = Some(how.mode);
        session.options.sending.conditional = how.conditional;
        session.options.sending.journal = how.journal.then(|| self.folder.path().join("journal"));
        session
    }

    /// Uploads what the archive holds now.
    pub fn upload(&self, how: How, session: &Session) -> Result<Counts, Error> {
        if matches!(how.from, From::Bundles | From::Alone) {
            return session.try_upload(&self.documents(how));
        }
        let mut files = self.files.lock().unwrap();
        files.write(&self.archive.lock().unwrap());
        files.upload(how, session)
    }

    fn documents(&self, how: How) -> Vec<Value> {
        let bundles = self.numbers().into_iter().map(|number| self.ours(number));
        if how.from == From::Bundles {
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

    /// Notes an upload. The result has the studies that the journal or the index calls done, though other uploads sent
    /// other files of them since.
    pub fn uploads(&self, how: How) -> BTreeSet<usize> {
        let archive = self.archive.lock().unwrap();
        let mut stale = BTreeSet::new();
        for (known, is_mine) in self.known.iter().zip([how.journal, how.from == From::Index]) {
            let mut known = known.lock().unwrap();
            for (study, files) in archive.iter() {
                let next = match known.get(study).copied() {
                    Some((sent, is_stale)) if is_mine && sent == *files => {
                        stale.extend(is_stale.then_some(*study));
                        continue;
                    }
                    Some((sent, is_stale)) if !is_mine => (sent, is_stale || sent != *files),
                    _ if is_mine => (*files, false),
                    _ => continue,
                };
                known.insert(*study, next);
            }
        }
        stale
    }

    /// The studies that the archive has now.
    fn numbers(&self) -> Vec<usize> {
        let archive = self.archive.lock().unwrap();
        archive.iter().filter(|(_, (instances, _))| *instances > 0).map(|(number, _)| *number).collect()
    }

    /// A study as we have it.
    fn ours(&self, number: usize) -> Value {
        let (instances, version) = self.archive.lock().unwrap()[&number];
        let uids: Vec<String> = (1..=instances).map(|instance| uid(number, instance)).collect();
        let mut ours = bundle(number, &uids.iter().map(String::as_str).collect::<Vec<_>>());
        ours["entry"][2]["resource"]["description"] = format!("version {version}").into();
        // The patient has the id that `convert` gives to the number.
        let patient = Ids::new("").shared(ResourceType::Patient, "urn:test", &(number % 3).to_string());
        serde_json::from_str(&ours.to_string().replace(&patient_id(number % 3), &patient)).unwrap()
    }

    pub fn edit(&self, edit: Edit) {
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
                    let mut value = crate::session::study(study, &[&uid(study, 1)]);
                    value["id"] = format!("other-{study}").into();
                    value.as_object_mut().unwrap().remove("subject");
                    store.put(&key, value);
                    self.edited.lock().unwrap().entry(study).or_default().insert(key);
                }
            }
        });
    }

    /// What must be true when an upload has ended; it has no counts if it was killed or could not go on.
    pub fn check(&self, counts: Option<&Counts>, stale: &BTreeSet<usize>) -> Result<(), String> {
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
            STUDIES.into_iter().try_for_each(|study| match studies(store, study).len() {
                0 | 1 => Ok(()),
                number => Err(format!("study {study} is there {number} times")),
            })?;
            counts.map_or(Ok(()), |counts| self.check_counts(store, counts, stale))
        })
    }

    /// What was not said to be refused is there as we have it.
    fn check_counts(&self, store: &Store, counts: &Counts, stale: &BTreeSet<usize>) -> Result<(), String> {
        let edited = self.edited.lock().unwrap();
        for number in self.numbers() {
            let name = format!("ImagingStudy/1.2.{number}:");
            let is_refused = counts.refused.iter().any(|line| line.starts_with(&name));
            // What was edited while this ran may have been right at the time.
            let is_edited = edited.contains_key(&number) || stale.contains(&number);
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
                    && instances(there) == instances(&ours)
                    && store
                        .get(there["subject"]["reference"].as_str().unwrap_or_default())
                        .is_some_and(|patient| patient["identifier"][0]["value"] == json!((number % 3).to_string()))
            });
            if !is_same {
                return Err(format!("study {number} was called done, and is not as ours: {there:?} {ours}"));
            }
        }
        Ok(())
    }
}

/// The SOP Instance UID of an instance of a study.
pub fn uid(study: usize, instance: usize) -> String {
    format!("1.2.{study}.1.{instance}")
}

/// The SOP Instance UIDs of the first series.
fn instances(study: &Value) -> Vec<&Value> {
    study["series"][0]["instance"].as_array().into_iter().flatten().map(|instance| &instance["uid"]).collect()
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
