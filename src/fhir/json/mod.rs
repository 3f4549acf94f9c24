//! JSON in the shape of a release, straight from borrowed values to the writer.
//!
//! Elements stand in the order of the specification. No string, list or object is ever empty; what a release requires
//! and nothing is known of carries a data-absent-reason.

mod bundle;
mod companion;
mod concept;
mod datatypes;
mod imaging_selection;
mod imaging_study;
mod object;
mod series;

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::bundle::Bundle;
use super::imaging_selection::ImagingSelection;
use super::references::{Companion, Linked};
use super::release::Release;
use imaging_study::Study;
use object::Shaped;

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// On one line.
    #[default]
    Compact,
    /// Indented by two spaces.
    Pretty,
}

/// What is handed on at once.
const GATHERED_BYTES: usize = 16 << 10;

/// Writes an ImagingStudy without a line end.
pub fn write_imaging_study(out: impl Write, linked: &Linked<'_>, release: &Release, layout: Layout) -> io::Result<()> {
    write(out, &Shaped(Study::of(linked), release), layout)
}

/// Writes a companion resource without a line end.
pub fn write_companion(out: impl Write, companion: &Companion, release: &Release, layout: Layout) -> io::Result<()> {
    write(out, &Shaped(companion, release), layout)
}

/// Writes an ImagingSelection without a line end.
pub fn write_imaging_selection(
    out: impl Write,
    selection: &ImagingSelection,
    release: &Release,
    layout: Layout,
) -> io::Result<()> {
    write(out, &Shaped(selection, release), layout)
}

/// Writes a Bundle without a line end.
pub fn write_bundle(out: impl Write, bundle: &Bundle<'_>, release: &Release, layout: Layout) -> io::Result<()> {
    write(out, &Shaped(bundle, release), layout)
}

/// Writes any value; an error of `out` comes back as it was. JSON comes in small pieces, which are gathered here, where
/// that costs no call.
fn write(out: impl Write, value: &impl Serialize, layout: Layout) -> io::Result<()> {
    let mut gathered = BufWriter::with_capacity(GATHERED_BYTES, out);
    match layout {
        Layout::Compact => serde_json::to_writer(&mut gathered, value),
        Layout::Pretty => serde_json::to_writer_pretty(&mut gathered, value),
    }
    .map_err(io::Error::from)?;
    gathered.flush()
}
