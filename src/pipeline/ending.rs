//! The end of a run: summary, exit code, and the reason for it.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::{Job, NightCounts, Outcome, convert_into, open_output};
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::numbers::count;
use crate::options::{ShowProgress, SummaryForm};
use crate::output::Format;
use crate::progress::Progress;
use crate::report::{CauseInWords, Causes, Counts, Summary, Totals, causes, summary_json};
use crate::source::{Input, printable_path};
use crate::terminal::{self, columns, say};

/// Settings of progress, summary and exit code.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console {
    /// When progress is shown.
    pub progress: ShowProgress,
    /// The form of the summary.
    pub summary: SummaryForm,
    /// Whether each file that is left out is named at once.
    pub verbose: bool,
    /// Whether a dropped value makes the exit code 1.
    pub strict: bool,
}

impl Outcome {
    /// The reasons for exit code 1; empty for 0.
    pub(super) fn causes(&self, job: &Job, is_strict: bool) -> Causes {
        let mut causes = causes(&self.counts);
        // Of a study that cannot be a manifest nothing is written.
        let is_left_out = job.format == Format::Kos && !causes.0.is_empty();
        let is_explained = self.counts.lost_files() > 0 || self.counts.held_back() > 0 || is_left_out;
        if self.totals.studies == 0 && self.fhir_files == 0 && !is_explained {
            causes.0.push(CauseInWords::of(match index(job) {
                Some(index) if self.totals.files == 0 && job.inputs.is_empty() => {
                    format!("the index {index} holds no file yet: give the inputs too")
                }
                _ => nothing(&job.inputs, &self.totals, &self.counts, &self.unmet_rules),
            }));
        }
        if is_strict && self.counts.issues() > 0 {
            causes.0.push(self.strict());
        }
        causes
    }

    fn strict(&self) -> CauseInWords {
        let reasons = self.counts.issues_in_words();
        CauseInWords {
            message: "--strict, and values were dropped, changed or differ".to_string(),
            places: reasons.iter().take(3).map(|(words, values)| format!("{words}: {values}")).collect(),
            more: reasons.iter().skip(3).map(|(_, values)| values).sum(),
        }
    }
}

/// The path of the index.
fn index(job: &Job) -> Option<String> {
    #[cfg(feature = "index")]
    return job.config.index.index.as_deref().map(printable_path);
    #[cfg(not(feature = "index"))]
    None
}

/// The message that no study was found, with advice.
pub(super) fn nothing(inputs: &[Input], totals: &Totals, counts: &Counts, unmet_rules: &[String]) -> String {
    let names: Vec<String> = inputs.iter().map(Input::to_string).collect();
    let place = names.join(", ");
    match totals {
        Totals { files: 0, partial: false, .. } if inputs.iter().any(|input| input.wado_base().is_some()) => {
            format!("no study was found in {place}: are the address, --query and --study right?")
        }
        Totals { files: 0, partial: false, .. } => {
            format!("no file was found in {place}: is the path right, and the disk mounted?")
        }
        Totals { partial: true, .. } if unmet_rules.is_empty() => {
            format!("--include and --exclude leave no file of {place}")
        }
        Totals { partial: true, .. } => {
            format!("nothing is left of {place}: no file meets {}", unmet_rules.join(", "))
        }
        Totals { dicom_files: 0, .. } if inputs.contains(&Input::Stdin) => {
            format!("no DICOM file was found in {place}: for a list of paths give --files-from -")
        }
        Totals { dicom_files: 0, .. } => {
            format!("no DICOM file was found in {place}: {}", counts.only_reason().unwrap_or("is the path right?"))
        }
        _ => format!("no study was found in {place}"),
    }
}

/// How a task of an engine that found nothing can end well.
pub(super) const ALLOW_EMPTY: &str = "--allow-empty is for tasks that may have nothing to do";

/// How a task of an engine takes a part of a scan.
pub(super) const ALLOW_PART: &str = "--allow-empty is for tasks that see a part of the studies";

/// Does work that Ctrl-C ends, under a progress bar.
pub(super) fn watched<T>(
    console: &Console,
    work: impl FnOnce(&Arc<dyn Progress>, &Interrupt) -> Result<T, Error>,
) -> Result<T, Error> {
    let interrupt = Interrupt::on_signals()?;
    let progress = terminal::start(console.progress, console.verbose);
    let done = work(&progress, &interrupt);
    // Wipe the progress bar before an error is printed; the walk may still hold a reference to it.
    progress.finish();
    done
}

/// Converts, prints the summary, and returns the exit code.
pub fn convert(job: &Job, console: &Console) -> Result<u8, Error> {
    let start = Instant::now();
    let outcome =
        watched(console, |progress, interrupt| convert_into(job, || open_output(job), progress.clone(), interrupt))?;
    Ok(tell(job, console, &outcome, None, start))
}

/// A server's part of the summary.
pub(super) struct OfServer {
    /// As JSON.
    pub summary: Value,
    /// The reasons for exit code 1.
    pub causes: Causes,
}

/// Prints the summary, and the reason for exit code 1 even if there is no summary. The text of the server's part is
/// printed elsewhere.
pub(super) fn tell(job: &Job, console: &Console, outcome: &Outcome, server: Option<OfServer>, start: Instant) -> u8 {
    let mut causes = outcome.causes(job, console.strict);
    let code = causes.exit_code();
    let (totals, night, summary) = (&outcome.totals, &outcome.night, summary(job, outcome, start));
    let server = server.filter(|_| console.summary != SummaryForm::Text);
    causes.0.extend(server.iter().flat_map(|server| server.causes.0.clone()));
    let text = match night {
        // If all inputs are FHIR, there is no summary of DICOM.
        _ if totals.dicom_files == 0 && outcome.fhir_files > 0 => String::new(),
        Some(night) => format!("{summary:0$}{night}\n", columns()),
        None => format!("{summary:0$}", columns()),
    };
    let mut json = summary_json(&summary, &causes);
    if let Some(server) = server {
        json["server"] = server.summary;
    }
    if let Some(night) = night {
        json["index"] = night.to_json();
    }
    say_summary(console.summary, &text, &json, &causes.to_string());
    code
}

/// Prints the summary in the form asked for, and the causes, which are in the JSON too.
pub(super) fn say_summary(form: SummaryForm, text: &str, json: &Value, causes: &str) {
    match form {
        SummaryForm::Text => say(format_args!("{text}{causes}")),
        SummaryForm::Json => say(format_args!("{json}\n")),
        SummaryForm::None => say(causes),
    }
}

fn summary<'o>(job: &'o Job, outcome: &'o Outcome, start: Instant) -> Summary<'o> {
    let Outcome { totals, counts, stale_files, unmet_rules, .. } = outcome;
    Summary {
        totals,
        counts,
        stale_files: *stale_files,
        unmet_rules,
        is_fhir: !job.format.is_table(),
        is_default_release: job.config.content.fhir.is_none(),
        elapsed: start.elapsed(),
        report: job.config.run.report.as_deref(),
    }
}

/// Prints the summary of an assembly; `nothing` is the message that no study was found. Problems of the data do not
/// change the exit code, as an engine would retry in vain. Documents that were held back do.
pub(super) fn tell_assembled(
    job: &Job,
    console: &Console,
    outcome: &Outcome,
    nothing: Option<String>,
    start: Instant,
) -> u8 {
    let mut causes = causes(&outcome.counts);
    if console.strict && outcome.counts.issues() > 0 {
        causes.0.push(outcome.strict());
    }
    let code = match outcome.counts.held_back() {
        1.. => 2,
        0 => u8::from(console.strict && !causes.0.is_empty() || nothing.is_some()),
    };
    causes.0.extend(nothing.map(CauseInWords::of));
    let summary = summary(job, outcome, start);
    let mut json = summary_json(&summary, &causes);
    json["exitCode"] = code.into();
    say_summary(console.summary, &format!("{summary:0$}", columns()), &json, &causes.as_warnings(code));
    code
}

impl NightCounts {
    fn to_json(self) -> Value {
        serde_json::json!({
            "readFiles": self.read_files,
            "goneFiles": self.gone_files,
            "writtenStudies": self.written,
            "unchangedStudies": self.unchanged,
            "goneStudies": self.gone,
            "deletedStudies": self.deleted,
            "withdrawnStudies": self.withdrawn,
        })
    }
}

impl std::fmt::Display for NightCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let NightCounts { read_files, gone_files, written, unchanged, gone, deleted, withdrawn } = self;
        let [read_files, written, unchanged] = [read_files, written, unchanged].map(|number| count(*number));
        write!(f, "index: {read_files} files read, {written} studies written, {unchanged} unchanged")?;
        // A run that writes one file or a stream does not look for the studies.
        match (*gone_files, *gone) {
            (0, 0) => {}
            (files, 0) => write!(f, "; {} files gone", count(files))?,
            (files, studies) => write!(f, "; {} files and {} studies gone", count(files), count(studies))?,
        }
        for (number, what) in [(*deleted, "deleted"), (*withdrawn, "entered-in-error")] {
            if number > 0 {
                write!(f, ", {} {what}", count(number))?;
            }
        }
        Ok(())
    }
}
