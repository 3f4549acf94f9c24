//! How items travel from the walk to the readers: some dozen in one message, so that a message costs little a file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::Sender;

use super::files::Files;
use super::gathered::Gathered;
use super::watch::{FolderNumber, From, Watch};
use super::{Item, Name, Stamp, archive};
use crate::issue::Skip;
use crate::progress::Progress;

/// Items in one message, at most. On a slow disk a larger one keeps its reader busy long after all others are done.
const BATCH_ITEMS: usize = 32;

/// What the walk found since the last message.
#[derive(Debug, Default)]
pub struct Batch {
    files: Vec<Files>,
    /// What is not simply a file of a folder.
    items: Vec<Item>,
    /// What the walk itself left out, and why.
    pub skipped: Vec<(Name, Skip)>,
}

impl Batch {
    /// Shows each thing that is to be read.
    pub fn for_each(&self, mut each: impl FnMut(&Item)) {
        self.files.iter().for_each(|files| files.for_each(&mut each));
        self.items.iter().for_each(each);
    }

    /// How many files it tells of.
    pub(crate) fn len(&self) -> usize {
        self.files.iter().map(Files::len).sum::<usize>() + self.items.len() + self.skipped.len()
    }
}

/// The end of the channel that the walk writes to; every thread has its own.
pub(super) struct Feed {
    sender: Sender<Batch>,
    batch: Batch,
    count: usize,
    /// Whether the next file is the first of its folder, or of the batch.
    new_folder: bool,
    closed: bool,
    end: Arc<End>,
    watch: Option<Arc<dyn Watch>>,
    /// The folder that was entered, as the watch calls it.
    entered: FolderNumber,
    /// The files of the folder that was entered, where somebody looks at them before they are read.
    gathered: Gathered,
}

/// Says that the walk has ended once the last feed is gone.
struct End(Arc<dyn Progress>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.walk_ended();
    }
}

impl Clone for Feed {
    fn clone(&self) -> Feed {
        let (sender, end) = (self.sender.clone(), Arc::clone(&self.end));
        let (watch, gathered, batch) = (self.watch.clone(), Gathered::default(), Batch::default());
        Feed { sender, batch, count: 0, new_folder: true, closed: self.closed, end, watch, entered: 0, gathered }
    }
}

impl Feed {
    pub fn new(sender: Sender<Batch>, progress: Arc<dyn Progress>, watch: Option<Arc<dyn Watch>>) -> Feed {
        let (end, gathered, batch) = (Arc::new(End(progress)), Gathered::default(), Batch::default());
        Feed { sender, batch, count: 0, new_folder: true, closed: false, end, watch, entered: 0, gathered }
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// A folder is going to be walked, with everything below it.
    pub fn walks(&self, folder: &Path) {
        self.watch.iter().for_each(|watch| watch.walks(folder));
    }

    /// The folders in a folder that need not be listed.
    pub fn unlisted(&self, folder: &Path) -> Option<Vec<PathBuf>> {
        self.watch.as_ref()?.unlisted(folder)
    }

    /// What comes next are the files of another folder; says whether it is wanted.
    pub fn enter_folder(&mut self, folder: &Path) -> bool {
        self.new_folder = true;
        self.gathered = Gathered::default();
        let Some(watch) = &self.watch else { return true };
        let number = watch.enters(folder);
        self.entered = number.unwrap_or_default();
        number.is_some()
    }

    /// A regular file of the folder that was entered.
    pub fn file(&mut self, folder: &Path, name: &OsStr) {
        if self.watch.is_none() {
            return self.send(folder, name);
        }
        self.gathered.push(name, false);
        if self.gathered.is_full() {
            self.look_at_gathered(folder);
        }
    }

    /// A link of the folder that was entered, which leads to a file.
    pub fn linked_file(&mut self, path: PathBuf) {
        match path.file_name().filter(|_| self.watch.is_some()) {
            Some(name) => {
                // The folder does not change with what the link leads to.
                self.gathered.plain = false;
                self.gathered.push(name, true);
            }
            None => self.item(Item::at(path)),
        }
    }

    /// Something of the folder that was entered is left out, and the next run has to look at it again.
    pub fn skip_in_folder(&mut self, name: Name, skip: Skip) {
        self.is_not_plain();
        self.skip(name, skip);
    }

    /// The folder that was entered has something that only a listing finds.
    pub fn is_not_plain(&mut self) {
        self.gathered.plain = false;
    }

    /// The folder that was entered cannot be listed to its end.
    pub fn cannot_list(&mut self, folder: &Path) {
        self.gathered.whole = false;
        self.gathered.failed = true;
        self.watch.iter().for_each(|watch| watch.cannot_look(folder));
    }

    /// What was listed does not say what else there may be.
    pub fn is_not_whole(&self) {
        self.watch.iter().for_each(|watch| watch.cannot_look(Path::new("")));
    }

    /// All files of the folder came.
    pub fn leave_folder(&mut self, folder: &Path) {
        let Some(watch) = self.watch.clone() else { return };
        let is_first = self.gathered.whole;
        self.look_at(folder, is_first);
        if !self.gathered.failed {
            watch.leaves(self.entered, is_first, self.gathered.plain);
        }
    }

    fn look_at_gathered(&mut self, folder: &Path) {
        self.gathered.whole = false;
        self.look_at(folder, false);
    }

    fn look_at(&mut self, folder: &Path, whole: bool) {
        let Some(watch) = self.watch.clone() else { return };
        let (stamped, unstamped) = self.gathered.stamped(folder);
        if !unstamped.is_empty() {
            self.gathered.failed = true;
            watch.cannot_look(folder);
        }
        let before = stamped.len();
        let to_read = watch.files(folder, self.entered, stamped, whole && unstamped.is_empty());
        self.end.0.walked((before - to_read.len()) as u64);
        to_read.iter().chain(&unstamped).for_each(|name| self.send(folder, name));
    }

    /// A file that the walk did not find in a folder, with the stamp that its list has.
    pub fn stamped(&mut self, item: Item, stamp: Stamp, from: From) {
        if self.wants(Path::new(&item.name.place), stamp, from) {
            self.item(item);
        }
    }

    /// Whether a file that the walk did not find in a folder has to be read.
    pub fn wants(&self, path: &Path, stamp: Stamp, from: From) -> bool {
        let is_wanted = self.watch.as_ref().is_none_or(|watch| watch.file(path, stamp, from));
        if !is_wanted {
            self.end.0.walked(1);
        }
        is_wanted
    }

    /// A file that the walk did not find in a folder.
    pub fn named(&mut self, item: Item, from: From) {
        if self.watch.is_none() {
            return self.item(item);
        }
        match std::fs::metadata(&item.name.place) {
            Ok(metadata) => self.stamped(item, Stamp::of(&metadata), from),
            // Reading it says why.
            Err(_) => self.item(item),
        }
    }

    /// Whether somebody looks at files before they are read.
    pub fn is_watched(&self) -> bool {
        self.watch.is_some()
    }

    fn send(&mut self, folder: &Path, name: &OsStr) {
        if std::mem::take(&mut self.new_folder) {
            self.batch.files.push(Files::of(folder));
        }
        self.batch.files.last_mut().expect("it was put there just now, or is there").push(name);
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

    /// Sends what is there, waiting while the readers are behind.
    pub fn flush(&mut self) {
        if self.count == 0 {
            return;
        }
        self.end.0.walked(self.count as u64);
        (self.count, self.new_folder) = (0, true);
        self.closed = self.sender.send(std::mem::take(&mut self.batch)).is_err();
    }

    /// Sends the batch when it is full, and behind an archive: one reader is busy with that for long, and others take what
    /// comes next.
    fn added(&mut self, is_archive: bool) {
        self.count += 1;
        if self.count >= BATCH_ITEMS || is_archive {
            self.flush();
        }
    }
}
