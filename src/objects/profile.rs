//! The profile of the AWS tools: keys, region and endpoint from `~/.aws`, used if the environment has none.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::aws::AmazonS3Builder;

use super::credentials::{CachedCredentials, CredentialSource};
use super::fault::generic;

/// Variables that provide credentials in another way than a profile.
const OTHERS: [&str; 3] =
    ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
/// Keys of a profile whose credentials only the AWS tools can get.
const BY_TOOLS: [&str; 4] = ["sso_session", "sso_start_url", "login_session", "role_arn"];

/// The selected profile, with both files.
pub(super) struct Profile {
    name: String,
    config: String,
    credentials: String,
}

impl Profile {
    /// Adds the profile to the environment. Variables take precedence, and other sources of credentials are not
    /// touched.
    pub fn complete(&self, builder: AmazonS3Builder, unsigned: bool) -> object_store::Result<AmazonS3Builder> {
        let has_region = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().any(|name| variable(name).is_some());
        let region = self.value("region").filter(|_| !has_region);
        let builder = region.into_iter().fold(builder, AmazonS3Builder::with_region);
        // The AWS tools use this variable.
        let machine = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").map(|url| url.trim_end_matches('/').to_string());
        let builder = machine.into_iter().fold(builder, AmazonS3Builder::with_metadata_endpoint);
        if unsigned || OTHERS.into_iter().any(|name| variable(name).is_some()) {
            return Ok(builder);
        }
        if let Some(url) = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            return Ok(match variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
                // The client reads that file before each request.
                Some(_) => builder,
                None => cached(
                    builder,
                    CredentialSource::Agent { url, token: variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") },
                ),
            });
        }
        match (self.value("aws_access_key_id"), self.value("aws_secret_access_key")) {
            (Some(id), Some(key)) => {
                let builder = builder.with_access_key_id(id).with_secret_access_key(key);
                Ok(self.value("aws_session_token").into_iter().fold(builder, AmazonS3Builder::with_token))
            }
            _ => match (self.source(), self.fault()) {
                (Some(source), _) => Ok(cached(builder, source)),
                (None, Some(why)) => Err(generic(std::io::Error::other(why))),
                (None, None) => Ok(builder),
            },
        }
    }

    /// The S3 endpoint of the environment, else of the profile.
    pub fn endpoint(&self) -> Option<String> {
        let variables = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
        variables.into_iter().find_map(variable).or_else(|| self.value("endpoint_url"))
    }

    /// Reads both files.
    pub fn read() -> Profile {
        Profile {
            name: variable("AWS_PROFILE").unwrap_or_else(|| "default".to_string()),
            config: file("AWS_CONFIG_FILE", "config"),
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        }
    }

    fn section(&self) -> String {
        if self.name == "default" { self.name.clone() } else { format!("profile {}", self.name) }
    }

    fn value(&self, key: &str) -> Option<String> {
        value(&self.credentials, &self.name, key).or_else(|| value(&self.config, &self.section(), key))
    }

    /// The source of credentials of a profile without keys.
    fn source(&self) -> Option<CredentialSource> {
        let by_tools = || BY_TOOLS.into_iter().find(|key| self.value(key).is_some());
        match self.value("credential_process") {
            Some(line) => Some(CredentialSource::Process(line)),
            None => by_tools()
                .map(|because| CredentialSource::AwsCli { profile: self.name.clone(), because: because.to_string() }),
        }
    }

    /// The reason for missing credentials.
    fn fault(&self) -> Option<String> {
        let Profile { name, config, credentials } = self;
        let is_there = sections(credentials).any(|section| section == name)
            || sections(config).any(|section| section == self.section());
        if !is_there && name != "default" {
            return Some(format!("AWS_PROFILE: there is no profile {name} in ~/.aws/credentials and ~/.aws/config"));
        }
        let is_disabled = variable("AWS_EC2_METADATA_DISABLED").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        is_disabled.then(|| {
            "no credentials were found, and AWS_EC2_METADATA_DISABLED: set AWS_ACCESS_KEY_ID; --no-sign-request reads \
             a public bucket without any"
                .to_string()
        })
    }
}

fn cached(builder: AmazonS3Builder, source: CredentialSource) -> AmazonS3Builder {
    builder.with_credentials(Arc::new(CachedCredentials::by(source)))
}

/// The value of an environment variable.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn file(variable: &str, name: &str) -> String {
    let home =
        || Some(PathBuf::from(env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?).join(".aws").join(name));
    let path = env::var_os(variable).map(PathBuf::from).or_else(home);
    path.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default()
}

fn header(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.split_once(']').map(|(name, _)| name.trim())
}

fn sections(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(header)
}

/// The value of a key in a section. A line that is indented belongs to the key above it.
fn value(text: &str, section: &str, key: &str) -> Option<String> {
    let mut is_here = false;
    for line in text.lines() {
        if let Some(name) = header(line) {
            is_here = name == section;
        } else if let Some((name, value)) = line.split_once('=').filter(|_| is_here && !line.starts_with([' ', '\t']))
            && name.trim() == key
        {
            return Some(value.trim().to_string()).filter(|value| !value.is_empty());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_its_section() {
        let text = "[default]\nregion = eu-west-1\n# region = x\n[profile other] # mine\nregion=us-east-1\nempty =\n\
                    s3 =\n  endpoint_url = x\n";
        for (section, key, want) in [
            ("default", "region", Some("eu-west-1")),
            ("profile other", "region", Some("us-east-1")),
            ("profile other", "empty", None),
            ("profile other", "endpoint_url", None),
            ("third", "region", None),
        ] {
            assert_eq!(value(text, section, key).as_deref(), want, "{section} {key}");
        }
    }

    #[test]
    fn a_profile_without_keys_says_who_gives_them_or_why_nobody_does() {
        let config = "[profile sso]\nsso_session = work\n[profile role]\nrole_arn = x\n\
                      credential_process = give \"me\"\n[profile keys]\nregion = x\n";
        let cli = CredentialSource::AwsCli { profile: "sso".into(), because: "sso_session".into() };
        for (name, source, fault) in [
            ("sso", Some(cli), None),
            ("role", Some(CredentialSource::Process("give \"me\"".into())), None),
            ("none", None, Some("no profile none")),
            ("keys", None, None),
        ] {
            let profile = Profile { name: name.into(), config: config.into(), credentials: String::new() };
            assert_eq!(profile.source(), source, "{name}");
            let found = profile.fault();
            assert_eq!(found.is_some(), fault.is_some(), "{found:?}");
            assert!(fault.is_none_or(|fault| found.is_some_and(|found| found.contains(fault))), "{name}");
        }
    }
}
