//! Reads many files for `explain`, like a conversion without output.

use std::sync::Arc;

use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

use super::counts::RunCounts;
use super::{Job, Run, made_at, threads};
use crate::error::Error;
use crate::explain::survey::{Survey, Surveyed};
use crate::group::reader::Selections;
use crate::group::{Studies, Study};
use crate::interrupt::Interrupt;
use crate::mapping;
use crate::options::RunOptions;
use crate::progress::Silent;
use crate::report::{Counts, Report};
use crate::source;

/// Surveys the files of a job, and counts what was left out.
pub fn survey(job: &Job, interrupt: &Interrupt) -> Result<(Surveyed, Counts), Error> {
    let (wanted, studies, counts) = (mapping::wanted(), Studies::default(), RunCounts::default());
    let content = &job.config.content;
    let (survey, report) =
        (Survey::new(content, made_at(content)?), Report::open(&RunOptions::default(), Arc::new(Silent))?);
    let walk = source::open(&job.inputs, &job.walk, Arc::new(Silent), interrupt)?;
    let run = Run { job, report: &report, counts: &counts, progress: &Silent, interrupt };
    let mut stage = run.stage(&wanted, &studies);
    stage.reader.keeper = Some(&survey);
    stage.reader.selections = Selections::All;
    let threads = threads(job.threads)?;
    threads.install(|| stage.all(&walk))?;
    let mut studies = studies.finish();
    run.leave_out(&mut studies);
    let study = |study: &mut Study| {
        interrupt.check()?;
        survey.study(&study.resolve(&content.archive));
        Ok::<_, Error>(())
    };
    threads.install(|| studies.par_iter_mut().try_for_each(study))?;
    let counts = report.finish(&counts.totals(job), None)?;
    Ok((survey.finish(), counts))
}
