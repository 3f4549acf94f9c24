//! Inputs on other machines, and their options.

use std::path::Path;

use super::Input;
#[cfg(feature = "objects")]
use super::bucket::BucketInput;
#[cfg(feature = "http")]
use super::dicomweb::WebOptions;
use crate::error::{Error, usage};
#[cfg(feature = "objects")]
use crate::objects::BucketOptions;

/// The error for bucket inputs in a build without the feature.
#[cfg_attr(feature = "objects", allow(dead_code, reason = "that build has them"))]
pub const NO_OBJECTS: &str = "this program was built without object stores (s3://, gs://, az://, https://): use an \
     -objects archive of a release, or build it with `cargo install --locked --path . --features objects`";

/// The addresses that are supported.
const ADDRESSES: &str =
    "an address is s3://bucket/prefix/, gs://, az://, https://host/file.dcm or dicomweb+https://host/path";

/// Options of inputs on other machines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Server"))]
#[non_exhaustive]
pub struct RemoteOptions {
    /// Number of concurrent requests to a server
    ///
    /// Default: 4; for buckets 64.
    #[cfg_attr(
        feature = "cli",
        arg(
            long,
            aliases = ["concurrent-requests", "jobs"],
            value_name = "N",
            value_parser = crate::options::parse::whole::<u16>(1..=1024),
            hide_short_help = true
        )
    )]
    pub requests: Option<u16>,

    /// Options of buckets.
    #[cfg(feature = "objects")]
    #[cfg_attr(feature = "cli", command(flatten))]
    pub bucket: BucketOptions,

    /// Options of a PACS.
    #[cfg(feature = "http")]
    #[cfg_attr(feature = "cli", command(flatten))]
    pub web: WebOptions,
}

impl RemoteOptions {
    /// The input for an address; `None` for a local path.
    pub fn input(&self, path: &Path) -> Result<Option<Input>, Error> {
        let Some(text) = path.to_str().filter(|text| text.contains("://")) else { return Ok(None) };
        #[cfg(feature = "http")]
        if let Some(web) = self.web.input(text, self.requests)? {
            return Ok(Some(Input::DicomWeb(Box::new(web))));
        }
        #[cfg(feature = "objects")]
        if let Some(bucket) = BucketInput::of(text, &self.bucket(), self.requests)? {
            return Ok(Some(Input::Bucket(Box::new(bucket))));
        }
        let is_bucket = |scheme: &&str| text.split_once("://").is_some_and(|(it, _)| it.eq_ignore_ascii_case(scheme));
        if cfg!(not(feature = "objects")) && ["s3", "gs", "az", "https", "http"].iter().any(is_bucket) {
            return usage(NO_OBJECTS);
        }
        if cfg!(not(feature = "http")) && text.starts_with("dicomweb+") {
            return usage("this program was built without DICOMweb: build it with --features http");
        }
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if is_scheme && !scheme.is_empty() && !path.exists() {
            return usage(format!("{scheme}:// is not read: {ADDRESSES}"));
        }
        Ok(None)
    }

    /// The options of buckets, with the timeouts and certificates given for all servers.
    #[cfg(feature = "objects")]
    pub fn bucket(&self) -> BucketOptions {
        #[cfg(feature = "http")]
        let bucket = {
            let access = &self.web.access;
            let [timeout, deadline] = [access.timeout, access.deadline].map(std::time::Duration::from_secs).map(Some);
            BucketOptions { timeout, deadline, ca_certificate: access.ca_cert.clone(), ..self.bucket.clone() }
        };
        #[cfg(not(feature = "http"))]
        let bucket = self.bucket.clone();
        bucket
    }

    /// Fails if an option does not apply to any of the inputs.
    pub fn check(&self, inputs: &[Input]) -> Result<(), Error> {
        #[cfg(feature = "http")]
        if self.web.is_for_web() && !inputs.iter().any(|input| matches!(input, Input::DicomWeb(_))) {
            return usage("--query and --study need an input such as dicomweb+https://pacs/dicom-web");
        }
        let _ = inputs;
        Ok(())
    }
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::*;

    /// `cli` holds the help to these numbers.
    #[test]
    fn without_a_number_there_are_few_requests_to_a_pacs_and_many_to_a_bucket() {
        let mut options = RemoteOptions::default();
        let mut requests = |address: &str, requests| {
            options.requests = requests;
            format!("{:?}", options.input(Path::new(address)).unwrap().unwrap())
        };
        assert!(requests("dicomweb+https://pacs.example", None).contains("requests: 4,"));
        assert!(requests("dicomweb+https://pacs.example", Some(7)).contains("requests: 7,"));
        if cfg!(feature = "objects") {
            assert!(requests("s3://bucket", None).contains("requests: 64 "));
        }
    }
}
