//! A catalog: a table of the studies, series or instances, for DuckDB, pandas and spreadsheets.
//!
//! It is written from studies, not from JSON. Rows are streamed, so that memory does not grow with the table, in the
//! order of the documents, so that the same input gives the same bytes.

mod column;
mod rows;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::whole_file::{WholeFile, write_error};
use super::{DocumentName, Finished, Order, Placed, Sink, WriteDocument};
use crate::error::Error;
use crate::group::{Files, Keep};
use crate::mapping::{Options, ResolvedStudy};
use crate::options::FileMode;

pub use column::Rows;
#[cfg(test)]
pub(super) use column::columns;
pub(super) use column::{Cell, CellKind, Column};
use rows::Context;

/// Writes the rows of a table.
pub(super) trait TableWriter<W>: Send {
    /// Writes one row, with a cell for each column.
    fn row(&mut self, cells: &[Cell]) -> io::Result<()>;

    /// Completes the table, and returns the writer.
    fn finish(self: Box<Self>) -> io::Result<W>;
}

/// Begins a table of these columns.
pub(super) type OpenTable = fn(WholeFile, &[&Column]) -> io::Result<Box<dyn TableWriter<WholeFile>>>;

/// A table that is being written.
pub struct Catalog {
    table: Mutex<Box<dyn TableWriter<WholeFile>>>,
    written_rows: AtomicU64,
    rows: Rows,
    files: Files,
    /// Its path, for messages.
    path: PathBuf,
    replace: bool,
}

impl Catalog {
    /// Opens a table on standard output, or in a file that appears when complete.
    pub(super) fn open(
        path: Option<&Path>,
        rows: Rows,
        mode: FileMode,
        replace: bool,
        open: OpenTable,
    ) -> Result<Catalog, Error> {
        let file = path.map_or_else(|| Ok(WholeFile::stdout()), WholeFile::create)?.with_mode(mode);
        let path = path.unwrap_or(Path::new("standard output")).to_path_buf();
        let table = open(file, &column::columns(rows)).map_err(|source| write_error(&path, source))?;
        let files = Files::new(if rows == Rows::Instance { Keep::Names } else { Keep::Folder });
        Ok(Catalog { table: Mutex::new(table), written_rows: AtomicU64::new(0), rows, files, path, replace })
    }

    /// The collector of file paths and sizes.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Writes the rows of a study.
    pub fn study(&self, study: &ResolvedStudy<'_>, options: &Options) -> Result<(), Error> {
        let context = Context { rows: self.rows, files: &self.files, options };
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let mut each = |row: &[Cell]| {
            self.written_rows.fetch_add(1, Relaxed);
            table.row(row)
        };
        rows::rows(study, &context, &mut each).map_err(|source| write_error(&self.path, source))
    }
}

impl Sink for Catalog {
    fn order(&self) -> Order {
        Order::AsGiven
    }

    /// A catalog has rows, and no documents.
    fn document(&self, _: &DocumentName, _: WriteDocument<'_>) -> Result<Placed, Error> {
        Ok(Placed::Written)
    }

    fn catalog(&self) -> Option<&Catalog> {
        Some(self)
    }

    fn finish(self: Box<Self>, _: Option<&Path>) -> Result<Finished, Error> {
        let path = self.path;
        let failed = |source| write_error(&path, source);
        let table = self.table.into_inner().unwrap_or_else(PoisonError::into_inner);
        let file = table.finish().map_err(failed)?;
        // A run that found nothing, as from a disk that is not mounted, replaces nothing.
        if self.written_rows.into_inner() == 0 && file.is_there() {
            return Ok(Finished::default());
        }
        Ok(file.finish_unless_lossy(self.replace)?.into())
    }
}
