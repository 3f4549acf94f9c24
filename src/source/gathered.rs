//! The files of one folder, collected to be stamped and compared with an index.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;

use super::open::OpenFolder;
use super::stamp::Stamp;

/// The most files compared at once; larger folders are compared in parts.
const MAX_FILES: usize = 1 << 16;
/// From this many files on, opening the folder is cheaper than resolving its path for each file.
const WORTH_OPENING: usize = 6;

/// Names of files of one folder.
#[derive(Debug)]
pub(super) struct Gathered {
    names: Vec<(OsString, bool)>,
    /// Whether these are all files of the folder.
    pub whole: bool,
    /// Whether the walk left nothing of the folder out.
    pub plain: bool,
    /// Whether the folder, or a file in it, could not be looked at.
    pub failed: bool,
}

impl Default for Gathered {
    fn default() -> Gathered {
        Gathered { names: Vec::new(), whole: true, plain: true, failed: false }
    }
}

impl Gathered {
    pub fn push(&mut self, name: &OsStr, is_link: bool) {
        self.names.push((name.to_os_string(), is_link));
    }

    pub fn is_full(&self) -> bool {
        self.names.len() >= MAX_FILES
    }

    /// Takes the files with their stamps, and those that have none. Deleted files are left out.
    pub fn stamped(&mut self, folder: &Path) -> (Vec<(OsString, Stamp)>, Vec<OsString>) {
        let open = (self.names.len() >= WORTH_OPENING).then(|| OpenFolder::open(folder)).flatten();
        let (mut stamped, mut unstamped) = (Vec::with_capacity(self.names.len()), Vec::new());
        for (name, is_link) in self.names.drain(..) {
            let stamp = match &open {
                Some(open) if !is_link => open.stamp(&name),
                _ if is_link => fs::metadata(folder.join(&name)).map(|metadata| Stamp::of(&metadata)),
                _ => fs::symlink_metadata(folder.join(&name)).map(|metadata| Stamp::of(&metadata)),
            };
            match stamp {
                Ok(stamp) => stamped.push((name, stamp)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) => unstamped.push(name),
            }
        }
        (stamped, unstamped)
    }
}
