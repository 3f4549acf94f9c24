//! Objects named by a list: those of one bucket are requested together, many at a time.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};

use super::{BucketInput, Extent, Listing};
use crate::issue::Skip;
use crate::name::Name;
use crate::objects::{Bucket, undescribed};
use crate::source::NameFilter;
use crate::source::batch::Feed;

/// The most names that wait for their requests.
const HELD_NAMES: usize = 4096;

/// Objects that wait for their requests, by bucket.
#[derive(Debug, Default)]
pub struct Named {
    buckets: BTreeMap<String, Vec<BucketInput>>,
    held: usize,
}

impl Named {
    /// Adds the object or prefix of a line.
    pub fn push(&mut self, input: BucketInput, feed: &mut Feed) {
        self.buckets.entry(input.address.root()).or_default().push(input);
        self.held += 1;
        if self.held >= HELD_NAMES {
            self.give(feed);
        }
    }

    /// Requests all of them.
    pub fn give(&mut self, feed: &mut Feed) {
        self.held = 0;
        for inputs in std::mem::take(&mut self.buckets).into_values() {
            give(inputs, feed);
        }
    }
}

fn give(inputs: Vec<BucketInput>, feed: &mut Feed) {
    let Some(BucketInput { address, options, requests }) = inputs.first().cloned() else { return };
    let bucket = match Bucket::open(&address, &options, requests) {
        Ok(bucket) => bucket,
        Err(error) => return feed.skip(Name::file(address.root()), Skip::NotDelivered(error.to_string())),
    };
    let (prefixes, objects): (Vec<_>, Vec<_>) = inputs.into_iter().partition(|input| input.address.is_prefix);
    // The list may lack the size; the response has it.
    let objects = objects.into_iter().map(|input| Ok(undescribed(input.address.key, u64::MAX)));
    let listing = |objects, place, extent| Listing {
        bucket: bucket.clone(),
        objects,
        place,
        extent,
        only: NameFilter::default(),
        requests,
    };
    listing(stream::iter(objects).boxed(), address.root(), Extent::Named).give(feed);
    for BucketInput { address, .. } in prefixes {
        listing(bucket.list(&address.key), bucket.address(&address.key), Extent::Below).give(feed);
    }
}
