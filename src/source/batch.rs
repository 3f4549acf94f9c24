//! How items travel from the walk to the readers: some hundred in one message, so that a message costs little a file.

use std::sync::Arc;

use crossbeam_channel::Sender;

use super::{Item, Name, archive};
use crate::issue::Skip;
use crate::progress::Progress;

/// Items in one message, at most.
const BATCH_ITEMS: usize = 256;

/// What the walk found since the last message.
#[derive(Debug, Default)]
pub struct Batch {
    /// What is to be read.
    pub items: Vec<Item>,
    /// What the walk itself left out, and why.
    pub skipped: Vec<(Name, Skip)>,
}

impl Batch {
    fn len(&self) -> usize {
        self.items.len() + self.skipped.len()
    }
}

/// The end of the channel that the walk writes to; every thread has its own.
pub(super) struct Feed {
    sender: Sender<Batch>,
    batch: Batch,
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
        Feed { sender: self.sender.clone(), batch: Batch::default(), closed: self.closed, end: Arc::clone(&self.end) }
    }
}

impl Feed {
    pub fn new(sender: Sender<Batch>, progress: Arc<dyn Progress>) -> Feed {
        Feed { sender, batch: Batch::default(), closed: false, end: Arc::new(End(progress)) }
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    pub fn item(&mut self, item: Item) {
        // One reader is busy with an archive for long: others take what comes behind it.
        let travels_alone = archive::is_likely(&item.name.file);
        self.batch.items.push(item);
        if travels_alone { self.flush() } else { self.flush_if_full() }
    }

    pub fn skip(&mut self, name: Name, skip: Skip) {
        self.batch.skipped.push((name, skip));
        self.flush_if_full();
    }

    /// Sends what is there, waiting while the readers are behind.
    pub fn flush(&mut self) {
        let files = self.batch.len();
        if files == 0 {
            return;
        }
        self.end.0.walked(files as u64);
        let room = Vec::with_capacity(BATCH_ITEMS);
        let batch = std::mem::replace(&mut self.batch, Batch { items: room, skipped: Vec::new() });
        self.closed = self.sender.send(batch).is_err();
    }

    fn flush_if_full(&mut self) {
        if self.batch.len() >= BATCH_ITEMS {
            self.flush();
        }
    }
}
