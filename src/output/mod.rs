//! Sinks of documents: standard output, one file, a folder, or a bucket.
//!
//! A file gets its final name only when complete, so that an interrupted run never leaves a partial result. A new format
//! or target is one file here, and one arm in `format.rs`.

#[cfg(feature = "objects")]
mod bucket;
pub mod catalog;
mod folder;
mod format;
mod held;
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
pub use format::{Format, OutputTarget, open};
pub use ndjson_folder::NdjsonFolder;
pub use options::OutputOptions;
pub use stream::{Stream, print};
pub use whole_file::WholeFile;

/// Size of write buffers.
const BUFFER_BYTES: usize = 64 * 1024;

/// The name of a document: type and id of its resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentName {
    /// The resource type, as `ImagingStudy`.
    pub resource_type: &'static str,
    /// The resource's id, or for a Bundle that of its study.
    pub id: String,
}

impl DocumentName {
    /// Whether it is a study or selection, and not a companion.
    pub fn is_main(&self) -> bool {
        matches!(self.resource_type, "ImagingStudy" | "Bundle")
    }
}

/// The result of writing a document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Placed {
    /// It was written.
    Written,
    /// The server rejected it, or took only a part.
    NotTaken,
    /// Another document of this run has the same name; this one was not written.
    NameTaken,
    /// The existing file has instances that the document lacks, or has more or other data of a companion; it was not
    /// replaced.
    HeldBack(PathBuf),
}

/// Statistics of completed output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// Files in the output folder that look like documents of other runs.
    pub stale_files: u64,
    /// Files of an earlier run that were not replaced.
    pub held_back: Vec<PathBuf>,
}

/// The order in which a sink needs documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In order, from one thread at a time.
    AsGiven,
    /// In any order, from any thread.
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
    /// The order in which documents are needed.
    fn order(&self) -> Order;

    /// Writes one document.
    fn document(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error>;

    /// Writes the successor of a document with this hash, as recorded in an index: if the existing file is unchanged,
    /// it may lose instances. `None` if this sink makes no difference.
    fn next_document(
        &self,
        _name: &DocumentName,
        _before: u64,
        _write: WriteDocument<'_>,
    ) -> Result<Option<Placed>, Error> {
        Ok(None)
    }

    /// Allows instances to be missing from the replaced file, as an index knows that they are gone.
    fn may_replace(&self) {}

    /// Whether a document of an earlier run exists; true if that cannot be checked.
    fn has(&self, _name: &DocumentName) -> bool {
        true
    }

    /// Notes that an existing document is up to date.
    fn stands(&self, _name: &DocumentName) {}

    /// Deletes a document if it still has this hash; returns whether it is gone.
    fn remove(&self, _name: &DocumentName, _hash: u64) -> Result<bool, Error> {
        Ok(false)
    }

    /// Sets a resource whose files are all gone to entered-in-error; returns whether that was done.
    fn withdraw(&self, _name: &DocumentName, _study_uid: &str) -> Result<bool, Error> {
        Ok(false)
    }

    /// The catalog, if this sink writes rows instead of documents.
    fn catalog(&self) -> Option<&Catalog> {
        None
    }

    /// Writes one document, given also as its model and dialect, which only some sinks use.
    fn model(
        &self,
        name: &DocumentName,
        _: &Model<'_>,
        _: Dialect<'_>,
        write: WriteDocument<'_>,
    ) -> Result<Placed, Error> {
        self.document(name, write)
    }

    /// Completes the output: only now files get their final names. `report` is not counted as a stale file.
    fn finish(self: Box<Self>, report: Option<&Path>) -> Result<Finished, Error>;
}

/// The hash of a document's bytes, which an index stores.
pub fn document_hash(write: WriteDocument<'_>) -> io::Result<u64> {
    write_hashed(&mut io::sink(), write)
}

/// Writes a document, and returns its hash.
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
