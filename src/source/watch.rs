//! The interface by which an index selects the files to read.

use std::ffi::OsString;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use crate::stamp::{Mark, Stamp};

/// The origin of a file that was not found by walking a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// It is an input.
    Name,
    /// It is in a list, which names all files.
    List,
}

/// The watch's number of a folder.
pub type FolderNumber = i64;

/// A folder that is going to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// Its number.
    pub number: FolderNumber,
    /// Whether all its files are new, so that none needs a stat before it is read.
    pub is_new: bool,
}

/// Selects files before they are read. Called from several threads.
pub trait Watch: Send + Sync + Debug {
    /// A folder is going to be walked recursively.
    fn walks(&self, folder: &Path);

    /// A list is going to be read, which names all files.
    fn lists(&self);

    /// The subfolders of a folder that did not change and need not be listed; `None` if it must be listed.
    fn unlisted(&self, folder: &Path) -> Option<Vec<PathBuf>>;

    /// A folder last changed at `mtime` is about to be listed; `None` if it was listed before.
    fn enters(&self, folder: &Path, mtime: Option<i64>) -> Option<Entered>;

    /// Takes files of a folder, all of them if `whole`, and returns those to read.
    fn files(&self, number: FolderNumber, files: Vec<(OsString, Stamp)>, whole: bool) -> Vec<(OsString, Mark)>;

    /// A folder was listed completely. `whole`: its files were passed in one call, or all are new.
    fn leaves(&self, number: FolderNumber, whole: bool);

    /// A folder must be listed again in the next run: an entry was left out, or listing failed.
    fn lists_again(&self, number: FolderNumber);

    /// A folder, or an entry of it, cannot be read: its stored files are kept.
    fn cannot_look(&self, folder: &Path);

    /// Whether a named or listed file has to be read.
    fn file(&self, path: &Path, stamp: Stamp, from: From) -> bool;
}
