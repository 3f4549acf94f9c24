//! What stops the run. Anything smaller is a [`Skip`](crate::issue::Skip) or an [`Issue`](crate::issue::Issue).

use std::io;
use std::path::PathBuf;

/// The run cannot start or cannot go on: exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option, or a pair of them, makes no sense.
    #[error("{0}")]
    Usage(String),
    /// An input is not there or cannot be opened.
    #[error("cannot read {}: is the path right?", path.display())]
    Input {
        /// The input as given.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// An output cannot be written.
    #[error("cannot write {}: is the folder writable, and the disk not full?", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system does not let us listen for Ctrl-C.
    #[error("cannot listen for signals")]
    Signals {
        /// What it said.
        source: io::Error,
    },
    /// No threads can be started.
    #[error("cannot start {threads} threads: give a smaller --threads")]
    Threads {
        /// How many.
        threads: usize,
        /// Why not.
        source: rayon::ThreadPoolBuildError,
    },
    /// The server cannot be used, or not any more.
    #[error("cannot upload to {base}: {reason}")]
    Server {
        /// Its base URL.
        base: String,
        /// What is wrong.
        reason: String,
    },
    /// The reader of our output has gone: success, quietly.
    #[error("the output was closed")]
    Closed,
    /// The user stopped the run.
    #[error("interrupted: every file that was written is whole")]
    Interrupted,
}
