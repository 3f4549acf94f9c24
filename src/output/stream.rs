//! All documents in sequence, on standard output or in one file.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::whole_file::{Finish, WholeFile, write_error};
use super::{BUFFER_BYTES, DocumentName, Finished, Order, Placed, Sink, WriteDocument};
use crate::error::Error;
use crate::options::FileMode;

/// Standard output, or one file.
#[derive(Debug)]
pub struct Stream(Mutex<Target>);

#[derive(Debug)]
enum Target {
    Stdout(BufWriter<Stdout>),
    File(WholeFile, bool),
}

impl Stream {
    /// Standard output.
    pub fn stdout() -> Stream {
        Stream(Mutex::new(Target::Stdout(BufWriter::with_capacity(BUFFER_BYTES, io::stdout()))))
    }

    /// One file, which appears when complete.
    pub fn file(path: &Path, mode: FileMode, replace: bool) -> Result<Stream, Error> {
        Ok(Stream(Mutex::new(Target::File(WholeFile::create(path)?.with_mode(mode), replace))))
    }
}

/// Prints a document on standard output.
pub fn print(document: &[u8]) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(document).and_then(|()| stdout.flush()).map_err(stdout_error)
}

impl Sink for Stream {
    fn order(&self) -> Order {
        Order::AsGiven
    }

    fn document(&self, _: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Target::Stdout(writer) => write(writer).map_err(stdout_error)?,
            Target::File(file, _) => file.write(write)?,
        }
        Ok(Placed::Written)
    }

    fn may_replace(&self) {
        if let Target::File(_, replace) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            *replace = true;
        }
    }

    fn finish(self: Box<Self>, _: Option<&Path>) -> Result<Finished, Error> {
        match self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Target::Stdout(mut writer) => writer.flush().map_err(stdout_error)?,
            Target::File(file, replace) => {
                if let Finish::HeldBack(path) = file.finish_unless_lossy(replace)? {
                    return Ok(Finished { stale_files: 0, held_back: vec![path] });
                }
            }
        }
        Ok(Finished::default())
    }
}

pub(crate) fn stdout_error(source: io::Error) -> Error {
    write_error(Path::new("standard output"), source)
}
