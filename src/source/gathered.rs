//! The files of one folder, collected to be stamped and compared with an index.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;

use super::listing::Listing;
use crate::stamp::Stamp;

/// The most files compared at once; larger folders are compared in parts.
const MAX_FILES: usize = 1 << 16;

/// Names of files of one folder.
#[derive(Debug)]
pub(super) struct Gathered {
    names: Vec<(OsString, bool)>,
    /// Whether these are all files of the folder.
    pub whole: bool,
    /// Whether listing the folder, or the stat of a file, failed.
    pub failed: bool,
}

impl Default for Gathered {
    fn default() -> Gathered {
        Gathered { names: Vec::new(), whole: true, failed: false }
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
    pub fn stamped(&mut self, listing: &Listing<'_>) -> (Vec<(OsString, Stamp)>, Vec<OsString>) {
        let (mut stamped, mut unstamped) = (Vec::with_capacity(self.names.len()), Vec::new());
        for (name, is_link) in self.names.drain(..) {
            let stamp = match is_link {
                true => fs::metadata(listing.folder.join(&name)).map(|metadata| Stamp::of(&metadata)),
                false => listing.stamp(&name),
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
