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

/// What a watch calls a folder that was entered.
pub type FolderNumber = i64;

/// A folder that is going to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// What the watch calls it.
    pub number: FolderNumber,
    /// Whether all its files are new, so that none needs to be looked at before it is read.
    pub is_new: bool,
}

/// Selects files before they are read. Called from several threads.
pub trait Watch: Send + Sync + Debug {
    /// A folder is going to be walked recursively.
    fn walks(&self, folder: &Path);

    /// The subfolders of a folder that did not change and need not be listed; `None` if it must be listed.
    fn unlisted(&self, folder: &Path) -> Option<Vec<PathBuf>>;

    /// A folder is about to be listed, and was last changed at `mtime`; `None` where it was listed before.
    fn enters(&self, folder: &Path, mtime: Option<i64>) -> Option<Entered>;

    /// Takes files of a folder that was entered, all of them where it is `whole`, and gives those to be read.
    fn files(&self, number: FolderNumber, files: Vec<(OsString, Stamp)>, whole: bool) -> Vec<(OsString, Mark)>;

    /// A folder was listed completely. `whole`: its files were passed in one call, or all are new.
    fn leaves(&self, number: FolderNumber, whole: bool);

    /// A folder must be listed in the next run too: the walk left something of it out, or could not list it.
    fn lists_again(&self, number: FolderNumber);

    /// A folder, or something in it, cannot be read: what is known of it is kept.
    fn cannot_look(&self, folder: &Path);

    /// Whether a named or listed file has to be read.
    fn file(&self, path: &Path, stamp: Stamp, from: From) -> bool;
}
