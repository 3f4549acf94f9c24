//! `dcm2fhir convert`.

use clap::Args;

use super::ConsoleArguments;
use crate::error::Error;
use crate::pipeline::{self, Config};

const EXAMPLES: &str = "\
Examples:
  One file for each study:
    dcm2fhir convert archive/ -o studies/ --fhir r4
  R4 for a server, as transaction Bundles, one a line:
    dcm2fhir convert archive/ --fhir r4 --format bundle > bundles.ndjson
  Only CT and MR, with the address of the images:
    dcm2fhir convert archive/ --fhir r5 --include modality=CT,MR \\
      --endpoint wado-rs=https://pacs.example/dicomweb
  The studies of a PACS in January, by DICOMweb:
    dcm2fhir convert dicomweb+https://pacs.example/dicom-web -o studies/ \\
      --fhir r4 --query StudyDate=20240101-20240131 --token-env TOKEN
  A report of everything that was left out:
    dcm2fhir convert archive/ -o studies/ --fhir r4 --report report.json

Every option is also an environment variable, as DCM2FHIR_FHIR=r4 or
DCM2FHIR_REPORT_VALUES=true.

Exit code:
  0    every DICOM file was converted
  1    done, but a DICOM file was left out, nothing was found, a study mixes
       patients, or a document was held back; standard error says which
  2    could not run
  130  interrupted";

/// The arguments of `convert`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, override_usage = "dcm2fhir convert [OPTIONS] <INPUT>...")]
#[cfg_attr(feature = "index", command(mut_arg("inputs", |inputs| inputs.required_unless_present("index"))))]
#[cfg_attr(feature = "http", command(mut_arg("token_command", |argument| argument.hide_short_help(true))))]
pub struct ConvertArguments {
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    console: ConsoleArguments,
}

/// Converts, and returns the exit code.
pub fn run(arguments: ConvertArguments) -> Result<u8, Error> {
    pipeline::convert(&arguments.config.convert()?, &arguments.console.console())
}

#[cfg(test)]
impl ConvertArguments {
    pub(super) fn job(self) -> Result<pipeline::Job, Error> {
        self.config.convert()
    }
}
