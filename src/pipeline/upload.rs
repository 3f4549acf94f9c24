//! Runs the stages with a FHIR server as the sink.

use std::fs::File;
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::ending::{self, OfServer};
use super::{Console, Job, Outcome, RunSettings, convert_between, fhir_file, read};
use crate::error::Error;
use crate::http::SystemClock;
use crate::interrupt::Interrupt;
use crate::issue::Skip;
use crate::numbers::count;
use crate::options::SummaryForm;
use crate::progress::Progress;
use crate::report::{CauseInWords, Causes, Section};
use crate::source::{self, Name};
use crate::terminal::{self, WARNING};
use crate::upload::{self, Counts, Input, Server, ServerReport, UploadOptions, UploadSummary};

/// An upload.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Inputs and content.
    pub job: Job,
    /// Whether standard input is an input.
    pub stdin: bool,
    /// Options of the server.
    pub options: UploadOptions,
}

/// Uploads, prints the summary, and returns the exit code.
pub fn upload(mut upload: Upload, console: &Console) -> Result<u8, Error> {
    let start = Instant::now();
    take_stdin(&mut upload)?;
    let (server, sent) = ending::watched(console, |progress, interrupt| {
        let clock = Box::new(SystemClock::default());
        let server = Server::open(&upload.options, clock, interrupt.clone(), progress.clone())?;
        if let Some(note) = server.journal_mended() {
            terminal::say(format_args!("{WARNING}warning:{WARNING:#} {}\n", source::one_line(&note)));
        }
        upload.job.config.content.fhir = Some(server.release());
        if !upload.job.inputs.is_empty() && upload.job.inputs.iter().all(is_fhir) {
            // No DICOM: more threads would be idle.
            upload.job.threads = 1;
            upload.job.walk.threads = 1;
        }
        let sent = send(&upload, console, &server, interrupt, progress);
        Ok((server, sent))
    })?;
    // If nothing was sent, only the error is printed.
    let counts = server.counts();
    let has_begun = counts.studies.all() + counts.companions.all() > 0;
    if console.summary == SummaryForm::Text && (sent.is_ok() || has_begun) {
        summarize(&upload, &server, sent.as_ref().map_or(0, |done| done.gone), start);
    }
    Ok(sent?.code.max(server.counts().exit_code()))
}

/// Checks whether standard input is FHIR; else it is DICOM or an archive.
fn take_stdin(upload: &mut Upload) -> Result<(), Error> {
    if !upload.stdin {
        return Ok(());
    }
    // Peeked bytes stay in the buffer for the next reader.
    let mut stdin = io::stdin().lock();
    let start = stdin.fill_buf().map_err(|source| Error::Input { path: source::STDIN.into(), source })?;
    if !fhir_file::may_be_fhir(start) {
        upload.stdin = false;
        upload.job.inputs.push(source::Input::Stdin);
    }
    Ok(())
}

/// Whether an input is a file of FHIR.
fn is_fhir(input: &source::Input) -> bool {
    let source::Input::Path(path) = input else { return false };
    // Only regular files are checked: a pipe cannot be read twice.
    path.is_file() && File::open(path).is_ok_and(|file| fhir_file::is_fhir(&file))
}

/// Collects files that are not DICOM.
struct Others<'a> {
    fhir: Mutex<Vec<PathBuf>>,
    /// The inputs.
    inputs: &'a [source::Input],
    server: &'a Server,
}

impl read::Others for Others<'_> {
    fn fhir(&self, path: PathBuf) {
        self.fhir.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    }

    /// A file in a folder may be anything, but a file given as an input was meant to be sent.
    fn left_out(&self, name: &Name, skip: &Skip) {
        let is_named =
            |input: &source::Input| matches!(input, source::Input::Path(path) if path.as_os_str() == name.place);
        if matches!(skip, Skip::NotDicom | Skip::Empty) && self.inputs.iter().any(is_named) && name.entry.is_none() {
            let why = if *skip == Skip::Empty { "empty" } else { "neither DICOM nor FHIR JSON" };
            self.server.unreadable(&name.to_string(), why);
        }
    }
}

/// The result of a completed upload.
struct Done {
    /// The exit code of the reading.
    code: u8,
    /// Studies that only the journal has.
    gone: usize,
}

/// Reads and sends everything, and says what there is to say of the reading.
fn send(
    upload: &Upload,
    console: &Console,
    server: &Server,
    interrupt: &Interrupt,
    progress: &Arc<dyn Progress>,
) -> Result<Done, Error> {
    let start = Instant::now();
    let Delivered { outcome, report, sent } = deliver(upload, server, interrupt, progress)?;
    progress.finish();
    // The error of a failed run is printed last.
    let sent = if console.summary == SummaryForm::Json { Ok(sent?) } else { sent };
    let summary = report.summary();
    let of_server = OfServer { summary, causes: causes(&server.counts()) };
    let code = ending::tell(&upload.job, console, &outcome, Some(of_server), start);
    sent?;
    Ok(Done { code, gone: report.gone.len() })
}

/// What was read and sent; an error of the sending leaves a report all the same.
pub struct Delivered<'s> {
    outcome: Outcome,
    report: ServerReport<'s>,
    /// What ended the sending before its end.
    pub sent: Result<(), Error>,
}

/// Reads and sends everything.
pub fn deliver<'s>(
    upload: &Upload,
    server: &'s Server,
    interrupt: &Interrupt,
    progress: &Arc<dyn Progress>,
) -> Result<Delivered<'s>, Error> {
    let job = &upload.job;
    let place = format!("server {}", upload.options.connection.base);
    let others = Others { fhir: Mutex::default(), inputs: &job.inputs, server };
    let writing_threads = upload.options.sending.requests.into();
    let settings = RunSettings { others: Some(&others), writing_threads, place: Some(place) };
    let converted = convert_between(job, &settings, || Ok(Box::new(server)), progress.clone(), interrupt)?;
    let mut files = others.fhir.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.sort();
    let mut inputs: Vec<Input> = files.into_iter().map(Input::File).collect();
    inputs.extend(upload.stdin.then_some(Input::Stdin));
    let sent = upload::send(&inputs, server, writing_threads);
    let report = server.report(sent.is_ok())?;
    let section = Section { name: "server", write: &|out| report.write(out) };
    let outcome = converted.finish(inputs.len() as u64, Some(&section))?;
    Ok(Delivered { outcome, report, sent })
}

fn summarize(upload: &Upload, server: &Server, gone: usize, start: Instant) {
    let release = server.release();
    let place = format!("{} ({}, {})", upload.options.connection.base, release.name, release.version);
    terminal::say(UploadSummary {
        counts: &server.counts(),
        dry_run: upload.options.sending.dry_run,
        server: &place,
        rejects: upload.options.sending.rejects.as_deref(),
        traffic: &server.traffic(),
        gone,
        elapsed: start.elapsed(),
    });
    // The summary lists the first places.
    let causes = causes(&server.counts()).0;
    terminal::say(Causes(causes.into_iter().map(|cause| CauseInWords::of(cause.message)).collect()));
}

/// The server's reasons for exit code 1.
fn causes(counts: &Counts) -> Causes {
    let not_taken = counts.studies.not_taken() + counts.companions.not_taken();
    let causes = [
        (not_taken, ["resource was", "resources were"], "not taken by the server, or held back"),
        (counts.unreadable, ["input or line is", "inputs or lines are"], "no FHIR that can be sent"),
    ];
    let causes = causes.into_iter().filter(|(number, ..)| *number > 0);
    let said = |(number, what, end): (u64, [&str; 2], &str)| {
        CauseInWords::of(format!("{} {} {end}", count(number), what[usize::from(number != 1)]))
    };
    let mut causes: Vec<CauseInWords> = causes.map(said).collect();
    if let Some(first) = causes.first_mut() {
        first.places = counts.refused.iter().take(3).map(|text| source::one_line(text)).collect();
        first.more = (not_taken + counts.unreadable).saturating_sub(first.places.len() as u64);
    }
    Causes(causes)
}
