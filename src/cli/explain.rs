//! `dcm2fhir explain`: one file is read and its explanation printed.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgAction, Args};

use crate::dicom::json::{Instances, is_dicom_json};
use crate::dicom::{Header, Scanner};
use crate::error::Error;
use crate::explain;
use crate::fhir::profile::ProfileOptions;
use crate::fhir::{Profile, Release};
use crate::interrupt::Interrupt;
use crate::issue::Skip;
use crate::mapping::{self, Options};
use crate::options::choice;
use crate::options::parse::{Listed, RELEASES};
use crate::output;
use crate::pipeline::is_stdin;
use crate::progress::Silent;
use crate::source::archive::Head;
use crate::source::{self, Content, Input, RemoteOptions, WalkOptions, printable};

const EXAMPLES: &str = "\
Examples:
  What R4 says of one file:
    dcm2fhir explain image.dcm --fhir r4
  What a European imaging manifest says, and what it still needs:
    dcm2fhir explain image.dcm --profile mado
  Every value of every release, for other programs:
    dcm2fhir explain image.dcm --format json";

/// Columns where there is no terminal to ask.
const COLUMNS: usize = 100;

choice! {
    /// The form of an explanation.
    pub enum ExplainForm: "format", default Text {
        /// A table for people.
        Text = "text",
        /// Every value in full, for programs.
        Json = "json",
    }
}

/// What `explain` can be told.
#[derive(Debug, Args)]
#[command(
    after_long_help = EXAMPLES,
    disable_help_flag = true,
    mut_arg("charset", |charset| shown(charset, "Character set of undeclared text, or NAME=NAME")),
    mut_arg("system", |system| shown(system, "System of an identifier, as patient=URI")),
    mut_arg("issuer", |issuer| shown(issuer, "The system of an issuer's local name, as NAME=URI")),
)]
pub struct ExplainArguments {
    /// The DICOM file; - is standard input
    ///
    /// Or the first instance of DICOM JSON, or of a study as `dicomweb+https://pacs/dicom-web --study UID`. Its values are
    /// shown, which may be patient data.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// FHIR release: r4, r4b, r5, r6 or an R6 ballot
    ///
    /// Default: all, and where they differ each is shown.
    #[arg(
        long,
        value_name = "RELEASE",
        value_parser = Listed::<&'static Release>::new(RELEASES),
        hide_possible_values = true
    )]
    fhir: Option<&'static Release>,

    /// Output format: text or json
    ///
    /// `json` has every value in full. Default: text.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    format: ExplainForm,

    /// The same as --format json
    #[arg(long, hide = true, conflicts_with = "format")]
    json: bool,

    /// What the user says of the archive.
    #[command(flatten)]
    archive: Options,

    /// The profile whose demands are explained.
    #[command(flatten)]
    profile: ProfileOptions,

    /// What the user says of servers.
    #[command(flatten)]
    remote: RemoteOptions,

    /// Print this help; --help says more
    #[arg(short, long, action = ArgAction::Help, value_parser = clap::builder::BoolValueParser::new())]
    help: Option<bool>,
}

/// An option of `convert` with its help in short.
fn shown(argument: Arg, help: &'static str) -> Arg {
    let long = format!("{help}\n\nAs for convert. May be given several times. Default: none.");
    argument.help(help).long_help(long).hide_short_help(false)
}

/// Explains one file on standard output.
pub fn run(arguments: &ExplainArguments) -> Result<u8, Error> {
    let profile = arguments.profile.profile(arguments.fhir);
    if let Some(name) = arguments.profile.profile.filter(|_| !profile.is_some()) {
        return Err(Error::Usage(format!("--profile {name} is not for this release: leave --fhir out")));
    }
    let (name, header) = read(&arguments.file, &arguments.remote, profile)?;
    arguments.archive.check()?;
    let own = profile.is_some().then_some(profile.release);
    let releases = arguments.fhir.or(own).map_or(Release::ALL.to_vec(), |release| vec![release]);
    let archive = Options { profile, ..arguments.archive.clone() };
    let explanation = explain::explain(name, &header, &archive, &releases, &arguments.profile);
    let form = if arguments.json { ExplainForm::Json } else { arguments.format };
    let text = match form {
        ExplainForm::Text => explain::table(&explanation, columns()),
        ExplainForm::Json => {
            serde_json::to_string_pretty(&explanation).expect("an explanation is strings and lists") + "\n"
        }
    };
    output::print(text.as_bytes()).map(|()| 0)
}

/// The name and the header of the first instance that a path or address leads to.
fn read(path: &Path, remote: &RemoteOptions, profile: &Profile) -> Result<(String, Header), Error> {
    let name = printable(path.as_os_str().as_encoded_bytes());
    let refused = |skip| Error::Usage(format!("{name}: {skip}"));
    let input = if is_stdin(path) { Some(Input::Stdin) } else { remote.input(path)? };
    let Some(input) = input else {
        let file = source::open_file(path).map_err(refused)?;
        let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        return match is_regular {
            true => header(Content::File(file), profile).map(|header| (name.clone(), header)).map_err(refused),
            false => Err(refused(Skip::NotRegular)),
        };
    };
    let options = WalkOptions { threads: 1, ..WalkOptions::default() };
    let walk = source::open(&[input], &options, Arc::new(Silent), &Interrupt::default())?;
    // One instance is explained; where the first cannot be, that is the answer.
    let Some(batch) = walk.batches().iter().next() else { return Err(refused(Skip::Empty)) };
    let mut found = batch.skipped.first().map(|(name, skip)| (name.to_string(), Err(skip.clone())));
    batch.for_each(|item| {
        found.get_or_insert_with(|| (item.name.to_string(), item.open().and_then(|content| header(content, profile))));
    });
    let (name, header) = found.unwrap_or((name.clone(), Err(Skip::Empty)));
    header.map(|header| (name, header)).map_err(refused)
}

/// The header of a file, or of the first instance of DICOM JSON.
fn header(mut content: Content, profile: &Profile) -> Result<Header, Skip> {
    let (wanted, mut header) = (mapping::wanted_with(profile), Header::default());
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

/// What the user says, else the terminal's width.
pub(super) fn columns() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    said.or_else(terminal).unwrap_or(COLUMNS)
}
