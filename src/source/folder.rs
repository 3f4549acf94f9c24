//! Walks folders in parallel, without a stat where the directory entry has the file type.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Name;
use super::batch::Feed;
use super::links::{FileKind, Links};
use super::listing::{self, Listing};
use super::open::unreadable;
use super::queue::{Next, Queue};
use crate::issue::Skip;
use crate::name::is_temporary;

/// The state shared by the walking threads.
pub(super) struct Walker {
    queue: Arc<Queue>,
    links: Links,
    excluded: Vec<PathBuf>,
    /// The folders that were walked; kept only if links are followed, which can lead to one twice.
    walked: Mutex<HashSet<FolderId>>,
}

/// Device and inode.
type FolderId = (u64, u64);

impl Walker {
    pub fn new(queue: Arc<Queue>, links: Links, excluded: Vec<PathBuf>) -> Walker {
        Walker { queue, links, excluded, walked: Mutex::default() }
    }

    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Walks folders until none is left. Pending items are sent before the thread waits.
    pub fn walk(&self, mut feed: Feed) {
        let mut buffer = listing::buffer();
        while let Some(folder) = self.next(&mut feed) {
            if self.is_first_walk(&folder) {
                match feed.unlisted(&folder) {
                    Some(inside) => self.queue.push(inside),
                    None => self.walk_folder(&folder, &mut buffer, &mut feed),
                }
            }
            self.queue.done();
            if feed.is_closed() {
                self.queue.stop();
            }
        }
        feed.flush();
    }

    fn next(&self, feed: &mut Feed) -> Option<PathBuf> {
        match self.queue.try_next() {
            Next::Folder(folder) => Some(folder),
            Next::End => None,
            Next::Wait => {
                feed.flush();
                self.queue.next()
            }
        }
    }

    /// One level: subfolders go to the queue, for other threads.
    fn walk_folder(&self, folder: &Path, buffer: &mut Vec<u8>, feed: &mut Feed) {
        // Opened before the watch is notified: the folder's time must be from before it is listed.
        let listing = Listing::open(folder);
        let mtime = listing.as_ref().ok().filter(|_| feed.is_watched()).and_then(Listing::mtime);
        if !feed.enter_folder(folder, mtime) {
            return;
        }
        let listing = match listing {
            Ok(listing) => listing,
            Err(error) => return cannot_list(folder, &error, feed),
        };
        let mut folders = Vec::new();
        let listed = self.list(&listing, buffer, &mut folders, feed);
        if feed.is_closed() {
            return;
        }
        if let Err(error) = listed {
            cannot_list(folder, &error, feed);
        }
        feed.leave_folder(&listing);
        self.queue.push(folders);
    }

    fn list(
        &self,
        listing: &Listing<'_>,
        buffer: &mut Vec<u8>,
        folders: &mut Vec<PathBuf>,
        feed: &mut Feed,
    ) -> io::Result<()> {
        let excluded = self.excluded.iter().filter(|path| path.parent() == Some(listing.folder));
        let excluded: Vec<&OsStr> = excluded.filter_map(|path| path.file_name()).collect();
        listing.each_entry(buffer, &mut |name, kind| {
            if !excluded.contains(&name) && !is_temporary(name) {
                self.take(listing, name, kind, folders, feed);
            }
            !feed.is_closed()
        })
    }

    fn take(&self, listing: &Listing<'_>, name: &OsStr, kind: FileKind, folders: &mut Vec<PathBuf>, feed: &mut Feed) {
        if kind == FileKind::File {
            return feed.file(listing, name);
        }
        let path = listing.folder.join(name);
        match self.links.kind(&path, kind) {
            Ok(FileKind::File) => feed.linked_file(listing.folder, name),
            Ok(FileKind::Folder) => folders.push(path),
            Ok(FileKind::LinkedFolder) => {
                feed.is_not_plain();
                self.queue.push_linked(path);
            }
            Ok(FileKind::Link) => feed.skip_in_folder(Name::file(path), Skip::Link),
            Ok(FileKind::Other) => feed.skip_in_folder(Name::file(path), Skip::NotRegular),
            Err(error) => feed.skip_in_folder(Name::file(path), unreadable(&error)),
        }
    }

    /// Whether the folder was not yet walked under another name, which only followed links can give.
    fn is_first_walk(&self, folder: &Path) -> bool {
        if self.links == Links::Skip {
            return true;
        }
        // A folder without an id is walked: listing it will report the error.
        folder_id(folder).is_none_or(|id| self.walked.lock().unwrap_or_else(PoisonError::into_inner).insert(id))
    }
}

fn cannot_list(folder: &Path, error: &io::Error, feed: &mut Feed) {
    feed.cannot_list(folder);
    feed.skip(Name::file(folder), unreadable(error));
}

#[cfg(unix)]
fn folder_id(folder: &Path) -> Option<FolderId> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn folder_id(folder: &Path) -> Option<FolderId> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hash = DefaultHasher::new();
    fs::canonicalize(folder).ok()?.hash(&mut hash);
    Some((0, hash.finish()))
}

/// The excluded paths as the walk will see them: with the name of the root they are below. A root itself is never
/// excluded.
pub(super) fn excluded_below(roots: &[PathBuf], excluded: &[PathBuf]) -> Vec<PathBuf> {
    let excluded: Vec<PathBuf> = excluded.iter().filter_map(|path| real_path(path)).collect();
    let below = |root: &PathBuf| {
        let real_root = fs::canonicalize(root).ok()?;
        let rest = |path: &PathBuf| path.strip_prefix(&real_root).ok().map(Path::to_path_buf);
        let rests = excluded.iter().filter_map(rest).filter(|rest| !rest.as_os_str().is_empty());
        Some(rests.map(|rest| root.join(rest)).collect::<Vec<_>>())
    };
    roots.iter().filter_map(below).flatten().collect()
}

/// The canonical path, even if its last component does not exist yet.
fn real_path(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok().or_else(|| {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(fs::canonicalize(parent).ok()?.join(path.file_name()?))
    })
}
