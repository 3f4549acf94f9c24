//! Who decides which of the files that the walk finds are read: an index that knows those of earlier runs.

use std::ffi::OsString;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use super::stamp::Stamp;

/// Where a file comes from that the walk did not find in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The user named it.
    Name,
    /// It stands in a list, which names all that there are.
    List,
}

/// What a watch calls a folder that was entered.
pub type FolderNumber = i64;

/// Looks at files before they are read. Called from several threads.
pub trait Watch: Send + Sync + Debug {
    /// A folder is going to be walked, with everything below it.
    fn walks(&self, folder: &Path);

    /// The folders in a folder that need not be listed, because nothing in it changed; `None` where it has to be.
    fn unlisted(&self, folder: &Path) -> Option<Vec<PathBuf>>;

    /// A folder is about to be listed; gives its number, and `None` where it was listed before.
    fn enters(&self, folder: &Path) -> Option<FolderNumber>;

    /// Takes files of a folder that was entered, all of them where it is `whole`, and gives those to be read.
    fn files(&self, folder: &Path, number: FolderNumber, files: Vec<(OsString, Stamp)>, whole: bool) -> Vec<OsString>;

    /// A folder was listed to its end, and its files taken as a `whole` or not; `plain` where the walk itself left nothing
    /// in it out.
    fn leaves(&self, number: FolderNumber, whole: bool, plain: bool);

    /// A folder, or something in it, cannot be looked at: what is known of it stays.
    fn cannot_look(&self, folder: &Path);

    /// Whether a file that was named, or stands in a list, has to be read.
    fn file(&self, path: &Path, stamp: Stamp, from: From) -> bool;
}
