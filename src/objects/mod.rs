//! Object stores: Amazon S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage, and plain web servers.
//!
//! Their requests run on threads of their own. Credentials are those of each ecosystem: the environment, web identities,
//! instance metadata, the profile of the AWS tools; none is an option, and none is printed.

mod address;
mod profile;
mod reason;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::stream::{BoxStream, StreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path;
use object_store::{ClientOptions, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::Error;

pub use address::{Address, Service};
pub use reason::reason;

/// Threads that wait for answers: the work of each is small.
const THREADS: usize = 2;
/// How long one request is retried.
const RETRY_TIMEOUT: Duration = Duration::from_secs(180);
/// Parts of an upload (Amazon wants 5 MiB at least).
const PART_BYTES: usize = 8 << 20;

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

impl Bucket {
    /// Finds out how a bucket is to be asked; nothing is sent yet.
    pub fn open(address: &Address, options: &BucketOptions, requests: usize) -> Result<Bucket, Error> {
        let _entered = runtime().enter();
        let store = store(address, options, requests).map_err(|error| address.error(&reason(&error)))?;
        Ok(Bucket { store, root: address.root() })
    }

    /// The address of a key.
    pub fn address(&self, key: &Path) -> String {
        format!("{}{key}", self.root)
    }

    /// All objects below a key, as they come page by page.
    pub fn list(&self, below: &Path) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.store.list(Some(below))
    }

    /// What the store says of one object.
    pub async fn head(&self, key: &Path) -> object_store::Result<ObjectMeta> {
        self.store.head(key).await
    }

    /// The first bytes of an object.
    pub async fn first(&self, key: &Path, count: u64) -> object_store::Result<First> {
        self.get(key, 0..count, None).await
    }

    /// Bytes of an object, if it is still the one that had this tag.
    pub async fn range(
        &self,
        key: &Path,
        range: std::ops::Range<u64>,
        tag: Option<&str>,
    ) -> object_store::Result<bytes::Bytes> {
        Ok(self.get(key, range, tag).await?.bytes)
    }

    async fn get(&self, key: &Path, range: std::ops::Range<u64>, tag: Option<&str>) -> object_store::Result<First> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: tag.map(str::to_string),
            ..GetOptions::default()
        };
        let result = self.store.get_opts(key, options).await?;
        let meta = result.meta.clone();
        Ok(First { meta, bytes: result.bytes().await? })
    }

    /// The whole of an object, in a file; false where there is none.
    pub async fn download(&self, key: &Path, mut file: impl std::io::Write) -> object_store::Result<bool> {
        let result = match self.store.get(key).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
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

fn generic(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "file", source: Box::new(error) }
}

fn store(address: &Address, options: &BucketOptions, requests: usize) -> object_store::Result<Arc<dyn ObjectStore>> {
    let endpoint = options.endpoint_url.as_deref();
    let is_plain = endpoint.unwrap_or_default().starts_with("http://") || address.root().starts_with("http://");
    let client = ClientOptions::new()
        .with_user_agent(reqwest::header::HeaderValue::from_static(concat!("dcm2fhir/", env!("CARGO_PKG_VERSION"))))
        .with_pool_max_idle_per_host(requests)
        .with_allow_http(is_plain || std::env::var("AWS_ENDPOINT_URL").is_ok_and(|url| url.starts_with("http://")));
    let retry = RetryConfig { retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
    let unsigned = options.no_sign_request;
    Ok(match address.service {
        Service::S3 => {
            let builder = profile::complete(AmazonS3Builder::from_env(), unsigned);
            let builder = builder.with_bucket_name(&address.bucket).with_client_options(client).with_retry(retry);
            let builder = builder.with_skip_signature(unsigned);
            Arc::new(endpoint.into_iter().fold(builder, |builder, url| builder.with_endpoint(url)).build()?)
        }
        Service::Google => {
            let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(&address.bucket);
            let builder = builder.with_client_options(client).with_retry(retry).with_skip_signature(unsigned);
            Arc::new(endpoint.into_iter().fold(builder, |builder, url| builder.with_base_url(url)).build()?)
        }
        Service::Azure => {
            let builder = MicrosoftAzureBuilder::from_env().with_container_name(&address.bucket);
            let builder = builder.with_client_options(client).with_retry(retry).with_skip_signature(unsigned);
            Arc::new(endpoint.into_iter().fold(builder, |builder, url| builder.with_endpoint(url.to_string())).build()?)
        }
        Service::Web => {
            Arc::new(HttpBuilder::new().with_url(address.root()).with_client_options(client).with_retry(retry).build()?)
        }
    })
}
