//! JSON in the shape of a release, straight from borrowed values to the writer.
//!
//! Elements are in the order of the specification. No string, list or object is ever empty; a required element without
//! a value has a data-absent-reason.

mod bundle;
mod companion;
mod concept;
mod datatypes;
mod digest;
mod document;
mod imaging_selection;
mod imaging_study;
mod object;
mod series;

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::bundle::Bundle;
use super::dialect::Dialect;
use super::document::Document;
use super::imaging_selection::ImagingSelection;
use super::references::{Companion, Linked};
use imaging_study::Study;
use object::Shaped;

pub use digest::digest;

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// On one line.
    #[default]
    Compact,
    /// Indented by two spaces.
    Pretty,
}

/// Size of the write buffer.
const GATHERED_BYTES: usize = 16 << 10;

/// Writes an ImagingStudy without a line end.
pub fn write_imaging_study<'r>(
    out: impl Write,
    linked: &Linked<'_>,
    dialect: impl Into<Dialect<'r>>,
    layout: Layout,
) -> io::Result<()> {
    write(out, &Shaped(Study::of(linked), dialect.into()), layout)
}

/// Writes a companion resource without a line end.
pub fn write_companion<'r>(
    out: impl Write,
    companion: &Companion,
    dialect: impl Into<Dialect<'r>>,
    layout: Layout,
) -> io::Result<()> {
    write(out, &Shaped(companion, dialect.into()), layout)
}

/// Writes an ImagingSelection without a line end.
pub fn write_imaging_selection<'r>(
    out: impl Write,
    selection: &ImagingSelection,
    dialect: impl Into<Dialect<'r>>,
    layout: Layout,
) -> io::Result<()> {
    write(out, &Shaped(selection, dialect.into()), layout)
}

/// Writes a Bundle without a line end.
pub fn write_bundle<'r>(
    out: impl Write,
    bundle: &Bundle<'_>,
    dialect: impl Into<Dialect<'r>>,
    layout: Layout,
) -> io::Result<()> {
    write(out, &Shaped(bundle, dialect.into()), layout)
}

/// Writes a document Bundle without a line end.
pub fn write_document(
    out: impl Write,
    document: &Document<'_>,
    dialect: Dialect<'_>,
    layout: Layout,
) -> io::Result<()> {
    write(out, &Shaped(document, dialect), layout)
}

/// Writes any value, buffered, as serde_json writes in small pieces; an error of `out` is returned unchanged.
fn write(out: impl Write, value: &impl Serialize, layout: Layout) -> io::Result<()> {
    let mut gathered = BufWriter::with_capacity(GATHERED_BYTES, out);
    match layout {
        Layout::Compact => serde_json::to_writer(&mut gathered, value),
        Layout::Pretty => serde_json::to_writer_pretty(&mut gathered, value),
    }
    .map_err(io::Error::from)?;
    gathered.flush()
}
