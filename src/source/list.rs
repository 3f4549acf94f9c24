//! Paths from a list: standard input or a file, one a line or separated by NUL.
//!
//! The type of each path is checked before it is opened. Paths below a folder of the list are ignored, as the folder is
//! walked: the output of `find` can be given unchanged.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::batch::Feed;
use super::links::{FileKind, Links};
use super::open::unreadable;
use super::queue::Queue;
use super::watch::From;
use super::{Item, Name, RemoteOptions, Stamp};
use crate::error::Error;
use crate::issue::Skip;
use crate::name::os_string;

/// What some programs write before the text of a list.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// A path longer than any system allows.
const MAX_PATH_BYTES: u64 = 64 * 1024;

/// The location of a list of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListFrom {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// The separator of paths in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// A line feed, with or without a carriage return before it.
    Newline,
    /// A NUL, as `find -print0` writes.
    Nul,
}

impl Separator {
    fn byte(self) -> u8 {
        match self {
            Separator::Newline => b'\n',
            Separator::Nul => 0,
        }
    }

    /// The path of a line, without the byte order mark that editors of Windows put before the first.
    fn trim(self, path: &[u8]) -> &[u8] {
        let path = path.strip_suffix(&[self.byte()]).unwrap_or(path);
        match self {
            Separator::Newline => {
                let path = path.strip_suffix(b"\r").unwrap_or(path);
                path.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(path)
            }
            Separator::Nul => path,
        }
    }
}

/// An open list.
pub(super) struct List {
    name: Name,
    reader: Box<dyn BufRead + Send>,
    separator: Separator,
    links: Links,
    folders: HashSet<PathBuf>,
    remote: RemoteOptions,
    #[cfg(feature = "objects")]
    objects: super::bucket::Named,
}

impl List {
    /// Opens a list; `remote` has the options for addresses in it.
    pub fn open(from: &ListFrom, separator: Separator, links: Links, remote: RemoteOptions) -> Result<List, Error> {
        let (name, reader): (_, Box<dyn BufRead + Send>) = match from {
            ListFrom::Stdin => (Name::file("-"), Box::new(BufReader::new(io::stdin()))),
            ListFrom::File(path) => {
                let file = open_list(path).map_err(|source| Error::Input { path: path.clone(), source })?;
                (Name::file(path), Box::new(BufReader::new(file)))
            }
        };
        Ok(List {
            name,
            reader,
            separator,
            links,
            folders: HashSet::new(),
            remote,
            #[cfg(feature = "objects")]
            objects: Default::default(),
        })
    }

    /// Reads the list to its end, or until all readers have stopped.
    pub fn read(mut self, queue: &Queue, feed: &mut Feed) {
        feed.lists();
        let (mut line, mut is_first) = (Vec::new(), true);
        while !feed.is_closed() {
            line.clear();
            match self.read_line(&mut line) {
                Ok(0) => break,
                Ok(_) => {
                    let line = self.separator.trim(&line);
                    let unmarked = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| is_first);
                    is_first = false;
                    self.line(unmarked.unwrap_or(line), queue, feed);
                }
                Err(error) => {
                    feed.is_not_whole();
                    feed.skip(self.name.clone(), unreadable(&error));
                    break;
                }
            }
        }
        #[cfg(feature = "objects")]
        self.objects.give(feed);
    }

    fn read_line(&mut self, line: &mut Vec<u8>) -> io::Result<usize> {
        let bytes = self.reader.by_ref().take(MAX_PATH_BYTES).read_until(self.separator.byte(), line)?;
        if bytes as u64 == MAX_PATH_BYTES || self.separator == Separator::Newline && line.contains(&0) {
            return Err(io::Error::other("not a list of paths, one a line: give -0 if they are separated by NUL"));
        }
        Ok(bytes)
    }

    /// Takes a line. A file whose stamp is in the list gets a stat only if it must be read.
    fn line(&mut self, line: &[u8], queue: &Queue, feed: &mut Feed) {
        match stamped(line) {
            Some((path, stamp)) => {
                let path = PathBuf::from(os_string(path));
                if !feed.is_watched() || feed.wants(&path, stamp, From::List) {
                    self.take(path, false, queue, feed);
                }
            }
            None => self.take(os_string(line).into(), true, queue, feed),
        }
    }

    fn take(&mut self, path: PathBuf, is_asked: bool, queue: &Queue, feed: &mut Feed) {
        if path.as_os_str().is_empty() || self.is_below_listed_folder(&path) {
            return;
        }
        if path.to_str().is_some_and(|path| path.contains("://")) {
            return self.take_remote(&path, is_asked, feed);
        }
        match fs::symlink_metadata(&path).and_then(|metadata| self.links.kind(&path, metadata.file_type().into())) {
            Ok(FileKind::File) if is_asked => feed.named(Item::at(path), From::List),
            Ok(FileKind::File) => feed.item(Item::at(path)),
            Ok(FileKind::Folder) => {
                self.folders.insert(path.clone());
                feed.walks(&path);
                queue.push([path]);
            }
            Ok(FileKind::LinkedFolder) => queue.push_linked(path),
            Ok(FileKind::Link) => feed.skip(Name::file(path), Skip::Link),
            Ok(FileKind::Other) => feed.skip(Name::file(path), Skip::NotRegular),
            Err(error) if error.kind() == io::ErrorKind::NotFound => feed.skip(Name::file(path), Skip::Missing),
            Err(error) => {
                feed.is_not_whole();
                feed.skip(Name::file(path), unreadable(&error));
            }
        }
    }

    /// An object of a bucket or a web server.
    #[cfg_attr(not(feature = "objects"), allow(unused_variables, reason = "that build has none"))]
    fn take_remote(&mut self, path: &Path, is_asked: bool, feed: &mut Feed) {
        let why = match self.remote.input(path) {
            #[cfg(feature = "objects")]
            Ok(Some(super::Input::Bucket(bucket))) => {
                let is_wanted = !is_asked
                    || bucket.address.is_prefix
                    || !feed.is_watched()
                    || feed.wants(path, Stamp::unknown(), From::List);
                if is_wanted {
                    self.objects.push(*bucket, feed);
                }
                return;
            }
            Ok(_) => "a list names files and objects".to_string(),
            Err(error) => error.to_string(),
        };
        feed.is_not_whole();
        feed.skip(Name::file(path), Skip::Unreadable(why));
    }

    fn is_below_listed_folder(&self, path: &Path) -> bool {
        !self.folders.is_empty() && path.ancestors().any(|above| self.folders.contains(above))
    }
}

/// Splits a line of a storage inventory: path, size, and time or ETag, separated by tabs. Any other line is a path.
fn stamped(line: &[u8]) -> Option<(&[u8], Stamp)> {
    let mut fields = line.rsplitn(3, |byte| *byte == b'\t');
    let (tag, size, path) = (fields.next()?, fields.next()?, fields.next()?);
    let is_stamped = !size.is_empty() && size.iter().all(u8::is_ascii_digit) && !tag.is_empty();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    is_stamped.then(|| (path, Stamp::Listed { size: text(size), tag: text(tag) }))
}

/// Opens a list: a file or a FIFO, as of `<(find …)`, but not a folder.
fn open_list(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(file) }
}
