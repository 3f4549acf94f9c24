//! Wires the stages: the only module that knows all of them.

mod archive;
mod counts;
mod explain;
mod fhir_file;
#[cfg(feature = "index")]
mod index;
#[cfg(feature = "index")]
mod night;
mod options;
mod outcome;
mod print_mapping;
mod read;
mod synth;
#[cfg(feature = "index")]
mod told;
#[cfg(feature = "upload")]
mod upload;
mod write;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::config::{Config, Output};
use crate::error::Error;
use crate::group::reader::{Reader, Selections};
use crate::group::{Studies, Study, apply_rejections, series_in_several_studies, several_places};
use crate::interrupt::Interrupt;
use crate::mapping::{self, Options, finish};
use crate::output::{self, Finished, Sink};
use crate::progress::{self, Progress};
use crate::report::{Report, Section, Totals};
use crate::source::{self, Walk};
use counts::RunCounts;
pub use explain::explain;
pub use outcome::Outcome;
pub use print_mapping::print_mapping;
pub use synth::synth;
#[cfg(feature = "upload")]
pub use upload::upload;

/// Converts what the configuration names, says what came of it, and with which code to exit.
pub fn convert(config: &Config) -> Result<u8, Error> {
    let start = Instant::now();
    let interrupt = Interrupt::on_signals().map_err(|source| Error::Signals { source })?;
    let progress = progress::start(config.progress);
    let Output { target, format, mode, replace, .. } = &config.output;
    let open = || output::open(target, *format, *mode, *replace);
    let outcome = convert_into(config, open, progress.clone(), &interrupt);
    // The walk may still hold the progress, and an error is not to be printed behind a bar.
    progress.finish();
    Ok(outcome::tell(config, &outcome?, None, start))
}

fn report_path(config: &Config) -> Option<&Path> {
    config.report.as_ref().map(|report| report.path.as_path())
}

/// Converts what the configuration names into the sink that `open` gives.
pub fn convert_into<'s>(
    config: &Config,
    open: impl FnOnce() -> Result<Box<dyn Sink + 's>, Error>,
    progress: Arc<dyn Progress>,
    interrupt: &Interrupt,
) -> Result<Outcome, Error> {
    let ends = Ends { others: None, writing_threads: config.threads, place: None };
    convert_between(config, &ends, open, progress, interrupt)?.finish(0, None)
}

/// What a run has at its two ends beside files and documents.
struct Ends<'a> {
    /// Takes the files that are no DICOM.
    others: Option<&'a dyn read::Others>,
    /// How many threads give documents to the sink.
    writing_threads: usize,
    /// What the place is called where documents go, if they go to no file.
    place: Option<String>,
}

fn convert_between<'s>(
    config: &Config,
    ends: &Ends<'_>,
    open: impl FnOnce() -> Result<Box<dyn Sink + 's>, Error>,
    progress: Arc<dyn Progress>,
    interrupt: &Interrupt,
) -> Result<Converted, Error> {
    let mapping = options::mapping(config)?;
    let finish = options::finish(config)?;
    // The output is opened first: a run that cannot write should not read for hours.
    let sink = open()?;
    let report = Report::open(config.report.as_ref())?;
    let report = if config.index.is_some() { report.keeping() } else { report };
    let counts = RunCounts::default();
    let run = Run { config, finish: &finish, report: &report, counts: &counts, progress: progress.as_ref(), interrupt };
    #[cfg(feature = "index")]
    if let Some(options) = &config.index {
        let night = run.night(options, &mapping, ends, sink.as_ref(), progress.clone())?;
        return converted(config, counts, report, sink, Some(night));
    }
    let walk = source::open(&config.inputs, &config.walk, progress.clone())?;
    let pool = threads(config.threads)?;
    let mut studies = pool.install(|| run.read(&mapping, &walk, ends.others))?;
    // Threads that wait for a server are as many as requests may be under way.
    let has_enough = ends.writing_threads == config.threads || studies.is_empty();
    let pool = if has_enough { pool } else { threads(ends.writing_threads)? };
    pool.install(|| run.write(&mapping, &mut studies, sink.as_ref()))?;
    converted(config, counts, report, sink, None)
}

/// Completes the output.
fn converted<'s>(
    config: &Config,
    counts: RunCounts,
    report: Report,
    sink: Box<dyn Sink + 's>,
    night: Option<NightCounts>,
) -> Result<Converted, Error> {
    let Finished { stale_files, held_back } = sink.finish(report_path(config))?;
    held_back.iter().for_each(|path| write::note_held_back(&report, path));
    let totals = counts.totals(config, options::finish(config)?.release);
    // Of files that were not read nobody knows which rules they met.
    let unmet_rules = if night.is_some() { Vec::new() } else { config.filter.unmet() };
    Ok(Converted { totals, stale_files, report, unmet_rules, night })
}

/// What a run came to, with a report that is still open.
struct Converted {
    totals: Totals,
    stale_files: u64,
    report: Report,
    unmet_rules: Vec<String>,
    night: Option<NightCounts>,
}

/// What a run with an index did, for the summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NightCounts {
    /// Files that were read.
    pub read_files: u64,
    /// Files of the index that are gone.
    pub gone_files: u64,
    /// Documents of studies that were written.
    pub written: u64,
    /// Studies whose documents stayed as they are.
    pub unchanged: u64,
    /// Studies all of whose files are gone.
    pub gone: u64,
}

impl Converted {
    /// Completes the report, with what somebody else has to say in it.
    fn finish(self, fhir_files: u64, section: Option<&Section<'_>>) -> Result<Outcome, Error> {
        let Converted { totals, stale_files, report, unmet_rules, night } = self;
        let counts = report.finish(&totals, section)?;
        Ok(Outcome { totals, counts, stale_files, fhir_files, unmet_rules, night })
    }
}

/// What both halves of a run share.
struct Run<'a> {
    config: &'a Config,
    finish: &'a finish::Options,
    report: &'a Report,
    counts: &'a RunCounts,
    progress: &'a dyn Progress,
    interrupt: &'a Interrupt,
}

impl Run<'_> {
    /// Reads all that the walk finds, and groups it.
    fn read(&self, options: &Options, walk: &Walk, others: Option<&dyn read::Others>) -> Result<Vec<Study>, Error> {
        let (wanted, studies) = (mapping::wanted(), Studies::default());
        let selections = if self.finish.has_selections() { Selections::All } else { Selections::Rejections };
        let filter = &self.config.filter;
        let reader = Reader { wanted: &wanted, options, studies: &studies, filter, selections, keeper: None };
        let stage = self.stage(reader, others);
        stage.all(walk, self.config.threads)?;
        let mut studies = studies.finish();
        if self.config.content.apply_rejections.is_yes() {
            apply_rejections(&mut studies);
        }
        Ok(studies)
    }

    fn stage<'s>(&'s self, reader: Reader<'s>, others: Option<&'s dyn read::Others>) -> read::Stage<'s> {
        read::Stage {
            reader,
            report: self.report,
            counts: self.counts,
            progress: self.progress,
            interrupt: self.interrupt,
            is_verbose: self.config.is_verbose,
            others,
            known: None,
        }
    }

    /// Writes the studies.
    fn write(&self, options: &Options, studies: &mut [Study], sink: &dyn Sink) -> Result<(), Error> {
        write::check_room(self.config, studies.len())?;
        several_places(studies).iter().for_each(|several| read::note_places(several, self.report));
        series_in_several_studies(studies).iter().for_each(|place| read::note_series(*place, self.report));
        let mut stage = write::Stage {
            output: options::output(self.config),
            mapping: options,
            finish: self.finish,
            sink,
            report: self.report,
            counts: self.counts,
            progress: self.progress,
            interrupt: self.interrupt,
            memory: None,
        };
        stage.look_across(studies);
        stage.all(studies)
    }
}

fn threads(threads: usize) -> Result<ThreadPool, Error> {
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(|source| Error::Threads { threads, source })
}
