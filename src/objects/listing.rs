//! A listing, page by page. If a response is cut off it resumes after the last key. Nothing is kept in memory.

use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};

use super::fault::{Fault, PAUSE, TRIES, fault, generic};

/// A listing in progress.
struct Listing {
    store: Arc<dyn ObjectStore>,
    below: Path,
    pages: BoxStream<'static, object_store::Result<ObjectMeta>>,
    first: Option<Path>,
    last: Option<Path>,
    /// Cut responses since the last key.
    breaks: u32,
    is_ended: bool,
}

/// All objects with a prefix.
pub(super) fn all(store: Arc<dyn ObjectStore>, below: Path) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
    let pages = store.list(Some(&below));
    let listing = Listing { store, below, pages, first: None, last: None, breaks: 0, is_ended: false };
    stream::unfold(listing, |mut listing| async move { listing.next().await.map(|object| (object, listing)) }).boxed()
}

impl Listing {
    async fn next(&mut self) -> Option<object_store::Result<ObjectMeta>> {
        while !self.is_ended {
            match self.pages.next().await? {
                Ok(object) => return Some(self.take(object)),
                Err(error) if fault(&error) == Fault::Broken && self.breaks + 1 < TRIES => {
                    tokio::time::sleep(PAUSE * 2_u32.pow(self.breaks)).await;
                    self.breaks += 1;
                    self.pages = match &self.last {
                        Some(last) => self.store.list_with_offset(Some(&self.below), last),
                        None => self.store.list(Some(&self.below)),
                    };
                }
                Err(error) => {
                    self.is_ended = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    fn take(&mut self, object: ObjectMeta) -> object_store::Result<ObjectMeta> {
        if self.first.as_ref() == Some(&object.location) {
            self.is_ended = true;
            return Err(generic(std::io::Error::other("the listing begins again instead of going on")));
        }
        self.breaks = 0;
        self.first.get_or_insert_with(|| object.location.clone());
        self.last = Some(object.location.clone());
        Ok(object)
    }
}
