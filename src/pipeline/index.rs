//! The reading half of a run with an index: what is new or changed is read, and the index tells of all files.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::night::Night;
use super::{Ends, NightCounts, Run, read, threads};
use crate::config::Config;
use crate::error::Error;
use crate::group::Studies;
use crate::group::reader::{Reader, Selections};
use crate::index::{self, Index};
use crate::issue::Skip;
use crate::mapping;
use crate::options::index::IndexOptions;
use crate::output::Sink;
use crate::progress::Progress;
use crate::report::Where;
use crate::source::{self, Input, Name, Walk, Watch};

/// Opens the index of a run, and takes its inputs in.
pub(super) fn open(config: &Config, options: &IndexOptions) -> Result<Index, Error> {
    let on_network = if options.on_network { index::OnNetwork::Allowed } else { index::OnNetwork::Refused };
    let index = Index::open(&options.path, options.check, on_network, mapping::wanted().hash())?;
    let filter = xxh3_64(format!("{:?}", config.filter).as_bytes());
    if !index.hold_to_filter(filter)? {
        let path = options.path.display();
        return Err(Error::Usage(format!(
            "{path} was filled with other rules of --include and --exclude: give the same, or another --index"
        )));
    }
    let folders = config.inputs.iter().filter_map(Input::path).filter(|path| path.is_dir());
    index.enter_roots(folders)?;
    Ok(index)
}

impl read::Known for Index {
    fn left_out(&self, name: &Name, skip: &Skip) -> read::Told {
        match self.left_out(name, skip) {
            index::Told::Later => read::Told::Later,
            index::Told::Now => read::Told::Now,
            index::Told::NowButKnown => read::Told::NowButKnown,
        }
    }

    fn opens_archive(&self, name: &Name) {
        self.opens_archive(name);
    }

    fn closes_archive(&self, name: &Name) {
        self.closes_archive(name);
    }

    fn forgets(&self, name: &Name) {
        self.forgets(name);
    }
}

impl Run<'_> {
    /// Reads what is new or changed, if there are inputs, and writes what came out different.
    pub(super) fn night(
        &self,
        options: &IndexOptions,
        mapping: &mapping::Options,
        ends: &Ends<'_>,
        sink: &dyn Sink,
        progress: Arc<dyn Progress>,
    ) -> Result<NightCounts, Error> {
        let index = Arc::new(open(self.config, options)?);
        if let Some(news) = index.news() {
            progress.say(&news);
        }
        let pool = threads(self.config.threads)?;
        let mut gone_files = 0;
        if !self.config.inputs.is_empty() {
            let watch: Arc<dyn Watch> = Arc::clone(&index) as _;
            let walk = source::Options { watch: Some(watch), ..self.config.walk.clone() };
            let walk = source::open(&self.config.inputs, &walk, progress)?;
            pool.install(|| self.read_changed(&index, mapping, &walk, ends.others))?;
            gone_files = index.remove_gone(options.max_gone)?.gone;
        }
        self.tell_files(&index, ends.others)?;
        let has_enough = ends.writing_threads == self.config.threads;
        let pool = if has_enough { pool } else { threads(ends.writing_threads)? };
        let night = Night::new(self, &index, mapping, sink, ends, options.gone)?;
        let counts = night.write(&pool)?;
        Ok(NightCounts { read_files: index.read_files(), gone_files, ..counts })
    }

    /// Reads what the index does not know yet.
    pub(super) fn read_changed(
        &self,
        index: &Index,
        mapping: &mapping::Options,
        walk: &Walk,
        others: Option<&dyn read::Others>,
    ) -> Result<(), Error> {
        let (wanted, studies) = (mapping::wanted(), Studies::default());
        let reader = Reader {
            wanted: &wanted,
            options: mapping,
            studies: &studies,
            filter: &self.config.filter,
            selections: Selections::All,
            keeper: Some(index),
        };
        let stage = read::Stage { known: Some(index), ..self.stage(reader, others) };
        let read = stage.all(walk, self.config.threads);
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
            if self.config.is_verbose.is_yes() {
                self.progress.say(&format!("{name}: {skip}"));
            }
        })
    }
}
