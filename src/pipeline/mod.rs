//! Connects the stages: the only module that knows all of them.

mod archive;
#[cfg(feature = "cli")]
mod assemble;
mod counts;
#[cfg(feature = "cli")]
mod ending;
mod fhir_file;
#[cfg(feature = "index")]
mod index;
mod job;
mod json;
#[cfg(feature = "index")]
mod night;
mod outcome;
mod read;
#[cfg(feature = "cli")]
mod records;
#[cfg(feature = "cli")]
mod scan;
#[cfg(feature = "index")]
mod stored_report;
#[cfg(feature = "cli")]
mod survey;
#[cfg(feature = "upload")]
mod upload;
mod write;

use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::dicom::Wanted;
use crate::error::{Error, usage};
use crate::fhir::DateTime;
use crate::fhir::profile::Manifests;
use crate::group::reader::{Reader, Selections};
use crate::group::{
    Files, Studies, Study, apply_rejections, leave_out_manifests, series_in_several_studies, several_places,
};
use crate::interrupt::Interrupt;
use crate::mapping::{self, ContentOptions};
#[cfg(feature = "objects")]
use crate::output::Staged;
use crate::output::{self, Catalog, Finished, OutputOptions, Sink};
use crate::progress::Progress;
use crate::report::{Report, Section, Totals};
use crate::source::{self, Walk};
#[cfg(feature = "cli")]
pub use assemble::{Assembly, assemble};
use counts::RunCounts;
#[cfg(feature = "cli")]
pub use ending::{Console, convert};
pub(crate) use job::is_stdin;
#[cfg(feature = "cli")]
pub(crate) use job::settle_content;
pub use job::{Config, Job};
pub use outcome::Outcome;
#[cfg(feature = "cli")]
pub use scan::{Scan, scan};
#[cfg(feature = "cli")]
pub use survey::survey;
#[cfg(all(feature = "upload", feature = "internals"))]
pub use upload::{Delivered, deliver};
#[cfg(feature = "upload")]
pub use upload::{Upload, upload};

/// Opens the output that the options name.
pub fn open_output(job: &Job) -> Result<Box<dyn Sink>, Error> {
    let (OutputOptions { rows, replace, .. }, mode) = (&job.config.output, job.config.run.mode);
    #[cfg(feature = "objects")]
    job.staged.iter().try_for_each(Staged::check)?;
    output::open(&job.target, job.format, rows.unwrap_or_default(), mode, *replace)
}

/// Converts a job into the sink that `open` returns.
pub fn convert_into<'s>(
    job: &Job,
    open: impl FnOnce() -> Result<Box<dyn Sink + 's>, Error>,
    progress: Arc<dyn Progress>,
    interrupt: &Interrupt,
) -> Result<Outcome, Error> {
    let settings = RunSettings { others: None, writing_threads: job.threads, place: None };
    convert_between(job, &settings, open, progress, interrupt)?.finish(0, None)
}

/// Settings of a run that differ between `convert` and `upload`.
struct RunSettings<'a> {
    /// A consumer of files that are not DICOM.
    others: Option<&'a dyn read::Others>,
    /// The number of writing threads.
    writing_threads: usize,
    /// The name of the destination, if it is not the job's.
    #[cfg_attr(not(feature = "index"), allow(dead_code))]
    place: Option<String>,
}

fn convert_between<'s>(
    job: &Job,
    settings: &RunSettings<'_>,
    open: impl FnOnce() -> Result<Box<dyn Sink + 's>, Error>,
    progress: Arc<dyn Progress>,
    interrupt: &Interrupt,
) -> Result<Converted, Error> {
    job.config.content.check()?;
    // Inputs first, so that no folder is made where they are missing; then the output, so that a run that cannot write
    // fails before reading for hours.
    let inputs = source::find(&job.inputs, &job.walk, progress.clone(), interrupt)?;
    let sink = open()?;
    let report = Report::open(&job.config.run, progress.clone())?;
    let counts = RunCounts::default();
    #[cfg(feature = "index")]
    if let Some(path) = &job.config.index.index {
        let report = report.keeping();
        let run = Run { job, report: &report, counts: &counts, progress: progress.as_ref(), interrupt };
        let (night, index) = run.night(path, settings, sink.as_ref(), inputs)?;
        let converted = converted(job, counts, report, sink, Some(night))?;
        index::note_file(job, &index)?;
        return Ok(converted);
    }
    let (walk, pool) = (inputs.walk(), threads(job.threads)?);
    let run = Run { job, report: &report, counts: &counts, progress: progress.as_ref(), interrupt };
    let mut studies = pool.install(|| run.read(&walk, settings.others, sink.catalog().map(Catalog::files)))?;
    // For a server there is one thread for each concurrent request.
    let has_enough = settings.writing_threads == job.threads || studies.is_empty();
    let pool = if has_enough { pool } else { threads(settings.writing_threads)? };
    pool.install(|| run.write(&mut studies, sink.as_ref()))?;
    converted(job, counts, report, sink, None)
}

/// Completes the output.
fn converted<'s>(
    job: &Job,
    counts: RunCounts,
    report: Report,
    sink: Box<dyn Sink + 's>,
    night: Option<NightCounts>,
) -> Result<Converted, Error> {
    #[cfg_attr(not(feature = "objects"), allow(unused_mut))]
    let Finished { stale_files, mut held_back } = sink.finish(job.config.run.report.as_deref())?;
    #[cfg(feature = "objects")]
    if let Some(staged) = &job.staged {
        held_back.extend(staged.upload(job.config.output.replace)?);
    }
    held_back.iter().for_each(|path| write::note_held_back(&report, path));
    let totals = counts.totals(job);
    // With an index, unchanged files are not matched against the rules.
    let unmet_rules = if night.is_some() { Vec::new() } else { job.filter.unmet() };
    Ok(Converted { totals, stale_files, report, unmet_rules, night })
}

/// Counts of a run with an index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NightCounts {
    /// Files that were read.
    pub read_files: u64,
    /// Files of the index that are gone.
    pub gone_files: u64,
    /// Studies whose documents were written.
    pub written: u64,
    /// Studies that did not change.
    pub unchanged: u64,
    /// Studies all of whose files are gone.
    pub gone: u64,
    /// Those of them whose documents were deleted.
    pub deleted: u64,
    /// Those of them that are entered-in-error on the server, or not there.
    pub withdrawn: u64,
}

/// The result of a run whose report is still open.
struct Converted {
    totals: Totals,
    stale_files: u64,
    report: Report,
    unmet_rules: Vec<String>,
    night: Option<NightCounts>,
}

impl Converted {
    /// Completes the report, with an additional section.
    fn finish(self, fhir_files: u64, section: Option<&Section<'_>>) -> Result<Outcome, Error> {
        let Converted { totals, stale_files, report, unmet_rules, night } = self;
        let counts = report.finish(&totals, section)?;
        Ok(Outcome { totals, counts, stale_files, fhir_files, unmet_rules, night })
    }
}

/// The context of both stages.
struct Run<'a> {
    job: &'a Job,
    report: &'a Report,
    counts: &'a RunCounts,
    progress: &'a dyn Progress,
    interrupt: &'a Interrupt,
}

impl Run<'_> {
    fn content(&self) -> &ContentOptions {
        &self.job.config.content
    }

    /// Reads and groups all files of the walk.
    fn read(&self, walk: &Walk, others: Option<&dyn read::Others>, files: Option<&Files>) -> Result<Vec<Study>, Error> {
        let (wanted, studies) = (mapping::wanted(), Studies::default());
        let mut stage = read::Stage { others, ..self.stage(&wanted, &studies) };
        stage.reader.files = files;
        stage.all(walk)?;
        let mut studies = studies.finish();
        self.leave_out(&mut studies);
        Ok(studies)
    }

    /// A reading stage that groups files into these studies.
    fn stage<'s>(&'s self, wanted: &'s Wanted, studies: &'s Studies) -> read::Stage<'s> {
        let reader = Reader {
            wanted,
            options: &self.content().archive,
            studies,
            filter: &self.job.filter,
            selections: self.selections(),
            files: None,
            keeper: None,
        };
        read::Stage { run: self, reader, others: None, only: None }
    }

    /// Leaves out what rejection notes reject, if the user wants that, and manifests, if the profile replaces them.
    fn leave_out(&self, studies: &mut [Study]) {
        if self.content().apply_rejections {
            apply_rejections(studies);
        }
        if self.leaves_out_manifests() {
            leave_out_manifests(studies);
        }
    }

    fn leaves_out_manifests(&self) -> bool {
        self.content().profile().manifests == Manifests::LeftOut
    }

    /// The Key Object Selections to keep.
    fn selections(&self) -> Selections {
        let is_all = self.content().has_selections() || self.leaves_out_manifests();
        if is_all { Selections::All } else { Selections::Rejections }
    }

    /// Writes the studies.
    fn write(&self, studies: &mut [Study], sink: &dyn Sink) -> Result<(), Error> {
        write::check_room(self.job, studies.len())?;
        several_places(studies).iter().for_each(|several| read::note_places(several, self.report));
        series_in_several_studies(studies).iter().for_each(|place| read::note_series(*place, self.report));
        let mut stage = write::Stage::new(self, sink)?;
        stage.look_across(studies);
        stage.all(studies)
    }
}

/// The creation time: from the option, else from SOURCE_DATE_EPOCH, else now.
pub(crate) fn made_at(content: &ContentOptions) -> Result<DateTime, Error> {
    if let Some(time) = content.profile.creation_time {
        return Ok(time);
    }
    let Some(epoch) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|epoch| !epoch.is_empty()) else {
        return Ok(DateTime::of_instant(jiff::Timestamp::now()).expect("the clock is right by some thousand years"));
    };
    let seconds = epoch.to_str().and_then(|epoch| epoch.parse().ok());
    let instant = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    instant.and_then(DateTime::of_instant).map_or_else(|| usage("SOURCE_DATE_EPOCH: want seconds since 1970"), Ok)
}

fn threads(threads: usize) -> Result<ThreadPool, Error> {
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(|source| Error::Threads { threads, source })
}
