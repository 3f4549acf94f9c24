//! `dcm2fhir explain`.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::config::{ExplainForm, IssuerSystem, ReleaseName, SystemUri};
use crate::options::{Listed, RELEASES, SYSTEMS};

const EXAMPLES: &str = "\
Examples:
  What R4 says of one file:
    dcm2fhir explain image.dcm --fhir r4
  Every value of every release, for other programs:
    dcm2fhir explain image.dcm --format json";

/// What `explain` can be told.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct ExplainArguments {
    /// The DICOM file
    ///
    /// Its values are shown, which may be patient data.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// FHIR release: r4, r4b, r5, r6 or an R6 ballot
    ///
    /// Default: all, and where they differ each is shown.
    #[arg(long, value_name = "RELEASE", value_parser = Listed::<ReleaseName>::new(RELEASES), hide_possible_values = true)]
    pub fhir: Option<ReleaseName>,

    /// Output format: text or json
    ///
    /// `json` has every value in full. Default: text.
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    pub format: Option<ExplainForm>,

    /// The same as --format json
    #[arg(long, hide = true, conflicts_with = "format")]
    pub json: bool,

    /// Time zone if none is given: Europe/Berlin, +01:00
    ///
    /// Default: none, and such times become dates.
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,

    /// Character set of undeclared text, or NAME=NAME
    ///
    /// As for convert. May be given several times. Default: none.
    #[arg(long, value_name = "NAME")]
    pub charset: Vec<String>,

    /// System of an identifier, as patient=URI
    ///
    /// As for convert. May be given several times. Default: none.
    #[arg(long, value_name = "KIND=URI", value_parser = Listed::<SystemUri>::new(SYSTEMS), hide_possible_values = true)]
    pub system: Vec<SystemUri>,

    /// The system of an issuer's local name, as NAME=URI
    ///
    /// As for convert. May be given several times. Default: none.
    #[arg(long, value_name = "NAME=URI")]
    pub issuer: Vec<IssuerSystem>,

    /// Print this help; --help says more
    #[arg(short, long, action = ArgAction::Help, value_parser = clap::builder::BoolValueParser::new())]
    help: Option<bool>,
}
