//! All documents in sequence, on standard output or in one file.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::whole_file::{WholeFile, write_error};
use super::{DocumentName, Finished, Order, Placed, Sink, WriteDocument};
use crate::error::Error;
use crate::options::FileMode;

/// Standard output, or one file.
#[derive(Debug)]
pub struct Stream {
    file: Mutex<WholeFile>,
    replace: AtomicBool,
}

impl Stream {
    /// Standard output.
    pub fn stdout() -> Stream {
        Stream { file: Mutex::new(WholeFile::stdout()), replace: false.into() }
    }

    /// One file, which appears when complete.
    pub fn file(path: &Path, mode: FileMode, replace: bool) -> Result<Stream, Error> {
        Ok(Stream { file: Mutex::new(WholeFile::create(path)?.with_mode(mode)), replace: replace.into() })
    }
}

/// Prints a document on standard output.
pub fn print(document: &[u8]) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(document)
        .and_then(|()| stdout.flush())
        .map_err(|source| write_error(Path::new("standard output"), source))
}

impl Sink for Stream {
    fn order(&self) -> Order {
        Order::AsGiven
    }

    fn document(&self, _: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_with(write)?;
        Ok(Placed::Written)
    }

    fn may_replace(&self) {
        self.replace.store(true, Relaxed);
    }

    fn finish(self: Box<Self>, _: Option<&Path>) -> Result<Finished, Error> {
        let file = self.file.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(file.finish_unless_lossy(self.replace.into_inner())?.into())
    }
}
