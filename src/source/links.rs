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
    /// The kind of a path whose own file type is known.
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
