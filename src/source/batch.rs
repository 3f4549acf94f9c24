//! How items travel from the walk to the readers: some dozen in one message, so that a message costs little a file.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::Sender;

use super::files::Files;
use super::{Item, Name, archive};
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
        Feed { sender, batch: Batch::default(), count: 0, new_folder: true, closed: self.closed, end }
    }
}

impl Feed {
    pub fn new(sender: Sender<Batch>, progress: Arc<dyn Progress>) -> Feed {
        let end = Arc::new(End(progress));
        Feed { sender, batch: Batch::default(), count: 0, new_folder: true, closed: false, end }
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// What comes next are the files of another folder.
    pub fn enter_folder(&mut self) {
        self.new_folder = true;
    }

    /// A regular file of the folder that was entered.
    pub fn file(&mut self, folder: &Path, name: &OsStr) {
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
