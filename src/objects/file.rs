//! An object that is read sequentially, a part at a time, any number of times.

use std::io::{self, Read};

use futures_util::StreamExt as _;
use object_store::ObjectMeta;

use super::{Address, Bucket, BucketOptions, keys, reason, runtime};
use crate::error::Error;

/// The most bytes of one request; large ones hide the latency of the store.
const PART_BYTES: u64 = 4 << 20;
/// The number of concurrent requests.
const REQUESTS: usize = 16;

/// An object, as it was when it was found.
#[derive(Debug, Clone)]
pub struct ObjectFile {
    bucket: Bucket,
    meta: ObjectMeta,
}

impl ObjectFile {
    /// The object at an address.
    pub fn open(address: &Address, options: &BucketOptions) -> Result<ObjectFile, Error> {
        let bucket = Bucket::open(address, options, REQUESTS)?;
        let meta = runtime().block_on(bucket.head(&address.key)).map_err(|error| address.error(&reason(&error)))?;
        Ok(ObjectFile { bucket, meta })
    }

    /// The objects directly below an address, by their names there.
    pub fn below(address: &Address, options: &BucketOptions) -> Result<Vec<(String, ObjectFile)>, Error> {
        let bucket = Bucket::open(address, options, REQUESTS)?;
        let above = address.key.parts().count();
        runtime().block_on(async {
            let (mut objects, mut files) = (bucket.list(&address.key), Vec::new());
            while let Some(object) = objects.next().await {
                let meta = object.map_err(|error| address.error(&reason(&error)))?;
                let is_below = meta.location.parts().count() == above + 1;
                if let Some(name) = keys::name(&meta.location).filter(|_| is_below) {
                    files.push((name, ObjectFile { bucket: bucket.clone(), meta }));
                }
            }
            Ok(files)
        })
    }

    /// Reads it from its start.
    pub fn reader(&self) -> ObjectReader {
        ObjectReader { file: self.clone(), offset: 0 }
    }
}

/// Reads an object; each read is a request, except at the end.
#[derive(Debug)]
pub struct ObjectReader {
    file: ObjectFile,
    offset: u64,
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ObjectFile { bucket, meta } = &self.file;
        let end = meta.size.min(self.offset + PART_BYTES.min(buffer.len() as u64));
        if end <= self.offset {
            return Ok(0);
        }
        let range = bucket.range(&meta.location, self.offset..end, meta.e_tag.as_deref());
        let bytes = runtime().block_on(range).map_err(|error| io::Error::other(reason(&error)))?;
        let Some(room) = buffer.get_mut(..bytes.len()).filter(|room| !room.is_empty()) else {
            return Err(io::Error::other("the object store gives less or more than was asked for"));
        };
        room.copy_from_slice(&bytes);
        self.offset += bytes.len() as u64;
        Ok(bytes.len())
    }
}
