//! `dcm2fhir upload`.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::{ContentArguments, InputArguments, RunArguments};
use crate::upload::capability::Mode;

const INPUTS: &str = "DICOM or FHIR: files, folders; - reads FHIR";

/// What convert shows first, and here would not fit a screen.
const FOR_LONG_HELP: [&str; 6] = ["detail", "references", "endpoint", "timezone", "threads", "report"];

const EXAMPLES: &str = "\
Inputs are DICOM files and folders, or what convert wrote: Bundles, resources, NDJSON,
folders of them. - reads FHIR from standard input.

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

    /// A file with a bearer token
    ///
    /// Bare, or as the JSON of a token endpoint. It is read again when the server refuses the token.
    #[arg(long, value_name = "FILE", group = "credentials", hide_short_help = true)]
    pub token_file: Option<PathBuf>,

    /// A variable with a bearer token
    #[arg(long, value_name = "NAME", group = "credentials", hide_short_help = true)]
    pub token_env: Option<String>,

    /// A command that prints a bearer token
    ///
    /// It is run by the shell, and again when the token expires: by expires_in of its JSON, or when the server refuses
    /// it.
    #[arg(long, value_name = "COMMAND", group = "credentials")]
    pub token_command: Option<String>,

    /// A file with user:password
    #[arg(long, value_name = "FILE", group = "credentials", hide_short_help = true)]
    pub basic_file: Option<PathBuf>,

    /// A variable with user:password
    #[arg(long, value_name = "NAME", group = "credentials", hide_short_help = true)]
    pub basic_env: Option<String>,

    /// Our client id, for tokens by OAuth2 client credentials
    ///
    /// With it comes --oauth-secret-file or --oauth-secret-env. The token is fetched again when it expires, or when the
    /// server refuses it. What needs a signed assertion goes by --token-command.
    #[arg(long, value_name = "ID", group = "credentials", requires = "oauth_secret", hide_short_help = true)]
    pub oauth_client_id: Option<String>,

    /// A file with the client's secret
    #[arg(long, value_name = "FILE", group = "oauth_secret", requires = "oauth_client_id", hide_short_help = true)]
    pub oauth_secret_file: Option<PathBuf>,

    /// A variable with the client's secret
    #[arg(long, value_name = "NAME", group = "oauth_secret", requires = "oauth_client_id", hide_short_help = true)]
    pub oauth_secret_env: Option<String>,

    /// The URL that gives tokens
    ///
    /// Default: the token_endpoint in the server's .well-known/smart-configuration.
    #[arg(long, value_name = "URL", requires = "oauth_client_id", hide_short_help = true)]
    pub oauth_token_url: Option<String>,

    /// The scopes to ask for, as system/*.cruds
    #[arg(long, value_name = "SCOPE", requires = "oauth_client_id", hide_short_help = true)]
    pub oauth_scope: Option<String>,

    /// A header for every request, as for a tenant or a gateway
    ///
    /// `@FILE` has a header a line, so that no other user sees it on the command line. It may be given several times,
    /// goes to the server only, and is never printed.
    #[arg(long, value_name = "NAME=VALUE|@FILE", action = clap::ArgAction::Append, hide_short_help = true)]
    pub header: Vec<String>,

    /// Certificates to trust, as PEM
    ///
    /// Default: those of the system.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub ca_cert: Option<PathBuf>,

    /// Our certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "client_key", hide_short_help = true)]
    pub client_cert: Option<PathBuf>,

    /// The key of our certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "client_cert", hide_short_help = true)]
    pub client_key: Option<PathBuf>,

    /// Compress what is sent
    #[arg(long, hide_short_help = true)]
    pub gzip: bool,
}

/// How it is sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sending")]
pub struct SendingArguments {
    /// Remember what was sent, for the next run
    ///
    /// A second run with the same journal sends only what is new, changed or failed. Each server has its own. Default:
    /// none, and what the server has decides.
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// Keep what was not taken, with the reasons
    ///
    /// As NDJSON, which upload takes again. Patient data stand in it. Default: the summary has the numbers.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    /// Say what would be sent
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run: show each element that would change
    ///
    /// With the value on the server and ours: patient data stand in it.
    #[arg(long, requires = "dry_run", hide_short_help = true)]
    pub diff: bool,

    /// Requests at the same time
    ///
    /// Default: 4.
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Take instances away from studies
    ///
    /// Default: a study that has more instances on the server is reported, and stays.
    #[arg(long)]
    pub replace: bool,

    /// Undo deletions and entered-in-error
    ///
    /// Default: what was deleted on the server, or set to entered-in-error or cancelled there, stays so and is reported.
    #[arg(long, hide_short_help = true)]
    pub restore: bool,

    /// Replace patients and others on the server
    ///
    /// Default: they are created where they are not there, and never changed.
    #[arg(long, hide_short_help = true)]
    pub overwrite_companions: bool,

    /// Leave the ids to the server
    ///
    /// Studies and companions are found by their identifiers. Default: ids that are always the same, if the server
    /// takes them.
    #[arg(long, hide_short_help = true)]
    pub conditional: bool,

    /// transaction, batch or put
    ///
    /// One transaction or batch for each study, or one request for each resource. Default: what the server can.
    #[arg(
        long,
        visible_alias = "mode",
        value_enum,
        value_name = "MODE",
        hide_possible_values = true,
        hide_short_help = true
    )]
    pub send_as: Option<Mode>,

    /// Larger Bundles go resource by resource
    ///
    /// Default: 33554432.
    #[arg(long, value_name = "BYTES", value_parser = value_parser!(u64).range(1024..), hide_short_help = true)]
    pub max_bytes: Option<u64>,

    /// So do Bundles with more entries
    ///
    /// Default: 500.
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..), hide_short_help = true)]
    pub max_entries: Option<u16>,

    /// Wait so long for one answer
    ///
    /// Default: 300 seconds.
    #[arg(long, value_name = "SECONDS", value_parser = value_parser!(u64).range(1..=86_400), hide_short_help = true)]
    pub timeout: Option<u64>,

    /// Try a request again for so long
    ///
    /// Default: 900 seconds.
    #[arg(long, value_name = "SECONDS", value_parser = value_parser!(u64).range(0..=604_800), hide_short_help = true)]
    pub deadline: Option<u64>,
}
