//! The requests to one bucket or web server.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::Arc;

use futures_util::TryStreamExt;
use futures_util::stream::{BoxStream, StreamExt};
use object_store::path::Path;
use object_store::{
    Error as StoreError, GetOptions, GetRange, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, Result,
};

use super::address::Address;
use super::fault::{Fault, PAUSE, TRIES, fault, generic, reason};
use super::options::BucketOptions;
use super::runtime::runtime;
use super::{keys, listing, store};
use crate::error::Error;

/// Size of the parts of an upload (Amazon requires at least 5 MiB).
const PART_BYTES: usize = 8 << 20;

/// A bucket, or a web server.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// The client.
    store: Arc<dyn ObjectStore>,
    /// The address without the key.
    root: String,
}

/// The first bytes of an object.
#[derive(Debug, Clone)]
pub struct First {
    /// The metadata of the object.
    pub meta: ObjectMeta,
    /// The bytes.
    pub bytes: bytes::Bytes,
}

impl Bucket {
    /// Builds the client; sends nothing yet.
    pub fn open(address: &Address, options: &BucketOptions, requests: usize) -> std::result::Result<Bucket, Error> {
        let _entered = runtime().enter();
        let store = store::open(address, options, requests).map_err(|error| address.error(&reason(&error)))?;
        Ok(Bucket { store, root: address.root() })
    }

    /// The address of a key.
    pub fn address(&self, key: &Path) -> String {
        format!("{}{}", self.root, keys::key(key))
    }

    /// All objects with a prefix, page by page.
    pub fn list(&self, below: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        listing::all(Arc::clone(&self.store), below.clone())
    }

    /// The metadata of one object. Requests a byte instead of HEAD, whose response cannot contain an error message.
    pub async fn head(&self, key: &Path) -> Result<ObjectMeta> {
        Ok(self.first(key, 1).await?.meta)
    }

    /// The first bytes of an object; none if it became empty since it was listed.
    pub async fn first(&self, key: &Path, count: u64) -> Result<First> {
        match self.get(key, 0..count, None).await {
            Err(error) if fault(&error) == Fault::PastEnd => {
                Ok(First { meta: undescribed(key.clone(), 0), bytes: bytes::Bytes::new() })
            }
            result => result,
        }
    }

    /// Bytes of an object, if its ETag is still the same.
    pub async fn range(&self, key: &Path, range: Range<u64>, tag: Option<&str>) -> Result<bytes::Bytes> {
        Ok(self.get(key, range, tag).await?.bytes)
    }

    async fn get(&self, key: &Path, range: Range<u64>, tag: Option<&str>) -> Result<First> {
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            match self.get_once(key, range.clone(), tag).await {
                Err(error) if fault(&error) == Fault::Broken => tokio::time::sleep(pause).await,
                result => return result,
            }
            pause *= 2;
        }
        self.get_once(key, range, tag).await
    }

    async fn get_once(&self, key: &Path, range: Range<u64>, tag: Option<&str>) -> Result<First> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: tag.map(str::to_string),
            ..GetOptions::default()
        };
        let result = self.store.get_opts(key, options).await?;
        let (meta, told) = (result.meta.clone(), result.range.end.saturating_sub(result.range.start));
        let bytes = result.bytes().await?;
        match bytes.len() as u64 == told {
            true => Ok(First { meta, bytes }),
            false => Err(generic(io::Error::other(format!("{} of {told} bytes came", bytes.len())))),
        }
    }

    /// Downloads an object to a file; false if there is none.
    pub async fn download(&self, key: &Path, mut file: impl Write) -> Result<bool> {
        let result = match self.store.get(key).await {
            Err(StoreError::NotFound { .. }) => return Ok(false),
            result => result?,
        };
        let mut stream = result.into_stream();
        while let Some(bytes) = stream.try_next().await? {
            file.write_all(&bytes).map_err(generic)?;
        }
        Ok(true)
    }

    /// Uploads a file, in parts if it is large; the object appears as a whole or not at all.
    pub async fn upload(&self, key: &Path, mut file: impl Read) -> Result<()> {
        let part = read_part(&mut file)?;
        if part.len() < PART_BYTES {
            return self.store.put(key, part.into()).await.map(|_| ());
        }
        let mut upload = self.store.put_multipart(key).await?;
        match put_parts(upload.as_mut(), part, file).await {
            Ok(()) => upload.complete().await.map(|_| ()),
            Err(error) => {
                // Abandoned parts would be billed.
                let _ = upload.abort().await;
                Err(error)
            }
        }
    }

    /// Checks that the bucket can be listed, so that an unusable one fails before hours of work.
    pub async fn check(&self, below: &Path) -> Result<()> {
        self.list(below).take(1).try_collect::<Vec<_>>().await.map(|_| ())
    }
}

/// The metadata of an object whose server sends at most its size.
pub fn undescribed(location: Path, size: u64) -> ObjectMeta {
    ObjectMeta { location, last_modified: Default::default(), size, e_tag: None, version: None }
}

/// Uploads a part that was read, and all following ones.
async fn put_parts(upload: &mut dyn MultipartUpload, mut part: Vec<u8>, mut file: impl Read) -> Result<()> {
    while !part.is_empty() {
        upload.put_part(part.into()).await?;
        part = read_part(&mut file)?;
    }
    Ok(())
}

fn read_part(file: &mut impl Read) -> Result<Vec<u8>> {
    let mut part = Vec::new();
    file.by_ref().take(PART_BYTES as u64).read_to_end(&mut part).map_err(generic)?;
    Ok(part)
}
