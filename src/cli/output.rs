//! Where it goes, and in which form.

use std::path::PathBuf;

use clap::Args;

use crate::config::{BundleType, Format};

/// The output.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArguments {
    /// Write to a folder, a .json or .ndjson file, or -
    ///
    /// A folder is one that is there, or a path that ends in / or has no extension; it is made where it is not there. A
    /// .json file holds one study, an .ndjson file one resource a line. Files appear under their final name when they are
    /// whole; a file of an earlier run is replaced, others stay. Default: -, standard output.
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,

    /// Output format: ndjson, json or bundle
    ///
    /// `ndjson`: one resource a line; in a folder one file for each type. `json`: one resource a file; to standard
    /// output or into one file only if there is one study. `bundle`: a transaction Bundle for each study, one a line on
    /// standard output; needs --fhir. Default: ndjson to standard output, json into a folder, in a file what its name
    /// says.
    #[arg(long, value_enum, hide_possible_values = true)]
    pub format: Option<Format>,

    /// Indent the JSON
    ///
    /// Not with ndjson, and not with Bundles on one stream, where a line is a resource.
    #[arg(long, hide_short_help = true)]
    pub pretty: bool,

    /// Replace files that have more instances
    ///
    /// Default: a document that lacks instances which the file of an earlier run has is held back, and named. A run that
    /// found nothing replaces nothing.
    #[arg(long, hide_short_help = true)]
    pub replace: bool,

    /// Bundle type: transaction, batch or collection
    ///
    /// Needs --format bundle. Default: transaction.
    #[arg(long, value_enum, value_name = "TYPE", hide_possible_values = true, hide_short_help = true)]
    pub bundle_type: Option<BundleType>,

    /// Find the study on the server by its identifier
    ///
    /// The Bundle's entry becomes `PUT ImagingStudy?identifier=...`, for servers that give their own ids. Needs --format
    /// bundle. Default: PUT on the id.
    #[arg(long, hide_short_help = true)]
    pub conditional: bool,

    /// Replace patients and others on the server
    ///
    /// Needs --format bundle. Default: they are created where they are not there, and never changed.
    #[arg(long, hide_short_help = true)]
    pub overwrite_companions: bool,
}
