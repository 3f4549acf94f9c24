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

use super::dialect::Dialect;
use object::Shaped;

pub use concept::{Absent, CONCEPT, InConcept};
pub use digest::digest;
pub use object::{Element, Many, Member, Object, Value, extension};

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

/// Writes a resource without a line end; an error of `out` comes back as it was. JSON comes in small pieces, which are
/// gathered here, where that costs no call.
pub fn write<'r>(
    out: impl Write,
    element: impl Element,
    dialect: impl Into<Dialect<'r>>,
    layout: Layout,
) -> io::Result<()> {
    let mut gathered = BufWriter::with_capacity(GATHERED_BYTES, out);
    let value = Shaped(element, dialect.into());
    match layout {
        Layout::Compact => serde_json::to_writer(&mut gathered, &value),
        Layout::Pretty => serde_json::to_writer_pretty(&mut gathered, &value),
    }
    .map_err(io::Error::from)?;
    gathered.flush()
}

/// A resource on one line.
pub fn text<'r>(element: impl Element, dialect: impl Into<Dialect<'r>>) -> String {
    serde_json::to_string(&Shaped(element, dialect.into())).expect("names and values are always JSON")
}
