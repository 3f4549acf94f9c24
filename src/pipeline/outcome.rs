//! What a run came to, why its exit code is what it is, and how that is told.

use std::time::Instant;

use serde_json::Value;

use super::Job;
use crate::options::{ShowProgress, SummaryForm};
use crate::progress::{columns, say};
use crate::report::{CauseInWords, Causes, Counts, Summary, Totals, causes, summary_json};
use crate::source::{Input, printable};

/// What the user sees of a run, and how its exit code is judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console {
    /// When progress is shown.
    pub progress: ShowProgress,
    /// How the run sums up.
    pub summary: SummaryForm,
    /// Whether each file that is left out is named as it comes.
    pub verbose: bool,
    /// Whether a dropped value makes the exit code 1.
    pub strict: bool,
}

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What was read and written.
    pub totals: Totals,
    /// What was left out, dropped or changed.
    pub counts: Counts,
    /// Files beside the output's that look like documents and are of another run.
    pub stale_files: u64,
    /// Inputs that are FHIR already, where these are wanted.
    pub(super) fhir_files: u64,
    /// Rules of `--include` and `--exclude` that no file met.
    pub(super) unmet_rules: Vec<String>,
}

impl Outcome {
    /// Why the exit code is 1; nothing where it is 0.
    pub(super) fn causes(&self, job: &Job, is_strict: bool) -> Causes {
        let mut causes = causes(&self.counts);
        let is_explained = self.counts.lost_files() > 0 || self.counts.held_back() > 0;
        if self.totals.studies == 0 && self.fhir_files == 0 && !is_explained {
            causes.0.push(CauseInWords::of(self.nothing(job)));
        }
        if is_strict && self.counts.issues() > 0 {
            causes.0.push(self.strict());
        }
        causes
    }

    /// Says that there is no study, and what to look at.
    fn nothing(&self, job: &Job) -> String {
        let inputs: Vec<String> = job.inputs.iter().map(Input::to_string).collect();
        let place = inputs.join(", ");
        match self.totals {
            Totals { files: 0, partial: false, .. } => {
                format!("no file was found in {place}: is the path right, and the disk mounted?")
            }
            Totals { partial: true, .. } if self.unmet_rules.is_empty() => {
                format!("--include and --exclude leave no file of {place}")
            }
            Totals { partial: true, .. } => {
                format!("nothing is left of {place}: no file meets {}", self.unmet_rules.join(", "))
            }
            Totals { dicom_files: 0, .. } if job.inputs.contains(&Input::Stdin) => {
                format!("no DICOM file was found in {place}: for a list of paths give --files-from -")
            }
            Totals { dicom_files: 0, .. } => format!("no DICOM file was found in {place}: is the path right?"),
            _ => format!("no study was found in {place}"),
        }
    }

    fn strict(&self) -> CauseInWords {
        let reasons = self.counts.issues_in_words();
        CauseInWords {
            message: "--strict, and values were dropped, changed or differ".to_string(),
            places: reasons.iter().take(3).map(|(words, values)| format!("{values} times: {words}")).collect(),
            more: reasons.iter().skip(3).map(|(_, values)| values).sum(),
        }
    }
}

/// Says what came of an assembly. Faults of the data are told and change no exit code: an engine would try again for
/// nothing. Documents that were held back are for the user to mend.
pub(super) fn tell_assembled(job: &Job, console: &Console, outcome: &Outcome, start: Instant) -> u8 {
    let mut causes = causes(&outcome.counts);
    if console.strict && outcome.counts.issues() > 0 {
        causes.0.push(outcome.strict());
    }
    let code = match (outcome.counts.held_back(), console.strict) {
        (1.., _) => 2,
        (0, is_strict) => u8::from(is_strict && !causes.0.is_empty()),
    };
    let summary = summary(job, outcome, start);
    match console.summary {
        SummaryForm::Text => say(format_args!("{summary:0$}", columns())),
        SummaryForm::None => {}
        SummaryForm::Json => {
            let mut json = summary_json(&summary, &causes);
            json["exitCode"] = code.into();
            say(format_args!("{json}\n"));
            return code;
        }
    }
    say(causes.as_warnings(code));
    code
}

/// What a server has to say of a run.
pub(super) struct OfServer {
    /// Its part of the summary.
    pub summary: Value,
    /// Why it makes the exit code 1.
    pub causes: Causes,
}

/// Says what came of a run, and why its exit code is 1 if it is; that is said also where nothing else is. The text of the
/// server's part is somebody else's.
pub(super) fn tell(job: &Job, console: &Console, outcome: &Outcome, server: Option<OfServer>, start: Instant) -> u8 {
    let mut causes = outcome.causes(job, console.strict);
    let code = causes.exit_code();
    let (totals, summary) = (&outcome.totals, summary(job, outcome, start));
    match console.summary {
        // Inputs that are all FHIR have nothing to say of DICOM.
        SummaryForm::Text if totals.dicom_files == 0 && outcome.fhir_files > 0 => {}
        SummaryForm::Text => say(format_args!("{summary:0$}", columns())),
        SummaryForm::None => causes.0.extend(server.into_iter().flat_map(|server| server.causes.0)),
        SummaryForm::Json => {
            say(format_args!("{}\n", as_json(&summary, causes, server)));
            return code;
        }
    }
    say(&causes);
    code
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

fn as_json(summary: &Summary<'_>, mut causes: Causes, server: Option<OfServer>) -> Value {
    let Some(OfServer { summary: part, causes: more }) = server else { return summary_json(summary, &causes) };
    causes.0.extend(more.0);
    let mut json = summary_json(summary, &causes);
    json["server"] = part;
    json
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use crate::source::ListFrom;
        match self {
            Input::Path(path) | Input::List { from: ListFrom::File(path), .. } => {
                f.write_str(&printable(path.as_os_str().as_encoded_bytes()))
            }
            #[cfg(feature = "http")]
            Input::DicomWeb(web) => f.write_str(&printable(web.connection.base.as_bytes())),
            Input::Readers(_) => f.write_str("the readers"),
            Input::Stdin | Input::List { from: ListFrom::Stdin, .. } => f.write_str("standard input"),
        }
    }
}
