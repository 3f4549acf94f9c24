//! Wires the stages: the only module that knows all of them.

mod archive;
mod explain;
mod options;
mod read;
mod tally;
mod write;

use std::io::{Write, stderr};
use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::config::Config;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::mapping;
use crate::progress;
use crate::read::{Reader, Selections};
use crate::report::{Report, Summary};
use crate::study::{Studies, apply_rejections, several_places};
use crate::{sink, source};
use tally::Tally;

pub use explain::explain;

/// Converts what the configuration names, and says with which code to exit.
pub fn convert(config: &Config) -> Result<u8, Error> {
    let start = Instant::now();
    let interrupt = Interrupt::on_signals().map_err(|source| Error::Signals { source })?;
    let mapping = options::mapping(config)?;
    let finish = options::finish(config)?;
    // The output is opened first: a run that cannot write should not read for hours.
    let sink = sink::open(&config.output.target, config.output.format)?;
    let progress = progress::start(config.progress);
    let report = Report::open(config.report.as_ref())?;
    let tally = Tally::default();
    let walk = source::open(&config.inputs, &config.walk, progress.clone())?;
    let pool = pool(config.threads)?;
    let (wanted, studies) = (mapping::wanted(), Studies::default());
    let reading = read::Stage {
        reader: Reader {
            wanted: &wanted,
            options: &mapping,
            studies: &studies,
            filter: &config.filter,
            selections: if finish.has_selections() { Selections::All } else { Selections::Rejections },
        },
        report: &report,
        tally: &tally,
        progress: progress.as_ref(),
        interrupt: &interrupt,
    };
    pool.install(|| reading.all(&walk, config.threads))?;
    let mut studies = studies.finish();
    if config.content.apply_rejections.is_yes() {
        apply_rejections(&mut studies);
    }
    write::check_room(config, studies.len())?;
    several_places(&studies).iter().for_each(|several| read::note_places(several, &report));
    let writing = write::Stage {
        output: options::output(config),
        finish: &finish,
        sink: sink.as_ref(),
        report: &report,
        tally: &tally,
        progress: progress.as_ref(),
        interrupt: &interrupt,
    };
    pool.install(|| writing.all(&mut studies))?;
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

fn pool(threads: usize) -> Result<ThreadPool, Error> {
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(|source| Error::Threads { threads, source })
}
