//! Everything that `upload` was told.

use std::path::PathBuf;
use std::time::Duration;

use super::{BundleType, Choice, Config, FileMode, Format, Layout, Output, OutputTarget, References, is_stdin, usage};
use crate::cli::{ServerArguments, UploadArguments};
use crate::error::Error;
use crate::fhir::Release;
use crate::http::{ClientCredentials, Connection, Credentials, Policy, Secret, headers};
use crate::upload::Options;

const DEFAULT_JOBS: usize = 4;
const DEFAULT_MAX_BYTES: u64 = 32 * 1024 * 1024;
const DEFAULT_MAX_ENTRIES: u16 = 500;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

/// Everything that `upload` was told.
#[derive(Debug, Clone)]
pub struct Upload {
    /// What is read, and what it says.
    pub config: Config,
    /// Whether FHIR or DICOM comes from standard input.
    pub stdin: Choice,
    /// How it is sent.
    pub options: Options,
    /// Requests at the same time.
    pub jobs: usize,
}

impl Upload {
    /// The configuration that the arguments of `upload` make.
    pub fn of(arguments: UploadArguments) -> Result<Upload, Error> {
        let UploadArguments { mut input, server, sending, content, run } = arguments;
        let given = input.inputs.len();
        input.inputs.retain(|path| !is_stdin(path));
        let stdin = Choice::of(input.inputs.len() < given);
        let release = content.fhir.and_then(|name| Release::parse(name.0));
        let jobs = sending.concurrent_requests.map_or(DEFAULT_JOBS, usize::from);
        let timeout = sending.timeout.map_or(DEFAULT_TIMEOUT, Duration::from_secs);
        let policy = Policy::default();
        let options = Options {
            policy: Policy { deadline: sending.deadline.map_or(policy.deadline, Duration::from_secs), ..policy },
            credentials: credentials(&server)?,
            connection: connection(server, timeout, jobs)?,
            mode: sending.send_as,
            release,
            max_bytes: usize::try_from(sending.max_bytes.unwrap_or(DEFAULT_MAX_BYTES)).unwrap_or(usize::MAX),
            max_entries: sending.max_entries.unwrap_or(DEFAULT_MAX_ENTRIES).into(),
            replace: sending.replace,
            restore: sending.restore,
            overwrite_companions: sending.overwrite_companions,
            conditional: sending.conditional,
            dry_run: sending.dry_run,
            diff: sending.diff,
            journal: sending.journal,
            rejects: sending.rejects,
            file_mode: run.mode.unwrap_or_default(),
            report: run.report.is_some(),
        };
        let output = output(content.references, sending.conditional, run.mode.unwrap_or_default());
        let mut config = Config::of(input, output, content, run)?;
        // The server says it.
        config.content.is_default_release = Choice::No;
        let own: Vec<PathBuf> = options.journal.iter().chain(&options.rejects).cloned().collect();
        if own.iter().any(|own| {
            config.inputs.iter().any(|input| matches!(input, crate::source::Input::Path(path) if path == own))
        }) {
            return usage("the journal and the rejects of this run cannot be its input: give other names");
        }
        config.walk.excluded.extend(own);
        Ok(Upload { config, stdin, options, jobs })
    }
}

/// Bundles, unless companions do not stand by themselves.
fn output(references: Option<References>, conditional: bool, mode: FileMode) -> Output {
    let is_bundle = matches!(references, None | Some(References::Separate));
    Output {
        target: OutputTarget::Stdout,
        format: if is_bundle { Format::Bundle } else { Format::Ndjson },
        layout: Layout::Compact,
        bundle_type: BundleType::Transaction,
        conditional: Choice::of(conditional),
        overwrite_companions: Choice::No,
        replace: Choice::No,
        mode,
    }
}

fn connection(server: ServerArguments, timeout: Duration, jobs: usize) -> Result<Connection, Error> {
    Ok(Connection {
        purpose: "upload to",
        base: base(&server.to)?,
        ca_certificate: server.ca_cert,
        client_certificate: server.client_cert.zip(server.client_key),
        headers: headers(&server.header)?,
        gzip: server.gzip,
        timeout,
        connections: jobs,
    })
}

/// The base URL without its last slash.
fn base(to: &str) -> Result<String, Error> {
    let base = url("--to", to)?.trim_end_matches('/');
    Ok(base.strip_suffix("/metadata").unwrap_or(base).to_string())
}

/// A URL that an option gives. Never one with a password in it: other users see a command line.
fn url<'u>(option: &str, to: &'u str) -> Result<&'u str, Error> {
    let rest = to.strip_prefix("https://").or_else(|| to.strip_prefix("http://"));
    let Some(rest) = rest.filter(|rest| !rest.is_empty() && !rest.starts_with('/')) else {
        return usage(&format!("{option} wants a URL with http:// or https://, as https://host/fhir"));
    };
    if rest.split('/').next().is_some_and(|host| host.contains('@')) {
        return usage(&format!(
            "{option} holds a user or password, which other users can see: give --basic-file or --basic-env"
        ));
    }
    if rest.contains(['?', '#']) || rest.contains(|character: char| character.is_whitespace() || character.is_control())
    {
        return usage(&format!("{option} wants a URL without ?, # and spaces, as https://host/fhir"));
    }
    Ok(to)
}

fn credentials(server: &ServerArguments) -> Result<Credentials, Error> {
    let tokens = [
        server.token_file.clone().map(Secret::File),
        server.token_env.clone().map(Secret::Variable),
        server.token_command.clone().map(Secret::Command),
    ];
    if let Some(token) = tokens.into_iter().flatten().next() {
        return Ok(Credentials::Token(token));
    }
    if let (Some(client_id), Some(secret)) =
        (&server.oauth_client_id, secret(&server.oauth_secret_file, &server.oauth_secret_env))
    {
        let token_url = server.oauth_token_url.as_deref().map(|to| url("--oauth-token-url", to)).transpose()?;
        return Ok(Credentials::OAuth2(ClientCredentials {
            token_url: token_url.map(str::to_string),
            client_id: client_id.clone(),
            secret,
            scope: server.oauth_scope.clone(),
        }));
    }
    Ok(secret(&server.basic_file, &server.basic_env).map_or(Credentials::None, Credentials::Basic))
}

fn secret(file: &Option<PathBuf>, variable: &Option<String>) -> Option<Secret> {
    file.clone().map(Secret::File).or_else(|| variable.clone().map(Secret::Variable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};

    fn upload(options: &str) -> Result<Upload, String> {
        let line = ["dcm2fhir", "upload"].into_iter().chain(options.split(' ')).map(std::ffi::OsString::from);
        match Cli::parse_from(line).map_err(|error| error.to_string())?.command {
            Command::Upload(arguments) => Upload::of(*arguments).map_err(|error| error.to_string()),
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
        assert_eq!((both.stdin, both.config.inputs.len()), (Choice::Yes, 1));
        assert_eq!(both.config.output.format, Format::Bundle);
        assert_eq!(upload("a --to http://h --references logical").unwrap().config.output.format, Format::Ndjson);
        assert_eq!(upload("a --to http://h").unwrap().stdin, Choice::No);
    }

    #[test]
    fn concurrent_requests_and_reading_threads_are_two_things() {
        let upload = |options: &str| upload(&format!("a --to http://h {options}")).unwrap();
        for (options, requests, threads) in
            [("-j 3", 4, 3), ("--concurrent-requests 8 -j 3", 8, 3), ("--jobs 8 --threads 5", 8, 5)]
        {
            assert_eq!((upload(options).jobs, upload(options).config.threads), (requests, threads), "{options}");
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
            ("a --to http://h --rejects a", "other names"),
            ("a --to http://h --token abc", "--token"),
        ] {
            let error = upload(options).unwrap_err();
            assert!(error.contains(advice), "{options}: {error}");
        }
    }
}
