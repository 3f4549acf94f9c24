//! Where the output goes and in which form.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

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

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One resource a line.
    Ndjson,
    /// One resource a file.
    Json,
    /// One Bundle a study.
    Bundle,
}

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// On one line.
    Compact,
    /// Indented.
    Pretty,
}

/// `Bundle.type`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum BundleType {
    #[default]
    Transaction,
    Batch,
    Collection,
}

impl OutputTarget {
    /// The target that the path means: a folder that is there, or a path that looks like one; `.json` and `.ndjson` are
    /// files.
    pub fn parse(path: &Path) -> Result<OutputTarget, Error> {
        let shown = path.display();
        if is_stdout(path) {
            return Ok(OutputTarget::Stdout);
        }
        let ends_in_slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        let looks_like_file =
            !ends_in_slash && extension.as_ref().is_some_and(|name| name == "json" || name == "ndjson");
        let there = fs::metadata(path).ok().map(|metadata| metadata.file_type());
        let file = || Ok(OutputTarget::File(path.to_path_buf()));
        match there {
            Some(there) if there.is_dir() => Ok(OutputTarget::Folder(path.to_path_buf())),
            Some(there) if !there.is_file() => file(),
            _ if looks_like_file => file(),
            Some(_) => usage(format!("{shown} is a file: give a folder, or a name that ends in .json or .ndjson")),
            None if ends_in_slash || extension.is_none() => Ok(OutputTarget::Folder(path.to_path_buf())),
            None => usage(format!("is {shown} a file or a folder? end it in .json or .ndjson, or in / for a folder")),
        }
    }

    /// The format where none was asked for.
    pub fn default_format(&self) -> Format {
        match self {
            OutputTarget::File(_) if self.is_one_document() => Format::Json,
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
        let OutputTarget::File(path) = self else { return Ok(()) };
        let shown = path.display();
        match format {
            Format::Ndjson if self.is_one_document() => {
                usage(format!("{shown} holds one JSON document: name it .ndjson for one a line, or leave --format out"))
            }
            Format::Json if has_extension(path, "ndjson") => {
                usage(format!("{shown} holds one resource a line: name it .json, or leave --format out"))
            }
            _ => Ok(()),
        }
    }

    /// Where it is on disk.
    pub fn path(&self) -> Option<&Path> {
        match self {
            OutputTarget::Stdout => None,
            OutputTarget::File(path) | OutputTarget::Folder(path) => Some(path),
        }
    }
}

impl Layout {
    /// The layout asked for, unless a line must hold a document.
    pub fn parse(pretty: bool, target: &OutputTarget, format: Format) -> Result<Layout, Error> {
        let is_folder = matches!(target, OutputTarget::Folder(_));
        match (pretty, format) {
            (false, _) => Ok(Layout::Compact),
            (true, Format::Ndjson) => usage("--pretty needs --format json: ndjson has one resource a line".to_string()),
            (true, Format::Bundle) if !is_folder => {
                usage("--pretty with --format bundle needs a folder: a stream has one Bundle a line".to_string())
            }
            (true, Format::Json | Format::Bundle) => Ok(Layout::Pretty),
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
        assert!(Layout::parse(true, &stream, Format::Ndjson).is_err());
        assert!(Layout::parse(true, &stream, Format::Bundle).is_err());
        assert_eq!(Layout::parse(true, &folder, Format::Bundle).unwrap(), Layout::Pretty);
        assert_eq!(Layout::parse(true, &stream, Format::Json).unwrap(), Layout::Pretty);
    }
}
