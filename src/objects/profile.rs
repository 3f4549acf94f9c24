//! The profile of the AWS tools: keys and region of `~/.aws`, where the environment has none.

use std::env;
use std::fs;
use std::path::PathBuf;

use object_store::aws::AmazonS3Builder;

/// Completes what the environment says. Variables win, and what gives credentials in another way is left alone.
pub(super) fn complete(builder: AmazonS3Builder, unsigned: bool) -> AmazonS3Builder {
    let has = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let profile = env::var("AWS_PROFILE").unwrap_or_else(|_| "default".to_string());
    let config = file("AWS_CONFIG_FILE", "config");
    let of_config = |key: &str| value(&config, &section_of_config(&profile), key);
    let region = of_config("region").filter(|_| !has("AWS_REGION") && !has("AWS_DEFAULT_REGION"));
    let builder = region.into_iter().fold(builder, AmazonS3Builder::with_region);
    let others = ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
    if unsigned || others.into_iter().any(has) || has("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
        return builder;
    }
    let credentials = file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    let secret = |key: &str| value(&credentials, &profile, key).or_else(|| of_config(key));
    let (Some(id), Some(key)) = (secret("aws_access_key_id"), secret("aws_secret_access_key")) else { return builder };
    let builder = builder.with_access_key_id(id).with_secret_access_key(key);
    secret("aws_session_token").into_iter().fold(builder, AmazonS3Builder::with_token)
}

fn section_of_config(profile: &str) -> String {
    if profile == "default" { profile.to_string() } else { format!("profile {profile}") }
}

fn file(variable: &str, name: &str) -> String {
    let home =
        || Some(PathBuf::from(env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?).join(".aws").join(name));
    let path = env::var_os(variable).map(PathBuf::from).or_else(home);
    path.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default()
}

/// The value of a key in a section.
fn value(text: &str, section: &str, key: &str) -> Option<String> {
    let mut is_here = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            is_here = name.trim() == section;
        } else if let Some((name, value)) = line.split_once('=').filter(|_| is_here)
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
        let text = "[default]\nregion = eu-west-1\n# region = x\n[profile other]\nregion=us-east-1\nempty =\n";
        for (section, key, want) in [
            ("default", "region", Some("eu-west-1")),
            ("profile other", "region", Some("us-east-1")),
            ("profile other", "empty", None),
            ("third", "region", None),
        ] {
            assert_eq!(value(text, section, key).as_deref(), want, "{section} {key}");
        }
    }
}
