//! The file of rejects, which `upload` accepts as input: for each an OperationOutcome with the reason, and on the next
//! line the Bundle or resource.

mod not_taken;
mod outcome;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::options::FileMode;

pub use not_taken::NotTaken;
pub use outcome::Outcome;

/// The file of rejects.
#[derive(Debug)]
pub struct Rejects {
    path: PathBuf,
    file: Mutex<File>,
}

impl Rejects {
    /// Creates the file, readable by its owner only until its permissions are set, as it holds patient data.
    pub fn create(path: &Path, mode: FileMode) -> Result<Rejects, Error> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).and_then(|file| mode.apply(&file).map(|()| file));
        let file = file.map_err(|source| Error::Write { path: path.to_path_buf(), source })?;
        Ok(Rejects { path: path.to_path_buf(), file: Mutex::new(file) })
    }

    /// Adds a rejected resource.
    pub fn add(&self, outcome: &Outcome, text: &str) -> Result<(), Error> {
        let lines = format!("{}\n{text}\n", outcome.json);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.write_all(lines.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|source| Error::Write { path: self.path.clone(), source })
    }
}
