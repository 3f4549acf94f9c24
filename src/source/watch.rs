//! The interface by which an index selects the files to read.

use std::ffi::OsString;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use super::stamp::Stamp;

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

/// Selects files before they are read. Called from several threads.
pub trait Watch: Send + Sync + Debug {
    /// A folder is going to be walked recursively.
    fn walks(&self, folder: &Path);

    /// The subfolders of a folder that did not change and need not be listed; `None` if it must be listed.
    fn unlisted(&self, folder: &Path) -> Option<Vec<PathBuf>>;

    /// A folder is about to be listed; gives its number, and `None` where it was listed before.
    fn enters(&self, folder: &Path) -> Option<FolderNumber>;

    /// Takes files of a folder that was entered, all of them where it is `whole`, and gives those to be read.
    fn files(&self, folder: &Path, number: FolderNumber, files: Vec<(OsString, Stamp)>, whole: bool) -> Vec<OsString>;

    /// A folder was listed completely. `whole`: its files were passed in one call. `plain`: the walk left nothing out.
    fn leaves(&self, number: FolderNumber, whole: bool, plain: bool);

    /// A folder, or something in it, cannot be read: what is known of it is kept.
    fn cannot_look(&self, folder: &Path);

    /// Whether a named or listed file has to be read.
    fn file(&self, path: &Path, stamp: Stamp, from: From) -> bool;
}
