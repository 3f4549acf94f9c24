//! Where the output goes and in which form.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::choice;
use crate::error::Error;

/// Where documents go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputTarget {
    /// Standard output.
    Stdout,
    /// One file.
    File(PathBuf),
    /// A folder.
    Folder(PathBuf),
}

choice! {
    /// What a document is.
    pub enum Format: "format" {
        /// One resource a line.
        Ndjson = "ndjson",
        /// One resource a file.
        Json = "json",
        /// One Bundle a study.
        Bundle = "bundle",
        /// A DICOM Key Object Selection a study.
        Kos = "kos",
        /// A table as CSV.
        Csv = "csv",
        /// A table as Apache Parquet.
        Parquet = "parquet",
    }
}

choice! {
    /// What a row of a table is about.
    pub enum Rows: "row", default Series {
        /// A study.
        Study = "study",
        /// A series.
        Series = "series",
        /// An instance.
        Instance = "instance",
    }
}

choice! {
    /// `Bundle.type`.
    pub enum BundleType: "Bundle type", default Transaction {
        /// All or nothing.
        Transaction = "transaction",
        /// Each for itself. No entry can know the id of another that is created, so such references stay logical.
        Batch = "batch",
        /// A bag of resources with nothing to be done.
        Collection = "collection",
    }
}

/// The output.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Output"))]
pub struct OutputOptions {
    /// Write to a folder, a file named by its format, or -
    ///
    /// A folder is one that is there, or a path that ends in / or has no extension; it is made where it is not there. A
    /// .json file holds one study, an .ndjson file one resource a line, .csv and .parquet a catalog, .dcm a manifest. Files appear under their final name when they are
    /// whole; a file of an earlier run is replaced, others stay. Default: -, standard output.
    #[cfg_attr(feature = "cli", arg(short, long, value_name = "PATH"))]
    pub output: Option<PathBuf>,

    /// Output format: ndjson, json, bundle, kos, csv, parquet
    ///
    /// `ndjson`: one resource a line; in a folder one file for each type. `json`: one resource a file; to standard
    /// output or into one file only if there is one study. `bundle`: a transaction Bundle for each study, one a line on
    /// standard output; needs --fhir. `kos`: a manifest in DICOM for each study, with --profile mado. `csv` and `parquet`: no FHIR, but a catalog, a table of what the headers say, with
    /// the columns of the index of the Imaging Data Commons. Default: ndjson to standard output, json into a folder, in
    /// a file what its name says.
    #[cfg_attr(feature = "cli", arg(long, value_enum, hide_possible_values = true))]
    pub format: Option<Format>,

    /// Row of a catalog: study, series or instance
    ///
    /// Needs --format csv or parquet, or such a file. Default: series.
    #[cfg_attr(
        feature = "cli",
        arg(long, value_enum, value_name = "LEVEL", hide_possible_values = true, hide_short_help = true)
    )]
    pub rows: Option<Rows>,

    /// Indent the JSON
    ///
    /// Not with ndjson, and not with Bundles on one stream, where a line is a resource.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub pretty: bool,

    /// Replace files that have more instances
    ///
    /// Default: a document that lacks instances which the file of an earlier run has is held back, and named. A run that
    /// found nothing replaces nothing.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub replace: bool,

    /// What a Bundle asks of a server.
    #[cfg_attr(feature = "cli", command(flatten))]
    pub bundle: BundleOptions,
}

/// What a Bundle asks of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
pub struct BundleOptions {
    /// Bundle type: transaction, batch or collection
    ///
    /// Needs --format bundle. Default: transaction.
    #[cfg_attr(
        feature = "cli",
        arg(long, value_enum, value_name = "TYPE", hide_possible_values = true, hide_short_help = true)
    )]
    pub bundle_type: Option<BundleType>,

    /// Find the study on the server by its identifier
    ///
    /// The Bundle's entry becomes `PUT ImagingStudy?identifier=...`, for servers that give their own ids. Needs --format
    /// bundle. Default: PUT on the id.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub conditional: bool,

    /// Replace patients and others on the server
    ///
    /// Needs --format bundle. Default: they are created where they are not there, and never changed.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub overwrite_companions: bool,
}

/// The endings of files.
const FILES: [&str; 5] = ["json", "ndjson", "csv", "parquet", "dcm"];
/// The same in words.
const ENDINGS: &str = ".json, .ndjson, .csv, .parquet or .dcm";

impl Format {
    /// Whether it is a catalog, and so has rows and no FHIR.
    pub fn is_table(self) -> bool {
        matches!(self, Format::Csv | Format::Parquet)
    }

    /// Whether a file or stream holds one document.
    pub fn is_single(self) -> bool {
        matches!(self, Format::Json | Format::Kos)
    }

    /// The ending of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Json | Format::Bundle => "json",
            Format::Kos => "dcm",
            Format::Ndjson | Format::Csv | Format::Parquet => self.name(),
        }
    }
}

impl BundleOptions {
    /// `Bundle.type`.
    pub fn bundle_type(self) -> BundleType {
        self.bundle_type.unwrap_or_default()
    }
}

impl OutputTarget {
    /// The target that the path means: a folder that is there, or a path that looks like one, or a file by its ending.
    pub fn parse(path: &Path) -> Result<OutputTarget, Error> {
        let shown = path.display();
        if is_stdout(path) {
            return Ok(OutputTarget::Stdout);
        }
        let ends_in_slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        let looks_like_file = !ends_in_slash && FILES.iter().any(|name| extension.as_deref() == Some(OsStr::new(name)));
        let there = fs::metadata(path).ok().map(|metadata| metadata.file_type());
        let file = || Ok(OutputTarget::File(path.to_path_buf()));
        match there {
            Some(there) if there.is_dir() => Ok(OutputTarget::Folder(path.to_path_buf())),
            Some(there) if !there.is_file() => file(),
            _ if looks_like_file => file(),
            Some(_) => usage(format!("{shown} is a file: give a folder, or a name that ends in {ENDINGS}")),
            None if ends_in_slash || extension.is_none() => Ok(OutputTarget::Folder(path.to_path_buf())),
            None => usage(format!("is {shown} a file or a folder? end it in {ENDINGS}, or in / for a folder")),
        }
    }

    /// The format where none was asked for.
    pub fn default_format(&self) -> Format {
        match self {
            OutputTarget::File(_) if self.is_one_document() => Format::Json,
            OutputTarget::File(path) if has_extension(path, "csv") => Format::Csv,
            OutputTarget::File(path) if has_extension(path, "parquet") => Format::Parquet,
            OutputTarget::File(path) if has_extension(path, Format::Kos.extension()) => Format::Kos,
            OutputTarget::Stdout | OutputTarget::File(_) => Format::Ndjson,
            OutputTarget::Folder(_) => Format::Json,
        }
    }

    /// Whether it is a file that a JSON reader takes, and so holds one document.
    pub fn is_one_document(&self) -> bool {
        matches!(self, OutputTarget::File(path) if has_extension(path, "json"))
    }

    /// Fails where the name of the file promises another form.
    pub fn check(&self, format: Format) -> Result<(), Error> {
        let path = match self {
            OutputTarget::Folder(path) if format.is_table() => {
                let shown = path.display();
                return usage(format!("{shown} is a folder, and a catalog one file: name it .{format}"));
            }
            OutputTarget::Folder(_) | OutputTarget::Stdout => return Ok(()),
            OutputTarget::File(path) => path,
        };
        let shown = path.display();
        let other = FILES.iter().find(|name| has_extension(path, name) && **name != format.extension());
        match format {
            Format::Ndjson if self.is_one_document() => {
                usage(format!("{shown} holds one JSON document: name it .ndjson for one a line, or leave --format out"))
            }
            Format::Json if has_extension(path, "ndjson") => {
                usage(format!("{shown} holds one resource a line: name it .json, or leave --format out"))
            }
            // A file of several Bundles, and what stands in a .json, is nobody's business.
            Format::Bundle if !other.is_some_and(|name| matches!(*name, "csv" | "parquet" | "dcm")) => Ok(()),
            _ if other.is_some() => usage(format!(
                "{shown} is named as another format than {format}: name it .{}, or leave --format out",
                format.extension()
            )),
            _ => Ok(()),
        }
    }

    /// Whether each document has a file of its own.
    pub fn is_folder(&self) -> bool {
        matches!(self, OutputTarget::Folder(_))
    }

    /// Where it is on disk.
    pub fn path(&self) -> Option<&Path> {
        match self {
            OutputTarget::Stdout => None,
            OutputTarget::File(path) | OutputTarget::Folder(path) => Some(path),
        }
    }
}

impl OutputOptions {
    /// Where documents go.
    pub fn target(&self) -> Result<OutputTarget, Error> {
        self.output.as_deref().map_or(Ok(OutputTarget::Stdout), OutputTarget::parse)
    }

    /// Fails where the format contradicts the file's name, or options are for Bundles alone.
    pub fn check(&self, target: &OutputTarget, format: Format) -> Result<(), Error> {
        target.check(format)?;
        let for_bundles = [
            (self.bundle.bundle_type.is_some(), "--bundle-type"),
            (self.bundle.conditional, "--conditional"),
            (self.bundle.overwrite_companions, "--overwrite-companions"),
        ];
        if self.rows.is_some() && !format.is_table() {
            return usage("--rows needs --format csv or parquet, or a file of that name".to_string());
        }
        match for_bundles.iter().find(|(is_given, _)| *is_given && format != Format::Bundle) {
            Some((_, option)) => usage(format!("{option} needs --format bundle")),
            None => Ok(()),
        }
    }

    /// Whether the JSON is indented; fails where a line must hold a document.
    pub fn is_indented(&self, target: &OutputTarget, format: Format) -> Result<bool, Error> {
        match (self.pretty, format) {
            (false, _) => Ok(false),
            (true, Format::Ndjson) => usage("--pretty needs --format json: ndjson has one resource a line".to_string()),
            (true, Format::Bundle) if !target.is_folder() => {
                usage("--pretty with --format bundle needs a folder: a stream has one Bundle a line".to_string())
            }
            (true, Format::Kos) => usage("--pretty is for JSON, and not for DICOM".to_string()),
            (true, Format::Csv | Format::Parquet) => usage("--pretty is for JSON, and not for a catalog".to_string()),
            (true, Format::Json | Format::Bundle) => Ok(true),
        }
    }
}

/// Whether a path means standard output.
pub fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path.as_os_str() == *name)
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

fn usage<T>(message: String) -> Result<T, Error> {
    Err(Error::Usage(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_says_what_the_output_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("there.json")).unwrap();
        fs::write(at("file"), "").unwrap();
        fs::write(at("old.NDJSON"), "").unwrap();
        for (name, want) in [
            ("there.json", Some("folder")),
            ("new", Some("folder")),
            ("new.v2/", Some("folder")),
            ("new.json/", Some("folder")),
            ("new.json", Some("file")),
            ("old.NDJSON", Some("file")),
            ("new.txt", None),
            ("file", None),
        ] {
            let kind = match OutputTarget::parse(&at(name)) {
                Ok(OutputTarget::Folder(_)) => Some("folder"),
                Ok(OutputTarget::File(_)) => Some("file"),
                Ok(OutputTarget::Stdout) => Some("stdout"),
                Err(_) => None,
            };
            assert_eq!(kind, want, "{name}");
        }
        assert_eq!(OutputTarget::parse(Path::new("-")).unwrap(), OutputTarget::Stdout);
    }

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
