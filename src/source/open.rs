//! Opens a file for reading, and says why it cannot be.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::issue::Skip;

/// Opens without waiting: a file that became a FIFO since it was looked at must not stop the run.
pub fn open_file(path: &Path) -> Result<File, Skip> {
    let mut options = OpenOptions::new();
    options.read(true);
    never_wait(&mut options);
    options.open(path).map_err(|error| unreadable(&error))
}

/// A folder that is open, so that the system need not look up its path again for each file in it.
#[derive(Debug)]
pub struct OpenFolder(#[cfg(unix)] rustix::fd::OwnedFd, #[cfg(not(unix))] std::convert::Infallible);

impl OpenFolder {
    /// Opens a folder; `None` where it cannot be, or where the system opens files by their whole path only.
    #[cfg(unix)]
    pub fn open(folder: &Path) -> Option<OpenFolder> {
        use rustix::fs::{Mode, OFlags};
        rustix::fs::open(folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok().map(OpenFolder)
    }

    #[cfg(not(unix))]
    #[expect(missing_docs)]
    pub fn open(_: &Path) -> Option<OpenFolder> {
        None
    }

    /// Opens a file of this folder by its name, without waiting.
    #[cfg(unix)]
    pub fn file(&self, name: &OsStr) -> Result<File, Skip> {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        rustix::io::retry_on_intr(|| rustix::fs::openat(&self.0, name, flags, Mode::empty()))
            .map(File::from)
            .map_err(|error| unreadable(&error.into()))
    }

    #[cfg(not(unix))]
    #[expect(missing_docs)]
    pub fn file(&self, _: &OsStr) -> Result<File, Skip> {
        match self.0 {}
    }
}

#[cfg(unix)]
fn never_wait(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    // It changes nothing for regular files.
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
}

#[cfg(not(unix))]
fn never_wait(_: &mut OpenOptions) {}

/// What the operating system said, as the reason why a file or folder is left out.
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
