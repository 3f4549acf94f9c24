//! `dcm2fhir explain`: explains one file, or summarizes many and where they differ.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use std::path::Path;
use std::sync::Arc;

use clap::{Arg, Args};
use serde::Serialize;

use crate::dicom::json::{Instances, is_dicom_json};
use crate::dicom::{Header, Scanner};
use crate::error::{Error, usage};
use crate::explain;
use crate::fhir::Release;
use crate::interrupt::Interrupt;
use crate::issue::Skip;
use crate::mapping::{self, ContentOptions};
use crate::options::{BundleOptions, InputOptions, References, choice};
use crate::output;
use crate::pipeline::{self, Config, is_stdin};
use crate::progress::Silent;
use crate::report::Counts;
use crate::source::archive::Head;
use crate::source::{self, Content, Input, RemoteOptions, WalkOptions, one_line, printable_path};

const EXAMPLES: &str = "\
Examples:
  What R4 says of one file:
    dcm2fhir explain image.dcm --fhir r4
  What a European imaging manifest says, and what it still needs:
    dcm2fhir explain image.dcm --profile mado
  What of it resources inside the study say:
    dcm2fhir explain image.dcm --fhir r5 --references contained
  What of it a transaction Bundle says, and asks of a server:
    dcm2fhir explain image.dcm --fhir r4 --format bundle
  Every value of every release, for other programs:
    dcm2fhir explain image.dcm --format json
  What all files of a study or folder have, and where they differ:
    dcm2fhir explain archive/
    dcm2fhir explain archive/ --include study=1.2.3";

const INPUTS: &str = "\
A DICOM file; or folders, archives and other inputs

A single file is explained value by value, as a conversion with the same options writes it, for each release. For a \
folder or several inputs, the output summarizes which attributes the files have, which elements they fill, and in \
which studies and series the files differ. The values shown may be patient data.";

const RELEASE: &str = "\
FHIR release: r4, r4b, r5, r6 or an R6 ballot

Default: all; differences between releases are shown.";

const REFERENCES: &str = "\
References: logical, contained or separate

As for convert. Default: logical, and below it what separate resources would say besides.";

/// Width without a terminal.
const COLUMNS: usize = 100;

choice! {
    /// The form of an explanation.
    pub enum ExplainForm: "format", default Text {
        /// A table for people.
        Text = "text",
        /// Every value in full, for programs.
        Json = "json",
        /// A table of a Bundle.
        Bundle = "bundle",
    }
}

/// The arguments of `explain`.
#[derive(Debug, Clone, Args)]
#[command(
    after_long_help = EXAMPLES,
    mut_arg("inputs", |inputs| inputs.help("A DICOM file; or folders, archives and other inputs").long_help(INPUTS)),
    mut_arg("include", |include| include.help("Explain only some files, as study=UID or modality=CT")),
    mut_arg("fhir", |fhir| fhir.long_help(RELEASE)),
    mut_arg("references", |references| references.hide_short_help(true).long_help(REFERENCES)),
    mut_arg("detail", |detail| detail.hide_short_help(true)),
    mut_arg("endpoint", |endpoint| endpoint.hide_short_help(true)),
    mut_arg("charset", |charset| shown(charset, "Character set of undeclared text, or NAME=NAME")),
    mut_arg("system", |system| shown(system, "System of an identifier, as patient=URI")),
    mut_arg("issuer", |issuer| shown(issuer, "System of an issuer's local name, as NAME=URI")),
)]
pub struct ExplainArguments {
    /// What is read.
    #[command(flatten)]
    input: InputOptions,

    /// Output format: text, json, or bundle
    ///
    /// `json` contains all values in full. `bundle` is the text of what convert --format bundle writes, with entries
    /// and requests; with --json in full. Default: text.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ExplainForm,

    /// The same as --format json
    #[arg(long, hide = true)]
    json: bool,

    /// The options of the conversion that is explained.
    #[command(flatten)]
    content: ContentOptions,

    /// Options of Bundles.
    #[command(flatten)]
    bundle: BundleOptions,

    /// What the user says of servers.
    #[command(flatten)]
    remote: RemoteOptions,
}

/// An option of `convert` with a shorter help.
fn shown(argument: Arg, help: &'static str) -> Arg {
    let long = format!("{help}\n\nAs for convert. May be given several times. Default: none.");
    argument.help(help).long_help(long).hide_short_help(false)
}

/// Explains one file, or surveys many, on standard output.
pub fn run(arguments: &ExplainArguments) -> Result<u8, Error> {
    let ExplainArguments { content, .. } = arguments;
    let profile = content.profile();
    if let Some(name) = content.profile.profile.filter(|_| !profile.is_some()) {
        return usage(format!("--profile {name} is not for this release: leave --fhir out"));
    }
    content.archive.check()?;
    let bundle = arguments.bundle()?;
    let text = match one_file(arguments)? {
        Some((name, header)) => one(name, &header, bundle, arguments)?,
        None if bundle.is_some() => return usage("--format bundle explains one file: name one"),
        None if profile.is_some() => return usage("--profile explains one file: name one"),
        None => many(arguments)?,
    };
    output::print(text.as_bytes()).map(|()| 0)
}

fn one(
    name: String,
    header: &Header,
    bundle: Option<BundleOptions>,
    arguments: &ExplainArguments,
) -> Result<String, Error> {
    let mut content = arguments.content.clone();
    if bundle.is_some() {
        content.references = Some(References::Separate);
    }
    let path = arguments.input.inputs.first().filter(|path| !is_stdin(path));
    let remote = path.map(|path| arguments.remote.input(path)).transpose()?.flatten();
    pipeline::settle_content(&mut content, remote.as_slice())?;
    let releases = content.fhir.map_or(Release::ALL.to_vec(), |release| vec![release]);
    let explanation = explain::explain(name, header, &content, bundle, &releases, pipeline::made_at(&content)?);
    Ok(match arguments.form() {
        ExplainForm::Text | ExplainForm::Bundle => explain::table(&explanation, columns()),
        ExplainForm::Json => json(&explanation),
    })
}

fn many(arguments: &ExplainArguments) -> Result<String, Error> {
    let ExplainArguments { input, remote, content, .. } = arguments.clone();
    let references = content.references;
    let mut job = Config { input, remote, content, ..Config::default() }.convert()?;
    // If no references are asked for, those of separate resources are shown besides.
    job.config.content.references = references;
    let interrupt = Interrupt::on_signals()?;
    let (surveyed, counts) = pipeline::survey(&job, &interrupt)?;
    let places: Vec<String> = job.inputs.iter().map(ToString::to_string).collect();
    let place = places.join(", ");
    if surveyed.files == 0 {
        let reason = counts.only_reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        return usage(format!("no DICOM file was found in {place}{reason}"));
    }
    Ok(match arguments.form() {
        ExplainForm::Json => json(&surveyed),
        ExplainForm::Text | ExplainForm::Bundle => {
            explain::survey_table(&place, &surveyed, columns()) + &left_out(&counts)
        }
    })
}

/// The files that were left out.
fn left_out(counts: &Counts) -> String {
    if counts.skipped_files() == 0 {
        return String::new();
    }
    let reasons = counts.skipped_in_words();
    let lines = reasons.iter().map(|(words, files)| format!("{files}: {}\n", one_line(words)));
    format!("\nFILES LEFT OUT\n{}", lines.collect::<String>())
}

fn json(explanation: &impl Serialize) -> String {
    serde_json::to_string_pretty(explanation).expect("an explanation is strings and lists") + "\n"
}

impl ExplainArguments {
    fn form(&self) -> ExplainForm {
        if self.json { ExplainForm::Json } else { self.format }
    }

    /// The options of Bundles, if one is explained.
    fn bundle(&self) -> Result<Option<BundleOptions>, Error> {
        let is_asked = self.format == ExplainForm::Bundle;
        if is_asked && self.content.references.is_some_and(|references| references != References::Separate) {
            return usage("--format bundle has separate resources: leave --references out");
        }
        match is_asked || self.bundle == BundleOptions::default() {
            true => Ok(is_asked.then_some(self.bundle)),
            false => usage("--bundle-type, --conditional and --overwrite-companions need --format bundle"),
        }
    }
}

/// Name and header of the input, if it is one DICOM file or DICOM JSON; `None` for a folder or several inputs.
fn one_file(arguments: &ExplainArguments) -> Result<Option<(String, Header)>, Error> {
    let InputOptions { inputs, files_from: None, include, exclude, .. } = &arguments.input else { return Ok(None) };
    let ([path], true) = (inputs.as_slice(), include.is_empty() && exclude.is_empty()) else { return Ok(None) };
    let remote = if is_stdin(path) { None } else { arguments.remote.input(path)? };
    arguments.remote.check(remote.as_slice())?;
    if remote.as_ref().is_some_and(Input::is_whole_pacs) {
        let advice =
            "name a study of the PACS with --study UID, or give --query for a summary of the studies that it finds";
        return usage(format!("explain would request all studies: {advice}"));
    }
    if path.is_dir() || remote.as_ref().is_some_and(Input::is_folder) {
        return Ok(None);
    }
    let is_file = path.is_file() || is_stdin(path) || remote.is_some();
    match read(path, remote)? {
        (name, Ok(header)) => Ok(Some((name, header))),
        // An archive or a DICOMDIR: it may contain several files.
        (_, Err(Skip::NotDicom | Skip::Dicomdir)) if is_file => Ok(None),
        (name, Err(skip)) => usage(format!("{name}: {skip}")),
    }
}

/// The name and the header of the first instance that a path or address leads to, or why there is none.
fn read(path: &Path, remote: Option<Input>) -> Result<(String, Result<Header, Skip>), Error> {
    let name = printable_path(path);
    let input = if is_stdin(path) { Some(Input::Stdin) } else { remote };
    let Some(input) = input else {
        return Ok((name, local(path)));
    };
    let options = WalkOptions { threads: 1, ..WalkOptions::default() };
    let walk = source::open(&[input], &options, Arc::new(Silent), &Interrupt::default())?;
    // One instance is explained; where the first cannot be, that is the answer.
    let Some(batch) = walk.batches().iter().next() else { return Ok((name, Err(Skip::Empty))) };
    let mut found = batch.skipped.first().map(|(name, skip)| (name.to_string(), Err(skip.clone())));
    batch.for_each(|item| {
        found.get_or_insert_with(|| (item.name.to_string(), item.open().and_then(header)));
    });
    Ok(found.unwrap_or((name, Err(Skip::Empty))))
}

/// The header of a file of the system.
fn local(path: &Path) -> Result<Header, Skip> {
    let file = source::open_file(path)?;
    let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if is_regular { header(Content::File(file)) } else { Err(Skip::NotRegular) }
}

/// The header of a file, or of the first instance of DICOM JSON.
fn header(mut content: Content) -> Result<Header, Skip> {
    let (wanted, mut header) = (mapping::wanted(), Header::default());
    let is_json = matches!(content, Content::Json(_));
    let scanned = if is_json { Err(Skip::NotDicom) } else { Scanner::new().scan(&mut content, &wanted, &mut header) };
    match scanned {
        Err(Skip::NotDicom) if is_json || Head::new(&mut content).is_ok_and(|head| is_dicom_json(head.bytes())) => {
            Instances::new(&mut content).next(&wanted, &mut header).unwrap_or(Err(Skip::Empty))?;
        }
        scanned => scanned?,
    }
    Ok(header)
}

/// COLUMNS if it is set, else the width of the terminal.
pub(super) fn columns() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    said.or_else(terminal).unwrap_or(COLUMNS)
}
