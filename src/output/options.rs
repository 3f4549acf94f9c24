//! The options of the output.

use std::path::PathBuf;

use super::Rows;
use super::format::{Format, OutputTarget};
use crate::error::{Error, usage};
use crate::options::BundleOptions;

/// The output.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Output"))]
#[non_exhaustive]
pub struct OutputOptions {
    /// Write to a folder, a file named by its format, or -
    ///
    /// A path is a folder if it exists as one, ends in / or has no extension; it is created if missing. A .json file
    /// holds one study, an .ndjson file one resource a line, .csv and .parquet a catalog, .dcm a manifest. Files appear
    /// under their final name once complete. A study's file from an earlier run is replaced; other files stay. Default:
    /// -, standard output.
    #[cfg_attr(feature = "cli", arg(short, long, value_name = "PATH"))]
    pub output: Option<PathBuf>,

    /// Output format: ndjson, json, bundle, kos, csv, parquet
    ///
    /// `ndjson`: one resource a line; in a folder one file for each resource type. `json`: one resource a file; on
    /// standard output or in a single file only if there is one study. `bundle`: one transaction Bundle for each study,
    /// one a line on standard output; needs --fhir. `kos`: a DICOM manifest for each study, with --profile mado. `csv`
    /// and `parquet`: no FHIR but a catalog, a table of header values with the columns of the Imaging Data Commons
    /// index. Default: ndjson on standard output, json in a folder, by its extension in a file.
    #[cfg_attr(feature = "cli", arg(long, value_enum))]
    pub format: Option<Format>,

    /// Row of a catalog: study, series or instance
    ///
    /// Needs --format csv or parquet, or an output file of that kind. Default: series.
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "LEVEL", hide_short_help = true))]
    pub rows: Option<Rows>,

    /// Indent the JSON
    ///
    /// Not with ndjson, nor with Bundles on standard output, where each resource is one line.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub pretty: bool,

    /// Replace files that have more instances
    ///
    /// Default: a document is held back and reported if the existing file has instances that the new one lacks. A run
    /// that finds nothing replaces nothing.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub replace: bool,

    /// Options of Bundles.
    #[cfg_attr(feature = "cli", command(flatten))]
    pub bundle: BundleOptions,
}

impl OutputOptions {
    /// The destination of documents.
    pub fn target(&self) -> Result<OutputTarget, Error> {
        self.output.as_deref().map_or(Ok(OutputTarget::Stdout), OutputTarget::parse)
    }

    /// Fails if the format contradicts the file's name, or an option is for Bundles only.
    pub fn check(&self, target: &OutputTarget, format: Format) -> Result<(), Error> {
        target.check(format)?;
        let for_bundles = [
            (self.bundle.bundle_type.is_some(), "--bundle-type"),
            (self.bundle.conditional, "--conditional"),
            (self.bundle.overwrite_companions, "--overwrite-companions"),
        ];
        if self.rows.is_some() && !format.is_table() {
            return usage("--rows needs --format csv or parquet, or a file of that name");
        }
        match for_bundles.iter().find(|(is_given, _)| *is_given && format != Format::Bundle) {
            Some((_, option)) => usage(format!("{option} needs --format bundle")),
            None => Ok(()),
        }
    }

    /// Whether the JSON is indented; fails for formats with one document a line.
    pub fn is_indented(&self, target: &OutputTarget, format: Format) -> Result<bool, Error> {
        match (self.pretty, format) {
            (false, _) => Ok(false),
            (true, Format::Ndjson) => usage("--pretty needs --format json: ndjson has one resource a line"),
            (true, Format::Bundle) if !target.is_folder() => {
                usage("--pretty with --format bundle needs a folder: a stream has one Bundle a line")
            }
            (true, Format::Kos) => usage("--pretty is for JSON, and not for DICOM"),
            (true, format) if format.is_table() => usage("--pretty is for JSON, and not for a catalog"),
            (true, _) => Ok(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_holds_a_document_is_not_indented() {
        let (stream, folder) = (OutputTarget::Stdout, OutputTarget::Folder("out".into()));
        let pretty = OutputOptions { pretty: true, ..OutputOptions::default() };
        assert!(pretty.is_indented(&stream, Format::Ndjson).is_err());
        assert!(pretty.is_indented(&stream, Format::Bundle).is_err());
        assert!(pretty.is_indented(&folder, Format::Bundle).unwrap());
        assert!(pretty.is_indented(&stream, Format::Json).unwrap());
    }
}
