//! Where documents go: standard output, one file, or a folder.
//!
//! A file gets its final name only when complete, so that an interrupted run never leaves a partial result. A new
//! format is a file in `format/`, and its word, arm and `mod` line in `format.rs`; a new target a file here and an arm
//! there.

#[cfg(feature = "objects")]
mod bucket;
pub mod catalog;
mod folder;
mod format;
mod held;
mod held_manifest;
mod held_rows;
mod ndjson_folder;
mod options;
mod richer;
mod stale_files;
mod stream;
mod whole_file;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3Default;

use crate::error::Error;
use crate::fhir::{Bundle, Companion, Dialect, ImagingSelection, Linked};

#[cfg(feature = "objects")]
pub use bucket::Staged;
pub use catalog::{Catalog, Rows};
pub use folder::Folder;
pub use format::{Format, OutputTarget, open, write_key_objects};
pub use ndjson_folder::NdjsonFolder;
pub use options::OutputOptions;
pub use stream::{Stream, print};
pub use whole_file::WholeFile;

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 64 * 1024;

/// What a document is called: the resource in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentName {
    /// The resource type, as `ImagingStudy`; of a manifest in DICOM [`KEY_OBJECT_SELECTION`].
    pub resource_type: &'static str,
    /// The resource's id, or for a Bundle that of its study.
    pub id: String,
}

/// What a manifest in DICOM is called.
pub const KEY_OBJECT_SELECTION: &str = "KeyObjectSelection";

impl DocumentName {
    /// Whether it is what the run is about, and not a resource beside it.
    pub fn is_main(&self) -> bool {
        matches!(self.resource_type, "ImagingStudy" | "Bundle" | KEY_OBJECT_SELECTION)
    }
}

/// The result of passing a document to a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Placed {
    /// It was written.
    Written,
    /// The destination rejected it, or a part of it.
    NotTaken,
    /// Another document of this run has the name, and is kept.
    NameTaken,
    /// The file of an earlier run has instances that the document lacks, or other or more data of a companion, and is
    /// kept.
    HeldBack(PathBuf),
}

/// The result of a completed output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// Files in the output that look like documents of another run.
    pub stale_files: u64,
    /// Files of an earlier run that were kept, as they have instances that the new ones lack.
    pub held_back: Vec<PathBuf>,
}

/// Whether documents may come from several threads in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// No: their order is that of the output.
    AsGiven,
    /// Yes.
    Any,
}

/// Writes the bytes of one document, with the line feed at its end.
pub type WriteDocument<'a> = &'a mut dyn FnMut(&mut dyn Write) -> io::Result<()>;

/// The model of a document.
#[derive(Debug, Clone, Copy)]
pub enum Model<'m> {
    /// A study with its companions.
    Bundle(&'m Bundle<'m>),
    /// A study alone.
    Study(&'m Linked<'m>),
    /// A selection.
    Selection(&'m ImagingSelection),
    /// A companion.
    Companion(&'m Companion),
}

/// A destination of documents.
pub trait Sink: Sync {
    /// Whether the order of documents is visible in the output.
    fn order(&self) -> Order;

    /// Writes a document.
    fn document(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error>;

    /// Replaces a document with this hash, which an index stores: if the file is unchanged since, the new one may have
    /// fewer instances. `None` if the document is to be written like any other.
    fn next_document(
        &self,
        _name: &DocumentName,
        _before: u64,
        _write: WriteDocument<'_>,
    ) -> Result<Option<Placed>, Error> {
        Ok(None)
    }

    /// Allows the file of an earlier run to be replaced by one with fewer instances, as an index knows why they are
    /// gone.
    fn may_replace(&self) {}

    /// Whether a document of an earlier run exists; true if unknown.
    fn has(&self, _name: &DocumentName) -> bool {
        true
    }

    /// A document of an earlier run is unchanged, and counts as one of this run.
    fn stands(&self, _name: &DocumentName) {}

    /// Deletes a document with this hash, and returns whether it is gone; a changed one is kept.
    fn remove(&self, _name: &DocumentName, _hash: u64) -> Result<bool, Error> {
        Ok(false)
    }

    /// Sets a resource whose files are all gone to entered-in-error, and returns whether that succeeded.
    fn withdraw(&self, _name: &DocumentName, _study_uid: &str) -> Result<bool, Error> {
        Ok(false)
    }

    /// The catalog, if the sink is one: it needs rows of studies instead of documents.
    fn catalog(&self) -> Option<&Catalog> {
        None
    }

    /// Writes a document whose model and dialect are given, which most sinks do not need.
    fn model(
        &self,
        name: &DocumentName,
        _: &Model<'_>,
        _: Dialect<'_>,
        write: WriteDocument<'_>,
    ) -> Result<Placed, Error> {
        self.document(name, write)
    }

    /// Completes the output; until then a file does not have its final name. The report, which may stand there too, is
    /// no document of another run.
    fn finish(self: Box<Self>, report: Option<&Path>) -> Result<Finished, Error>;
}

/// The hash of a document's bytes, which an index stores.
pub fn document_hash(write: WriteDocument<'_>) -> io::Result<u64> {
    write_hashed(&mut io::sink(), write)
}

/// Writes a document, and gives its hash.
pub fn write_hashed(out: &mut dyn Write, write: WriteDocument<'_>) -> io::Result<u64> {
    let mut hashing = Hashing { inner: out, hasher: Xxh3Default::new() };
    write(&mut hashing)?;
    Ok(hashing.hasher.digest())
}

struct Hashing<'o> {
    inner: &'o mut dyn Write,
    hasher: Xxh3Default,
}

impl Write for Hashing<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests;
