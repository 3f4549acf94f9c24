//! `dcm2fhir mapping`.

use clap::{ArgAction, Args, ValueEnum, value_parser};

use crate::config::ReleaseName;
use crate::mapping::document::Layout;
use crate::options::{Listed, RELEASES};

const EXAMPLES: &str = "\
Examples:
  Everything:
    dcm2fhir mapping | less
  What fills the laterality of a series in R4, and everything of a Patient:
    dcm2fhir mapping series.laterality --fhir r4
    dcm2fhir mapping Patient
  For other programs:
    dcm2fhir mapping --format json | jq '.rows[] | select(.element == \"basedOn\")'";

/// What `mapping` can be told.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct MappingArguments {
    /// Print only this element, as series.laterality
    ///
    /// By its name in any release, the name of its parent, or a part of it: `Patient`, `laterality`, `birth`. Default:
    /// all elements.
    #[arg(value_name = "ELEMENT")]
    pub element: Option<String>,

    /// FHIR release: r4, r4b, r5, r6 or an R6 ballot
    ///
    /// Default: all, and where they differ each is named.
    #[arg(long, value_name = "RELEASE", value_parser = Listed::<ReleaseName>::new(RELEASES), hide_possible_values = true)]
    pub fhir: Option<ReleaseName>,

    /// Output format: text, markdown or json
    ///
    /// Default: text.
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    pub format: Option<TableFormat>,

    /// Print this help; --help says more
    #[arg(short, long, action = ArgAction::Help, value_parser = value_parser!(bool))]
    help: Option<bool>,
}

/// How the tables are laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum TableFormat {
    #[default]
    Text,
    Markdown,
    Json,
}

impl From<TableFormat> for Layout {
    fn from(format: TableFormat) -> Layout {
        match format {
            TableFormat::Text => Layout::Text,
            TableFormat::Markdown => Layout::Markdown,
            TableFormat::Json => Layout::Json,
        }
    }
}
