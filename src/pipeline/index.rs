//! The reading half of a run with an index: what is new or changed is read, and the index tells of all files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::night::Night;
use super::{Job, NightCounts, Run, RunSettings, read, threads};
use crate::error::{Error, usage};
use crate::group::Studies;
use crate::group::reader::{Reader, Selections};
use crate::index::{Index, OnNetwork};
use crate::mapping;
use crate::output::{Format, OutputTarget, Sink};
use crate::report::{Where, is_page};
use crate::source::{self, Input, Walk};
#[cfg(feature = "cli")]
use crate::terminal::{self, WARNING};

/// Opens the index of a run, and takes its inputs in.
fn open(job: &Job, path: &Path) -> Result<Index, Error> {
    let options = &job.config.index;
    let is_of_files = |input: &Input| !matches!(input, Input::Stdin | Input::Readers(_));
    let refused = |reason: &str| usage(format!("--index: {reason}"));
    if !job.inputs.iter().all(is_of_files) {
        return refused("an index knows files by their names: give files, folders, buckets or lists, and no content");
    }
    if job.config.run.report.as_deref().is_some_and(is_page) {
        return refused("a page shows what headers say, and no header is read again: give a report in JSON");
    }
    if job.format.is_table() {
        return refused("a table names files as they are now: make it without an index");
    }
    let on_network = if options.index_on_network { OnNetwork::Allowed } else { OnNetwork::Refused };
    let check = (!job.inputs.is_empty()).then_some(options.check);
    let index = Index::open(path, check, on_network, mapping::wanted().hash())?;
    let rules = format!("{:?} {:?}", job.config.input.include, job.config.input.exclude);
    if !index.hold_to_filter(xxh3_64(rules.as_bytes()))? {
        let path = path.display();
        let advice = "was filled with other rules of --include and --exclude: give the same, or another --index";
        return usage(format!("{path} {advice}"));
    }
    index.enter_roots(job.inputs.iter().filter_map(Input::path).filter(|path| path.is_dir()))?;
    Ok(index)
}

/// The one file that the studies go to, where it is one.
fn file(job: &Job) -> Option<PathBuf> {
    match &job.target {
        _ if job.is_staged() => None,
        OutputTarget::File(path) => Some(path.clone()),
        OutputTarget::Folder(path) if job.format == Format::Ndjson => Some(path.join("ImagingStudy.ndjson")),
        OutputTarget::Folder(_) | OutputTarget::Stdout => None,
    }
}

/// Remembers the file that was written, so that the next run may take from it what is gone.
pub(super) fn note_file(job: &Job, index: &Index) -> Result<(), Error> {
    file(job).map_or(Ok(()), |path| index.note_file(&path))
}

impl Run<'_> {
    /// Reads what is new or changed, if there are inputs, and writes what came out different.
    pub(super) fn night(
        &self,
        path: &Path,
        settings: &RunSettings<'_>,
        sink: &dyn Sink,
        inputs: source::FoundInputs,
    ) -> Result<(NightCounts, Arc<Index>), Error> {
        let options = &self.job.config.index;
        let index = Arc::new(open(self.job, path)?);
        #[cfg(feature = "cli")]
        if let Some(news) = index.news() {
            let news = source::one_line(&news);
            terminal::say(format_args!("{WARNING}warning:{WARNING:#} {news}\n"));
        }
        let pool = threads(self.job.threads)?;
        let mut gone_files = 0;
        if !self.job.inputs.is_empty() {
            let walk = inputs.watched(Arc::clone(&index) as _).walk();
            pool.install(|| self.read_changed(&index, &walk, settings.others))?;
            gone_files = index.remove_gone(options.max_gone)?.gone;
        }
        self.tell_files(&index, settings.others)?;
        let has_enough = settings.writing_threads == self.job.threads;
        let pool = if has_enough { pool } else { threads(settings.writing_threads)? };
        let night = Night::new(self, &index, sink, settings, options.gone)?;
        let counts = night.write(&pool)?;
        if let Some(path) = file(self.job)
            && index.is_as_written(&path)?
        {
            sink.may_replace();
        }
        Ok((NightCounts { read_files: index.read_files(), gone_files, ..counts }, index))
    }

    /// Reads what the index does not know yet.
    pub(super) fn read_changed(
        &self,
        index: &Index,
        walk: &Walk,
        others: Option<&dyn read::Others>,
    ) -> Result<(), Error> {
        let (wanted, studies) = (mapping::wanted(), Studies::default());
        let mut stage = read::Stage { others, ..self.stage(&wanted, &studies) };
        stage.reader = Reader { selections: Selections::All, keeper: Some(index), ..stage.reader };
        let read = stage.all(walk);
        // What was read stays read, whatever stopped the rest.
        index.finish_reading()?;
        read
    }

    /// Counts and reports what the index knows of files.
    pub(super) fn tell_files(&self, index: &Index, others: Option<&dyn read::Others>) -> Result<(), Error> {
        let totals = index.totals()?;
        let [files, dicom_files, grouped_files] =
            [totals.files, totals.dicom_files, totals.grouped_files].map(|number| u64::try_from(number).unwrap_or(0));
        self.counts.known(files, dicom_files, grouped_files);
        index.each_left_out(|name, skip, notes| {
            self.report.skip(name, skip);
            for issue in notes.faults() {
                self.report.issue(Where { name: Some(name), ..Where::default() }, &issue);
            }
            others.iter().for_each(|others| others.left_out(name, skip));
        })
    }
}
