//! FHIR as input: what `convert` wrote, from files and standard input, of any size.
//!
//! Bundles go straight to the server. Resources that come alone are put aside on disk and sent by type, so that what is
//! referred to is there first.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use crossbeam_channel::{Receiver, bounded};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Server;
use crate::error::Error;

/// A resource of more bytes is not read.
const MAX_RESOURCE_BYTES: u64 = 256 * 1024 * 1024;
/// The types in the order of their references; all others come first.
const RANKS: [&[&str]; 3] =
    [&["Encounter", "ServiceRequest", "Specimen", "Procedure"], &["ImagingStudy"], &["ImagingSelection"]];

/// Where FHIR is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file of Bundles or resources.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// Sends everything in the inputs, with so many requests at once.
pub fn send(inputs: &[Input], server: &Server, jobs: usize) -> Result<(), Error> {
    let aside = Aside::new()?;
    workers(server, jobs, |give| {
        for input in inputs {
            let place = input.to_string();
            let result = match input {
                Input::Stdin => read(&mut io::stdin().lock(), &place, server, &aside, give)?,
                Input::File(path) => match File::open(path) {
                    Ok(file) => read(&mut BufReader::with_capacity(1 << 20, file), &place, server, &aside, give)?,
                    Err(error) => Err(error.to_string()),
                },
            };
            if let Err(why) = result {
                server.tally().unreadable(&place, &why);
            }
        }
        Ok(())
    })?;
    aside.send(server, jobs)
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Input::File(path) => write!(f, "{}", path.display()),
            Input::Stdin => f.write_str("standard input"),
        }
    }
}

/// A resource and where it was read.
struct Document {
    place: String,
    text: String,
}

type Give<'g> = &'g dyn Fn(Document) -> Result<(), Error>;

/// Runs threads that send what `work` gives them; the first error ends all.
fn workers(server: &Server, jobs: usize, work: impl FnOnce(Give<'_>) -> Result<(), Error>) -> Result<(), Error> {
    // So many that reader and workers seldom wait for each other, and few enough for large studies.
    let (sender, receiver) = bounded::<Document>(jobs * 4);
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let result = thread::scope(|scope| {
        for _ in 0..jobs {
            let (receiver, failed) = (receiver.clone(), &failed);
            scope.spawn(move || drain(&receiver, server, failed));
        }
        // Without a receiver of our own, giving fails once the last thread has ended.
        drop(receiver);
        let sender = sender;
        work(&|document| sender.send(document).map_err(|_| Error::Interrupted))
    });
    match failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(error) => Err(error),
        None => result,
    }
}

fn drain(documents: &Receiver<Document>, server: &Server, failed: &Mutex<Option<Error>>) {
    for Document { place, text } in documents {
        let ended = || failed.lock().is_ok_and(|failed| failed.is_some());
        if ended() {
            return;
        }
        if let Err(error) = server.text(&place, &text) {
            if let Ok(mut failed) = failed.lock() {
                failed.get_or_insert(error);
            }
            return;
        }
        server.sender.progress.wrote(1);
    }
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "resourceType", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

/// Reads one input, resource by resource. The inner error is the input's, the outer the run's.
fn read(
    input: &mut dyn BufRead,
    place: &str,
    server: &Server,
    aside: &Aside,
    give: Give<'_>,
) -> Result<Result<(), String>, Error> {
    let (mut line, mut number) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        number += 1;
        let bytes = match input.take(MAX_RESOURCE_BYTES).read_until(b'\n', &mut line) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(error.to_string())),
        };
        if bytes == 0 {
            return Ok(Ok(()));
        }
        let text = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        let place = format!("{place}: line {number}");
        // A whole Bundle of ours is not read here: that is what the workers are for.
        if text.starts_with(b"{\"resourceType\":\"Bundle\"") && text.ends_with(b"}") {
            one("Bundle", text, place, aside, give)?;
            continue;
        }
        match serde_json::from_slice::<Head<'_>>(text) {
            Ok(head) => one(&head.kind, text, place, aside, give)?,
            Err(error) if error.is_eof() && number == 1 => {
                let rest = text.to_vec();
                return indented(&rest, input, &place, aside, give);
            }
            Err(_) => server.tally().unreadable(&place, "no FHIR resource"),
        }
    }
}

/// Reads resources that take more than one line.
fn indented(
    start: &[u8],
    rest: &mut dyn BufRead,
    place: &str,
    aside: &Aside,
    give: Give<'_>,
) -> Result<Result<(), String>, Error> {
    let mut text = start.to_vec();
    text.push(b'\n');
    if let Err(error) = rest.take(MAX_RESOURCE_BYTES).read_to_end(&mut text) {
        return Ok(Err(error.to_string()));
    }
    for value in serde_json::Deserializer::from_slice(&text).into_iter::<&RawValue>() {
        let Ok(value) = value else { return Ok(Err("no FHIR resource, or cut off".to_string())) };
        let Ok(head) = serde_json::from_str::<Head<'_>>(value.get()) else {
            return Ok(Err("no FHIR resource".to_string()));
        };
        one(&head.kind, value.get().as_bytes(), place.to_string(), aside, give)?;
    }
    Ok(Ok(()))
}

fn one(kind: &str, text: &[u8], place: String, aside: &Aside, give: Give<'_>) -> Result<(), Error> {
    // What is no UTF-8 is no JSON: it was read as such, or the worker says so.
    let text = String::from_utf8(text.to_vec()).unwrap_or_default();
    if kind == "Bundle" { give(Document { place, text }) } else { aside.put(kind, &place, &text) }
}

/// Resources that wait for their turn, in files that have no name.
struct Aside(Vec<Mutex<BufWriter<File>>>);

impl Aside {
    fn new() -> Result<Aside, Error> {
        let file = || tempfile::tempfile().map(BufWriter::new).map(Mutex::new).map_err(failed);
        (0..=RANKS.len()).map(|_| file()).collect::<Result<_, _>>().map(Aside)
    }

    fn put(&self, kind: &str, place: &str, text: &str) -> Result<(), Error> {
        let rank = RANKS.iter().position(|kinds| kinds.contains(&kind)).map_or(0, |rank| rank + 1);
        let mut file = self.0[rank].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let place = place.replace('\n', " ");
        writeln!(file, "{place}\n{}", super::json::compact(text)).map_err(failed)
    }

    /// Sends each rank when the one before it is done.
    fn send(self, server: &Server, jobs: usize) -> Result<(), Error> {
        for file in self.0 {
            let file = file.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            let mut file = file.into_inner().map_err(|error| failed(error.into_error()))?;
            file.rewind().map_err(failed)?;
            let mut lines = BufReader::new(file).lines();
            workers(server, jobs, |give| {
                while let (Some(place), Some(text)) = (lines.next(), lines.next()) {
                    give(Document { place: place.map_err(failed)?, text: text.map_err(failed)? })?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

fn failed(source: io::Error) -> Error {
    Error::Write { path: Path::new("a temporary file").to_path_buf(), source }
}
