//! What a path leads to, with or without following links.

use std::fs::{self, FileType};
use std::io;
use std::path::Path;

/// What is done with symbolic links.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Links {
    /// They are reported and left.
    #[default]
    Skip,
    /// They are read as what they lead to.
    Follow,
}

/// The kinds of things that a path can lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    File,
    Folder,
    /// A link that leads to a folder, and is to be followed.
    LinkedFolder,
    /// A link that is not to be followed.
    Link,
    /// A device, FIFO or socket.
    Other,
}

impl Links {
    /// What stands at the path, whose own type is known.
    pub(super) fn kind(self, path: &Path, own: FileType) -> io::Result<FileKind> {
        Ok(if own.is_file() {
            FileKind::File
        } else if own.is_dir() {
            FileKind::Folder
        } else if own.is_symlink() && self == Links::Follow {
            linked(fs::metadata(path)?.file_type())
        } else if own.is_symlink() {
            FileKind::Link
        } else {
            FileKind::Other
        })
    }
}

fn linked(target: FileType) -> FileKind {
    if target.is_file() {
        FileKind::File
    } else if target.is_dir() {
        FileKind::LinkedFolder
    } else {
        FileKind::Other
    }
}
