//! AWS credentials from a program or a local agent, renewed before they expire.
//!
//! The program is that of `credential_process`, or the AWS CLI, which supports every other kind of profile
//! (`sso_session`, `role_arn`, `login_session`).

use std::io;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{Timestamp, ToSpan as _};
use object_store::aws::AwsCredential;
use object_store::{CredentialProvider, Result};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::fault::generic;

/// Timeout of a program or agent, which may have to ask a server.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Credentials are renewed this many seconds before they expire, and at most once in [`AT_LEAST`] seconds.
const BEFORE_EXPIRY: i64 = 300;
const AT_LEAST: i64 = 30;

/// A source of credentials.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum CredentialSource {
    /// A command line, for the shell (`credential_process`).
    Process(String),
    /// The AWS CLI, for a profile; `because` is the key that needs it.
    AwsCli { profile: String, because: String },
    /// An agent at this address, with a token if it needs one (`AWS_CONTAINER_CREDENTIALS_FULL_URI`).
    Agent { url: String, token: Option<String> },
}

/// Cached credentials of a source.
#[derive(Debug)]
pub(super) struct CachedCredentials {
    source: CredentialSource,
    last: Mutex<Option<(Arc<AwsCredential>, Option<Timestamp>)>>,
}

/// The answer of a source; programs and agents name the token differently.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    #[serde(alias = "SessionToken")]
    token: Option<String>,
    expiration: Option<String>,
}

impl std::fmt::Debug for CredentialSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A command line or address may hold a secret.
        f.write_str(match self {
            CredentialSource::Process(_) => "credential_process",
            CredentialSource::AwsCli { .. } => "the AWS CLI",
            CredentialSource::Agent { .. } => "an agent",
        })
    }
}

impl CachedCredentials {
    pub fn by(source: CredentialSource) -> CachedCredentials {
        CachedCredentials { source, last: Mutex::new(None) }
    }
}

#[async_trait]
impl CredentialProvider for CachedCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> Result<Arc<AwsCredential>> {
        let mut last = self.last.lock().await;
        let now = Timestamp::now();
        if let Some((credential, _)) = last.as_ref().filter(|(_, renewed)| renewed.is_none_or(|time| now < time)) {
            return Ok(Arc::clone(credential));
        }
        let asked = tokio::time::timeout(TIMEOUT, self.source.ask());
        let text = asked.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let (credential, renewed) = text.and_then(|text| credential(&text, now)).map_err(|error| {
            generic(io::Error::other(format!("no credentials come from {}: {error}", self.source.name())))
        })?;
        let credential = Arc::new(credential);
        *last = Some((Arc::clone(&credential), renewed));
        Ok(credential)
    }
}

/// The credentials of an answer, and when they are to be renewed.
fn credential(text: &[u8], now: Timestamp) -> io::Result<(AwsCredential, Option<Timestamp>)> {
    // The errors of the parsers would quote the answer.
    let wrong = || io::Error::other("its answer is not JSON with AccessKeyId, SecretAccessKey and a valid Expiration");
    let answer: Answer = serde_json::from_slice(text).map_err(|_| wrong())?;
    let Answer { access_key_id: key_id, secret_access_key: secret_key, token, expiration } = answer;
    let expiration: Option<Timestamp> = expiration.map(|text| text.parse()).transpose().map_err(|_| wrong())?;
    let renewed = expiration.map(|expiration| {
        let before = expiration.checked_sub(BEFORE_EXPIRY.seconds()).unwrap_or(now);
        before.max(now.checked_add(AT_LEAST.seconds()).unwrap_or(now))
    });
    if expiration.is_some_and(|expiration| expiration <= now) {
        return Err(io::Error::other("they have expired already: log in again"));
    }
    Ok((AwsCredential { key_id, secret_key, token }, renewed))
}

impl CredentialSource {
    fn name(&self) -> String {
        match self {
            CredentialSource::Process(_) => "credential_process".to_string(),
            CredentialSource::AwsCli { profile, because } => {
                format!("`aws configure export-credentials --profile {profile}`, which the profile wants for {because}")
            }
            CredentialSource::Agent { .. } => "AWS_CONTAINER_CREDENTIALS_FULL_URI".to_string(),
        }
    }

    async fn ask(&self) -> io::Result<Vec<u8>> {
        let command = match self {
            CredentialSource::Process(line) => shell(line),
            CredentialSource::AwsCli { profile, .. } => {
                let mut command = Command::new("aws");
                command.args(["configure", "export-credentials", "--format", "process", "--profile", profile]);
                command
            }
            CredentialSource::Agent { url, token } => return agent(url, token.as_deref()).await,
        };
        tokio::task::spawn_blocking(|| output(command)).await.map_err(io::Error::other)?
    }
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    use std::os::windows::process::CommandExt as _;
    let mut command = Command::new("cmd.exe");
    command.arg("/C").raw_arg(line);
    command
}

/// The output of a program; if it fails, the last line of its standard error.
fn output(mut command: Command) -> io::Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::other("it is not installed"),
        _ => error,
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(io::Error::other(said.trim().lines().last().unwrap_or("it fails").to_string())),
    }
}

/// The answer of a local agent.
async fn agent(url: &str, token: Option<&str>) -> io::Result<Vec<u8>> {
    let client = reqwest::Client::builder().no_proxy().build().map_err(io::Error::other)?;
    let request = client.get(url);
    let request = token.into_iter().fold(request, |request, token| request.header("Authorization", token));
    let answer = request.send().await.and_then(reqwest::Response::error_for_status);
    // The address may hold a secret.
    let answer = answer.map_err(|error| io::Error::other(error.without_url()))?;
    Ok(answer.bytes().await.map_err(|error| io::Error::other(error.without_url()))?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_renewed_before_they_expire() {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let keys = r#""Version":1,"AccessKeyId":"a","SecretAccessKey":"s3cret""#;
        for (more, want) in [
            ("", Ok(None)),
            (r#","SessionToken":"t","Expiration":"2026-01-01T13:00:00Z""#, Ok(Some("2026-01-01T12:55:00Z"))),
            (r#","Token":"t","Expiration":"2026-01-01T14:00:00+01:00""#, Ok(Some("2026-01-01T12:55:00Z"))),
            (r#","Expiration":"2026-01-01T12:01:00Z""#, Ok(Some("2026-01-01T12:00:30Z"))),
            (r#","Expiration":"2026-01-01T11:00:00Z""#, Err("expired already")),
            (r#","Expiration":"tomorrow""#, Err("not JSON with")),
            (r#","AccessKeyId":7"#, Err("not JSON with")),
        ] {
            match (credential(format!("{{{keys}{more}}}").as_bytes(), now), want) {
                (Ok((found, renewed)), Ok(want)) => {
                    assert_eq!(renewed, want.map(|want: &str| want.parse().unwrap()), "{more}");
                    assert_eq!(found.token.is_some(), more.contains("Token"), "{more}");
                }
                (Err(error), Err(want)) => {
                    let error = error.to_string();
                    assert!(error.contains(want) && !error.contains("s3cret"), "{error}");
                }
                (found, _) => panic!("{more}: {found:?}"),
            }
        }
    }
}
