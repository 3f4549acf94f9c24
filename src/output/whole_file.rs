//! A file that appears under its name only when complete.
//!
//! It is written under a temporary name in the same folder, readable by its owner only, and renamed at the end. A
//! killed run leaves a `.dcm2fhir-….tmp`, which a later run removes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Stdout, Write};
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
        let (temporary, file) = open(folder, path).map_err(|source| write_error(path, source))?;
        Ok(WholeFile::new(path, temporary, Opened::File(file)))
    }

    /// Standard output.
    pub fn stdout() -> WholeFile {
        WholeFile::new(Path::new("standard output"), None, Opened::Stdout(io::stdout()))
    }

    fn new(path: &Path, temporary: Option<TempPath>, opened: Opened) -> WholeFile {
        let writer = BufWriter::with_capacity(BUFFER_BYTES, opened);
        WholeFile { path: path.to_path_buf(), temporary, writer, mode: FileMode::default() }
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
        self.writer.flush().map_err(|source| write_error(&self.path, source))?;
        let bytes = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        match &self.temporary {
            // An empty file is valid NDJSON, but not valid JSON.
            Some(temporary) if bytes(temporary) == 0 && (bytes(&self.path) > 0 || self.is_json()) => {
                return Ok(Finish::NothingNew);
            }
            Some(temporary) if !replace && is_lossy(&self.path, temporary) => {
                return Ok(Finish::HeldBack(self.path));
            }
            _ => {}
        }
        self.finish().map(|()| Finish::Written)
    }

    fn is_json(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
    }

    /// Renames the file to its path, and replaces an existing one.
    pub fn finish(self) -> Result<(), Error> {
        let WholeFile { path, temporary, mut writer, mode } = self;
        writer.flush().map_err(|source| write_error(&path, source))?;
        let Some(temporary) = temporary else { return Ok(()) };
        if let Some(permissions) = mode.permissions() {
            fs::set_permissions(&temporary, permissions).map_err(|source| write_error(&path, source))?;
        }
        temporary.persist(&path).map_err(|error| write_error(&path, error.error))
    }
}

fn open(folder: &Path, path: &Path) -> io::Result<(Option<TempPath>, File)> {
    match fs::metadata(path) {
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
