//! Lists one folder. On Linux its time, its entries and the stamps of its files are read through one file descriptor;
//! elsewhere by path.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use super::links::FileKind;
use crate::stamp::Stamp;

#[cfg(any(target_os = "linux", target_os = "android"))]
use super::open::OpenFolder;

/// The buffer for entries, as large as that of the C library.
const BUFFER_BYTES: usize = 32 << 10;

/// An open folder.
#[derive(Debug)]
pub(super) struct Listing<'f> {
    /// Its path.
    pub folder: &'f Path,
    #[cfg(any(target_os = "linux", target_os = "android"))]
    open: OpenFolder,
}

/// A callback for the name of an entry and its own kind, links not followed; `false` ends the listing.
pub(super) type TakeEntry<'a> = &'a mut dyn FnMut(&OsStr, FileKind) -> bool;

/// A buffer for entries, reused from folder to folder.
pub(super) fn buffer() -> Vec<u8> {
    Vec::with_capacity(BUFFER_BYTES)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl<'f> Listing<'f> {
    pub fn open(folder: &'f Path) -> io::Result<Listing<'f>> {
        Ok(Listing { folder, open: OpenFolder::open(folder)? })
    }

    /// The time of the last change of its entries.
    pub fn mtime(&self) -> Option<i64> {
        self.open.mtime()
    }

    /// Calls `each` with every entry.
    pub fn each_entry(&self, buffer: &mut Vec<u8>, each: TakeEntry<'_>) -> io::Result<()> {
        use std::os::unix::ffi::OsStrExt;

        use rustix::fs::{FileType, RawDir};
        let mut entries = RawDir::new(&self.open, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            // Some file systems do not give the type of an entry.
            let kind = match entry.file_type() {
                FileType::Unknown => match self.open.kind(name) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    kind => kind?,
                },
                kind => kind,
            };
            if !each(name, kind.into()) {
                break;
            }
        }
        Ok(())
    }

    /// The stamp of a file, or of a link itself.
    pub fn stamp(&self, name: &OsStr) -> io::Result<Stamp> {
        self.open.stamp(name)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl<'f> Listing<'f> {
    pub fn open(folder: &'f Path) -> io::Result<Listing<'f>> {
        Ok(Listing { folder })
    }

    pub fn mtime(&self) -> Option<i64> {
        match Stamp::of(&std::fs::metadata(self.folder).ok()?) {
            Stamp::Stat { mtime, .. } => Some(mtime),
            Stamp::Listed { .. } => None,
        }
    }

    pub fn each_entry(&self, _: &mut Vec<u8>, each: TakeEntry<'_>) -> io::Result<()> {
        for entry in std::fs::read_dir(self.folder)? {
            let entry = entry?;
            if !each(&entry.file_name(), entry.file_type()?.into()) {
                break;
            }
        }
        Ok(())
    }

    pub fn stamp(&self, name: &OsStr) -> io::Result<Stamp> {
        std::fs::symlink_metadata(self.folder.join(name)).map(|metadata| Stamp::of(&metadata))
    }
}
