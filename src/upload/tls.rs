//! Whom we trust, and who we are, for TLS.

use std::fs;
use std::path::Path;

use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use super::client::Connection;
use crate::error::Error;

/// The reason of a TLS stream that broke, with what the user can do.
pub fn explained(reason: String) -> String {
    if reason.contains("UnknownIssuer") {
        format!("{reason}: --ca-cert names the authority of its certificate, if that is to be trusted")
    } else if reason.contains("CertificateRequired") {
        format!("{reason}: --client-cert and --client-key give one of ours")
    } else {
        reason
    }
}

/// Reads the certificates; without any, those of the system are trusted.
pub fn config(connection: &Connection) -> Result<TlsConfig, Error> {
    let roots = match &connection.ca_certificate {
        Some(path) => RootCerts::new_with_certs(&certificates(path)?),
        None => RootCerts::PlatformVerifier,
    };
    let ours = connection.client_certificate.as_ref().map(|(chain, key)| -> Result<ClientCert, Error> {
        let pem = read(key)?;
        let key = PrivateKey::from_pem(&pem).map_err(|_| not_pem(key, "private key"))?;
        Ok(ClientCert::new_with_certs(&certificates(chain)?, key))
    });
    Ok(TlsConfig::builder().root_certs(roots).client_cert(ours.transpose()?).build())
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
