//! One upload, with a clock that jumps instead of waiting.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use dcm2fhir::internals::error::Error;
use dcm2fhir::internals::fhir::id::Ids;
use dcm2fhir::internals::http::Clock;
use dcm2fhir::internals::http::Connection;
use dcm2fhir::internals::http::Credentials;
use dcm2fhir::internals::http::Policy;
use dcm2fhir::internals::interrupt::Interrupt;
use dcm2fhir::internals::options::FileMode;
use dcm2fhir::internals::progress::Silent;
use dcm2fhir::internals::upload::{Counts, End};
use dcm2fhir::internals::upload::{SendingOptions, Server, UploadOptions};
use serde_json::{Value, json};

use crate::server::TestServer;

/// A clock that jumps, and remembers how far.
#[derive(Clone, Default)]
pub struct JumpingClock(Arc<Mutex<(Duration, Vec<Duration>)>>);

impl JumpingClock {
    /// Lets time pass, as if something else took it.
    pub fn jump(&self, span: Duration) {
        self.0.lock().unwrap().0 += span;
    }

    pub fn sleeps(&self) -> Vec<Duration> {
        self.0.lock().unwrap().1.clone()
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Duration {
        self.0.lock().unwrap().0
    }

    fn time_of_day(&self) -> SystemTime {
        // Wed, 21 Oct 2015 07:27:20 GMT
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_440)
    }

    fn sleep(&self, span: Duration, _: &Interrupt) {
        let mut inside = self.0.lock().unwrap();
        inside.0 += span;
        inside.1.push(span);
    }

    fn random(&self) -> f64 {
        0.5
    }
}

/// An upload to a server: the options can be changed before it starts.
pub struct Session {
    pub options: UploadOptions,
    pub clock: JumpingClock,
    pub interrupt: Interrupt,
    pub jobs: usize,
}

impl Session {
    pub fn to(server: &TestServer) -> Session {
        let connection = Connection {
            purpose: "upload to",
            base: server.base.clone(),
            ca_certificate: None,
            client_certificate: None,
            headers: Vec::new(),
            gzip: false,
            // An upper limit for a request that hangs.
            timeout: Duration::from_secs(300),
            connections: 8,
        };
        let options = UploadOptions {
            connection,
            credentials: Credentials::None,
            policy: Policy::default(),
            sending: SendingOptions {
                send_as: None,
                requests: 4,
                max_bytes: 1 << 20,
                max_entries: 500,
                replace: false,
                restore: false,
                overwrite_companions: false,
                conditional: false,
                dry_run: false,
                diff: false,
                journal: None,
                rejects: None,
            },
            release: None,
            ids: Ids::new(""),
            file_mode: FileMode::default(),
            report: false,
        };
        Session { options, clock: JumpingClock::default(), interrupt: Interrupt::default(), jobs: 1 }
    }

    pub fn open(&self) -> Result<Server, Error> {
        Server::open(&self.options, Box::new(self.clock.clone()), self.interrupt.clone(), Arc::new(Silent))
    }

    /// Why the upload cannot start.
    pub fn refusal(&self) -> String {
        match self.open() {
            Err(Error::Server { reason, .. }) => reason,
            other => panic!("{:?}", other.map(|server| server.release().name)),
        }
    }

    /// Uploads documents from as many threads as there are jobs, and says what became of them.
    pub fn upload(&self, documents: &[Value]) -> Counts {
        self.try_upload(documents).unwrap()
    }

    pub fn try_upload(&self, documents: &[Value]) -> Result<Counts, Error> {
        let server = self.open()?;
        let next = Mutex::new(documents.iter());
        let take = || next.lock().unwrap().next();
        let work = || {
            while let Some(document) = take() {
                server.text("test", &document.to_string())?;
            }
            Ok(())
        };
        let results: Vec<Result<(), Error>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.jobs).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        results.into_iter().collect::<Result<(), Error>>()?;
        let counts = server.counts();
        Ok(counts)
    }
}

/// The numbers of studies that were created, updated, unchanged and rejected.
pub fn studies(counts: &Counts) -> [u64; 4] {
    [End::Created, End::Updated, End::Unchanged, End::Rejected].map(|end| counts.studies.of(end))
}

/// An ImagingStudy with these instances in one series.
pub fn study(number: usize, instances: &[&str]) -> Value {
    let list: Vec<Value> = instances.iter().map(|uid| json!({"uid": uid})).collect();
    json!({
        "resourceType": "ImagingStudy",
        "id": format!("1.2.{number}"),
        "identifier": [{"system": "urn:dicom:uid", "value": format!("urn:oid:1.2.{number}")}],
        "status": "available",
        "subject": {"reference": "Patient/p"},
        "numberOfInstances": instances.len(),
        "series": [{"uid": format!("1.2.{number}.1"), "instance": list}],
    })
}

pub fn patient_id(number: usize) -> String {
    format!("00000000-0000-5000-8000-{number:012}")
}

/// A transaction with a study, a patient that others share, and equipment that is its own.
pub fn bundle(number: usize, instances: &[&str]) -> Value {
    let patient = number % 3;
    let search = format!("identifier=urn:test%7C{patient}");
    let mut study = study(number, instances);
    study["subject"]["reference"] = format!("urn:uuid:{}", patient_id(patient)).into();
    json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": format!("urn:uuid:{}", patient_id(patient)),
         "resource": {"resourceType": "Patient", "identifier": [{"system": "urn:test", "value": patient.to_string()}]},
         "request": {"method": "POST", "url": "Patient", "ifNoneExist": search}},
        {"fullUrl": format!("urn:uuid:{}", patient_id(1000 + number)),
         "resource": {"resourceType": "Device", "id": format!("d{number}")},
         "request": {"method": "PUT", "url": format!("Device/d{number}")}},
        {"fullUrl": format!("urn:uuid:{}", patient_id(2000 + number)),
         "resource": study,
         "request": {"method": "PUT", "url": format!("ImagingStudy/1.2.{number}")}},
    ]})
}
