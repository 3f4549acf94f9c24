//! Opens files for reading.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;

use super::stamp::Stamp;
use crate::issue::Skip;

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

#[cfg(unix)]
impl OpenFolder {
    /// Opens a folder; `None` if that fails, or if the system has no `openat`.
    pub fn open(folder: &Path) -> Option<OpenFolder> {
        use rustix::fs::{Mode, OFlags, open};
        open(folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok().map(OpenFolder)
    }

    /// Opens a file of this folder by its name, without blocking.
    pub fn file(&self, name: &OsStr) -> Result<File, Skip> {
        open_at(&self.0, name).map_err(|error| unreadable(&error))
    }

    /// The stamp of a file of this folder.
    pub fn stamp(&self, name: &OsStr) -> io::Result<Stamp> {
        use rustix::fs::{AtFlags, statat};
        let stat = rustix::io::retry_on_intr(|| statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW))?;
        let time = |seconds: i64, nanoseconds: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds);
        Ok(Stamp::Stat {
            size: stat.st_size as u64,
            mtime: time(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            ctime: time(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            inode: stat.st_ino as u64,
        })
    }
}

#[cfg(not(unix))]
impl OpenFolder {
    pub fn open(_: &Path) -> Option<OpenFolder> {
        None
    }

    pub fn file(&self, _: &OsStr) -> Result<File, Skip> {
        match self.0 {}
    }

    pub fn stamp(&self, _: &OsStr) -> io::Result<Stamp> {
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
