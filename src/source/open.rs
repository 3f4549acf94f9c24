//! Opens files for reading.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::issue::Skip;
use crate::stamp::Stamp;

/// Opens without blocking: a file that was replaced by a FIFO must not stop the run.
pub fn open_file(path: &Path) -> Result<File, Skip> {
    #[cfg(unix)]
    let file = open_at(rustix::fs::CWD, path.as_os_str());
    #[cfg(not(unix))]
    let file = File::open(path);
    file.map_err(|error| unreadable(&error))
}

/// An open folder, so that its path is not resolved again for each file in it.
#[derive(Debug)]
pub struct OpenFolder(#[cfg(unix)] rustix::fd::OwnedFd, #[cfg(not(unix))] std::convert::Infallible);

/// A folder that is opened when it is worth it, once for all batches with files of it.
pub type SharedFolder = Arc<OnceLock<Option<OpenFolder>>>;

#[cfg(unix)]
impl OpenFolder {
    /// Opens a folder; fails where the system has no `openat`.
    pub fn open(folder: &Path) -> io::Result<OpenFolder> {
        use rustix::fs::{Mode, OFlags, open};
        Ok(OpenFolder(open(folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?))
    }

    /// Opens a file of this folder without blocking, by its name at the end of its path.
    pub fn file(&self, path: &OsStr, name_at: usize) -> Result<File, Skip> {
        use std::os::unix::ffi::OsStrExt;
        let name = OsStr::from_bytes(path.as_bytes().get(name_at..).unwrap_or_default());
        open_at(&self.0, name).map_err(|error| unreadable(&error))
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl OpenFolder {
    fn stat(&self, name: &OsStr) -> io::Result<rustix::fs::Stat> {
        use rustix::fs::{AtFlags, statat};
        Ok(rustix::io::retry_on_intr(|| statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW))?)
    }

    /// The stamp of a file of this folder.
    pub fn stamp(&self, name: &OsStr) -> io::Result<Stamp> {
        self.stat(name).map(|stat| stamp_of(&stat))
    }

    /// The kind of a file of this folder.
    pub fn kind(&self, name: &OsStr) -> io::Result<rustix::fs::FileType> {
        self.stat(name).map(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode))
    }

    /// The time of the last change of its entries.
    pub fn mtime(&self) -> Option<i64> {
        let stat = rustix::fs::fstat(&self.0).ok()?;
        Some(nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64))
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl rustix::fd::AsFd for OpenFolder {
    fn as_fd(&self) -> rustix::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The stamp of an open file.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn stamp(file: &File) -> Option<Stamp> {
    rustix::fs::fstat(file).ok().map(|stat| stamp_of(&stat))
}

/// The stamp of an open file.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn stamp(file: &File) -> Option<Stamp> {
    file.metadata().ok().map(|metadata| Stamp::of(&metadata))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[allow(clippy::unnecessary_cast, reason = "the types differ between platforms")]
fn stamp_of(stat: &rustix::fs::Stat) -> Stamp {
    Stamp::Stat {
        size: stat.st_size as u64,
        mtime: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        ctime: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        inode: stat.st_ino as u64,
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

#[cfg(not(unix))]
impl OpenFolder {
    pub fn open(_: &Path) -> io::Result<OpenFolder> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn file(&self, _: &OsStr, _: usize) -> Result<File, Skip> {
        match self.0 {}
    }
}

#[cfg(unix)]
fn open_at(folder: impl rustix::fd::AsFd, path: &OsStr) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, openat};
    // NONBLOCK changes nothing for regular files.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = rustix::io::retry_on_intr(|| openat(&folder, path, flags, Mode::empty()))?;
    Ok(File::from(file))
}

/// An error of the operating system, as the reason why a file or folder is left out.
pub fn unreadable(error: &io::Error) -> Skip {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    Skip::Unreadable(first.into_iter().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_in_lower_case_and_without_a_number() {
        let skip = open_file(Path::new("/nowhere/at/all")).unwrap_err();
        assert_eq!(skip, Skip::Unreadable("no such file or directory".into()));
    }
}
