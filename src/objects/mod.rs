//! Object stores: Amazon S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage, and plain web servers.
//!
//! Their requests run on threads of their own. Credentials are those of each ecosystem: the environment, web identities,
//! instance metadata, the profile of the AWS tools; none is an option, and none is printed.

mod address;
mod fault;
mod listing;
mod profile;
mod store;

use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use futures_util::stream::{BoxStream, StreamExt};
use object_store::path::Path;
use object_store::{Error as StoreError, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

pub use address::{Address, Service};
pub use fault::{Fault, fault, reason};

/// Threads that wait for answers: the work of each is small.
const THREADS: usize = 2;
/// Parts of an upload (Amazon wants 5 MiB at least).
const PART_BYTES: usize = 8 << 20;
/// How often an answer that breaks off is asked for. What the server itself refuses is retried by the client.
const TRIES: u32 = 4;
/// The pause before an answer that broke off is asked for again; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// After so long without a first answer the user is told that requests are retried.
const PATIENCE: Duration = Duration::from_secs(5);

/// How buckets are reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Server"))]
pub struct BucketOptions {
    /// Read public buckets without credentials
    ///
    /// Default: credentials are wanted: those of the environment, of a web identity, of the machine, or of the profile
    /// AWS_PROFILE.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub no_sign_request: bool,

    /// Address of an object store, as that of MinIO or Ceph
    ///
    /// For s3://, gs:// and az://. Default: that of the service itself.
    #[cfg_attr(feature = "cli", arg(long, value_name = "URL", hide_short_help = true))]
    pub endpoint_url: Option<String>,

    /// How long one answer may take, where the user says it for all servers.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub timeout: Option<Duration>,

    /// How long a request is retried, likewise.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub deadline: Option<Duration>,
}

/// A bucket, or a web server.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// How it is asked.
    store: Arc<dyn ObjectStore>,
    /// What stands before a key in an address.
    root: String,
}

/// The first bytes of an object.
#[derive(Debug, Clone)]
pub struct First {
    /// What the store says of the object.
    pub meta: ObjectMeta,
    /// The bytes.
    pub bytes: bytes::Bytes,
}

/// The threads that requests run on.
pub fn runtime() -> Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        // Another part of the program may have chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Builder::new_multi_thread().worker_threads(THREADS).thread_name("objects").enable_all().build();
        builder.expect("two threads can be started, where the readers could")
    });
    runtime.handle().clone()
}

/// Waits for a first answer, until the user has enough. Where it takes long, it is said that requests are retried: a wrong
/// address is otherwise a long wait without a word.
pub fn wait<T>(
    place: &str,
    answer: impl Future<Output = T>,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<T, Error> {
    runtime().block_on(async {
        let (mut answer, start, mut is_told) = (std::pin::pin!(answer), Instant::now(), false);
        loop {
            match tokio::time::timeout(PAUSE, &mut answer).await {
                Ok(answer) => return Ok(answer),
                Err(_) => interrupt.check()?,
            }
            if !is_told && start.elapsed() >= PATIENCE {
                is_told = true;
                progress.warn(&format!("{place}: no answer yet; requests are retried for some minutes"));
            }
        }
    })
}

impl Bucket {
    /// Finds out how a bucket is to be asked; nothing is sent yet.
    pub fn open(address: &Address, options: &BucketOptions, requests: usize) -> Result<Bucket, Error> {
        let _entered = runtime().enter();
        let store = store::open(address, options, requests).map_err(|error| address.error(&reason(&error)))?;
        Ok(Bucket { store, root: address.root() })
    }

    /// The address of a key.
    pub fn address(&self, key: &Path) -> String {
        format!("{}{key}", self.root)
    }

    /// All objects below a key, as they come page by page.
    pub fn list(&self, below: &Path) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        listing::all(Arc::clone(&self.store), below.clone())
    }

    /// What the store says of one object. A byte is asked for with it: an answer to HEAD cannot say why there is none.
    pub async fn head(&self, key: &Path) -> object_store::Result<ObjectMeta> {
        Ok(self.first(key, 1).await?.meta)
    }

    /// The first bytes of an object; none where it has become empty since it was listed.
    pub async fn first(&self, key: &Path, count: u64) -> object_store::Result<First> {
        match self.get(key, 0..count, None).await {
            Err(error) if fault(&error) == Fault::PastEnd => {
                let (location, last_modified) = (key.clone(), Default::default());
                let meta = ObjectMeta { location, last_modified, size: 0, e_tag: None, version: None };
                Ok(First { meta, bytes: bytes::Bytes::new() })
            }
            result => result,
        }
    }

    /// Bytes of an object, if it is still the one that had this tag.
    pub async fn range(
        &self,
        key: &Path,
        range: Range<u64>,
        tag: Option<&str>,
    ) -> object_store::Result<bytes::Bytes> {
        Ok(self.get(key, range, tag).await?.bytes)
    }

    async fn get(&self, key: &Path, range: Range<u64>, tag: Option<&str>) -> object_store::Result<First> {
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

    async fn get_once(&self, key: &Path, range: Range<u64>, tag: Option<&str>) -> object_store::Result<First> {
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
            false => Err(generic(std::io::Error::other(format!("{} of {told} bytes came", bytes.len())))),
        }
    }

    /// The whole of an object, in a file; false where there is none.
    pub async fn download(&self, key: &Path, mut file: impl std::io::Write) -> object_store::Result<bool> {
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

    /// Uploads a file, in parts if it is a large one: it is there as a whole, or not at all.
    pub async fn upload(&self, key: &Path, mut file: impl std::io::Read) -> object_store::Result<()> {
        let mut part = read_part(&mut file)?;
        if part.len() < PART_BYTES {
            return self.store.put(key, part.into()).await.map(|_| ());
        }
        let mut upload = self.store.put_multipart(key).await?;
        let mut result = Ok(());
        while !part.is_empty() && result.is_ok() {
            result = upload.put_part(part.into()).await;
            part = read_part(&mut file)?;
        }
        match result {
            Ok(()) => upload.complete().await.map(|_| ()),
            Err(error) => {
                // Parts that stay would be paid for.
                let _ = upload.abort().await;
                Err(error)
            }
        }
    }

    /// Whether the bucket can be listed, so that one that cannot be used is told before hours of work.
    pub async fn check(&self, below: &Path) -> object_store::Result<()> {
        self.list(below).take(1).try_collect::<Vec<_>>().await.map(|_| ())
    }
}

fn read_part(file: &mut impl std::io::Read) -> object_store::Result<Vec<u8>> {
    use std::io::Read;
    let mut part = Vec::new();
    file.by_ref().take(PART_BYTES as u64).read_to_end(&mut part).map_err(generic)?;
    Ok(part)
}

fn generic(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Generic { store: "object", source: Box::new(error) }
}
