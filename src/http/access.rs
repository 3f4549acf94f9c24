//! Options of a server connection: credentials, headers, certificates, timeouts. No option takes a secret itself.

use std::path::PathBuf;
use std::time::Duration;

use super::auth::Credentials;
use super::client::Connection;
use super::header::headers;
use super::oauth2::ClientCredentials;
use super::retry::Policy;
use super::secret::Secret;
use crate::error::Error;

/// Options of a server connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Server"))]
#[non_exhaustive]
pub struct AccessOptions {
    /// Read a bearer token from a file
    ///
    /// The plain token, or the JSON response of a token endpoint. The file is read again when the server refuses the
    /// token.
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", group = "credentials", hide_short_help = true))]
    pub token_file: Option<PathBuf>,

    /// Read a bearer token from an environment variable
    #[cfg_attr(feature = "cli", arg(long, value_name = "NAME", group = "credentials", hide_short_help = true))]
    pub token_env: Option<String>,

    /// Run a command that prints a bearer token
    ///
    /// The shell runs it. It runs again when the token expires (expires_in, if it prints JSON) or the server refuses
    /// it.
    #[cfg_attr(feature = "cli", arg(long, value_name = "COMMAND", group = "credentials"))]
    pub token_command: Option<String>,

    /// Read user:password from a file
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", group = "credentials", hide_short_help = true))]
    pub basic_file: Option<PathBuf>,

    /// Read user:password from an environment variable
    #[cfg_attr(feature = "cli", arg(long, value_name = "NAME", group = "credentials", hide_short_help = true))]
    pub basic_env: Option<String>,

    /// OAuth2 client id, for the client credentials grant
    ///
    /// Needs --oauth-secret-file or --oauth-secret-env. The token is fetched again when it expires, or when the server
    /// refuses it. For signed assertions (private_key_jwt) use --token-command.
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "ID", group = "credentials", requires = "oauth_secret", hide_short_help = true)
    )]
    pub oauth_client_id: Option<String>,

    /// Read the OAuth2 client secret from a file
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "FILE", group = "oauth_secret", requires = "oauth_client_id", hide_short_help = true)
    )]
    pub oauth_secret_file: Option<PathBuf>,

    /// Read the OAuth2 client secret from an environment variable
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "NAME", group = "oauth_secret", requires = "oauth_client_id", hide_short_help = true)
    )]
    pub oauth_secret_env: Option<String>,

    /// URL of the OAuth2 token endpoint
    ///
    /// Default: the token_endpoint in the server's .well-known/smart-configuration.
    #[cfg_attr(feature = "cli", arg(long, value_name = "URL", requires = "oauth_client_id", hide_short_help = true))]
    pub oauth_token_url: Option<String>,

    /// OAuth2 scopes to ask for, as system/*.cruds
    #[cfg_attr(feature = "cli", arg(long, value_name = "SCOPE", requires = "oauth_client_id", hide_short_help = true))]
    pub oauth_scope: Option<String>,

    /// Add an HTTP header to every request, as for a gateway
    ///
    /// `@FILE` has one header a line, and keeps it off the command line, which other users can see. May be given
    /// several times. Headers are sent to this server only and never printed.
    #[cfg_attr(feature = "cli", arg(long, value_name = "NAME=VALUE|@FILE", action = clap::ArgAction::Append, hide_short_help = true))]
    pub header: Vec<String>,

    /// Trust these CA certificates, as PEM
    ///
    /// Default: the system's.
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", hide_short_help = true))]
    pub ca_cert: Option<PathBuf>,

    /// Client certificate for mutual TLS, as PEM
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", requires = "client_key", hide_short_help = true))]
    pub client_cert: Option<PathBuf>,

    /// Private key of --client-cert, as PEM
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", requires = "client_cert", hide_short_help = true))]
    pub client_key: Option<PathBuf>,

    /// Timeout for each response, in seconds
    ///
    /// Default: 300.
    #[cfg_attr(feature = "cli", arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = crate::options::parse::whole::<u64>(1..=86_400), hide_short_help = true))]
    pub timeout: u64,

    /// Time limit for retries of a request, in seconds
    ///
    /// Default: 900.
    #[cfg_attr(feature = "cli", arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = crate::options::parse::whole::<u64>(0..=604_800), hide_short_help = true))]
    pub deadline: u64,
}

impl Default for AccessOptions {
    fn default() -> AccessOptions {
        AccessOptions {
            token_file: None,
            token_env: None,
            token_command: None,
            basic_file: None,
            basic_env: None,
            oauth_client_id: None,
            oauth_secret_file: None,
            oauth_secret_env: None,
            oauth_token_url: None,
            oauth_scope: None,
            header: Vec::new(),
            ca_cert: None,
            client_cert: None,
            client_key: None,
            timeout: 300,
            deadline: 900,
        }
    }
}

impl AccessOptions {
    /// The retry policy.
    pub fn policy(&self) -> Policy {
        Policy { deadline: Duration::from_secs(self.deadline), ..Policy::default() }
    }

    /// The connection to a server.
    pub fn connection(&self, purpose: &'static str, base: String, connections: usize) -> Result<Connection, Error> {
        Ok(Connection {
            purpose,
            base,
            ca_certificate: self.ca_cert.clone(),
            client_certificate: self.client_cert.clone().zip(self.client_key.clone()),
            headers: headers(&self.header)?,
            gzip: false,
            timeout: Duration::from_secs(self.timeout),
            connections,
        })
    }

    /// The credentials that the options name.
    pub fn credentials(&self) -> Result<Credentials, Error> {
        let tokens = [
            self.token_file.clone().map(Secret::File),
            self.token_env.clone().map(Secret::Variable),
            self.token_command.clone().map(Secret::Command),
        ];
        if let Some(token) = tokens.into_iter().flatten().next() {
            return Ok(Credentials::Token(token));
        }
        if let (Some(client_id), Some(secret)) =
            (&self.oauth_client_id, secret(&self.oauth_secret_file, &self.oauth_secret_env))
        {
            let token_url = self.oauth_token_url.as_deref().map(|to| http_url("--oauth-token-url", to)).transpose()?;
            return Ok(Credentials::OAuth2(ClientCredentials {
                token_url: token_url.map(str::to_string),
                client_id: client_id.clone(),
                secret,
                scope: self.oauth_scope.clone(),
            }));
        }
        Ok(secret(&self.basic_file, &self.basic_env).map_or(Credentials::None, Credentials::Basic))
    }
}

/// Checks the URL of an option. One with a password is refused, as other users can see a command line.
pub fn http_url<'u>(option: &str, to: &'u str) -> Result<&'u str, Error> {
    let rest = to.strip_prefix("https://").or_else(|| to.strip_prefix("http://"));
    let Some(rest) = rest.filter(|rest| !rest.is_empty() && !rest.starts_with('/')) else {
        return usage(&format!("{option} wants a URL with http:// or https://, as https://host/fhir"));
    };
    if rest.split('/').next().is_some_and(|host| host.contains('@')) {
        return usage(&format!(
            "{option} holds a user or password, which other users can see: give --basic-file or --basic-env"
        ));
    }
    let port = rest.split('/').next().and_then(|host| host.rsplit_once(':')).map(|(_, port)| port);
    // Behind the last colon of an IPv6 address is no port.
    if port.is_some_and(|port| !port.ends_with(']') && port.parse::<u16>().is_err()) {
        return usage(&format!("{option} wants a port from 1 to 65535 behind the host, or none"));
    }
    if rest.contains(['?', '#']) || rest.contains(|character: char| character.is_whitespace() || character.is_control())
    {
        return usage(&format!("{option} wants a URL without ?, # and spaces, as https://host/fhir"));
    }
    Ok(to)
}

fn secret(file: &Option<PathBuf>, variable: &Option<String>) -> Option<Secret> {
    file.clone().map(Secret::File).or_else(|| variable.clone().map(Secret::Variable))
}

fn usage<T>(message: &str) -> Result<T, Error> {
    Err(Error::Usage(message.to_string()))
}
