//! Objects as input: a bucket is listed page by page, and the first bytes of each object are fetched by a ranged GET,
//! many at a time. If the scanner needs more, another GET follows; an archive is read in the same way.
//!
//! Nothing of the listing is kept. Requests run on their own threads, and wait when the readers are behind.

mod named;
mod object;

use std::fs::File;
use std::future::ready;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use futures_util::stream::{self, BoxStream, StreamExt};
use object_store::{Error as StoreError, ObjectMeta};

use super::batch::Feed;
use super::item::{From, Item};
use super::permits::Permits;
use super::{NameFilter, Stamp, watch};
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::issue::Skip;
use crate::name::Name;
use crate::objects::{self, Address, Bucket, BucketOptions, Fault, First, fault, reason, runtime};
use crate::progress::Progress;
pub use named::Named;
use object::{Object, Opener};

/// The first bytes fetched of each object: most headers fit.
const FIRST_BYTES: u64 = 16 << 10;
/// The default number of concurrent requests.
const REQUESTS: usize = 64;
/// After this many denied objects in a row, access is considered denied to all.
const MAX_DENIED: u32 = 100;

/// Objects that are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketInput {
    /// Their address.
    pub address: Address,
    /// The client.
    pub options: BucketOptions,
    /// The number of concurrent requests.
    pub requests: usize,
}

/// Objects as they are listed.
type Objects = BoxStream<'static, object_store::Result<ObjectMeta>>;

/// A listing in progress, whose first object was received.
pub(super) struct Listing {
    bucket: Bucket,
    objects: Objects,
    /// Their address, for messages.
    place: String,
    extent: Extent,
    only: NameFilter,
    requests: usize,
}

/// The origin of the objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All objects with a prefix.
    Below,
    /// An object named on the command line.
    One,
    /// Objects of a list, which were checked when it was read.
    Named,
}

/// An object of the listing and its first bytes or failure; or why the listing ended early.
type Asked = object_store::Result<(ObjectMeta, object_store::Result<Answer>)>;

/// The response for an object.
enum Answer {
    /// Its first bytes.
    First(First),
    /// All of it, as the server does not support ranges.
    Whole(File),
}

impl BucketInput {
    /// The objects of an input; `None` if it is no address of a store.
    pub fn of(input: &str, options: &BucketOptions, requests: Option<u16>) -> Result<Option<BucketInput>, Error> {
        let requests = requests.map_or(REQUESTS, usize::from);
        let address = Address::parse(input)?;
        Ok(address.map(|address| BucketInput { address, options: options.clone(), requests }))
    }

    /// Requests the object, or the first one with the prefix, so that an unusable input ends the run before anything is
    /// written.
    pub(super) fn ask(
        &self,
        only: NameFilter,
        interrupt: &Interrupt,
        progress: &dyn Progress,
    ) -> Result<Listing, Error> {
        let BucketInput { address, options, requests } = self;
        let bucket = Bucket::open(address, options, *requests)?;
        let place = bucket.address(&address.key);
        let listed = objects::wait(&place, self.first(&bucket), progress, interrupt)?;
        let (objects, extent) = listed.map_err(|error| address.error(&reason(&error)))?;
        Ok(Listing { bucket, objects, place, extent, only, requests: *requests })
    }

    /// The objects and their origin.
    async fn first(&self, bucket: &Bucket) -> object_store::Result<(Objects, Extent)> {
        let Address { key, is_prefix, service, .. } = &self.address;
        let missing = match is_prefix {
            true => None,
            false => match bucket.head(key).await {
                Err(error) if fault(&error) == Fault::Missing && service.is_listed() => Some(error),
                Err(error) if fault(&error) == Fault::Unranged => {
                    let meta = objects::undescribed(key.clone(), u64::MAX);
                    return Ok((stream::iter([Ok(meta)]).boxed(), Extent::One));
                }
                object => return Ok((stream::iter([Ok(object?)]).boxed(), Extent::One)),
            },
        };
        let mut objects = bucket.list(key);
        match (objects.next().await, missing) {
            (Some(first), _) => Ok((stream::iter([Ok(first?)]).chain(objects).boxed(), Extent::Below)),
            (None, Some(missing)) => Err(missing),
            (None, None) => Ok((stream::empty().boxed(), Extent::Below)),
        }
    }
}

impl Listing {
    /// Passes on all objects with their first bytes, except unchanged ones of an index.
    pub fn give(self, feed: &mut Feed) {
        let Listing { bucket, objects, place, extent, only, requests } = self;
        if extent == Extent::Below {
            feed.walks(Path::new(&place));
        }
        let (watched, asking, stop) = (feed.clone(), bucket.clone(), &AtomicBool::new(false));
        let is_wanted = |object: &object_store::Result<ObjectMeta>| {
            let is_wanted = |object| extent == Extent::Named || wants(&watched, &bucket, &only, object);
            ready(object.as_ref().map_or(true, is_wanted))
        };
        let objects = objects.take_while(|_| ready(!stop.load(Relaxed))).filter(is_wanted);
        let asked = objects.map(|object| ask(asking.clone(), object)).buffer_unordered(requests);
        let hand_over =
            HandOver { bucket: &bucket, permits: Permits::new(2 * requests), stop, denied: 0, broken: None };
        if let Some(why) = runtime().block_on(hand_over.all(asked, feed)) {
            feed.cannot_list(Path::new(&place));
            feed.skip(Name::file(place), Skip::NotDelivered(why));
        }
    }
}

/// Whether an object has to be read.
fn wants(feed: &Feed, bucket: &Bucket, only: &NameFilter, object: &ObjectMeta) -> bool {
    if !feed.is_watched() && only.0.is_none() {
        return true;
    }
    let name = Name::file(bucket.address(&object.location));
    only.0.as_ref().is_none_or(|only| only(&name))
        && (!feed.is_watched() || feed.wants(Path::new(&name.place), stamp(object), watch::From::Name))
}

/// Size and ETag; the time if the server has no ETag.
fn stamp(object: &ObjectMeta) -> Stamp {
    let time = Some(object.last_modified.timestamp_micros()).filter(|time| *time != 0);
    match object.e_tag.clone().or_else(|| time.map(|time| time.to_string())) {
        Some(tag) => Stamp::Listed { size: object.size.to_string(), tag },
        None => Stamp::unknown(),
    }
}

/// Requests the first bytes of an object, on the async runtime.
async fn ask(bucket: Bucket, object: object_store::Result<ObjectMeta>) -> Asked {
    let object = object?;
    if object.size == 0 {
        // An empty object has no first byte to request (RFC 9110 15.5.17).
        let first = First { meta: object.clone(), bytes: bytes::Bytes::new() };
        return Ok((object, Ok(Answer::First(first))));
    }
    let key = object.location.clone();
    let answer = runtime().spawn(async move {
        match bucket.first(&key, FIRST_BYTES).await {
            Err(error) if fault(&error) == Fault::Unranged => whole(&bucket, &key).await,
            first => first.map(Answer::First),
        }
    });
    Ok((object, answer.await.unwrap_or_else(|error| Err(StoreError::JoinError { source: error }))))
}

async fn whole(bucket: &Bucket, key: &object_store::path::Path) -> object_store::Result<Answer> {
    let file = tempfile::tempfile().map_err(|error| StoreError::Generic { store: "file", source: error.into() })?;
    match bucket.download(key, &file).await? {
        true => Ok(Answer::Whole(file)),
        false => Err(StoreError::NotFound { path: key.to_string(), source: "it has gone".into() }),
    }
}

/// Passes on what arrives. Pending requests are completed if the listing ends early.
struct HandOver<'h> {
    bucket: &'h Bucket,
    permits: Permits,
    /// Set to stop further requests.
    stop: &'h AtomicBool,
    /// Denied objects in a row.
    denied: u32,
    /// Why not all objects were listed or requested.
    broken: Option<String>,
}

impl HandOver<'_> {
    /// Passes on all, and reports why some are missing.
    async fn all(mut self, asked: impl stream::Stream<Item = Asked>, feed: &mut Feed) -> Option<String> {
        let mut asked = std::pin::pin!(asked);
        while let Some(next) = asked.next().await {
            match next {
                Ok((object, answer)) => self.object(&object, answer, feed),
                Err(error) => self.stop(reason(&error)),
            }
            feed.flush();
            if feed.is_closed() {
                break;
            }
        }
        self.broken
    }

    fn stop(&mut self, why: String) {
        self.stop.store(true, Relaxed);
        self.broken.get_or_insert(why);
    }

    fn object(&mut self, object: &ObjectMeta, answer: object_store::Result<Answer>, feed: &mut Feed) {
        let name = Name::file(self.bucket.address(&object.location));
        match answer {
            Ok(Answer::Whole(file)) => feed.item(Item::new(name, From::Spooled(file))),
            Ok(Answer::First(first)) => {
                self.denied = 0;
                let object = Object::new(self.bucket.clone(), first, self.permits.wait());
                feed.item(Item::new(name, From::Source(Box::new(Opener(Arc::new(object))))));
            }
            Err(error) => {
                let (fault, why) = (fault(&error), reason(&error));
                self.denied = if fault == Fault::Denied { self.denied + 1 } else { 0 };
                match fault {
                    Fault::Missing => feed.skip(name, Skip::Missing),
                    _ => feed.skip(name, Skip::NotDelivered(why.clone())),
                }
                if fault == Fault::Expired {
                    self.stop(why);
                } else if self.denied >= MAX_DENIED {
                    self.stop("access is denied to one object after the other: the rest is not asked for".to_string());
                }
            }
        }
    }
}
