//! Objects as input: a bucket is listed page by page, and of each object the first bytes are asked for by a ranged GET, many
//! at a time. What the scanner wants beyond them is one more GET; an archive is read in the same way.
//!
//! Nothing of the listing is kept. Requests run on their own threads, and wait when the readers are behind.

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

/// What is asked for of each object: it holds the header of most.
const FIRST_BYTES: u64 = 16 << 10;
/// Requests at the same time, where the user does not say.
const REQUESTS: usize = 64;
/// So many objects one after the other to which access is denied: then it is denied to all.
const MAX_DENIED: u32 = 100;

/// Objects that are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketInput {
    /// Where they are.
    pub address: Address,
    /// How they are reached.
    pub options: BucketOptions,
    /// Requests at the same time.
    pub requests: usize,
}

/// A listing under way, of which the first object is there.
pub(super) struct Listing {
    bucket: Bucket,
    objects: BoxStream<'static, object_store::Result<ObjectMeta>>,
    /// Where the objects are, for messages.
    place: String,
    requests: usize,
}

impl BucketInput {
    /// The objects of an input; `None` where it is no address of any.
    pub fn of(input: &str, options: &BucketOptions, requests: Option<u16>) -> Result<Option<BucketInput>, Error> {
        let requests = requests.map_or(REQUESTS, usize::from);
        let address = Address::parse(input)?;
        Ok(address.map(|address| BucketInput { address, options: options.clone(), requests }))
    }

    /// Asks for the object, or for the first of those below the key: what cannot be used ends the run before anything is
    /// written.
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
    /// Hands over all objects, with their first bytes.
    pub fn give(self, feed: &mut Feed) {
        let Listing { bucket, objects, place, requests } = self;
        let permits = Permits::new(2 * requests);
        let asked = objects.map(|meta| ask_first(bucket.clone(), meta)).buffer_unordered(requests);
        runtime().block_on(hand_over(asked, &permits, &bucket, &place, feed));
    }
}

/// An object of the listing and its first bytes; or why the listing breaks off.
type Asked = object_store::Result<(ObjectMeta, object_store::Result<First>)>;

/// Asks for the first bytes of an object, on the threads of the requests.
async fn ask_first(bucket: Bucket, meta: object_store::Result<ObjectMeta>) -> Asked {
    let meta = meta?;
    if meta.size == 0 {
        // There is no first byte to be asked for (RFC 9110 15.5.17).
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
