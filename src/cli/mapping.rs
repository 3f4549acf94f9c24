//! `dcm2fhir mapping`.

use clap::{ArgAction, Args, ValueEnum, value_parser};

use crate::mapping::document::Layout;

const EXAMPLES: &str = "\
Examples:
  dcm2fhir mapping | less
  dcm2fhir mapping --format json | jq '.rows[] | select(.element == \"basedOn\")'";

/// What `mapping` can be told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, disable_help_flag = true)]
pub struct MappingArguments {
    /// text, markdown or json
    ///
    /// Default: text.
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    pub format: Option<TableFormat>,

    /// This help
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
