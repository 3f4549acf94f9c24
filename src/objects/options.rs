//! What the user says of buckets.

use std::path::PathBuf;
use std::time::Duration;

/// How buckets are reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Server"))]
pub struct BucketOptions {
    /// Read public buckets without credentials
    ///
    /// Output is sent with credentials all the same. Default: credentials are wanted: those of the environment, of a web
    /// identity, of the machine, or of the profile AWS_PROFILE.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub no_sign_request: bool,

    /// Address of an object store, as that of MinIO or Ceph
    ///
    /// For s3://, gs:// and az://. Default: that of the service itself.
    #[cfg_attr(feature = "cli", arg(long, value_name = "URL", hide_short_help = true))]
    pub endpoint_url: Option<String>,

    /// Certificates that are trusted beside those of the system, where the user names them for all servers.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub ca_certificate: Option<PathBuf>,

    /// How long one answer may take, likewise.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub timeout: Option<Duration>,

    /// How long a request is retried, likewise.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub deadline: Option<Duration>,
}
