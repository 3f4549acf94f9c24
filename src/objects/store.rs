//! The client of each service, configured by environment and options.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::{Certificate, ClientOptions, ObjectStore, RetryConfig};
use reqwest::header::HeaderValue;

use super::address::{Address, Service};
use super::fault::generic;
use super::keys::{Connector, Signer};
use super::options::BucketOptions;
use super::profile::Profile;

/// Time limit of retries: retried requests are not signed again, and signatures expire after some minutes.
const RETRY_TIMEOUT: Duration = Duration::from_secs(180);
/// The default timeout of one response.
const TIMEOUT: Duration = Duration::from_secs(300);
/// The client's default region.
const DEFAULT_REGION: &str = "us-east-1";

/// The client of the bucket of an address.
pub(super) fn open(
    address: &Address,
    options: &BucketOptions,
    requests: usize,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let profile = (address.service == Service::S3).then(Profile::read);
    let of_profile = || profile.as_ref().and_then(Profile::endpoint);
    let endpoint = options.endpoint_url.clone().or_else(of_profile);
    let is_plain = [endpoint.as_deref(), Some(&address.root())].iter().flatten().any(|it| it.starts_with("http://"));
    let client = ClientOptions::new()
        .with_user_agent(HeaderValue::from_static(concat!("dcm2fhir/", env!("CARGO_PKG_VERSION"))))
        .with_pool_max_idle_per_host(requests)
        .with_timeout(options.timeout.unwrap_or(TIMEOUT))
        .with_allow_http(is_plain);
    let certificates = options.ca_certificate.as_deref().map_or(Ok(Vec::new()), certificates)?;
    let client = certificates.into_iter().fold(client, ClientOptions::with_root_certificate);
    let deadline = options.deadline.unwrap_or(RETRY_TIMEOUT).min(RETRY_TIMEOUT);
    let retry = RetryConfig { retry_timeout: deadline, ..RetryConfig::default() };
    let (bucket, unsigned, connector) = (&address.bucket, options.no_sign_request, Connector::default());
    Ok(match address.service {
        Service::S3 => {
            let builder = AmazonS3Builder::from_env();
            let builder = profile.iter().try_fold(builder, |builder, profile| profile.complete(builder, unsigned))?;
            let builder = builder.with_bucket_name(bucket).with_client_options(client).with_retry(retry);
            s3(if unsigned { builder.with_skip_signature(true) } else { builder }, endpoint)?
        }
        Service::Google => {
            let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
            let builder = builder.with_client_options(client).with_retry(retry).with_skip_signature(unsigned);
            let builder = builder.with_http_connector(connector);
            Arc::new(endpoint.into_iter().fold(builder, |builder, url| builder.with_base_url(&url)).build()?)
        }
        Service::Azure => {
            let builder = MicrosoftAzureBuilder::from_env().with_container_name(bucket);
            let builder = builder.with_client_options(client).with_retry(retry).with_skip_signature(unsigned);
            let builder = builder.with_http_connector(connector.clone());
            let account = builder.get_config_value(&AzureConfigKey::AccountName).unwrap_or_default();
            let store = endpoint.into_iter().fold(builder, MicrosoftAzureBuilder::with_endpoint).build()?;
            connector.sign_with(Signer::Azure(Arc::clone(store.credentials()), account));
            Arc::new(store)
        }
        Service::Web => {
            Arc::new(HttpBuilder::new().with_url(address.root()).with_client_options(client).with_retry(retry).build()?)
        }
    })
}

/// The client of an S3 bucket.
fn s3(builder: AmazonS3Builder, endpoint: Option<String>) -> object_store::Result<Arc<dyn ObjectStore>> {
    let connector = Connector::default();
    let builder = builder.with_http_connector(connector.clone());
    // This key takes precedence over the others, as an option over variables.
    let key = AmazonS3ConfigKey::S3Endpoint;
    let builder = endpoint.into_iter().fold(builder, |builder, url| builder.with_config(key, url));
    let region = builder.get_config_value(&AmazonS3ConfigKey::Region).unwrap_or(DEFAULT_REGION.to_string());
    let store = builder.build()?;
    connector.sign_with(Signer::S3(Arc::clone(store.credentials()), region));
    Ok(Arc::new(store))
}

/// The certificates of a file.
fn certificates(path: &Path) -> object_store::Result<Vec<Certificate>> {
    let pem = fs::read(path).map_err(|error| generic(io::Error::other(format!("{}: {error}", path.display()))))?;
    Certificate::from_pem_bundle(&pem)
}
