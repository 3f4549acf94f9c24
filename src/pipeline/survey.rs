//! Reads many files for `explain`, like a conversion without output.

use std::sync::Arc;

use super::counts::RunCounts;
use super::{Job, Run, threads};
use crate::error::Error;
use crate::explain::survey::{Survey, Surveyed};
use crate::group::Studies;
use crate::interrupt::Interrupt;
use crate::mapping;
use crate::options::RunOptions;
use crate::progress::Silent;
use crate::report::{Counts, Report};
use crate::source;

/// Surveys the files of a job, and counts what was left out.
pub fn survey(job: &Job, interrupt: &Interrupt) -> Result<(Surveyed, Counts), Error> {
    let (wanted, studies, counts) = (mapping::wanted(), Studies::default(), RunCounts::default());
    let options = &job.config.content.archive;
    let (survey, report) = (Survey::new(options), Report::open(&RunOptions::default(), Arc::new(Silent))?);
    let walk = source::open(&job.inputs, &job.walk, Arc::new(Silent), interrupt)?;
    let run = Run { job, report: &report, counts: &counts, progress: &Silent, interrupt };
    let mut stage = run.stage(&wanted, &studies);
    stage.reader.keeper = Some(&survey);
    threads(job.threads)?.install(|| stage.all(&walk))?;
    for mut study in studies.finish() {
        interrupt.check()?;
        survey.study(&study.resolve(options));
    }
    let counts = report.finish(&counts.totals(job), None)?;
    Ok((survey.finish(), counts))
}
