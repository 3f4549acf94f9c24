//! The same stages with a FHIR server at their end.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::{Ends, convert_between, read};
use crate::config::{ReleaseName, Upload};
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::progress::{self, Progress, WARNING};
use crate::source;
use crate::upload::Server;
use crate::upload::clock::SystemClock;
use crate::upload::counts::Summary;
use crate::upload::documents::{self, Input};

/// Uploads what the configuration names, and says with which code to exit.
pub fn upload(mut upload: Upload) -> Result<u8, Error> {
    let start = Instant::now();
    let interrupt = Interrupt::on_signals().map_err(|source| Error::Signals { source })?;
    let progress = progress::start(upload.config.progress);
    let clock = Box::new(SystemClock::default());
    let server = Server::open(&upload.options, clock, interrupt.clone(), progress.clone())?;
    if let Some(note) = server.journal_mended() {
        progress::say(format_args!("{WARNING}warning:{WARNING:#} {}\n", source::printable(note.as_bytes())));
    }
    upload.config.content.release = ReleaseName(server.release().name);
    if upload.config.inputs.iter().all(is_fhir) {
        // There is no DICOM: threads for it would only start and end.
        upload.config.threads = 1;
        upload.config.walk.threads = 1;
    }
    let sent = send(&upload, &server, &interrupt, &progress);
    progress.finish();
    if upload.config.summary.is_yes() {
        summarize(&upload, &server, start);
    }
    Ok(sent?.max(server.counts().exit_code()))
}

/// Whether an input is a file that begins as JSON does.
fn is_fhir(input: &source::Input) -> bool {
    let source::Input::Path(path) = input else { return false };
    // Only what can be opened again is opened: a pipe would be empty then.
    path.is_file() && File::open(path).is_ok_and(|file| read::begins_as_json(&file))
}

/// Reads and sends everything; the code is that of the reading.
fn send(upload: &Upload, server: &Server, interrupt: &Interrupt, progress: &Arc<dyn Progress>) -> Result<u8, Error> {
    let config = &upload.config;
    let found: Mutex<Vec<PathBuf>> = Mutex::default();
    let aside = |path: PathBuf| found.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    let mut code = 0;
    if !config.inputs.is_empty() {
        let start = Instant::now();
        let ends = Ends { aside: Some(&aside), writing_threads: upload.jobs };
        let outcome = convert_between(config, &ends, || Ok(Box::new(server)), progress.clone(), interrupt)?;
        code = outcome.counts.exit_code(config.strict);
        // Inputs that are all FHIR have nothing to say of DICOM.
        if config.summary.is_yes() && outcome.totals.dicom_files > 0 {
            super::summarize(config, &outcome, start);
        }
    }
    let mut files = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.sort();
    let mut inputs: Vec<Input> = files.into_iter().map(Input::File).collect();
    inputs.extend(upload.stdin.is_yes().then_some(Input::Stdin));
    documents::send(&inputs, server, upload.jobs)?;
    Ok(code)
}

fn summarize(upload: &Upload, server: &Server, start: Instant) {
    let release = server.release();
    let place = format!("{} ({}, {})", upload.options.connection.base, release.name, release.version);
    progress::say(Summary {
        counts: &server.counts(),
        dry_run: upload.options.dry_run,
        server: &place,
        rejects: upload.options.rejects.as_deref(),
        elapsed: start.elapsed(),
    });
}
