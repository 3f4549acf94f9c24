//! FHIR as input: the output of `convert`, from files and standard input, of any size.
//!
//! Bundles are sent directly. Single resources are spooled to disk and sent by type, so that referenced resources exist
//! first. The sending threads take turns at reading. FHIR of another release ends the run if nothing was sent yet;
//! later it is reported and left out.

mod aside;
mod shape;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::slice;
use std::sync::{Mutex, PoisonError};
use std::thread;

use flate2::bufread::MultiGzDecoder;
use memchr::memchr;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Server, json, package};
use crate::error::Error;
use aside::Aside;
pub use shape::check;

/// The largest resource that is read.
const MAX_RESOURCE_BYTES: usize = 256 * 1024 * 1024;

/// A source of FHIR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file of Bundles or resources.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// Sends everything in the inputs, with `jobs` concurrent requests.
pub fn send(inputs: &[Input], server: &Server, jobs: usize) -> Result<(), Error> {
    let mut aside = Aside::new()?;
    let counts = server.counts();
    let has_sent = counts.studies.all() + counts.companions.all() > 0;
    let (inputs, read) = (inputs.iter(), VecDeque::new());
    let documents = Documents { server, aside: &mut aside, inputs, open: None, read, has_sent };
    send_all(documents, server, jobs)?;
    aside.into_ranks().try_for_each(|rank| send_all(rank?, server, jobs))
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Input::File(path) => write!(f, "{}", path.display()),
            Input::Stdin => f.write_str("standard input"),
        }
    }
}

/// A resource and its place.
#[derive(Debug)]
pub struct Document {
    /// The place, for messages.
    pub place: String,
    /// A Bundle or a single resource.
    pub text: String,
}

/// Runs the sending threads; the first error ends all.
fn send_all(
    documents: impl Iterator<Item = Result<Document, Error>> + Send,
    server: &Server,
    jobs: usize,
) -> Result<(), Error> {
    let documents = Mutex::new(documents.fuse());
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let take = || {
        let mut documents = documents.lock().unwrap_or_else(PoisonError::into_inner);
        let has_failed = failed.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if has_failed { None } else { documents.next() }
    };
    let work = || {
        while let Some(document) = take() {
            if let Err(error) = document.and_then(|document| send_one(&document, server)) {
                failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                return;
            }
            server.progress.wrote(1);
        }
    };
    thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work))));
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

fn send_one(Document { place, text }: &Document, server: &Server) -> Result<(), Error> {
    if let Err(why) = server.try_text(place, text)? {
        server.unreadable(place, &why);
    }
    Ok(())
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "resourceType", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

/// Iterates over the Bundles of the inputs; single resources are spooled.
struct Documents<'d> {
    server: &'d Server,
    aside: &'d mut Aside,
    inputs: slice::Iter<'d, Input>,
    open: Option<Open>,
    read: VecDeque<Document>,
    /// Whether something was sent, after which FHIR of another release no longer ends the run.
    has_sent: bool,
}

/// An input that is being read.
struct Open {
    place: String,
    input: Box<dyn BufRead + Send>,
    lines: u64,
    line_bytes: usize,
}

/// Reads a line with its line feed, up to the limit, and returns its length. `read_until` is slower.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    while line.len() < MAX_RESOURCE_BYTES {
        let bytes = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        };
        let end = memchr(b'\n', bytes);
        let taken = end.map_or(bytes.len(), |end| end + 1);
        line.extend_from_slice(&bytes[..taken]);
        input.consume(taken);
        if end.is_some() || taken == 0 {
            break;
        }
    }
    Ok(line.len())
}

/// The decompressed text of an input, or an error for unsupported encodings.
fn plain_json(mut input: Box<dyn BufRead + Send>) -> Result<Box<dyn BufRead + Send>, Unreadable> {
    let start = input.fill_buf().map_err(|error| error.to_string())?;
    if start.starts_with(&[0x1F, 0x8B, 8]) {
        input = Box::new(BufReader::with_capacity(1 << 20, MultiGzDecoder::new(input)));
    }
    let start = input.fill_buf().map_err(|error| error.to_string())?;
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    match (start, text) {
        ([0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, b'{' | b'[', ..] | [b'{' | b'[', 0, ..], _) => {
            Err("UTF-16: want UTF-8".to_string())
        }
        (_, [b'[', ..]) => Err("a JSON array: want a resource a line (NDJSON), or a Bundle".to_string()),
        (_, [b'<', ..]) => Err("XML: want JSON".to_string()),
        _ => Ok(input),
    }
}

/// Why an input cannot be read.
type Unreadable = String;

impl Iterator for Documents<'_> {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Result<Document, Error>> {
        loop {
            if let Some(document) = self.read.pop_front() {
                return Some(Ok(document));
            }
            let Some(mut open) = self.open.take() else {
                self.open_next()?;
                continue;
            };
            match self.line(&mut open) {
                Ok(Ok(true)) => self.open = Some(open),
                Ok(Ok(false)) => {}
                Ok(Err(why)) => self.server.unreadable(&open.place, &why),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Documents<'_> {
    fn open_next(&mut self) -> Option<()> {
        let input = self.inputs.next()?;
        let place = input.to_string();
        let opened: io::Result<Box<dyn BufRead + Send>> = match input {
            Input::Stdin => Ok(Box::new(BufReader::with_capacity(1 << 20, io::stdin()))),
            Input::File(path) => File::open(path).map(|file| Box::new(BufReader::with_capacity(1 << 20, file)) as _),
        };
        match opened.map_err(|error| error.to_string()).and_then(plain_json) {
            Ok(input) => self.open = Some(Open { place, input, lines: 0, line_bytes: 0 }),
            Err(why) => self.server.unreadable(&place, &why),
        }
        Some(())
    }

    /// Reads a line; returns whether there may be more.
    fn line(&mut self, open: &mut Open) -> Result<Result<bool, Unreadable>, Error> {
        // Lines mostly have similar lengths.
        let mut line = Vec::with_capacity(open.line_bytes + open.line_bytes / 4);
        let bytes = match read_line(open.input.as_mut(), &mut line) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(error.to_string())),
        };
        open.lines += 1;
        open.line_bytes = bytes;
        if bytes == 0 {
            return Ok(Ok(false));
        }
        if line.starts_with(b"\xEF\xBB\xBF") {
            line.drain(..3);
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            return Ok(Ok(true));
        }
        let place = format!("{}: line {}", open.place, open.lines);
        // A complete Bundle of `convert` is not parsed here, while other threads wait.
        if text.starts_with(b"{\"resourceType\":\"Bundle\"") && text.ends_with(b"}") {
            self.one("Bundle", place, line)?;
            return Ok(Ok(true));
        }
        match serde_json::from_slice::<Head<'_>>(text).map(|head| head.kind.into_owned()) {
            Ok(kind) => self.one(&kind, place, line)?,
            Err(error) if error.is_eof() && open.lines == 1 => return self.indented(line, open, &place),
            Err(_) => self.server.unreadable(&place, "no FHIR resource"),
        }
        Ok(Ok(true))
    }

    /// Reads resources that take more than one line.
    fn indented(&mut self, mut text: Vec<u8>, open: &mut Open, place: &str) -> Result<Result<bool, Unreadable>, Error> {
        if let Err(error) = (&mut open.input).take(MAX_RESOURCE_BYTES as u64).read_to_end(&mut text) {
            return Ok(Err(error.to_string()));
        }
        for value in serde_json::Deserializer::from_slice(&text).into_iter::<&RawValue>() {
            let Ok(value) = value else { return Ok(Err("no FHIR resource, or cut off".to_string())) };
            let Ok(head) = serde_json::from_str::<Head<'_>>(value.get()) else {
                return Ok(Err("no FHIR resource".to_string()));
            };
            self.one(&head.kind, place.to_string(), value.get().as_bytes().to_vec())?;
        }
        Ok(Ok(false))
    }

    fn one(&mut self, kind: &str, place: String, text: Vec<u8>) -> Result<(), Error> {
        // Invalid UTF-8 is not JSON: the sending thread reports it.
        let text = String::from_utf8(text).unwrap_or_default();
        let is_bundle = kind == "Bundle";
        // Later Bundles are checked by the sending threads.
        let checked = if is_bundle && self.has_sent { Ok(()) } else { self.check(&text) };
        match checked {
            Err(why) if !self.has_sent => return Err(Error::Usage(format!("{place}: {why}"))),
            Err(why) => self.server.unreadable(&place, &why),
            Ok(()) if is_bundle => {
                self.has_sent = true;
                self.read.push_back(Document { place, text });
            }
            Ok(()) => self.aside.put(kind, &place, &text)?,
        }
        Ok(())
    }

    /// Fails for FHIR of another release. Other errors are reported when it is sent.
    fn check(&self, text: &str) -> Result<(), String> {
        let text = json::one_line(text);
        let entries = package::parse(&text, &self.server.ids).unwrap_or_default();
        entries.iter().try_for_each(|entry| check(&entry.text, self.server.release))
    }
}
