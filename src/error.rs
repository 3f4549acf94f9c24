//! What stops the run. Anything smaller is a [`Skip`](crate::issue::Skip) or an [`Issue`](crate::issue::Issue).

use std::io;
use std::path::{Path, PathBuf};

/// The run cannot start or cannot go on: exit code 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An option is invalid, or contradicts another.
    #[error("{0}")]
    Usage(String),
    /// An input does not exist or cannot be opened.
    #[error("cannot read {}: is the path right?", path.display())]
    Input {
        /// The input as given.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// An output cannot be written.
    #[error("cannot write {}: {}", path.display(), advice(path, source))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// An index cannot be used.
    #[error("cannot use the index {}: {reason}", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// Why not, and what to do.
        reason: String,
    },
    /// No handler for Ctrl-C can be installed.
    #[error("cannot listen for signals")]
    Signals {
        /// The error of the operating system.
        source: io::Error,
    },
    /// No threads can be started.
    #[error("cannot start {threads} threads: give a smaller --threads")]
    Threads {
        /// The number of threads.
        threads: usize,
        /// Why not.
        source: rayon::ThreadPoolBuildError,
    },
    /// The server cannot be used, or became unavailable.
    #[error("cannot {purpose} {base}: {reason}")]
    Server {
        /// The operation: `upload to`, `read`.
        purpose: &'static str,
        /// Its base URL.
        base: String,
        /// The reason.
        reason: String,
    },
    /// The pipe that output goes to was closed: the run ends quietly, as a success.
    #[error("the output was closed")]
    Closed,
    /// The user stopped the run.
    #[error("interrupted: every file that was written is whole")]
    Interrupted,
}

/// The error of an option, as a result.
pub(crate) fn usage<T>(message: impl Into<String>) -> Result<T, Error> {
    Err(Error::Usage(message.into()))
}

/// Advice for a path that cannot be written.
fn advice(path: &Path, source: &io::Error) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match (source.kind(), folder) {
        (io::ErrorKind::NotFound, Some(folder)) => format!("there is no folder {}, make it first", folder.display()),
        (io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists, _) => {
            "a file stands where a folder is wanted: give another name".to_string()
        }
        (io::ErrorKind::IsADirectory, _) => "it is a folder: give the name of a file".to_string(),
        (io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded, _) => "the disk or the quota is full".to_string(),
        _ => "is the folder writable, and the disk not full?".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_cannot_be_written_says_what_to_look_at() {
        use io::ErrorKind::{IsADirectory, NotADirectory, NotFound, PermissionDenied, StorageFull};
        for (path, kind, want) in [
            ("no/report.json", NotFound, "cannot write no/report.json: there is no folder no, make it first"),
            (
                "file/a.json",
                NotADirectory,
                "cannot write file/a.json: a file stands where a folder is wanted: give another name",
            ),
            ("standard output", StorageFull, "cannot write standard output: the disk or the quota is full"),
            ("out", IsADirectory, "cannot write out: it is a folder: give the name of a file"),
            ("out", NotFound, "cannot write out: is the folder writable, and the disk not full?"),
            ("a/b", PermissionDenied, "cannot write a/b: is the folder writable, and the disk not full?"),
        ] {
            assert_eq!(Error::Write { path: path.into(), source: kind.into() }.to_string(), want);
        }
    }
}
