//! The kind of file at a path, with or without following links.

use std::fs::{self, FileType};
use std::io;
use std::path::Path;

/// How symbolic links are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Links {
    /// They are reported and skipped.
    #[default]
    Skip,
    /// They are followed.
    Follow,
}

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    File,
    Folder,
    /// A followed link to a folder.
    LinkedFolder,
    /// A link that is not followed.
    Link,
    /// A device, FIFO or socket.
    Other,
}

impl Links {
    /// The kind of a path whose own kind is known: of a link that is followed, that of its target.
    pub(super) fn kind(self, path: &Path, own: FileKind) -> io::Result<FileKind> {
        if own != FileKind::Link || self == Links::Skip {
            return Ok(own);
        }
        match fs::metadata(path)?.file_type().into() {
            FileKind::Folder => Ok(FileKind::LinkedFolder),
            target => Ok(target),
        }
    }
}

impl From<FileType> for FileKind {
    fn from(own: FileType) -> FileKind {
        if own.is_file() {
            FileKind::File
        } else if own.is_dir() {
            FileKind::Folder
        } else if own.is_symlink() {
            FileKind::Link
        } else {
            FileKind::Other
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl From<rustix::fs::FileType> for FileKind {
    fn from(own: rustix::fs::FileType) -> FileKind {
        match own {
            rustix::fs::FileType::RegularFile => FileKind::File,
            rustix::fs::FileType::Directory => FileKind::Folder,
            rustix::fs::FileType::Symlink => FileKind::Link,
            _ => FileKind::Other,
        }
    }
}
