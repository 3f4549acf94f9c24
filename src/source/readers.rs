//! Named readers of the library's caller: bytes that are in no file.
//!
//! The next one is requested only when there is room for it, so that an iterator that opens files never has many open.

use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use super::batch::Feed;
use super::content::Content;
use super::item::{From, Item, Open};
use super::open::unreadable;
use super::permits::{Permit, Permits};
use crate::issue::Skip;
use crate::name::Name;

/// The most readers that are open and not yet read.
const OPEN_READERS: usize = 64;

/// A name for messages and the report, and the bytes.
pub type NamedReader = (String, Box<dyn Read + Send>);

/// A sequence of readers. It can be read once, by the first clone that runs.
#[derive(Clone)]
pub struct Readers(Arc<Mutex<dyn Iterator<Item = NamedReader> + Send>>);

impl Readers {
    /// The readers of an iterator.
    pub fn new(readers: impl Iterator<Item = NamedReader> + Send + 'static) -> Readers {
        Readers(Arc::new(Mutex::new(readers)))
    }

    fn next(&self) -> Option<NamedReader> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    /// Sends all readers to the feed, until the walk is stopped.
    pub(super) fn give(&self, feed: &mut Feed) {
        let permits = Permits::new(OPEN_READERS);
        while !feed.is_closed() {
            let permit = permits.wait();
            let Some((name, reader)) = self.next() else { return };
            let reader = Reader { reader: Mutex::new(Some(reader)), _permit: permit };
            feed.item(Item::new(Name::file(name), From::Source(Box::new(reader))));
            feed.flush();
        }
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readers")
    }
}

impl PartialEq for Readers {
    fn eq(&self, other: &Readers) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Readers {}

/// A reader that was not read yet.
struct Reader {
    reader: Mutex<Option<Box<dyn Read + Send>>>,
    _permit: Permit,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

impl Open for Reader {
    fn open(&self) -> Result<Content, Skip> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reader = reader.ok_or_else(|| Skip::Unreadable("it was read already".to_string()))?;
        Content::of_reader(reader).map_err(|error| unreadable(&error))
    }
}
