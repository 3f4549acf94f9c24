//! Batches of items that the walk sends to the readers: up to a few dozen in one message, to spread its cost.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::Sender;

use super::files::Files;
use super::gathered::Gathered;
use super::listing::Listing;
use super::open::SharedFolder;
use super::watch::{Entered, From, Watch};
use super::{Item, Mark, Name, Stamp, archive};
use crate::issue::Skip;
use crate::progress::Progress;

/// The most items in one message. On a slow disk a larger batch keeps one reader busy after all others are done.
const BATCH_ITEMS: usize = 32;

/// The items found since the last message.
#[derive(Debug, Default)]
pub struct Batch {
    files: Vec<Files>,
    /// Items other than plain files of a folder.
    items: Vec<Item>,
    /// What the walk left out, and why.
    pub skipped: Vec<(Name, Skip)>,
}

impl Batch {
    /// Calls `each` with every item.
    pub fn for_each(&self, mut each: impl FnMut(&Item)) {
        self.files.iter().for_each(|files| files.for_each(&mut each));
        self.items.iter().for_each(each);
    }

    /// The number of files in it.
    pub(crate) fn len(&self) -> usize {
        self.files.iter().map(Files::len).sum::<usize>() + self.items.len() + self.skipped.len()
    }
}

/// The sending end of the channel; every walking thread has its own.
pub(super) struct Feed {
    sender: Sender<Batch>,
    batch: Batch,
    count: usize,
    /// Whether the next file starts a new folder or batch.
    new_folder: bool,
    open_folder: SharedFolder,
    closed: bool,
    end: Arc<End>,
    watch: Option<Arc<dyn Watch>>,
    /// The folder that was entered; `None` without a watch.
    entered: Option<Entered>,
    /// The files of the current folder, collected for a [`Watch`](super::watch::Watch).
    gathered: Gathered,
}

/// Reports the end of the walk when the last feed is dropped.
struct End(Arc<dyn Progress>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.walk_ended();
    }
}

impl Clone for Feed {
    fn clone(&self) -> Feed {
        Feed { closed: self.closed, ..Feed::of(self.sender.clone(), Arc::clone(&self.end), self.watch.clone()) }
    }
}

impl Feed {
    pub fn new(sender: Sender<Batch>, progress: Arc<dyn Progress>, watch: Option<Arc<dyn Watch>>) -> Feed {
        Feed::of(sender, Arc::new(End(progress)), watch)
    }

    fn of(sender: Sender<Batch>, end: Arc<End>, watch: Option<Arc<dyn Watch>>) -> Feed {
        let (gathered, batch) = (Gathered::default(), Batch::default());
        let (new_folder, open_folder) = (true, SharedFolder::default());
        Feed { sender, batch, count: 0, new_folder, open_folder, closed: false, end, watch, entered: None, gathered }
    }

    /// Whether all readers have stopped.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Announces a folder that is going to be walked recursively.
    pub fn walks(&self, folder: &Path) {
        self.watch.iter().for_each(|watch| watch.walks(folder));
    }

    /// Announces a list.
    pub fn lists(&self) {
        self.watch.iter().for_each(|watch| watch.lists());
    }

    /// The subfolders of a folder that need not be listed.
    pub fn unlisted(&self, folder: &Path) -> Option<Vec<PathBuf>> {
        self.watch.as_ref()?.unlisted(folder)
    }

    /// Starts another folder, last changed at `mtime`; returns whether it is to be listed.
    pub fn enter_folder(&mut self, folder: &Path, mtime: Option<i64>) -> bool {
        (self.new_folder, self.open_folder) = (true, SharedFolder::default());
        self.gathered = Gathered::default();
        let Some(watch) = &self.watch else { return true };
        self.entered = watch.enters(folder, mtime);
        self.entered.is_some()
    }

    /// Adds a regular file of the current folder.
    pub fn file(&mut self, listing: &Listing<'_>, name: &OsStr) {
        match self.entered {
            None => self.send(listing.folder, name, None),
            Some(Entered { number, is_new: true }) => self.send(listing.folder, name, Some(Mark::new(number))),
            Some(_) => {
                self.gathered.push(name, false);
                if self.gathered.is_full() {
                    self.gathered.whole = false;
                    self.look_at(listing, false);
                }
            }
        }
    }

    /// Adds a link in the current folder that leads to a file.
    pub fn linked_file(&mut self, folder: &Path, name: &OsStr) {
        // The folder's time does not change when the link's target does.
        self.is_not_plain();
        match self.entered {
            None => self.item(Item::at(folder.join(name))),
            Some(Entered { number, is_new: true }) => self.send(folder, name, Some(Mark::new(number))),
            Some(_) => self.gathered.push(name, true),
        }
    }

    /// Leaves out an entry of the current folder, which the next run must look at again.
    pub fn skip_in_folder(&mut self, name: Name, skip: Skip) {
        self.is_not_plain();
        self.skip(name, skip);
    }

    /// Notes that the current folder must be listed every time.
    pub fn is_not_plain(&self) {
        if let (Some(watch), Some(entered)) = (&self.watch, self.entered) {
            watch.lists_again(entered.number);
        }
    }

    /// Notes that a folder could not be listed completely.
    pub fn cannot_list(&mut self, folder: &Path) {
        self.gathered.whole = false;
        self.cannot_look(folder);
    }

    fn cannot_look(&mut self, folder: &Path) {
        self.gathered.failed = true;
        self.is_not_plain();
        self.watch.iter().for_each(|watch| watch.cannot_look(folder));
    }

    /// Notes that the listing is not known to be complete.
    pub fn is_not_whole(&self) {
        self.watch.iter().for_each(|watch| watch.cannot_look(Path::new("")));
    }

    /// Ends the current folder.
    pub fn leave_folder(&mut self, listing: &Listing<'_>) {
        let (Some(watch), Some(entered)) = (self.watch.clone(), self.entered) else { return };
        let is_first = self.gathered.whole;
        if !entered.is_new {
            self.look_at(listing, is_first);
        }
        if !self.gathered.failed {
            watch.leaves(entered.number, is_first);
        }
    }

    fn look_at(&mut self, listing: &Listing<'_>, whole: bool) {
        let (Some(watch), Some(entered)) = (self.watch.clone(), self.entered) else { return };
        let (stamped, unstamped) = self.gathered.stamped(listing);
        if !unstamped.is_empty() {
            self.cannot_look(listing.folder);
        }
        let before = stamped.len();
        let to_read = watch.files(entered.number, stamped, whole && unstamped.is_empty());
        self.end.0.walked((before - to_read.len()) as u64);
        to_read.into_iter().for_each(|(name, mark)| self.send(listing.folder, &name, Some(mark)));
        unstamped.iter().for_each(|name| self.send(listing.folder, name, None));
    }

    /// Adds a listed file, with the stamp from the list.
    pub fn stamped(&mut self, item: Item, stamp: Stamp, from: From) {
        if self.wants(Path::new(&item.name.place), stamp, from) {
            self.item(item);
        }
    }

    /// Whether a named or listed file has to be read.
    pub fn wants(&self, path: &Path, stamp: Stamp, from: From) -> bool {
        let is_wanted = self.watch.as_ref().is_none_or(|watch| watch.file(path, stamp, from));
        if !is_wanted {
            self.end.0.walked(1);
        }
        is_wanted
    }

    /// Adds a named or listed file.
    pub fn named(&mut self, item: Item, from: From) {
        if self.watch.is_none() {
            return self.item(item);
        }
        match std::fs::metadata(&item.name.place) {
            Ok(metadata) => self.stamped(item, Stamp::of(&metadata), from),
            // Opening it will report the error.
            Err(_) => self.item(item),
        }
    }

    /// Whether a [`Watch`](super::watch::Watch) selects the files.
    pub fn is_watched(&self) -> bool {
        self.watch.is_some()
    }

    fn send(&mut self, folder: &Path, name: &OsStr, mark: Option<Mark>) {
        if std::mem::take(&mut self.new_folder) {
            self.batch.files.push(Files::of(folder, self.open_folder.clone()));
        }
        self.batch.files.last_mut().expect("it was put there just now, or is there").push(name, mark);
        self.added(archive::is_likely(Path::new(name)));
    }

    pub fn item(&mut self, item: Item) {
        let ends_batch = archive::is_likely(Path::new(&item.name.place));
        self.batch.items.push(item);
        self.added(ends_batch);
    }

    pub fn skip(&mut self, name: Name, skip: Skip) {
        self.batch.skipped.push((name, skip));
        self.added(false);
    }

    /// Sends the current batch, and blocks while the channel is full.
    pub fn flush(&mut self) {
        if self.count == 0 {
            return;
        }
        self.end.0.walked(self.count as u64);
        (self.count, self.new_folder) = (0, true);
        self.closed = self.sender.send(std::mem::take(&mut self.batch)).is_err();
    }

    /// Sends the batch when it is full, and after an archive, so that other readers continue with the next items.
    fn added(&mut self, is_archive: bool) {
        self.count += 1;
        if self.count >= BATCH_ITEMS || is_archive {
            self.flush();
        }
    }
}
