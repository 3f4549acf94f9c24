//! Objects as input: a bucket is listed page by page, and the first bytes of each object are fetched by a ranged GET,
//! many at a time. If the scanner needs more, it costs one more GET; archives are read in the same way.
//!
//! The listing is not kept in memory. Requests run on threads of their own and wait while the readers are behind.

mod object;

use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt};
use object_store::{Error as StoreError, ObjectMeta};

use super::batch::Feed;
use super::item::{From, Item};
use super::permits::Permits;
use crate::error::Error;
use crate::issue::Skip;
use crate::name::Name;
use crate::objects::{Address, Bucket, BucketOptions, First, reason, runtime};
use object::{Object, Opener};

/// Bytes fetched first from each object: enough for most headers.
const FIRST_BYTES: u64 = 16 << 10;
/// The default number of concurrent requests.
const REQUESTS: usize = 64;
/// After this many consecutive objects with access denied, the run ends.
const MAX_DENIED: u32 = 100;

/// Objects that are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketInput {
    /// Where they are.
    pub address: Address,
    /// How they are reached.
    pub options: BucketOptions,
    /// The number of concurrent requests.
    pub requests: usize,
}

/// A started listing whose first object has arrived.
pub(super) struct Listing {
    bucket: Bucket,
    objects: BoxStream<'static, object_store::Result<ObjectMeta>>,
    /// Where the objects are, for messages.
    place: String,
    requests: usize,
}

impl BucketInput {
    /// The input for an address; `None` if it is no address of objects.
    pub fn of(input: &str, options: &BucketOptions, requests: Option<u16>) -> Result<Option<BucketInput>, Error> {
        let requests = requests.map_or(REQUESTS, usize::from);
        let address = Address::parse(input)?;
        Ok(address.map(|address| BucketInput { address, options: options.clone(), requests }))
    }

    /// Fetches the first object, so that an unusable address ends the run before anything is written.
    pub(super) fn ask(&self) -> Result<Listing, Error> {
        let BucketInput { address, options, requests } = self;
        let bucket = Bucket::open(address, options, *requests)?;
        let objects = runtime().block_on(self.first(&bucket)).map_err(|error| address.error(&reason(&error)))?;
        let place = bucket.address(&address.key);
        Ok(Listing { bucket, objects, place, requests: *requests })
    }

    async fn first(
        &self,
        bucket: &Bucket,
    ) -> object_store::Result<BoxStream<'static, object_store::Result<ObjectMeta>>> {
        let Address { key, is_prefix, service, .. } = &self.address;
        let one = match is_prefix {
            true => None,
            false => Some(bucket.head(key).await),
        };
        match one {
            Some(Ok(meta)) => return Ok(stream::iter([Ok(meta)]).boxed()),
            Some(Err(error)) if !matches!(error, StoreError::NotFound { .. }) || !service.is_listed() => {
                return Err(error);
            }
            _ => {}
        }
        let mut objects = bucket.list(key);
        match objects.next().await {
            Some(first) => Ok(stream::iter([Ok(first?)]).chain(objects).boxed()),
            None if *is_prefix => Ok(stream::empty().boxed()),
            None => Err(one.and_then(Result::err).unwrap_or(StoreError::NotImplemented {
                operation: "list".to_string(),
                implementer: "this service".to_string(),
            })),
        }
    }
}

impl Listing {
    /// Sends all objects with their first bytes to the feed.
    pub fn give(self, feed: &mut Feed) {
        let Listing { bucket, objects, place, requests } = self;
        let permits = Permits::new(2 * requests);
        let asked = objects.map(|meta| ask_first(bucket.clone(), meta)).buffer_unordered(requests);
        runtime().block_on(hand_over(asked, &permits, &bucket, &place, feed));
    }
}

/// A listed object and its first bytes, or the error that ended the listing.
type Asked = object_store::Result<(ObjectMeta, object_store::Result<First>)>;

/// Fetches the first bytes of an object.
async fn ask_first(bucket: Bucket, meta: object_store::Result<ObjectMeta>) -> Asked {
    let meta = meta?;
    if meta.size == 0 {
        // An empty object satisfies no range (RFC 9110 15.5.17).
        let first = First { meta: meta.clone(), bytes: bytes::Bytes::new() };
        return Ok((meta, Ok(first)));
    }
    let key = meta.location.clone();
    let first = runtime().spawn(async move { bucket.first(&key, FIRST_BYTES).await }).await;
    Ok((meta, first.unwrap_or_else(|error| Err(StoreError::JoinError { source: error }))))
}

async fn hand_over(
    asked: impl stream::Stream<Item = Asked>,
    permits: &Permits,
    bucket: &Bucket,
    place: &str,
    feed: &mut Feed,
) {
    let mut asked = std::pin::pin!(asked);
    let mut denied = 0;
    while let Some(next) = asked.next().await {
        let (meta, first) = match next {
            Ok(object) => object,
            Err(error) => return feed.skip(Name::file(place), Skip::NotDelivered(reason(&error))),
        };
        denied = if is_denied(&first) { denied + 1 } else { 0 };
        let name = Name::file(bucket.address(&meta.location));
        match first {
            Ok(first) => {
                let object = Object::new(bucket.clone(), first, permits.wait());
                feed.item(Item { name, from: From::Source(Box::new(Opener(Arc::new(object)))) });
            }
            Err(StoreError::NotFound { .. }) => feed.skip(name, Skip::Missing),
            Err(error) => feed.skip(name, Skip::NotDelivered(reason(&error))),
        }
        feed.flush();
        if denied >= MAX_DENIED {
            let why = "access is denied to one object after the other: the rest is not asked for".to_string();
            return feed.skip(Name::file(place), Skip::NotDelivered(why));
        }
        if feed.is_closed() {
            return;
        }
    }
}

fn is_denied(first: &object_store::Result<First>) -> bool {
    matches!(first, Err(StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. }))
}
