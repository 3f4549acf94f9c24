//! The same stages with a FHIR server at their end.

use std::fs::File;
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::{Ends, Outcome, convert_between, outcome, read};
use crate::config::{Choice, ReleaseName, Upload};
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::options::SummaryForm;
use crate::progress::{self, Progress};
use crate::source;
use crate::upload::Server;
use crate::upload::clock::SystemClock;
use crate::upload::counts::Summary;
use crate::upload::documents::{self, Input};

/// Uploads what the configuration names, and says with which code to exit.
pub fn upload(mut upload: Upload) -> Result<u8, Error> {
    let start = Instant::now();
    let interrupt = Interrupt::on_signals().map_err(|source| Error::Signals { source })?;
    take_stdin(&mut upload)?;
    let progress = progress::start(upload.config.progress);
    let clock = Box::new(SystemClock::default());
    let server = Server::open(&upload.options, clock, interrupt.clone(), progress.clone())?;
    upload.config.content.release = ReleaseName(server.release().name);
    if upload.config.inputs.iter().all(is_fhir) {
        // There is no DICOM: threads for it would only start and end.
        upload.config.threads = 1;
        upload.config.walk.threads = 1;
    }
    let sent = send(&upload, &server, &interrupt, &progress);
    progress.finish();
    if upload.config.summary != SummaryForm::None {
        summarize(&upload, &server, start);
    }
    Ok(sent?.max(server.counts().exit_code()))
}

/// Looks whether standard input begins as FHIR does; else it is DICOM or an archive.
fn take_stdin(upload: &mut Upload) -> Result<(), Error> {
    if !upload.stdin.is_yes() {
        return Ok(());
    }
    // What is looked at stays in the buffer, for whoever reads standard input next.
    let mut stdin = io::stdin().lock();
    let start = stdin.fill_buf().map_err(|source| Error::Input { path: source::STDIN.into(), source })?;
    if !read::is_json(start) {
        upload.stdin = Choice::No;
        upload.config.inputs.push(source::Input::Stdin);
    }
    Ok(())
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
        let fhir_files = found.lock().unwrap_or_else(PoisonError::into_inner).len() as u64;
        code = outcome::tell(config, &Outcome { fhir_files, ..outcome }, start);
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
