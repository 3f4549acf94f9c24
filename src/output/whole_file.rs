//! A file that appears under its name only when complete.
//!
//! It is written under a temporary name in the same folder, readable by its owner only, and renamed at the end. A
//! killed run leaves a `.dcm2fhir-….tmp`, which a later run removes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, Stdout, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::{NamedTempFile, TempPath};

use super::held::loses_instances;
use super::held_rows::loses_rows;
use super::richer::says_more;
use super::{BUFFER_BYTES, Finished};
use crate::error::Error;
use crate::name::{TEMPORARY_PREFIX, TEMPORARY_SUFFIX, is_temporary};
use crate::options::{FileMode, is_stdout};

/// The age at which a temporary file is assumed to be of a killed run.
const STALE: Duration = Duration::from_secs(60 * 60);

/// The result of completing a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Finish {
    /// It has its final name.
    Written,
    /// It is empty, and did not replace the existing file.
    NothingNew,
    /// The existing file at this path has instances that it lacks, and was not replaced.
    HeldBack(PathBuf),
}

impl From<Finish> for Finished {
    fn from(finish: Finish) -> Finished {
        let held_back = if let Finish::HeldBack(path) = finish { vec![path] } else { Vec::new() };
        Finished { stale_files: 0, held_back }
    }
}

/// A file under a temporary name.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    /// `None` if the path is no regular file, as a FIFO or `/dev/null`: it is written directly.
    temporary: Option<TempPath>,
    /// Whether something was at the path when this was opened.
    was_there: bool,
    writer: BufWriter<Opened>,
    mode: FileMode,
}

/// What the bytes go to.
#[derive(Debug)]
enum Opened {
    File(File),
    Stdout(Stdout),
}

impl WholeFile {
    /// Opens a file for a path, or standard output.
    pub fn create(path: &Path) -> Result<WholeFile, Error> {
        if is_stdout(path) {
            return Ok(WholeFile::stdout());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        WholeFile::create_in(folder, path)
    }

    /// Opens a file for a path, with its temporary name in `folder`, which is on the same disk.
    pub fn create_in(folder: &Path, path: &Path) -> Result<WholeFile, Error> {
        let there = fs::metadata(path);
        let was_there = !matches!(&there, Err(error) if error.kind() == io::ErrorKind::NotFound);
        let (temporary, file) = open(folder, path, there).map_err(|source| write_error(path, source))?;
        Ok(WholeFile { was_there, ..WholeFile::new(path, temporary, Opened::File(file)) })
    }

    /// Standard output.
    pub fn stdout() -> WholeFile {
        WholeFile::new(Path::new("standard output"), None, Opened::Stdout(io::stdout()))
    }

    fn new(path: &Path, temporary: Option<TempPath>, opened: Opened) -> WholeFile {
        let writer = BufWriter::with_capacity(BUFFER_BYTES, opened);
        WholeFile { path: path.to_path_buf(), temporary, was_there: true, writer, mode: FileMode::default() }
    }

    /// Checks that files can be created in the folder, by creating and removing one.
    pub fn try_in(folder: &Path) -> Result<(), Error> {
        temporary(folder).map(drop).map_err(|source| write_error(folder, source))
    }

    /// Sets the permissions of the completed file, regardless of the umask.
    pub fn with_mode(self, mode: FileMode) -> WholeFile {
        WholeFile { mode, ..self }
    }

    /// Whether a file exists at the path.
    pub fn is_there(&self) -> bool {
        self.temporary.is_some() && self.path.exists()
    }

    /// Writes a document.
    pub fn write_with(&mut self, write: super::WriteDocument<'_>) -> Result<(), Error> {
        write(&mut self.writer).map_err(|source| write_error(&self.path, source))
    }

    /// Renames the file to its path, unless the existing one has more content.
    pub fn finish_unless_lossy(mut self, replace: bool) -> Result<Finish, Error> {
        self.flush_all()?;
        if self.temporary.is_some() && self.is_empty() && (self.is_json() || !is_empty(&self.path)) {
            // An empty file is valid NDJSON, but not valid JSON.
            return Ok(Finish::NothingNew);
        }
        if !replace && !self.was_there {
            match self.place_new()? {
                None => return Ok(Finish::Written),
                // Another program wrote one meanwhile, or the file system cannot tell.
                Some(file) => self = file,
            }
        }
        match &self.temporary {
            Some(temporary) if !replace && is_lossy(&self.path, temporary) => Ok(Finish::HeldBack(self.path)),
            _ => self.finish().map(|()| Finish::Written),
        }
    }

    /// Renames the file to its path if there is none; else gives it back.
    fn place_new(mut self) -> Result<Option<WholeFile>, Error> {
        self.set_permissions()?;
        let Some(temporary) = self.temporary.take() else { return Ok(Some(self)) };
        let placed = temporary.persist_noclobber(&self.path);
        Ok(placed.err().map(|error| WholeFile { temporary: Some(error.path), ..self }))
    }

    /// Whether nothing was written.
    fn is_empty(&mut self) -> bool {
        match self.writer.get_mut() {
            Opened::File(file) => file.stream_position().is_ok_and(|written| written == 0),
            Opened::Stdout(_) => false,
        }
    }

    fn is_json(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
    }

    /// Renames the file to its path, and replaces an existing one.
    pub fn finish(mut self) -> Result<(), Error> {
        self.flush_all()?;
        self.set_permissions()?;
        let Some(temporary) = self.temporary else { return Ok(()) };
        temporary.persist(&self.path).map_err(|error| write_error(&self.path, error.error))
    }

    fn flush_all(&mut self) -> Result<(), Error> {
        self.writer.flush().map_err(|source| write_error(&self.path, source))
    }

    fn set_permissions(&self) -> Result<(), Error> {
        let (Some(temporary), Some(permissions)) = (&self.temporary, self.mode.permissions()) else { return Ok(()) };
        fs::set_permissions(temporary, permissions).map_err(|source| write_error(&self.path, source))
    }
}

/// Whether there is nothing at a path.
fn is_empty(path: &Path) -> bool {
    fs::metadata(path).map_or(0, |metadata| metadata.len()) == 0
}

/// Opens what `there` says of the path: a temporary file, or what is no regular file itself.
fn open(folder: &Path, path: &Path, there: io::Result<fs::Metadata>) -> io::Result<(Option<TempPath>, File)> {
    match there {
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => Ok((None, OpenOptions::new().write(true).open(path)?)),
        _ => {
            let (file, temporary) = temporary(folder)?.into_parts();
            Ok((Some(temporary), file))
        }
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Write for Opened {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Opened::File(file) => file.write(bytes),
            Opened::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Opened::File(file) => file.flush(),
            Opened::Stdout(stdout) => stdout.flush(),
        }
    }
}

fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let file =
        tempfile::Builder::new().prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX).rand_bytes(10).tempfile_in(folder);
    file.map_err(|error| without_path(&error))
}

/// The error without the path of the temporary file, which the user does not know.
fn without_path(error: &io::Error) -> io::Error {
    match error.kind() {
        // The text of this kind, "entity not found", is not helpful.
        io::ErrorKind::NotFound => io::Error::new(io::ErrorKind::NotFound, "no such file or directory"),
        kind => kind.into(),
    }
}

/// Removes temporary files of killed runs. Errors are ignored.
pub(super) fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| is_temporary(&entry.file_name())) {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).map(|modified| modified.elapsed());
        if matches!(age, Ok(Ok(age)) if age > STALE) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The error of a failed write; a closed pipe is [`Error::Closed`].
pub(super) fn write_error(path: &Path, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::BrokenPipe => Error::Closed,
        _ => Error::Write { path: path.to_path_buf(), source },
    }
}

pub(super) fn is_lossy(old: &Path, new: &Path) -> bool {
    // One look where there is nothing to compare, instead of one by each.
    let is_new = fs::symlink_metadata(old).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    !is_new && (loses_instances(old, new) || loses_rows(old, new) || says_more(old, new))
}
