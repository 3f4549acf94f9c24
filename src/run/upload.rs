//! The same stages with a FHIR server at their end.

use std::io::{Write, stderr};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::{options, pool, studies, tally, write};
use crate::config::{ReleaseName, Upload};
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::progress::{self, Progress};
use crate::report::{Report, Summary};
use crate::upload::clock::SystemClock;
use crate::upload::documents::{self, Input};
use crate::upload::{self, Server};

/// Uploads what the configuration names, and says with which code to exit.
pub fn upload(mut upload: Upload) -> Result<u8, Error> {
    let start = Instant::now();
    let interrupt = Interrupt::on_signals().map_err(|source| Error::Signals { source })?;
    let progress = progress::start(upload.config.progress);
    let clock = Box::new(SystemClock::default());
    let server = Server::open(&upload.options, clock, interrupt.clone(), progress.clone())?;
    upload.config.content.release = ReleaseName(server.release().name);
    let sent = send(&upload, &server, &interrupt, progress.clone());
    progress.finish();
    if upload.config.summary.is_yes() {
        summarize(&upload, &server, start);
    }
    Ok(sent?.max(server.tally().exit_code()))
}

/// Reads and sends everything; the code is that of the reading.
fn send(
    upload: &Upload,
    server: &Server,
    interrupt: &Interrupt,
    progress: std::sync::Arc<dyn Progress>,
) -> Result<u8, Error> {
    let config = &upload.config;
    let (report, tally) = (Report::open(config.report.as_ref())?, tally::Tally::default());
    let found: Mutex<Vec<PathBuf>> = Mutex::default();
    let aside = |path: PathBuf| found.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    let finish = options::finish(&config.content)?;
    let mut code = 0;
    if !config.inputs.is_empty() {
        let start = Instant::now();
        let mut studies = studies(config, &report, &tally, &progress, interrupt, Some(&aside))?;
        let writing = write::Stage {
            output: options::output(config),
            finish: &finish,
            sink: &server,
            report: &report,
            tally: &tally,
            progress: progress.as_ref(),
            interrupt,
        };
        pool(upload.jobs)?.install(|| writing.all(&mut studies))?;
        let totals = tally.totals(config, finish.release);
        let counts = report.finish(&totals)?;
        code = counts.exit_code(config.strict);
        // An input of FHIR only has nothing to say of DICOM.
        if config.summary.is_yes() && totals.dicom_files > 0 {
            progress.finish();
            let report = config.report.as_ref().map(|report| report.path.as_path());
            let summary = Summary { totals: &totals, counts: &counts, elapsed: start.elapsed(), report };
            let _ = write!(stderr(), "{summary}");
        }
    }
    let mut files = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.sort();
    let mut inputs: Vec<Input> = files.into_iter().map(Input::File).collect();
    inputs.extend(upload.stdin.is_yes().then_some(Input::Stdin));
    if !inputs.is_empty() {
        progress.writing(0);
        documents::send(&inputs, server, upload.jobs)?;
    }
    Ok(code)
}

fn summarize(upload: &Upload, server: &Server, start: Instant) {
    let release = server.release();
    let place = format!("{} ({}, {})", upload.options.connection.base, release.name, release.version);
    let summary = upload::tally::Summary {
        tally: &server.tally(),
        dry_run: upload.options.dry_run,
        server: &place,
        rejects: upload.options.rejects.as_deref(),
        elapsed: start.elapsed(),
    };
    let _ = write!(stderr(), "{summary}");
}
