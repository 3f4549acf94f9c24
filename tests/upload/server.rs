//! A FHIR server in memory, on loopback, that misbehaves on command.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::store::{Call, Done, Store};

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Act {
    /// What it should.
    Serve,
    /// Only this answer: status, headers, body.
    Answer(u16, String, String),
    /// Closes the connection before doing anything.
    CutBefore,
    /// Does it, and answers with this status.
    Late(u16),
    /// Does something else before it does it.
    After(Meanwhile),
    /// Does it, and closes the connection without a word.
    CutAfter,
    /// Does it, and closes the connection in the middle of the answer.
    CutInside,
    /// Does it, and does not say where it is.
    Unsaid,
    /// Does it, and answers a byte now and then.
    Drip,
    /// Does it, but the entries whose URL begins so fail with this status.
    FailEntries(&'static str, u16),
}

/// Something that is done between a request and its answer.
#[derive(Clone)]
pub struct Meanwhile(pub Arc<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meanwhile")
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

type Script = Box<dyn FnMut(&Seen) -> Act + Send>;

#[derive(Default)]
struct State {
    store: Store,
    seen: Vec<Seen>,
    in_flight: BTreeSet<String>,
    collisions: Vec<String>,
    /// How often `metadata` is still refused.
    unready: usize,
}

/// A server that runs until the test ends.
#[derive(Clone)]
pub struct TestServer {
    pub base: String,
    state: Arc<Mutex<State>>,
}

/// What `GET metadata` answers.
pub fn statement(version: &str, resource: Value) -> Value {
    let mut study = json!({"type": "ImagingStudy"});
    study.as_object_mut().unwrap().extend(resource.as_object().unwrap().clone());
    let interactions = [json!({"code": "transaction"}), json!({"code": "batch"})];
    let rest = json!({"mode": "server", "interaction": interactions, "resource": [study]});
    json!({"resourceType": "CapabilityStatement", "fhirVersion": version, "rest": [rest]})
}

impl TestServer {
    /// An R4 server that does with each request what the script says; `metadata` is not in the script.
    pub fn new(script: impl FnMut(&Seen) -> Act + Send + 'static) -> TestServer {
        TestServer::with(statement("4.0.1", json!({"updateCreate": true})).to_string(), script)
    }

    /// The same with other metadata.
    pub fn with(metadata: String, script: impl FnMut(&Seen) -> Act + Send + 'static) -> TestServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/fhir", listener.local_addr().unwrap());
        let server = TestServer { base, state: Arc::default() };
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(script)));
        let (metadata, inside) = (Arc::new(metadata), server.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (server, script, metadata) = (inside.clone(), Arc::clone(&script), Arc::clone(&metadata));
                thread::spawn(move || server.serve(stream, &script, &metadata));
            }
        });
        server
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What is stored now.
    pub fn store(&self) -> BTreeMap<String, (u64, Value)> {
        self.state().store.all()
    }

    /// Does something with what is stored, as somebody else would.
    pub fn with_store<T>(&self, work: impl FnOnce(&mut Store) -> T) -> T {
        work(&mut self.state().store)
    }

    /// Stores a resource as somebody else would.
    pub fn put(&self, resource: Value) {
        let key = format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        self.state().store.put(&key, resource);
    }

    /// Everything that was asked so far, without `metadata`; the list begins anew.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }

    /// Refuses `metadata` so often, as a server that is starting.
    pub fn unready(&self, times: usize) {
        self.state().unready = times;
    }

    /// Resources that were in two requests at once.
    pub fn collisions(&self) -> Vec<String> {
        self.state().collisions.clone()
    }

    fn serve(&self, stream: TcpStream, script: &Mutex<Script>, metadata: &str) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(seen) = read(&mut reader) {
            if seen.path == "metadata" {
                let mut state = self.state();
                let is_ready = state.unready == 0;
                state.unready = state.unready.saturating_sub(1);
                drop(state);
                answer(&stream, if is_ready { 200 } else { 503 }, "", metadata);
                continue;
            }
            let act = (script.lock().unwrap())(&seen);
            self.state().seen.push(seen.clone());
            let (status, headers, body) = match &act {
                Act::CutBefore => return,
                Act::Answer(status, headers, body) => (*status, headers.clone(), body.clone()),
                Act::FailEntries(start, status) => self.work(&seen, Some((start, *status))),
                Act::Late(status) => {
                    self.work(&seen, None);
                    (*status, String::new(), String::new())
                }
                Act::After(Meanwhile(work)) => {
                    work();
                    self.work(&seen, None)
                }
                _ => self.work(&seen, None),
            };
            match act {
                Act::CutAfter => return,
                Act::CutInside => {
                    let half = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{{", body.len() + 2);
                    let _ = (&stream).write_all(half.as_bytes());
                    return;
                }
                // A header without end, so that only the client can stop it.
                Act::Drip => {
                    let head = format!("HTTP/1.1 {status} X\r\nx-drip: ");
                    for byte in head.bytes().chain(std::iter::repeat(b'.')) {
                        thread::sleep(Duration::from_millis(40));
                        if (&stream).write_all(&[byte]).is_err() {
                            return;
                        }
                    }
                }
                Act::Unsaid => answer(&stream, status, "", &body.replace("\"location\"", "\"elsewhere\"")),
                _ => answer(&stream, status, &headers, &body),
            }
        }
    }

    /// Does what is asked, and notices when a resource is in two requests at once.
    fn work(&self, seen: &Seen, fail: Option<(&str, u16)>) -> (u16, String, String) {
        let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
        let mine = written(seen, &body);
        {
            let mut state = self.state();
            for resource in &mine {
                if !state.in_flight.insert(resource.clone()) {
                    state.collisions.push(resource.clone());
                }
            }
        }
        thread::yield_now();
        let mut state = self.state();
        state.in_flight.retain(|resource| !mine.contains(resource));
        let header = |name: &str| seen.headers.get(name).cloned();
        let is_no_cache = header("cache-control").is_some_and(|value| value.contains("no-cache"));
        let Done { status, location, resource } = if body["resourceType"] == "Bundle" {
            state.store.bundle(&body, is_no_cache, fail)
        } else {
            state.store.call(Call {
                method: seen.method.clone(),
                url: seen.path.clone(),
                if_none_exist: header("if-none-exist"),
                if_match: header("if-match"),
                if_none_match: header("if-none-match"),
                is_no_cache,
                resource: body,
            })
        };
        let location = location.map_or(String::new(), |to| format!("location: {}/{to}/_history/1\r\n", self.base));
        (status, location, resource.map_or(String::new(), |resource| resource.to_string()))
    }
}

/// What a request writes.
fn written(seen: &Seen, body: &Value) -> Vec<String> {
    let name = |method: &str, url: &str, search: &str| (method != "GET").then(|| format!("{url}?{search}"));
    if body["resourceType"] != "Bundle" {
        let search = seen.headers.get("if-none-exist").map_or("", String::as_str);
        return name(&seen.method, &seen.path, search).into_iter().collect();
    }
    let of = |entry: &Value| {
        let text = |name: &str| entry["request"][name].as_str().unwrap_or_default().to_string();
        name(&text("method"), &text("url"), &text("ifNoneExist"))
    };
    body["entry"].as_array().unwrap().iter().filter_map(of).collect()
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_string(), words.next()?.to_string());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_string());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0_usize);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if headers.get("content-encoding").is_some_and(|coding| coding == "gzip") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).ok()?;
        body = plain;
    }
    let path = path.strip_prefix("/fhir").unwrap_or(&path).trim_start_matches('/').to_string();
    Some(Seen { method, path, headers, body: String::from_utf8(body).ok()? })
}

fn answer(mut stream: &TcpStream, status: u16, headers: &str, body: &str) {
    let text = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(text.as_bytes());
}
