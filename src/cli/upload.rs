//! `dcm2fhir upload`.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use std::path::PathBuf;

use clap::Args;

use super::{ContentArguments, InputArguments, RunArguments};
use crate::options::{at_least, whole};
use crate::upload::Mode;

const INPUTS: &str = "DICOM or FHIR: files, folders; - is standard input";

const REFERENCES: &str = "\
Patients and others: logical, contained or separate

`logical`: as identifier and display, without a resource. `contained`: inside the study. `separate`: resources of their \
own. Default: separate.";

const RELEASE: &str = "\
FHIR release: r4, r4b, r5, r6 or an R6 ballot

`r4`, `r4b`, `r5`, `r6-ballot2`, `r6-ballot5`, also as version numbers: `4.0.1`, `6.0.0-ballot5`. `r6` is the newest ballot. \
Default: the release that the server says it speaks.";

/// What convert shows first, and here would not fit a screen.
const FOR_LONG_HELP: [&str; 6] = ["detail", "references", "endpoint", "timezone", "threads", "report"];

const EXAMPLES: &str = "\
Inputs are DICOM files and folders, or what convert wrote: Bundles, resources, NDJSON,
folders of them. - is standard input: FHIR, a DICOM file, a zip or a tar.

Examples:
  An archive, so that it can be stopped and started again:
    dcm2fhir upload archive/ --to https://fhir.example/r4 --journal upload.journal
  What would be sent:
    dcm2fhir upload archive/ --to https://fhir.example/r4 --dry-run
  With a token that expires, keeping what the server refuses:
    dcm2fhir upload archive/ --to https://fhir.example/r4 \\
      --token-command 'my-token-tool' --rejects rejects.ndjson
  What was refused, once more:
    dcm2fhir upload rejects.ndjson --to https://fhir.example/r4 --rejects again.ndjson

Exit code:
  0    the server has everything
  1    done, but something was rejected or held back, or a DICOM file was left out
  2    could not run, or the server went away
  130  interrupted";

/// What `upload` can be told.
#[derive(Debug, Args)]
#[command(
    after_long_help = EXAMPLES,
    disable_help_flag = true,
    override_usage = "dcm2fhir upload --to <URL> [OPTIONS] <INPUT>...",
    mut_arg("inputs", |inputs| inputs.help(INPUTS).long_help(INPUTS)),
    mut_arg("references", |references| references.long_help(REFERENCES)),
    mut_arg("fhir", |fhir| fhir.long_help(RELEASE)),
    mut_args(|argument| match FOR_LONG_HELP.contains(&argument.get_id().as_str()) {
        true => argument.hide_short_help(true),
        false => argument,
    }),
)]
#[allow(missing_docs)]
pub struct UploadArguments {
    #[command(flatten)]
    pub input: InputArguments,
    #[command(flatten)]
    pub server: ServerArguments,
    #[command(flatten)]
    pub sending: SendingArguments,
    #[command(flatten)]
    pub content: ContentArguments,
    #[command(flatten)]
    pub run: RunArguments,
}

/// The server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerArguments {
    /// The server's base URL
    ///
    /// As https://fhir.example/r4: where /metadata is found below it. What the server says there chooses the release
    /// and the mode.
    #[arg(long, value_name = "URL")]
    pub to: String,

    /// Read a bearer token from a file
    ///
    /// Bare, or as the JSON of a token endpoint. It is read again when the server refuses the token.
    #[arg(long, value_name = "FILE", group = "credentials", hide_short_help = true)]
    pub token_file: Option<PathBuf>,

    /// Read a bearer token from an environment variable
    #[arg(long, value_name = "NAME", group = "credentials", hide_short_help = true)]
    pub token_env: Option<String>,

    /// Run a command that prints a bearer token
    ///
    /// It is run by the shell, and again when the token expires: by expires_in of its JSON, or when the server refuses
    /// it.
    #[arg(long, value_name = "COMMAND", group = "credentials")]
    pub token_command: Option<String>,

    /// Read user:password from a file
    #[arg(long, value_name = "FILE", group = "credentials", hide_short_help = true)]
    pub basic_file: Option<PathBuf>,

    /// Read user:password from an environment variable
    #[arg(long, value_name = "NAME", group = "credentials", hide_short_help = true)]
    pub basic_env: Option<String>,

    /// Get tokens by OAuth2 client credentials, for this client id
    ///
    /// Needs --oauth-secret-file or --oauth-secret-env. The token is fetched again when it expires, or when the server
    /// refuses it. For signed assertions (private_key_jwt) use --token-command.
    #[arg(long, value_name = "ID", group = "credentials", requires = "oauth_secret", hide_short_help = true)]
    pub oauth_client_id: Option<String>,

    /// Read the OAuth2 client secret from a file
    #[arg(long, value_name = "FILE", group = "oauth_secret", requires = "oauth_client_id", hide_short_help = true)]
    pub oauth_secret_file: Option<PathBuf>,

    /// Read the OAuth2 client secret from an environment variable
    #[arg(long, value_name = "NAME", group = "oauth_secret", requires = "oauth_client_id", hide_short_help = true)]
    pub oauth_secret_env: Option<String>,

    /// URL of the OAuth2 token endpoint
    ///
    /// Default: the token_endpoint in the server's .well-known/smart-configuration.
    #[arg(long, value_name = "URL", requires = "oauth_client_id", hide_short_help = true)]
    pub oauth_token_url: Option<String>,

    /// OAuth2 scopes to ask for, as system/*.cruds
    #[arg(long, value_name = "SCOPE", requires = "oauth_client_id", hide_short_help = true)]
    pub oauth_scope: Option<String>,

    /// Add an HTTP header to every request, as for a gateway
    ///
    /// `@FILE` has a header a line, so that no other user sees it on the command line. It may be given several times,
    /// goes to the server only, and is never printed.
    #[arg(long, value_name = "NAME=VALUE|@FILE", action = clap::ArgAction::Append, hide_short_help = true)]
    pub header: Vec<String>,

    /// Trust these CA certificates, as PEM
    ///
    /// Default: those of the system.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub ca_cert: Option<PathBuf>,

    /// Client certificate for mutual TLS, as PEM
    #[arg(long, value_name = "FILE", requires = "client_key", hide_short_help = true)]
    pub client_cert: Option<PathBuf>,

    /// Private key of --client-cert, as PEM
    #[arg(long, value_name = "FILE", requires = "client_cert", hide_short_help = true)]
    pub client_key: Option<PathBuf>,

    /// Compress requests with gzip
    #[arg(long, hide_short_help = true)]
    pub gzip: bool,
}

/// How it is sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sending")]
pub struct SendingArguments {
    /// Journal of what was sent, to resume an upload
    ///
    /// A second run with the same journal sends only what is new, changed or failed. Each server has its own. Default:
    /// none, and what the server has decides.
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// Write what the server rejected, with its reasons
    ///
    /// As NDJSON, which upload takes again. It holds patient data. Default: the summary has the numbers.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    /// Print what would be sent, and send nothing
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run: show each element that would change
    ///
    /// With the value on the server and the new one. They may be patient data.
    #[arg(long, requires = "dry_run", hide_short_help = true)]
    pub diff: bool,

    /// Requests to the server at the same time
    ///
    /// Default: 4.
    #[arg(long, alias = "jobs", value_name = "N", value_parser = whole::<u16>(1..=256), hide_short_help = true)]
    pub concurrent_requests: Option<u16>,

    /// Replace studies that have more instances on the server
    ///
    /// Default: a study that has more instances on the server is reported, and stays.
    #[arg(long)]
    pub replace: bool,

    /// Restore what was deleted or set to entered-in-error
    ///
    /// Default: what was deleted on the server, or set to entered-in-error or cancelled there, stays so and is reported.
    #[arg(long, hide_short_help = true)]
    pub restore: bool,

    /// Replace patients and others on the server
    ///
    /// Default: they are created where they are not there, and never changed.
    #[arg(long, hide_short_help = true)]
    pub overwrite_companions: bool,

    /// Let the server assign the ids
    ///
    /// Studies and companions are found by their identifiers. Default: ids that are always the same, if the server
    /// takes them.
    #[arg(long, hide_short_help = true)]
    pub conditional: bool,

    /// Send each study as transaction, batch or put
    ///
    /// `transaction` and `batch`: one Bundle for each study. `put`: one request for each resource. Default: what the
    /// server can.
    #[arg(long, value_enum, value_name = "MODE", hide_possible_values = true, hide_short_help = true)]
    pub send_as: Option<Mode>,

    /// Send larger Bundles resource by resource
    ///
    /// Default: 33554432.
    #[arg(long, value_name = "BYTES", value_parser = at_least(1024), hide_short_help = true)]
    pub max_bytes: Option<u64>,

    /// Send Bundles with more entries resource by resource
    ///
    /// Default: 500.
    #[arg(long, value_name = "N", value_parser = whole::<u16>(1..=u16::MAX), hide_short_help = true)]
    pub max_entries: Option<u16>,

    /// Timeout for one response, in seconds
    ///
    /// Default: 300.
    #[arg(long, value_name = "SECONDS", value_parser = whole::<u64>(1..=86_400), hide_short_help = true)]
    pub timeout: Option<u64>,

    /// Retry a request for at most this many seconds
    ///
    /// Default: 900.
    #[arg(long, value_name = "SECONDS", value_parser = whole::<u64>(0..=604_800), hide_short_help = true)]
    pub deadline: Option<u64>,
}
