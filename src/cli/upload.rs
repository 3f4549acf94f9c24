//! `dcm2fhir upload`.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use std::path::PathBuf;

use clap::Args;

use super::ConsoleArguments;
use crate::error::{Error, usage};
use crate::fhir::id::Ids;
use crate::fhir::profile::Packaging;
use crate::http::{AccessOptions, Connection, http_url};
use crate::mapping::ContentOptions;
#[cfg(feature = "index")]
use crate::options::index::{Gone, IndexOptions};
use crate::options::{BundleOptions, InputOptions, References, RunOptions};
use crate::output::{Format, OutputOptions};
use crate::pipeline::{self, Config, Upload, is_stdin};
use crate::source::{Input, RemoteOptions};
use crate::upload::{SendingOptions, UploadOptions};

const INPUTS: &str = "DICOM or FHIR: files, folders; - is standard input";

const REFERENCES: &str = "\
References: logical, contained or separate

`logical`: by identifier and display, without a resource. `contained`: resources inside the study. `separate`: \
resources of their own. Default: separate.";

const RELEASE: &str = "\
FHIR release: r4, r4b, r5, r6 or an R6 ballot

`r4`, `r4b`, `r5`, `r6-ballot2`, `r6-ballot5`, or as version numbers: `4.0.1`, `6.0.0-ballot5`. `r6` is the newest \
ballot. Default: the release that the server states in /metadata.";

/// Options that `convert -h` shows and `upload -h` has no room for.
const FOR_LONG_HELP: [&str; 6] = ["detail", "references", "endpoint", "timezone", "threads", "report"];

const EXAMPLES: &str = "\
Inputs are DICOM files, folders and archives, or the output of convert: Bundles,
resources, NDJSON and folders of them. - is standard input: FHIR, a DICOM file, a zip
or a tar.

Examples:
  An archive, with a journal so that the upload can be resumed:
    dcm2fhir upload archive/ --to https://fhir.example/r4 --journal upload.journal
  Print what would be sent:
    dcm2fhir upload archive/ --to https://fhir.example/r4 --dry-run
  With a token that expires, and a file of what the server rejects:
    dcm2fhir upload archive/ --to https://fhir.example/r4 \\
      --token-command 'my-token-tool' --rejects rejects.ndjson
  Send the rejected resources again:
    dcm2fhir upload rejects.ndjson --to https://fhir.example/r4 --rejects again.ndjson

Exit code:
  0    the server has everything
  1    done, but something was rejected or held back, or a DICOM file was left out
  2    could not run, or the server became unavailable
  130  interrupted";

/// The arguments of `upload`.
#[derive(Debug, Args)]
#[command(
    after_long_help = EXAMPLES,
    override_usage = "dcm2fhir upload --to <URL> [OPTIONS] <INPUT>...",
    mut_arg("inputs", |inputs| without_input(inputs.help(INPUTS).long_help(INPUTS))),
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
    pub input: InputOptions,
    #[command(flatten)]
    pub server: ServerArguments,
    #[command(flatten)]
    pub sending: SendingOptions,
    #[cfg(feature = "index")]
    #[command(flatten)]
    pub index: IndexOptions,
    #[command(flatten)]
    pub content: ContentOptions,
    #[command(flatten)]
    pub run: RunOptions,
    #[command(flatten)]
    pub console: ConsoleArguments,
}

/// The server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerArguments {
    /// The server's base URL
    ///
    /// As https://fhir.example/r4; its capabilities are read from /metadata below it, and decide the release and how to
    /// send.
    #[arg(long, value_name = "URL")]
    pub to: String,

    #[command(flatten)]
    pub access: AccessOptions,

    /// Compress requests with gzip
    #[arg(long, hide_short_help = true)]
    pub gzip: bool,
}

/// Uploads, and returns the exit code.
pub fn run(arguments: UploadArguments) -> Result<u8, Error> {
    let console = arguments.console.console();
    pipeline::upload(arguments.upload()?, &console)
}

impl UploadArguments {
    /// The upload that the options describe.
    fn upload(self) -> Result<Upload, Error> {
        #[cfg(feature = "index")]
        let index = self.index;
        let UploadArguments { mut input, server, sending, content, run, .. } = self;
        let given = input.inputs.len();
        input.inputs.retain(|path| !is_stdin(path));
        let stdin = input.inputs.len() < given;
        #[cfg(feature = "index")]
        if index.index.is_some() && sending.journal.is_some() {
            return usage("--index remembers what the server took: leave --journal out");
        }
        #[cfg(feature = "index")]
        if index.gone == Gone::Delete {
            return usage("--gone delete is for a folder: for a server give keep or entered-in-error");
        }
        if content.profile().packaging == Packaging::Document {
            let name = content.profile().name;
            return usage(format!(
                "upload sends studies and what goes with them, and --profile {name} writes documents: write them with \
                 convert"
            ));
        }
        let own: Vec<PathBuf> = sending.journal.iter().chain(&sending.rejects).cloned().collect();
        let options = options(server, sending, &content, &run)?;
        let output = output(content.references, options.sending.conditional);
        let remote = RemoteOptions::default();
        let mut job = Config {
            input,
            #[cfg(feature = "index")]
            index,
            remote,
            output,
            content,
            run,
        }
        .job()?;
        if job.inputs.iter().any(|input| input.wado_base().is_some()) {
            // Credentials are those of the FHIR server, and no other server's to see.
            return usage("upload reads no dicomweb+: give what `convert dicomweb+... -o studies/` wrote");
        }
        if own.iter().any(|own| job.inputs.iter().any(|input| matches!(input, Input::Path(path) if path == own))) {
            return usage("the journal and the rejects of this run cannot be its input: give other names");
        }
        #[cfg(feature = "index")]
        if job.config.index.files().iter().any(|index| own.contains(index)) {
            return usage("--index is a file of its own: give --rejects another name");
        }
        job.walk.excluded.extend(own);
        Ok(Upload { job, stdin, options })
    }
}

/// With an index the inputs may be left out.
fn without_input(inputs: clap::Arg) -> clap::Arg {
    if cfg!(feature = "index") { inputs.required_unless_present("index") } else { inputs }
}

fn options(
    server: ServerArguments,
    sending: SendingOptions,
    content: &ContentOptions,
    run: &RunOptions,
) -> Result<UploadOptions, Error> {
    Ok(UploadOptions {
        policy: server.access.policy(),
        credentials: server.access.credentials()?,
        connection: connection(&server, sending.requests.into())?,
        release: content.fhir.or_else(|| content.profile().is_some().then(|| content.release())),
        ids: Ids::new(content.id_salt.as_deref().unwrap_or_default()),
        file_mode: run.mode,
        report: run.report.is_some(),
        sending,
    })
}

/// Bundles, unless companions are contained or logical.
fn output(references: Option<References>, conditional: bool) -> OutputOptions {
    let is_bundle = matches!(references, None | Some(References::Separate));
    let format = Some(if is_bundle { Format::Bundle } else { Format::Ndjson });
    let bundle = BundleOptions { conditional: conditional && is_bundle, ..BundleOptions::default() };
    OutputOptions { format, bundle, ..OutputOptions::default() }
}

fn connection(server: &ServerArguments, jobs: usize) -> Result<Connection, Error> {
    let connection = server.access.connection("upload to", base(&server.to)?, jobs)?;
    Ok(Connection { gzip: server.gzip, ..connection })
}

/// The base URL without its last slash.
fn base(to: &str) -> Result<String, Error> {
    let base = http_url("--to", to)?.trim_end_matches('/');
    Ok(base.strip_suffix("/metadata").unwrap_or(base).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};

    fn upload(options: &str) -> Result<Upload, String> {
        let line = ["dcm2fhir", "upload"].into_iter().chain(options.split(' ')).map(std::ffi::OsString::from);
        match Cli::parse_from(line).map_err(|error| error.to_string())?.command {
            Command::Upload(arguments) => arguments.upload().map_err(|error| error.to_string()),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn the_server_is_a_url_without_secrets() {
        for (to, want) in [
            ("https://h/fhir/", Ok("https://h/fhir")),
            ("http://127.0.0.1:8080/fhir/metadata", Ok("http://127.0.0.1:8080/fhir")),
            ("https://user:pw@h/fhir", Err("--basic-file")),
            ("ftp://h", Err("wants a URL")),
            ("https://", Err("wants a URL")),
            ("https://h/fhir?x=y", Err("without ?")),
        ] {
            match (upload(&format!("a --to {to}")), want) {
                (Ok(upload), Ok(want)) => assert_eq!(upload.options.connection.base, want),
                (Err(error), Err(want)) => assert!(error.contains(want) && !error.contains("pw"), "{error}"),
                (other, _) => panic!("{to}: {:?}", other.map(|upload| upload.options)),
            }
        }
    }

    #[test]
    fn a_dash_is_fhir_and_folders_are_dicom_or_fhir() {
        let both = upload("- archive --to http://h").unwrap();
        assert_eq!((both.stdin, both.job.inputs.len()), (true, 1));
        assert_eq!(both.job.format, Format::Bundle);
        assert_eq!(upload("a --to http://h --references logical").unwrap().job.format, Format::Ndjson);
        assert!(!upload("a --to http://h").unwrap().stdin);
    }

    #[test]
    fn requests_and_reading_threads_are_two_things() {
        let upload = |options: &str| upload(&format!("a --to http://h {options}")).unwrap();
        for (options, requests, threads) in
            [("-j 3", 4, 3), ("--requests 8 -j 3", 8, 3), ("--concurrent-requests 8 --threads 5", 8, 5)]
        {
            assert_eq!(
                (upload(options).options.sending.requests, upload(options).job.threads),
                (requests, threads),
                "{options}"
            );
        }
    }

    #[test]
    fn options_that_do_not_go_together_are_refused() {
        for (options, advice) in [
            ("a", "--to"),
            ("a --to http://h --token-file x --basic-env Y", "cannot be used with"),
            ("a --to http://h --client-cert x", "--client-key"),
            ("a --to http://h --oauth-client-id x", "--oauth-secret"),
            ("a --to http://h --oauth-secret-env X", "--oauth-client-id"),
            ("a --to http://h --oauth-client-id x --oauth-secret-env X --token-env Y", "cannot be used with"),
            ("a --to http://h --oauth-client-id x --oauth-secret-env X --oauth-token-url h/token", "wants a URL"),
            ("a --to http://h --header X-Key", "NAME=VALUE"),
            ("a --to http://h:80800/fhir", "a port from 1 to 65535"),
            ("a --to http://h --rejects a", "other names"),
            ("a --to http://h --token abc", "--token"),
        ] {
            let error = upload(options).unwrap_err();
            assert!(error.contains(advice), "{options}: {error}");
        }
    }
}
