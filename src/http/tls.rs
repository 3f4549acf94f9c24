//! TLS: trusted certificates, and the certificate and key of the client.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::error::Error;

/// The reason of a TLS error, with advice.
pub fn explained(reason: String) -> String {
    if reason.contains("UnknownIssuer") {
        format!("{reason}: --ca-cert names the authority of its certificate, if that is to be trusted")
    } else if reason.contains("CertificateRequired") {
        format!("{reason}: --client-cert and --client-key give one of ours")
    } else {
        reason
    }
}

/// Reads the certificates. Without `trusted`, the system's are trusted.
pub fn config(trusted: Option<&Path>, client: Option<&(PathBuf, PathBuf)>) -> Result<TlsConfig, Error> {
    let roots = match trusted {
        Some(path) => RootCerts::new_with_certs(&certificates(path)?),
        None => RootCerts::PlatformVerifier,
    };
    let ours = client.map(|(chain, key)| ours(chain, key));
    let builder = TlsConfig::builder().unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()));
    Ok(builder.root_certs(roots).client_cert(ours.transpose()?).build())
}

/// The client certificate with its key. A mismatch is an error here, as ureq would panic.
fn ours(chain_path: &Path, key_path: &Path) -> Result<ClientCert, Error> {
    let pem = private_key(key_path)?;
    let not_a_key = || not_pem(key_path, "private key");
    let key = PrivateKey::from_pem(&pem).map_err(|_| not_a_key())?;
    let der = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| not_a_key())?;
    let chain = certificates(chain_path)?;
    let ders = chain.iter().map(|certificate| CertificateDer::from(certificate.der()).into_owned()).collect();
    CertifiedKey::from_der(ders, der, &ring::default_provider())
        .map_err(|error| Error::Usage(misfit(&error, chain_path, key_path)))?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

/// The message for a certificate and key that do not match.
fn misfit(error: &TlsError, chain: &Path, key: &Path) -> String {
    let (chain, key) = (chain.display(), key.display());
    match error {
        TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => format!(
            "the key in {key} is not that of the certificate in {chain}: --client-cert and --client-key have to fit"
        ),
        TlsError::InvalidCertificate(why) => {
            format!("the certificate in {chain} cannot be used ({why:?}): want X.509 version 3")
        }
        other => {
            format!("the key in {key} cannot be used ({other}): want RSA of 2048 to 8192 bits, P-256, P-384 or Ed25519")
        }
    }
}

/// Reads an unencrypted private key.
fn private_key(path: &Path) -> Result<Vec<u8>, Error> {
    let pem = read(path)?;
    // PKCS #8 marks encryption in the label, the older form in a header (RFC 1421 4.6.1.1).
    let is_encrypted = |line: &[u8]| {
        let line = line.trim_ascii_end();
        line == b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
            || line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED")
    };
    if !pem.split(|byte| *byte == b'\n').any(is_encrypted) {
        return Ok(pem);
    }
    let path = path.display();
    Err(Error::Usage(format!(
        "the key in {path} is encrypted, and there is nobody to ask for its password: decrypt it with \
         `openssl pkey -in {path} -out new.key` into a file that only you can read"
    )))
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, Error> {
    let pem = read(path)?;
    let found = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let found: Vec<_> = found.collect();
    if found.is_empty() { Err(not_pem(path, "certificate")) } else { Ok(found) }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Input { path: path.to_path_buf(), source })
}

fn not_pem(path: &Path, what: &str) -> Error {
    Error::Usage(format!("{} holds no {what} as PEM", path.display()))
}
