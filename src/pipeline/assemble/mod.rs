//! The second half of a conversion: merges the fragments of `scan` to studies, one at a time, and writes documents.

mod facts;
mod lines;
mod studies;
mod whole;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use xxhash_rust::xxh3::xxh3_64;

use super::counts::RunCounts;
use super::records::Records;
use super::{Console, Job, Outcome, Run, converted, ending, read, threads, write};
use crate::error::{Error, usage};
use crate::group::fragment::{Builder, Built, Instance, Malformed, SkippedFile, file_hash, parse};
use crate::group::{Places, Study};
use crate::interrupt::Interrupt;
use crate::mapping;
use crate::numbers::count;
use crate::options::{References, Share};
use crate::output::{Format, Sink};
use crate::progress::Progress;
use crate::report::{Report, Where};
use crate::source::{RemoteFiles, RemoteOptions, printable};
use facts::{Facts, Found};
use lines::{Source, few};
use studies::{LineVisitor, visit};

/// The most instances of studies that are written in parallel, unless a single one has more.
const INSTANCES_AHEAD: usize = 100_000;
/// The most studies that are written in parallel.
const STUDIES_AHEAD: usize = 256;

/// The inputs of an assembly.
#[derive(Debug, Clone)]
pub struct Assembly {
    /// Files with lines, `-`, or a folder of records, which may be in a bucket.
    pub inputs: Vec<PathBuf>,
    /// The partition that is written.
    pub partition: Option<Share>,
    /// Whether it is a success if no study is found.
    pub allow_empty: bool,
}

/// Assembles, prints the summary, and returns the exit code.
pub fn assemble(assembly: &Assembly, job: &Job, console: &Console) -> Result<u8, Error> {
    let start = Instant::now();
    let (outcome, has_studies) =
        ending::watched(console, |progress, interrupt| run(assembly, job, progress.clone(), interrupt))?;
    let is_empty = !has_studies && !assembly.allow_empty && outcome.counts.lost_files() == 0;
    let nothing = is_empty.then(|| nothing(assembly));
    Ok(ending::tell_assembled(job, console, &outcome, nothing, start))
}

/// The message that no study was found.
fn nothing(assembly: &Assembly) -> String {
    let names = assembly.inputs.iter().map(|path| match super::is_stdin(path) {
        true => "standard input".to_string(),
        false => printable(path.as_os_str().as_encoded_bytes()),
    });
    let place = names.collect::<Vec<_>>().join(", ");
    format!("there is no study in {place}: did the scan find any? ({})", ending::ALLOW_EMPTY)
}

/// Also returns whether there is a study here, or in another part of the scan.
fn run(
    assembly: &Assembly,
    job: &Job,
    progress: Arc<dyn Progress>,
    interrupt: &Interrupt,
) -> Result<(Outcome, bool), Error> {
    job.config.content.check()?;
    check(job)?;
    let inputs = Inputs::open(assembly, &job.config.remote)?;
    let sink = super::open_output(job)?;
    let report = Report::open(&job.config.run, progress.clone())?;
    let counts = RunCounts::default();
    let run = Run { job, report: &report, counts: &counts, progress: progress.as_ref(), interrupt };
    let Scans { is_partial, has_studies } = threads(job.threads)?.install(|| run.assemble(&inputs, sink.as_ref()))?;
    let mut converted = converted(job, counts, report, sink, None)?;
    converted.totals.partial |= is_partial;
    Ok((converted.finish(0, None)?, has_studies))
}

/// Refuses options that need all studies in memory.
fn check(job: &Job) -> Result<(), Error> {
    if job.format.is_table() {
        let advice = "fragments do not have the name and size of each file: give convert the archive for a table";
        return usage(advice);
    }
    if job.config.content.references() == References::Separate && job.format != Format::Bundle {
        let advice = "studies share patients and others, and assemble has one study in memory: give --format bundle, \
                      whose server joins them, --references contained, or use convert";
        return usage(format!("--references separate: {advice}"));
    }
    Ok(())
}

/// The files to read.
struct Inputs {
    /// The files of the studies that are written.
    own: Vec<Source>,
    /// The files of other partitions.
    others: Vec<Vec<PathBuf>>,
    share: Share,
    /// Whether the input is a folder, with the files of other partitions.
    is_folder: bool,
    /// Whether the input may be a part of the studies.
    is_part: bool,
    /// Those of a bucket.
    remote: RemoteFiles,
}

impl Inputs {
    fn open(assembly: &Assembly, options: &RemoteOptions) -> Result<Inputs, Error> {
        let mut remote = RemoteFiles::new(options);
        if let [folder] = &assembly.inputs[..] {
            if let Some(names) = remote.list(folder)? {
                return Inputs::of_folder(Records::of_names(folder, names)?, folder, assembly, remote);
            }
            if folder.is_dir() {
                return Inputs::of_folder(Records::open(folder)?, folder, assembly, remote);
            }
        }
        match &assembly.inputs[..] {
            _ if assembly.partition.is_some() => usage("--partition needs a folder that `scan -o FOLDER/` wrote"),
            files => {
                let own = files.iter().map(|path| Source::open(path, &remote)).collect::<Result<_, _>>()?;
                let (own, is_part) = (few(own)?, assembly.allow_empty);
                Ok(Inputs { own, others: Vec::new(), share: Share::WHOLE, is_folder: false, is_part, remote })
            }
        }
    }

    fn of_folder(records: Records, folder: &Path, assembly: &Assembly, remote: RemoteFiles) -> Result<Inputs, Error> {
        let open = |number: u32| open_all(records.files(number), &remote);
        match assembly.partition {
            Some(share) if share.of != records.partitions => {
                let (asked, there) = (share.of, records.partitions);
                usage(format!("--partition {share}: {} has {there} partitions, not {asked}", folder.display()))
            }
            Some(share) => {
                let others = (1..=share.of).filter(|number| *number != share.number);
                let others = others.map(|number| records.files(number).to_vec()).collect();
                let own = few(open(share.number)?)?;
                Ok(Inputs { own, others, share, is_folder: true, is_part: true, remote })
            }
            None => {
                let all: Vec<Vec<Source>> = (1..=records.partitions).map(open).collect::<Result<_, _>>()?;
                let own = few(all.into_iter().flatten().collect())?;
                Ok(Inputs { own, others: Vec::new(), share: Share::WHOLE, is_folder: true, is_part: false, remote })
            }
        }
    }
}

/// The files of a folder of records.
fn open_all(files: &[PathBuf], remote: &RemoteFiles) -> Result<Vec<Source>, Error> {
    files.iter().map(|path| Source::open(path, remote).map(Source::of_folder)).collect()
}

/// What the lines say of their scans.
struct Scans {
    /// Whether `--include` or `--exclude` left files out.
    is_partial: bool,
    /// Whether a study was found, here or in another part.
    has_studies: bool,
}

impl Run<'_> {
    /// Collects facts, then writes the studies.
    fn assemble(&self, inputs: &Inputs, sink: &dyn Sink) -> Result<Scans, Error> {
        let wanted = self.wanted();
        let mut facts = Facts::new(&self.content().archive, self.selections(), wanted, inputs.share);
        visit(&inputs.own, &mut facts)?;
        if self.looks_at_others() && !inputs.others.is_empty() {
            facts.others_come();
            for files in &inputs.others {
                self.interrupt.check()?;
                visit(&few(open_all(files, &inputs.remote)?)?, &mut facts)?;
            }
        }
        write::check_room(self.job, facts.studies)?;
        let has_studies = facts.has_studies();
        let found = facts.finish();
        self.check_whole(&found, inputs)?;
        self.write_assembled(&found, inputs, wanted, sink)?;
        Ok(Scans { is_partial: found.scans.are_partial(), has_studies })
    }

    /// The sets of attributes that lines may have.
    fn wanted(&self) -> [u64; 2] {
        let now = mapping::wanted().hash();
        let shows_key_objects = self.content().profile().key_object_title.is_some();
        [now, if shows_key_objects { now } else { mapping::wanted_before().hash() }]
    }

    /// Whether other partitions can affect the documents or the report.
    fn looks_at_others(&self) -> bool {
        self.depends_on_others() || self.job.config.run.report.is_some()
    }

    /// Whether documents refer to resources by shared numbers.
    fn depends_on_others(&self) -> bool {
        self.job.format == Format::Bundle || self.content().references() == References::Contained
    }

    /// Refuses a study or a partition that lacks lines, a part of a scan where all of it should be, and where its
    /// numbers of orders and visits may belong to other patients in the rest.
    fn check_whole(&self, found: &Found, inputs: &Inputs) -> Result<(), Error> {
        let sees_all = !inputs.is_part || (inputs.is_folder && self.looks_at_others());
        let what = "not all lines of the scan are here";
        let cut = found.scans.cut_studies;
        if cut > 0 {
            let of = if cut == 1 { "a study".to_string() } else { format!("{} studies", count(cut)) };
            usage(format!("some lines of {of} are missing: did the scan or the sort fail?"))
        } else if found.scans.are_whole() {
            Ok(())
        } else if !inputs.is_folder && found.has_claims && self.depends_on_others() {
            let advice = "numbers of orders, visits or specimens may be those of other patients in the rest: assemble \
                          a folder (scan -o records/ --partitions N; assemble records/ --partition K/N), which sees \
                          all, or give --references logical";
            usage(format!("{what}, and {advice}"))
        } else if inputs.is_folder && (sees_all || !found.scans.are_whole_here()) {
            usage(format!("{what}: scan again"))
        } else if sees_all {
            usage(format!("{what}: did the scan or the sort fail? ({})", ending::ALLOW_PART))
        } else {
            Ok(())
        }
    }

    fn write_assembled(&self, found: &Found, inputs: &Inputs, wanted: [u64; 2], sink: &dyn Sink) -> Result<(), Error> {
        let mut stage = write::Stage::new(self, sink)?;
        if self.content().subject.is_none() {
            // With --subject all studies are of one patient.
            for (place, fact) in &found.across.contradictions {
                write::note_contradiction(self.report, found.contradicting.get(*place).map_or("", |uid| &**uid), *fact);
            }
            stage.sharing.contested = found.across.contested.clone();
        }
        let mut writing = Writing {
            run: self,
            found,
            wanted,
            stage,
            waiting: Vec::new(),
            instances: 0,
            places: Places::default(),
            skipped: HashSet::new(),
        };
        visit(&inputs.own, &mut writing)?;
        writing.flush()?;
        let several = writing.places.finish(&found.instances_elsewhere);
        several.iter().for_each(|several| read::note_places(several, self.report));
        Ok(())
    }
}

/// The second pass.
struct Writing<'w> {
    run: &'w Run<'w>,
    found: &'w Found,
    wanted: [u64; 2],
    stage: write::Stage<'w>,
    waiting: Vec<Study>,
    instances: usize,
    places: Places,
    /// Hashes of the files that were left out.
    skipped: HashSet<u64>,
}

impl Writing<'_> {
    /// Writes the pending studies.
    fn flush(&mut self) -> Result<(), Error> {
        self.instances = 0;
        self.stage.all(&mut std::mem::take(&mut self.waiting))
    }

    fn skip(&mut self, file: &SkippedFile) {
        let words = format!("{:?}{:?}", file.skip, file.notes);
        if !self.skipped.insert(file_hash(&file.name) ^ xxh3_64(words.as_bytes())) {
            return;
        }
        let (report, counts, name) = (self.run.report, self.run.counts, &file.name);
        for found in file.notes.faults() {
            report.issue(Where { name: Some(name), ..Where::default() }, &found);
        }
        if let Some(skip) = &file.skip {
            report.skip(name, skip);
            counts.read(1, skip.is_dicom().into());
        }
    }
}

impl<'w> LineVisitor for Writing<'w> {
    type Open = Builder<'w>;

    fn open(&mut self, study_uid: &str) -> Builder<'w> {
        Builder::new(study_uid, &self.run.content().archive, self.run.selections())
    }

    fn has(&mut self, builder: &mut Builder<'w>, json: &[u8]) -> bool {
        builder.has(json)
    }

    fn line(&mut self, builder: &mut Builder<'w>, json: &[u8]) -> Result<(), Malformed> {
        let unit = parse::<Instance<'_>>(json, self.wanted)?;
        let report = self.run.report;
        builder.add(unit, |name, found| report.issue(Where { name: Some(name), ..Where::default() }, &found))
    }

    fn close(&mut self, builder: Builder<'w>, _: &str) -> Result<(), Error> {
        self.run.interrupt.check()?;
        let Some(Built { mut study, files, rejected }) = builder.finish() else { return Ok(()) };
        self.run.counts.grouped(files);
        self.run.leave_out(std::slice::from_mut(&mut study));
        if self.run.content().apply_rejections {
            study.reject(rejected);
        }
        self.places.see(&study, &self.found.instances);
        for series in study.series_uids() {
            if self.found.series.binary_search(&xxh3_64(series.as_bytes())).is_ok() {
                read::note_series((&study.uid, series), self.run.report);
            }
        }
        self.instances += study.added_instances();
        self.waiting.push(study);
        if self.instances >= INSTANCES_AHEAD || self.waiting.len() >= STUDIES_AHEAD { self.flush() } else { Ok(()) }
    }

    fn other(&mut self, json: &[u8]) -> Result<(), Malformed> {
        let unit = parse::<Instance<'_>>(json, self.wanted)?;
        unit.into_skipped().for_each(|file| self.skip(&file));
        Ok(())
    }
}
