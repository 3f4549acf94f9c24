//! Wires the stages: the only module that knows all of them.

mod options;
mod read;
mod tally;
#[cfg(feature = "upload")]
mod upload;
mod write;

use std::io::{Write, stderr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::config::Config;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::mapping;
use crate::progress::{self, Progress};
use crate::read::Reader;
use crate::report::{Report, Summary};
use crate::study::{Studies, Study, several_places};
use crate::{sink, source};
use tally::Tally;
#[cfg(feature = "upload")]
pub use upload::upload;

/// Converts what the configuration names, and says with which code to exit.
pub fn convert(config: &Config) -> Result<u8, Error> {
    let start = Instant::now();
    let interrupt = Interrupt::on_signals().map_err(|source| Error::Signals { source })?;
    let finish = options::finish(&config.content)?;
    // The output is opened first: a run that cannot write should not read for hours.
    let sink = sink::open(&config.output.target, config.output.format)?;
    let progress = progress::start(config.progress);
    let report = Report::open(config.report.as_ref())?;
    let tally = Tally::default();
    let mut studies = studies(config, &report, &tally, &progress, &interrupt, None)?;
    write::check_room(config, studies.len())?;
    let writing = write::Stage {
        output: options::output(config),
        finish: &finish,
        sink: sink.as_ref(),
        report: &report,
        tally: &tally,
        progress: progress.as_ref(),
        interrupt: &interrupt,
    };
    pool(config.threads)?.install(|| writing.all(&mut studies))?;
    sink.finish()?;
    progress.finish();
    let totals = tally.totals(config, finish.release);
    let counts = report.finish(&totals)?;
    if config.summary.is_yes() {
        let report = config.report.as_ref().map(|report| report.path.as_path());
        let summary = Summary { totals: &totals, counts: &counts, elapsed: start.elapsed(), report };
        // Nobody may be listening, which is no reason to fail.
        let _ = write!(stderr(), "{summary}");
    }
    Ok(counts.exit_code(config.strict))
}

/// Reads and groups what the configuration names; files that are FHIR already go to `aside`.
fn studies(
    config: &Config,
    report: &Report,
    tally: &Tally,
    progress: &Arc<dyn Progress>,
    interrupt: &Interrupt,
    aside: Option<&(dyn Fn(PathBuf) + Sync)>,
) -> Result<Vec<Study>, Error> {
    let mapping = options::mapping(config)?;
    let walk = source::open(&config.inputs, &config.walk, progress.clone())?;
    let (wanted, studies) = (mapping::wanted(), Studies::default());
    let reading = read::Stage {
        reader: Reader { wanted: &wanted, options: &mapping, studies: &studies, filter: &config.filter },
        report,
        tally,
        progress: progress.as_ref(),
        interrupt,
        aside,
    };
    pool(config.threads)?.install(|| reading.all(&walk, config.threads))?;
    let studies = studies.finish();
    several_places(&studies).iter().for_each(|several| read::note_places(several, report));
    Ok(studies)
}

fn pool(threads: usize) -> Result<ThreadPool, Error> {
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(|source| Error::Threads { threads, source })
}
