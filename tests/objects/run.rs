//! Runs the binary over a store.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dcm2fhir::synth::{Attributes, Instance};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};

use crate::store::{Dialect, Instead, Store};

/// The content of a file of the test data.
pub fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom").join(name)).unwrap()
}

/// A file of a study of its own whose header goes on far behind the first 16 KiB.
pub fn long() -> Vec<u8> {
    Instance::new("CT", uids::CT_IMAGE_STORAGE, "far", 1, 1)
        .text_as(Tag(0x0009, 0x1001), VR::OB, vec![7; 200_000])
        .text(tags::STUDY_ID, "FAR")
        .bytes()
}

/// Nothing goes wrong.
pub fn well() -> Instead {
    Box::new(|_, _| None)
}

/// The binary with the credentials of a store, and without what this machine has.
pub fn dcm2fhir(store: &Store, dialect: Dialect, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    let is_ours = |name: &str| ["DCM2FHIR_", "AWS_", "AZURE_", "GOOGLE_"].iter().any(|start| name.starts_with(start));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command.env("HOME", "/nowhere").args(arguments);
    match dialect {
        Dialect::S3 => command
            .env("AWS_ACCESS_KEY_ID", "key")
            .env("AWS_SECRET_ACCESS_KEY", "s3cret")
            .env("AWS_ENDPOINT_URL", &store.url),
        Dialect::Azure => command
            .env("AZURE_STORAGE_ACCOUNT_NAME", "account")
            .env("AZURE_STORAGE_ACCOUNT_KEY", "czNjcmV0")
            .env("DCM2FHIR_ENDPOINT_URL", format!("{}/account", store.url)),
        Dialect::Google => command
            .env(
                "GOOGLE_SERVICE_ACCOUNT_KEY",
                r#"{"private_key":"s3cret","private_key_id":"k","client_email":"e","disable_oauth":true}"#,
            )
            .env("DCM2FHIR_ENDPOINT_URL", &store.url),
        Dialect::Web => &mut command,
    };
    command
}

/// Converts what a store has, to a stream.
pub fn convert(store: &Store, dialect: Dialect, options: &[&str]) -> Output {
    let input = match dialect {
        Dialect::S3 => "s3://data/".to_string(),
        Dialect::Google => "gs://data/".to_string(),
        Dialect::Azure => "az://data/".to_string(),
        Dialect::Web => format!("{}/a.dcm", store.url),
    };
    let arguments = ["convert", &input, "--fhir", "r5", "-v"];
    let output = dcm2fhir(store, dialect, &arguments).args(options).output().unwrap();
    assert!(!stderr(&output).contains("s3cret") && !stderr(&output).contains("panicked"), "{}", stderr(&output));
    output
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// How many documents came.
pub fn documents(output: &Output) -> usize {
    String::from_utf8_lossy(&output.stdout).lines().count()
}
