//! The options of an upload.

use std::path::PathBuf;

use super::Mode;
use crate::fhir::Release;
use crate::fhir::id::Ids;
use crate::http::{Connection, Credentials, Policy};
use crate::options::FileMode;
use crate::options::parse::{at_least, whole};

/// The options of an upload.
#[derive(Debug, Clone)]
pub struct UploadOptions {
    /// The connection to the server.
    pub connection: Connection,
    /// The credentials.
    pub credentials: Credentials,
    /// The retry policy.
    pub policy: Policy,
    /// What is sent, and how.
    pub sending: SendingOptions,
    /// The FHIR release; by default the server's.
    pub release: Option<&'static Release>,
    /// Computes the ids of companions, as in `convert`.
    pub ids: Ids,
    /// Permissions of journal and rejects.
    pub file_mode: FileMode,
    /// Whether rejected resources are listed for a report.
    pub report: bool,
}

/// What is sent, and how.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Sending")]
pub struct SendingOptions {
    /// Journal of what was sent, to resume an upload
    ///
    /// A second run with the same journal sends only what is new, changed or failed. Use one journal for each server.
    /// Default: none; what the server has is compared.
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// Write what the server rejected, with the reasons
    ///
    /// As NDJSON, which upload accepts as input. It holds patient data. Default: none; the summary has the counts.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    /// Print what would be sent, and send nothing
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run: show each element that would change
    ///
    /// Prints the value on the server and the new one, which may be patient data.
    #[arg(long, requires = "dry_run", hide_short_help = true)]
    pub diff: bool,

    /// Number of concurrent requests to the server
    ///
    /// Default: 4; for buckets 64.
    #[arg(
        long,
        aliases = ["concurrent-requests", "jobs"],
        value_name = "N",
        default_value_t = 4,
        value_parser = whole::<u16>(1..=256),
        hide_short_help = true
    )]
    pub requests: u16,

    /// Replace studies that have more instances on the server
    ///
    /// Default: a study that has more instances on the server is reported and not changed.
    #[arg(long)]
    pub replace: bool,

    /// Restore what was deleted or set to entered-in-error
    ///
    /// Default: what was deleted on the server, or set to entered-in-error or cancelled there, is reported and not
    /// changed.
    #[arg(long, hide_short_help = true)]
    pub restore: bool,

    /// Replace existing patients and others on the server
    ///
    /// Default: they are created if missing and never changed.
    #[arg(long, hide_short_help = true)]
    pub overwrite_companions: bool,

    /// Let the server assign the ids
    ///
    /// Studies and other resources are found by their identifiers. Default: ids are computed, if the server accepts
    /// them.
    #[arg(long, hide_short_help = true)]
    pub conditional: bool,

    /// Send each study as transaction, batch or put
    ///
    /// `transaction` and `batch`: one Bundle for each study. `put`: one request for each resource. Default: by what the
    /// server supports.
    #[arg(long, value_enum, value_name = "MODE", hide_short_help = true)]
    pub send_as: Option<Mode>,

    /// Send larger Bundles resource by resource
    ///
    /// Default: 33554432.
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = 33_554_432,
        value_parser = at_least(1024),
        hide_short_help = true
    )]
    pub max_bytes: u64,

    /// Send Bundles with more entries resource by resource
    ///
    /// Default: 500.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 500,
        value_parser = whole::<u16>(1..=u16::MAX),
        hide_short_help = true
    )]
    pub max_entries: u16,
}
