//! Who decides which of the files that the walk finds are read: an index that knows those of earlier runs.

use std::ffi::OsString;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use super::stamp::Stamp;

/// Looks at files before they are read. Called from several threads.
pub trait Watch: Send + Sync + Debug {
    /// The folders in a folder that need not be listed, because nothing in it changed; `None` where it has to be.
    fn unlisted(&self, folder: &Path) -> Option<Vec<PathBuf>>;

    /// A folder is about to be listed.
    fn enters(&self, folder: &Path);

    /// Takes files of a folder, all of them where it is `whole` and none came before, and gives those to be read.
    fn files(&self, folder: &Path, files: Vec<(OsString, Stamp)>, whole: bool) -> Vec<OsString>;

    /// A folder was listed to its end; `plain` where nothing in it was left out by the walk.
    fn leaves(&self, folder: &Path, plain: bool);

    /// A folder, or something in it, cannot be looked at: what is known of it stays.
    fn cannot_look(&self, folder: &Path);

    /// Whether a file that was listed or named has to be read.
    fn file(&self, path: &Path, stamp: Stamp) -> bool;

    /// Everything was walked.
    fn ends(&self);
}
