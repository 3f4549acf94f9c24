//! What `explain` was told.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{ReleaseName, Systems};
use crate::cli::ExplainArguments;
use crate::error::Error;

/// The options of `explain`.
#[derive(Debug, Clone)]
pub struct ExplainConfig {
    /// The file.
    pub file: PathBuf,
    /// The release; all where none is named.
    pub release: Option<ReleaseName>,
    /// A table or JSON.
    pub form: ExplainForm,
    /// The zone of times without one.
    pub time_zone: Option<String>,
    /// The character sets of undeclared bytes and of sets that are declared wrongly.
    pub charset: Vec<String>,
    /// Identifier and code systems.
    pub systems: Systems,
}

/// The form of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum ExplainForm {
    Text,
    Json,
}

impl ExplainConfig {
    /// The configuration that the arguments of `explain` make.
    pub fn new(arguments: ExplainArguments) -> Result<ExplainConfig, Error> {
        Ok(ExplainConfig {
            file: arguments.file,
            release: arguments.fhir,
            form: arguments.format.unwrap_or(if arguments.json { ExplainForm::Json } else { ExplainForm::Text }),
            time_zone: arguments.timezone,
            charset: arguments.charset,
            systems: Systems::new(arguments.system, arguments.issuer).map_err(Error::Usage)?,
        })
    }
}
