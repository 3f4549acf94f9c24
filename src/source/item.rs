//! One item to read: its name, and how to open it.

use std::fmt;
use std::fs::File;

use super::content::Content;
use super::open::{SharedFolder, open_file, unreadable};
use crate::issue::Skip;
use crate::name::Name;
use crate::stamp::Mark;

/// One item to read: a file or an object, which may be an archive.
#[derive(Debug)]
pub struct Item {
    /// Its name.
    pub name: Name,
    /// What an index knows of it, where its folder was walked.
    pub mark: Option<Mark>,
    pub(super) from: From,
}

/// The location of an item's content.
#[derive(Debug)]
pub(super) enum From {
    /// At the path that is its name.
    Path,
    /// In this folder, whose path has so many bytes in front of the item's own name.
    Folder(SharedFolder, usize),
    /// In a file that has no name.
    Spooled(File),
    /// At a source that opens it itself.
    Source(Box<dyn Open>),
}

/// Opens an item that is no local file.
pub(super) trait Open: fmt::Debug + Send + Sync {
    /// The content, or why there is none.
    fn open(&self) -> Result<Content, Skip>;
}

impl Item {
    /// A file at a path.
    pub(super) fn at(path: impl Into<std::ffi::OsString>) -> Item {
        Item::new(Name::file(path), From::Path)
    }

    /// An item that no walk of a folder found.
    pub(super) fn new(name: Name, from: From) -> Item {
        Item { name, mark: None, from }
    }

    /// Opens it for reading, without blocking on a FIFO.
    pub fn open(&self) -> Result<Content, Skip> {
        match &self.from {
            From::Path => open_file(self.name.place.as_ref()).map(Content::File),
            From::Folder(folder, start) => match folder.get() {
                Some(Some(folder)) => folder.file(&self.name.place, *start).map(Content::File),
                _ => open_file(self.name.place.as_ref()).map(Content::File),
            },
            From::Spooled(file) => file.try_clone().map(Content::File).map_err(|error| unreadable(&error)),
            From::Source(source) => source.open(),
        }
    }
}
