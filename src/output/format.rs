//! The formats and targets of the output: their combinations, and how each is opened.

mod csv;
mod key_objects;
#[cfg(feature = "parquet")]
mod parquet;

use std::ffi::OsStr;
use std::fs;
#[cfg(feature = "parquet")]
use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};

use super::{Catalog, Folder, NdjsonFolder, Rows, Sink, Stream};
use crate::error::{Error, usage};
use crate::options::{FileMode, choice, is_stdout};
pub use key_objects::write_key_objects;

choice! {
    /// The format of a document.
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

/// Opens the output, so that an unwritable one fails before anything is read. `rows` is the level of rows of a catalog.
pub fn open(
    target: &OutputTarget,
    format: Format,
    rows: Rows,
    mode: FileMode,
    replace: bool,
) -> Result<Box<dyn Sink>, Error> {
    Ok(match (format, target) {
        (Format::Csv, _) => Box::new(Catalog::open(target.path(), rows, mode, replace, csv::table)?),
        #[cfg(feature = "parquet")]
        (Format::Parquet, OutputTarget::Stdout) if stdout().is_terminal() => {
            return usage("a terminal shows no Parquet: give -o catalog.parquet");
        }
        #[cfg(feature = "parquet")]
        (Format::Parquet, _) => Box::new(Catalog::open(target.path(), rows, mode, replace, parquet::table)?),
        #[cfg(not(feature = "parquet"))]
        (Format::Parquet, _) => {
            return usage("this dcm2fhir was built without parquet: --format csv has the same rows");
        }
        (Format::Ndjson, OutputTarget::Folder(path)) => Box::new(NdjsonFolder::open(path, mode, replace)?),
        (_, OutputTarget::Folder(path)) => Box::new(Folder::open(path, format.extension(), mode, replace)?),
        (_, OutputTarget::Stdout) => Box::new(Stream::stdout()),
        (_, OutputTarget::File(path)) => Box::new(Stream::file(path, mode, replace)?),
    })
}

/// The extensions of output files.
const FILES: [&str; 5] = ["json", "ndjson", "csv", "parquet", "dcm"];
/// The same in words.
const ENDINGS: &str = ".json, .ndjson, .csv, .parquet or .dcm";

impl Format {
    /// Whether it is a catalog: rows instead of FHIR.
    pub fn is_table(self) -> bool {
        matches!(self, Format::Csv | Format::Parquet)
    }

    /// Whether a file or stream holds one document.
    pub fn is_single(self) -> bool {
        matches!(self, Format::Json | Format::Kos)
    }

    /// The extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Json | Format::Bundle => "json",
            Format::Kos => "dcm",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
            Format::Parquet => "parquet",
        }
    }
}

impl OutputTarget {
    /// The target of a path: an existing folder, a path that looks like a folder, or a file by its extension.
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

    /// The default format.
    pub fn default_format(&self) -> Format {
        let is_named = |path: &Path| Format::ALL.iter().find(|format| has_extension(path, format.extension()));
        match self {
            OutputTarget::Stdout => Format::Ndjson,
            OutputTarget::File(path) => is_named(path).copied().unwrap_or(Format::Ndjson),
            OutputTarget::Folder(_) => Format::Json,
        }
    }

    /// Whether it is a .json file, which holds one document.
    pub fn is_one_document(&self) -> bool {
        matches!(self, OutputTarget::File(path) if has_extension(path, "json"))
    }

    /// Fails if the file's extension contradicts the format.
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
            // Bundles can go to any file that is no table.
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

    /// The path of a file or folder.
    pub fn path(&self) -> Option<&Path> {
        match self {
            OutputTarget::Stdout => None,
            OutputTarget::File(path) | OutputTarget::Folder(path) => Some(path),
        }
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension))
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
}
