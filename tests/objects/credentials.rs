//! Credentials of AWS that others give: a profile, a program, an agent of the machine, the machine itself.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::run::{code, dcm2fhir, documents, file, stderr, well};
use crate::store::{Dialect, Instead, Reply, Request, Store};

const KEYS: &str = r#""Version":1,"AccessKeyId":"given","SecretAccessKey":"s3cret","Code":"Success","LastUpdated":"2024-01-01T00:00:00Z""#;

fn objects() -> Vec<(&'static str, Vec<u8>)> {
    vec![("a.dcm", file("ct-two-series/1-1.dcm")), ("c.dcm", file("names-utf8/1.dcm"))]
}

/// A machine without credentials, but for its folder `.aws` and its program `aws`.
fn machine(config: &str, credentials: &str, aws: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".aws")).unwrap();
    fs::write(home.path().join(".aws/config"), config).unwrap();
    fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
    if !aws.is_empty() {
        program(&home.path().join("aws"), aws);
    }
    home
}

fn program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn command(store: &Store, home: &Path) -> Command {
    let mut command = dcm2fhir(store, Dialect::S3, &["convert", "s3://data/", "--fhir", "r5", "--deadline", "2"]);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        command.env_remove(name);
    }
    command.env("HOME", home).env("PATH", format!("{}:/usr/bin:/bin", home.display()));
    command
}

fn told(output: &Output) -> String {
    let told = stderr(output);
    assert!(!told.contains("s3cret") && !told.contains("t0ken"), "{told}");
    told
}

fn last(store: &Store) -> String {
    store.requests().last().unwrap().headers.clone()
}

#[test]
fn a_profile_gives_keys_region_and_endpoint_where_the_environment_has_none() {
    let store = Store::new(Dialect::S3, &objects(), well());
    let endpoint = &store.url;
    let home = machine(
        &format!(
            "[default]\nendpoint_url = {endpoint}\n[profile other]\nregion = eu-west-9\nendpoint_url = {endpoint}\n"
        ),
        "[default]\naws_access_key_id=mine\naws_secret_access_key=s3cret\n[other]\naws_access_key_id = \
         yours\naws_secret_access_key = s3cret\naws_session_token = t0ken\n",
        "",
    );
    let run = |profile: &str, more: &[&str]| {
        let mut command = command(&store, home.path());
        command.env_remove("AWS_ENDPOINT_URL").env("AWS_PROFILE", profile).args(more).output().unwrap()
    };
    let output = run("", &[]);
    assert_eq!((code(&output), documents(&output)), (0, 2), "{}", told(&output));
    assert!(last(&store).contains("redential=mine/"), "{}", last(&store));
    let output = run("other", &[]);
    assert_eq!(documents(&output), 2, "{}", told(&output));
    let headers = last(&store);
    assert!(headers.contains("yours/") && headers.contains("/eu-west-9/") && headers.contains("t0ken"), "{headers}");
    let output = run("nobody", &[]);
    assert_eq!(code(&output), 2);
    assert!(told(&output).contains("no profile nobody"), "{}", told(&output));
    let output = run("", &["--no-sign-request"]);
    assert_eq!(documents(&output), 2, "{}", told(&output));
    assert!(!last(&store).contains("authorization"), "{}", last(&store));
}

#[test]
fn a_program_gives_credentials_once_until_they_expire() {
    let store = Store::new(Dialect::S3, &objects(), well());
    let home = machine("[profile mine]\ncredential_process = \"$HOME/give\" \"a b\"\n", "", "");
    let run = |text: &str| {
        program(&home.path().join("give"), &format!("echo \"$1\" >> \"$HOME/asked\"\n{text}"));
        let _ = fs::remove_file(home.path().join("asked"));
        command(&store, home.path()).env("AWS_PROFILE", "mine").output().unwrap()
    };
    let output = run(&format!(r#"echo '{{{KEYS},"SessionToken":"t0ken","Expiration":"2099-01-01T00:00:00Z"}}'"#));
    assert_eq!((code(&output), documents(&output)), (0, 2), "{}", told(&output));
    assert!(last(&store).contains("redential=given/") && last(&store).contains("t0ken"), "{}", last(&store));
    assert_eq!(fs::read_to_string(home.path().join("asked")).unwrap(), "a b\n", "once, by the shell");
    for (text, want) in [
        ("echo one >&2; echo 'log in first' >&2; exit 3", "from credential_process: log in first"),
        ("exit 3", "it fails"),
        ("echo '{\"SecretAccessKey\": \"s3cret\"}'", "its answer is not JSON with AccessKeyId"),
        (&format!(r#"echo '{{{KEYS},"Expiration":"2020-01-01T00:00:00Z"}}'"#), "expired already"),
    ] {
        let output = run(text);
        assert_eq!(code(&output), 2, "{text}");
        assert!(told(&output).contains(want), "{}", told(&output));
    }
}

#[test]
fn the_aws_cli_gives_credentials_of_every_other_profile() {
    let store = Store::new(Dialect::S3, &objects(), well());
    let config = "[profile work]\nsso_session = work\n[profile role]\nrole_arn = arn:x\nsource_profile = work\n";
    let given = format!(r#"echo "$@" > "$HOME/asked"; echo '{{{KEYS}}}'"#);
    for profile in ["work", "role"] {
        let home = machine(config, "", &given);
        let output = command(&store, home.path()).env("AWS_PROFILE", profile).output().unwrap();
        assert_eq!((code(&output), documents(&output)), (0, 2), "{}", told(&output));
        assert!(last(&store).contains("redential=given/"), "{}", last(&store));
        let asked = fs::read_to_string(home.path().join("asked")).unwrap();
        assert_eq!(asked.trim(), format!("configure export-credentials --format process --profile {profile}"));
    }
    for (aws, want) in [("", "it is not installed"), ("echo 'run aws sso login' >&2; exit 1", "run aws sso login")] {
        let home = machine(config, "", aws);
        let mut command = command(&store, home.path());
        let output = command.env("PATH", home.path()).env("AWS_PROFILE", "work").output().unwrap();
        assert_eq!(code(&output), 2);
        let told = told(&output);
        assert!(told.contains(want) && told.contains("which the profile wants for sso_session"), "{told}");
    }
}

/// What stands at an address of the machine.
fn at(path: &str, reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Instead {
    let path = path.to_string();
    Box::new(move |request, _| (request.path == path).then(|| reply(request)))
}

fn keys() -> Reply {
    let body = format!(r#"{{{KEYS},"Type":"AWS-HMAC","Token":"t0ken","Expiration":"2099-01-01T00:00:00Z"}}"#);
    Reply { status: 200, body: body.into(), ..Reply::default() }
}

#[test]
fn an_agent_of_the_machine_gives_credentials_to_who_has_its_token() {
    let is_ours = |request: &Request| request.headers.contains("authorization: agent-t0ken\n");
    let agent = at("agent", move |request| match is_ours(request) {
        true => keys(),
        false => Reply { status: 403, ..Reply::default() },
    });
    let (store, home) = (Store::new(Dialect::S3, &objects(), agent), machine("", "", ""));
    let url = format!("{}/agent", store.url);
    let run = |variable: &str, value: &str| {
        let mut command = command(&store, home.path());
        command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url).env(variable, value).output().unwrap()
    };
    let token = home.path().join("token");
    fs::write(&token, "agent-t0ken").unwrap();
    for (variable, value) in [
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "agent-t0ken"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.to_str().unwrap()),
    ] {
        let output = run(variable, value);
        assert_eq!((code(&output), documents(&output)), (0, 2), "{variable}: {}", told(&output));
        assert!(last(&store).contains("redential=given/"), "{}", last(&store));
    }
    let output = run("AWS_CONTAINER_AUTHORIZATION_TOKEN", "another");
    assert_eq!(code(&output), 2);
    assert!(
        told(&output).contains("AWS_CONTAINER_CREDENTIALS_FULL_URI: HTTP status client error (403"),
        "{}",
        told(&output)
    );
}

#[test]
fn the_machine_itself_gives_credentials() {
    let roles = "latest/meta-data/iam/security-credentials/";
    let imds: Instead = Box::new(move |request, _| {
        let text = |text: &str| Some(Reply { status: 200, body: text.into(), ..Reply::default() });
        match request.path.as_str() {
            "latest/api/token" if request.method == "PUT" => text("imds-t0ken"),
            path if path.starts_with("latest/") && !request.headers.contains("imds-t0ken") => {
                Some(Reply { status: 401, ..Reply::default() })
            }
            path if path == roles => text("reader"),
            path if path == format!("{roles}reader") => Some(keys()),
            _ => None,
        }
    });
    let (store, home) = (Store::new(Dialect::S3, &objects(), imds), machine("", "", ""));
    let run = |more: &[(&str, &str)]| {
        let mut command = command(&store, home.path());
        command.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("{}/", store.url));
        command.envs(more.iter().copied()).output().unwrap()
    };
    let output = run(&[]);
    assert_eq!((code(&output), documents(&output)), (0, 2), "{}", told(&output));
    assert!(last(&store).contains("redential=given/") && last(&store).contains("t0ken"), "{}", last(&store));
    let output = run(&[("AWS_EC2_METADATA_DISABLED", "true")]);
    assert_eq!(code(&output), 2);
    assert!(told(&output).contains("AWS_EC2_METADATA_DISABLED"), "{}", told(&output));
}
