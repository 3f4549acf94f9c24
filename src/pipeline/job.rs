//! The options of a run as one value, and the checks of several options together.
//!
//! A single option is checked where its type is parsed; combinations are checked here.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::error::{Error, usage};
use crate::fhir::json::Layout;
use crate::fhir::profile::Packaging;
use crate::mapping::{ContentOptions, EndpointLevel, EndpointOption};
use crate::options::filter::Filter;
#[cfg(feature = "index")]
use crate::options::index::{Gone, IndexOptions};
use crate::options::{BundleOptions, BundleType, InputOptions, References, RunOptions, is_stdout};
#[cfg(feature = "objects")]
use crate::output::Staged;
use crate::output::{Format, OutputOptions, OutputTarget};
#[cfg(not(feature = "objects"))]
use crate::source::NO_OBJECTS;
use crate::source::{Input, Links, ListFrom, NameFilter, RemoteOptions, Separator, WalkOptions};

/// The options of `convert`.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[allow(missing_docs)]
#[non_exhaustive]
pub struct Config {
    #[cfg_attr(feature = "cli", command(flatten))]
    pub input: InputOptions,
    #[cfg(feature = "index")]
    #[cfg_attr(feature = "cli", command(flatten))]
    pub index: IndexOptions,
    #[cfg_attr(feature = "cli", command(flatten))]
    pub remote: RemoteOptions,
    #[cfg_attr(feature = "cli", command(flatten))]
    pub output: OutputOptions,
    #[cfg_attr(feature = "cli", command(flatten))]
    pub content: ContentOptions,
    #[cfg_attr(feature = "cli", command(flatten))]
    pub run: RunOptions,
}

/// A run, its options checked.
#[derive(Debug, Clone)]
pub struct Job {
    /// The options; of those of the content none is open any more.
    pub config: Config,
    /// What is read.
    pub inputs: Vec<Input>,
    /// How folders are walked.
    pub walk: WalkOptions,
    /// Which files are kept.
    pub filter: Filter,
    /// Where documents go.
    pub target: OutputTarget,
    /// What a document is.
    pub format: Format,
    /// How its JSON is laid out.
    pub layout: Layout,
    /// Reading threads.
    pub threads: usize,
    /// Where output for a bucket is made first.
    #[cfg(feature = "objects")]
    pub staged: Option<Staged>,
}

impl Config {
    /// The run of `convert`, where a Bundle is for a server and files have room or not.
    pub fn convert(self) -> Result<Job, Error> {
        let (is_release_named, selections, report) = (
            self.content.fhir.is_some() || self.content.profile().is_some(),
            self.content.selections,
            self.run.report.clone(),
        );
        #[cfg(feature = "index")]
        if self.index.gone == Gone::EnteredInError {
            return usage("--gone entered-in-error is for a server: in a folder give keep or delete");
        }
        let job = self.job()?;
        if job.format == Format::Bundle && !is_release_named {
            return usage("a Bundle is for a server: add --fhir r4, or what your server speaks");
        }
        if selections && job.format == Format::Json && !job.target.is_folder() {
            return usage("--selections needs room: give a folder (-o DIR/), or --format ndjson for one a line");
        }
        if job.format == Format::Kos && job.target == OutputTarget::Stdout && std::io::stdout().is_terminal() {
            return usage("a manifest in DICOM is no text: give -o DIR/ or -o FILE.dcm");
        }
        if job.target == OutputTarget::Stdout && report.as_deref().is_some_and(is_stdout) {
            return usage("the studies and the report both go to standard output: give -o for the studies");
        }
        Ok(job)
    }

    /// The run with these options, checked together.
    pub fn job(mut self) -> Result<Job, Error> {
        #[cfg(feature = "objects")]
        let staged =
            self.output.output.as_deref().map(|path| Staged::of(path, &self.remote.bucket())).transpose()?.flatten();
        #[cfg(feature = "objects")]
        if let Some(staged) = &staged {
            self.output.output = Some(staged.path().to_path_buf());
        }
        #[cfg(not(feature = "objects"))]
        refuse_bucket(self.output.output.as_deref())?;
        let target = self.output.target()?;
        let format = format(&self, &target)?;
        self.output.check(&target, format)?;
        let is_indented = self.output.is_indented(&target, format)?;
        if self.run.report.is_some() && target.path() == self.run.report.as_deref() {
            return usage("--report and --output name the same file");
        }
        #[cfg(feature = "index")]
        self.index.check([target.path(), self.run.report.as_deref()])?;
        let inputs = inputs(&self.input, &self.remote)?;
        self.remote.check(&inputs)?;
        settle(&mut self, &target, format, &inputs)?;
        let mut excluded: Vec<PathBuf> =
            target.path().into_iter().chain(self.run.report.as_deref()).map(PathBuf::from).collect();
        #[cfg(feature = "index")]
        excluded.extend(self.index.files());
        let links = if self.input.follow { Links::Follow } else { Links::Skip };
        let threads = self.run.threads();
        Ok(Job {
            inputs,
            walk: WalkOptions {
                links,
                excluded,
                threads,
                watch: None,
                remote: self.remote.clone(),
                only: NameFilter::default(),
            },
            filter: Filter::new(self.input.include.clone(), self.input.exclude.clone()),
            layout: if is_indented { Layout::Pretty } else { Layout::Compact },
            target,
            format,
            threads,
            #[cfg(feature = "objects")]
            staged,
            config: self,
        })
    }
}

impl Job {
    /// Whether the output is made here and belongs elsewhere.
    #[cfg(feature = "index")]
    pub fn is_staged(&self) -> bool {
        #[cfg(feature = "objects")]
        return self.staged.is_some();
        #[cfg(not(feature = "objects"))]
        false
    }
}

/// A bucket would be taken for a folder.
#[cfg(not(feature = "objects"))]
pub(super) fn refuse_bucket(output: Option<&Path>) -> Result<(), Error> {
    match output.and_then(Path::to_str).is_some_and(|path| RemoteOptions::default().input(path.as_ref()).is_err()) {
        true => usage(NO_OBJECTS),
        false => Ok(()),
    }
}

/// The format that was asked for, else that of the target; a document of a profile is a Bundle.
fn format(config: &Config, target: &OutputTarget) -> Result<Format, Error> {
    let Config { content, output, .. } = config;
    let profile = content.profile();
    let asked = output.format.unwrap_or_else(|| target.default_format());
    if asked.is_table() && profile.is_some() {
        return usage("a catalog is no FHIR, and has no profile: leave --profile out");
    }
    if profile.packaging != Packaging::Document {
        return match asked {
            Format::Kos => usage("a Key Object Selection is a manifest: add --profile mado"),
            _ => Ok(asked),
        };
    }
    match (asked, output.format, output.bundle == BundleOptions::default()) {
        (Format::Kos, _, true) => Ok(Format::Kos),
        (_, None | Some(Format::Bundle), true) => Ok(Format::Bundle),
        _ => usage(format!(
            "--profile {} writes document Bundles: say --format kos, or leave --format and the options of other \
             Bundles out",
            profile.name
        )),
    }
}

/// Sets the options that the user left open.
fn settle(config: &mut Config, target: &OutputTarget, format: Format, inputs: &[Input]) -> Result<(), Error> {
    let Config { content, run, output, .. } = config;
    content.archive.check()?;
    content.profile.check(content.fhir)?;
    settle_content(content, inputs)?;
    let profile = content.profile();
    if profile.packaging == Packaging::Document {
        // What cannot be a document is a bag of resources.
        output.bundle.bundle_type = Some(BundleType::Collection);
    }
    let wanted = profile.references.filter(|_| format != Format::Bundle);
    content.references = Some(references(content.references.or(wanted), target, format)?);
    content.archive.keep_values = run.report.is_some() && run.report_values;
    Ok(())
}

/// Sets the options of the content that the user left open: by the profile, and the endpoint of the images.
pub(crate) fn settle_content(content: &mut ContentOptions, inputs: &[Input]) -> Result<(), Error> {
    let profile = content.profile();
    content.archive.profile = profile;
    if profile.is_some() {
        content.fhir = Some(profile.release);
    }
    if profile.packaging == Packaging::Document && content.endpoint_level == EndpointLevel::Study {
        // Images are found by the series.
        content.endpoint_level = EndpointLevel::Series;
    }
    content.endpoint.extend(default_endpoint(content, inputs)?);
    content.endpoint.sort();
    content.endpoint.dedup();
    Ok(())
}

/// How other resources are referred to: those in a Bundle stand beside the study, and one document has no room for
/// them.
fn references(asked: Option<References>, target: &OutputTarget, format: Format) -> Result<References, Error> {
    match (format, asked) {
        // It has no companions.
        (Format::Kos, _) => Ok(References::Logical),
        (Format::Bundle, None | Some(References::Separate)) => Ok(References::Separate),
        (Format::Bundle, Some(References::Logical | References::Contained)) => {
            usage("--format bundle has its resources beside the study: leave --references out, or say separate")
        }
        (Format::Json, Some(References::Separate)) if !target.is_folder() => {
            usage("--references separate needs room: give a folder (-o DIR/), or --format ndjson for one a line")
        }
        (_, asked) => Ok(asked.unwrap_or_default()),
    }
}

/// The endpoint of the images if none is given: the server that they come from.
fn default_endpoint(content: &ContentOptions, inputs: &[Input]) -> Result<Option<EndpointOption>, Error> {
    let bases: Vec<Option<&str>> = inputs.iter().map(Input::wado_base).collect();
    match bases[..] {
        [Some(base), ref others @ ..]
            if content.endpoint.is_empty() && others.iter().all(|other| *other == Some(base)) =>
        {
            format!("wado-rs={base}").parse().map(Some).map_err(Error::Usage)
        }
        _ => Ok(None),
    }
}

pub(super) fn inputs(options: &InputOptions, remote: &RemoteOptions) -> Result<Vec<Input>, Error> {
    let separator = if options.null { Separator::Nul } else { Separator::Newline };
    let list = |path: &PathBuf| match is_stdin(path) {
        true => Input::List { from: ListFrom::Stdin, separator },
        false => Input::List { from: ListFrom::File(path.clone()), separator },
    };
    let one = |path: &PathBuf| match is_stdin(path) {
        true => Ok(Input::Stdin),
        false => Ok(remote.input(path)?.unwrap_or_else(|| Input::Path(path.clone()))),
    };
    let lists = options.files_from.as_ref().map(list).map(Ok);
    let inputs: Vec<Input> = options.inputs.iter().map(one).chain(lists).collect::<Result<_, Error>>()?;
    let from_stdin = |input: &&Input| matches!(input, Input::Stdin | Input::List { from: ListFrom::Stdin, .. });
    match inputs.iter().filter(from_stdin).count() {
        0 => {}
        1 if std::io::stdin().is_terminal() => {
            return usage("standard input is the terminal: pipe a file or a list into it");
        }
        1 => {}
        _ => return usage("standard input can be read once: give - once"),
    }
    if options.null && options.files_from.is_none() {
        return usage("-0 needs a list of paths: give --files-from FILE, or --files-from - for standard input");
    }
    Ok(inputs)
}

/// Whether a path means standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].iter().any(|name| path.as_os_str() == *name)
}
