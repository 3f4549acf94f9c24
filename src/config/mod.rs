//! The options, validated: plain types that the stages take, with the defaults in their place.
//!
//! An option that stands alone is checked where its type is parsed; what two options mean together is checked here.
//! Nothing below this module knows the command line.

mod content;
mod defaults;
mod endpoint;
mod explain;
mod output;
mod release;
mod suggest;
mod synth;
mod system;
#[cfg(feature = "upload")]
mod upload;
mod uri;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use clap::ValueEnum;

use crate::cli::{ContentArguments, ConvertArguments, InputArguments, OutputArguments, RunArguments};
use crate::error::Error;
pub use crate::options::FileMode;
use crate::options::SummaryForm;
use crate::options::index::IndexOptions;
use crate::options::filter::Filter;
use crate::source::{self, Input, Links, ListFrom, Separator};

pub use content::{Choice, Detail, References, Status, Subject};
pub use defaults::{Unset, unset};
pub use endpoint::{EndpointLevel, EndpointOption, EndpointTarget, EndpointType};
pub use explain::{ExplainConfig, ExplainForm};
pub use output::{BundleType, Format, Layout, OutputTarget, is_stdout};
pub use release::ReleaseName;
pub(crate) use suggest::{closest, unknown};
pub use synth::SynthConfig;
pub use system::{IssuerSystem, SystemKind, SystemUri, Systems};
#[cfg(feature = "upload")]
pub use upload::Upload;

/// Reading threads, at most, where the user does not say.
const MAX_DEFAULT_THREADS: usize = 32;

/// Everything that `convert` was told.
#[derive(Debug, Clone)]
pub struct Config {
    /// What is read.
    pub inputs: Vec<Input>,
    /// Which of it is kept.
    pub filter: Filter,
    /// How folders are walked.
    pub walk: source::Options,
    /// Where it goes.
    pub output: Output,
    /// What it says.
    pub content: Content,
    /// Reading threads.
    pub threads: usize,
    /// When progress is shown.
    pub progress: ShowProgress,
    /// How the run sums up.
    pub summary: SummaryForm,
    /// Whether each file that is left out is named as it comes.
    pub is_verbose: Choice,
    /// Where the report goes.
    pub report: Option<ReportOptions>,
    /// Whether a dropped value makes the exit code 1.
    pub strict: Choice,
    /// What earlier runs read, if that is kept.
    pub index: Option<IndexOptions>,
}

/// Where the output goes, and its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Standard output, a file or a folder.
    pub target: OutputTarget,
    /// What a document is.
    pub format: Format,
    /// How its JSON is laid out.
    pub layout: Layout,
    /// `Bundle.type`.
    pub bundle_type: BundleType,
    /// Whether the study is found by its identifier, not its id.
    pub conditional: Choice,
    /// Whether companions on the server are replaced.
    pub overwrite_companions: Choice,
    /// Whether documents replace those of an earlier run that have more instances.
    pub replace: Choice,
    /// Who may read files, the report too.
    pub mode: FileMode,
}

/// What the resources say, beside the headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The FHIR release.
    pub release: ReleaseName,
    /// Whether nobody named the release.
    pub is_default_release: Choice,
    /// How deep the resource goes.
    pub detail: Detail,
    /// Larger studies go down to the series only.
    pub max_instances: Option<u64>,
    /// The status of every study.
    pub status: Status,
    /// How other resources are referred to.
    pub references: References,
    /// The subject of every study.
    pub subject: Option<Subject>,
    /// Where the images are.
    pub endpoints: Vec<EndpointOption>,
    /// Where endpoints stand.
    pub endpoint_level: EndpointLevel,
    /// The zone of times without one.
    pub time_zone: Option<String>,
    /// The character sets of undeclared bytes and of sets that are declared wrongly.
    pub charset: Vec<String>,
    /// Identifier and code systems.
    pub systems: Systems,
    /// A secret in the ids of companions.
    pub id_salt: Option<String>,
    /// Whether key object selections become ImagingSelection resources also where no other resource stands beside the study.
    pub selections: Choice,
    /// Whether rejected instances are left out.
    pub apply_rejections: Choice,
}

/// When progress is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum ShowProgress {
    #[default]
    Auto,
    Always,
    Never,
}

/// Where the report goes, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOptions {
    /// The file.
    pub path: PathBuf,
    /// Whether header values stand in it.
    pub values: Choice,
    /// Who may read it.
    pub mode: FileMode,
}

impl Config {
    /// The configuration of a run without options: a resource a line, nothing said.
    pub fn silent(inputs: Vec<Input>) -> Result<Config, Error> {
        let output = self::output(OutputArguments::default(), None)?;
        let threads = default_threads();
        Ok(Config {
            inputs,
            filter: Filter::default(),
            walk: source::Options { threads, ..source::Options::default() },
            content: self::content(ContentArguments::default(), &output)?,
            output,
            threads,
            progress: ShowProgress::Never,
            summary: SummaryForm::None,
            is_verbose: Choice::No,
            report: None,
            strict: Choice::No,
            index: None,
        })
    }

    /// The configuration that the arguments of `convert` make.
    pub fn convert(arguments: ConvertArguments) -> Result<Config, Error> {
        let ConvertArguments { input, output, content, run } = arguments;
        let output = self::output(output, run.mode)?;
        if output.format == Format::Bundle && content.fhir.is_none() {
            return usage("a Bundle is for a server: add --fhir r4, or what your server speaks");
        }
        if content.selections && output.format == Format::Json && !matches!(output.target, OutputTarget::Folder(_)) {
            return usage("--selections needs room: give a folder (-o DIR/), or --format ndjson for one a line");
        }
        if output.target == OutputTarget::Stdout && run.report.as_deref().is_some_and(is_stdout) {
            return usage("the studies and the report both go to standard output: give -o for the studies");
        }
        Config::of(input, output, content, run)
    }

    fn of(
        input: InputArguments,
        output: Output,
        content: ContentArguments,
        run: RunArguments,
    ) -> Result<Config, Error> {
        let report = report(&run, &output)?;
        let threads = run.threads.map_or_else(default_threads, usize::from);
        let excluded = output.target.path().into_iter().chain(report.as_ref().map(|report| report.path.as_path()));
        let excluded = excluded.map(PathBuf::from).collect();
        let links = if input.follow { Links::Follow } else { Links::Skip };
        Ok(Config {
            walk: source::Options { links, excluded, threads, watch: None },
            inputs: inputs(&input)?,
            filter: Filter::new(input.include, input.exclude),
            content: self::content(content, &output)?,
            output,
            threads,
            progress: if run.quiet { ShowProgress::Never } else { run.progress.unwrap_or_default() },
            summary: if run.quiet { SummaryForm::None } else { run.summary.unwrap_or_default() },
            is_verbose: Choice::of(run.verbose),
            report,
            strict: Choice::of(run.strict),
            index: None,
        })
    }
}

fn inputs(input: &InputArguments) -> Result<Vec<Input>, Error> {
    let separator = if input.null { Separator::Nul } else { Separator::Newline };
    let list = |path: &PathBuf| match is_stdin(path) {
        true => Input::List { from: ListFrom::Stdin, separator },
        false => Input::List { from: ListFrom::File(path.clone()), separator },
    };
    let one = |path: &PathBuf| if is_stdin(path) { Input::Stdin } else { Input::Path(path.clone()) };
    let inputs: Vec<Input> = input.inputs.iter().map(one).chain(input.files_from.as_ref().map(list)).collect();
    let from_stdin = |input: &&Input| matches!(input, Input::Stdin | Input::List { from: ListFrom::Stdin, .. });
    match inputs.iter().filter(from_stdin).count() {
        0 => {}
        1 if std::io::stdin().is_terminal() => {
            return usage("standard input is the terminal: pipe a file or a list into it");
        }
        1 => {}
        _ => return usage("standard input can be read once: give - once"),
    }
    if input.null && input.files_from.is_none() {
        return usage("-0 needs a list of paths: give --files-from FILE, or --files-from - for standard input");
    }
    Ok(inputs)
}

/// Whether a path means standard input.
fn is_stdin(path: &Path) -> bool {
    ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].iter().any(|name| path.as_os_str() == *name)
}

fn output(output: OutputArguments, mode: Option<FileMode>) -> Result<Output, Error> {
    let target = output.output.as_deref().map_or(Ok(OutputTarget::Stdout), OutputTarget::parse)?;
    let format = output.format.unwrap_or_else(|| target.default_format());
    target.check(format)?;
    let for_bundles = [
        (output.bundle_type.is_some(), "--bundle-type"),
        (output.conditional, "--conditional"),
        (output.overwrite_companions, "--overwrite-companions"),
    ];
    if let Some((_, option)) = for_bundles.iter().find(|(given, _)| *given && format != Format::Bundle) {
        return usage(&format!("{option} needs --format bundle"));
    }
    Ok(Output {
        layout: Layout::parse(output.pretty, &target, format)?,
        target,
        format,
        bundle_type: output.bundle_type.unwrap_or_default(),
        conditional: Choice::of(output.conditional),
        overwrite_companions: Choice::of(output.overwrite_companions),
        replace: Choice::of(output.replace),
        mode: mode.unwrap_or_default(),
    })
}

fn content(content: ContentArguments, output: &Output) -> Result<Content, Error> {
    let references = references(content.references, output)?;
    let mut endpoints = content.endpoint;
    endpoints.sort();
    endpoints.dedup();
    Ok(Content {
        release: content.fhir.unwrap_or_default(),
        is_default_release: Choice::of(content.fhir.is_none()),
        detail: content.detail.unwrap_or_default(),
        max_instances: content.max_instances,
        status: content.status.unwrap_or_default(),
        references,
        subject: content.subject,
        endpoints,
        endpoint_level: content.endpoint_level.unwrap_or_default(),
        time_zone: content.timezone,
        charset: content.charset,
        systems: Systems::new(content.system, content.issuer).map_err(Error::Usage)?,
        id_salt: content.id_salt.filter(|salt| !salt.is_empty()),
        selections: Choice::of(content.selections),
        apply_rejections: Choice::of(content.apply_rejections),
    })
}

/// How other resources are referred to: those in a Bundle stand beside the study, and one document has no room for them.
fn references(asked: Option<References>, output: &Output) -> Result<References, Error> {
    let is_folder = matches!(output.target, OutputTarget::Folder(_));
    match (output.format, asked) {
        (Format::Bundle, None | Some(References::Separate)) => Ok(References::Separate),
        (Format::Bundle, Some(References::Logical | References::Contained)) => {
            usage("--format bundle has its resources beside the study: leave --references out, or say separate")
        }
        (Format::Json, Some(References::Separate)) if !is_folder => {
            usage("--references separate needs room: give a folder (-o DIR/), or --format ndjson for one a line")
        }
        (Format::Json | Format::Ndjson, asked) => Ok(asked.unwrap_or(References::Logical)),
    }
}

fn report(run: &RunArguments, output: &Output) -> Result<Option<ReportOptions>, Error> {
    let Some(path) = run.report.clone() else { return Ok(None) };
    if output.target.path() == Some(&path) {
        return usage("--report and --output name the same file");
    }
    Ok(Some(ReportOptions { path, values: Choice::of(run.report_values), mode: output.mode }))
}

fn default_threads() -> usize {
    available_parallelism().map_or(1, |cores| (cores.get() * 4).min(MAX_DEFAULT_THREADS))
}

fn usage<T>(message: &str) -> Result<T, Error> {
    Err(Error::Usage(message.to_string()))
}

#[cfg(test)]
mod tests;
