//! The options of buckets.

use std::path::PathBuf;
use std::time::Duration;

/// The options of buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Server"))]
#[non_exhaustive]
pub struct BucketOptions {
    /// Read public buckets without credentials
    ///
    /// Output is sent with credentials all the same. Default: requests are signed, with the credentials of the
    /// environment, of a web identity, of the machine, or of the profile AWS_PROFILE.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub no_sign_request: bool,

    /// Address of an object store, as that of MinIO or Ceph
    ///
    /// For s3://, gs:// and az://. Default: that of the service itself.
    #[cfg_attr(feature = "cli", arg(long, value_name = "URL", hide_short_help = true))]
    pub endpoint_url: Option<String>,

    /// Trusted certificates beside the system's, from the options of all servers.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub ca_certificate: Option<PathBuf>,

    /// Timeout of one response, likewise.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub timeout: Option<Duration>,

    /// Time limit of retries, likewise.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub deadline: Option<Duration>,
}
