//! TLS: whom we trust, and who we are. A front with certificates of its own passes everything on to the server.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use dcm2fhir::internals::error::Error;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::server::{Act, TestServer};
use crate::session::{Session, bundle, studies};

/// Files of certificates: an authority, what it issued for the server and for us, and an authority that issued nothing.
struct Certificates(TempDir);

impl Certificates {
    fn new() -> Certificates {
        let folder = tempfile::tempdir().unwrap();
        let authority = |name: &str| {
            let mut params = CertificateParams::new([]).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
        };
        let (ours, other) = (authority("ours"), authority("other"));
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
        write("ca.pem", ours.pem());
        write("other-ca.pem", other.pem());
        for (name, host) in [("server", "localhost"), ("client", "client")] {
            let key = KeyPair::generate().unwrap();
            let issued = CertificateParams::new([host.to_string()]).unwrap().signed_by(&key, &ours).unwrap();
            write(&format!("{name}.pem"), issued.pem());
            write(&format!("{name}.key"), key.serialize_pem());
        }
        let certificates = Certificates(folder);
        certificates.misfits();
        certificates
    }

    /// What does not fit, made of what does.
    fn misfits(&self) {
        let write = |name: &str, text: String| fs::write(self.path(name), text).unwrap();
        let mut first = certificate(&self.path("client.pem")).to_vec();
        // The version of a certificate (RFC 5280 4.1.2.1): 0 is version 1.
        replace(&mut first, &[0xA0, 3, 2, 1, 2], &[0xA0, 3, 2, 1, 0]);
        write("version-1.pem", pem("CERTIFICATE", &first));
        let mut key = PrivateKeyDer::from_pem_file(self.path("client.key")).unwrap().secret_der().to_vec();
        write("encrypted.key", pem("ENCRYPTED PRIVATE KEY", &key));
        let header = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n";
        write("encrypted-old.key", pem("RSA PRIVATE KEY", &key).replace("-----BEGIN RSA PRIVATE KEY-----\n", header));
        // prime256v1 becomes prime239v3.
        replace(&mut key, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7], &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 6]);
        write("other-curve.key", pem("PRIVATE KEY", &key));
        write("cut.key", pem("PRIVATE KEY", &key[..20]));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let place = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[place..place + to.len()].copy_from_slice(to);
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(der))
}

fn certificate(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).unwrap()
}

/// The base URL of a TLS front of the server, which may want certificates of its clients.
fn front(server: &TestServer, certificates: &Certificates, wants_certificates: bool) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let builder = if wants_certificates {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(&certificates.path("ca.pem"))).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::from_pem_file(certificates.path("server.key")).unwrap();
    let config = builder.with_single_cert(vec![certificate(&certificates.path("server.pem"))], key).unwrap();
    let (config, behind) =
        (Arc::new(config), server.base["http://".len()..server.base.len() - "/fhir".len()].to_string());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://localhost:{}/fhir", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let behind = TcpStream::connect(&behind).unwrap();
            thread::spawn(move || {
                let mut client = StreamOwned::new(connection, stream);
                let _ = pass(&mut client, &behind);
                // A connection that is closed with bytes unread takes the alert away again.
                let _ = client.sock.shutdown(Shutdown::Write);
                io::copy(&mut client.sock, &mut io::sink())
            });
        }
    });
    base
}

/// Passes requests and answers on, one after the other.
fn pass(client: &mut StreamOwned<ServerConnection, TcpStream>, mut server: &TcpStream) -> Option<()> {
    let (mut client, mut answers) = (BufReader::new(client), BufReader::new(server));
    loop {
        let request = message(&mut client)?;
        server.write_all(&request).ok()?;
        let answer = message(&mut answers)?;
        client.get_mut().write_all(&answer).ok()?;
        client.get_mut().flush().ok()?;
    }
}

/// A request or an answer: its head and its body.
fn message(from: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    let mut length = 0;
    loop {
        let start = all.len();
        from.read_until(b'\n', &mut all).ok().filter(|bytes| *bytes > 0)?;
        let line = String::from_utf8_lossy(&all[start..]).to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    from.take(length).read_to_end(&mut all).ok()?;
    Some(all)
}

fn session(server: &TestServer, base: String, ca_certificate: Option<PathBuf>) -> Session {
    let mut session = Session::to(server);
    session.options.connection.base = base;
    session.options.connection.ca_certificate = ca_certificate;
    session
}

#[test]
fn a_certificate_of_the_authority_that_is_named_is_trusted() {
    let (server, certificates) = (TestServer::new(|_| Act::Serve), Certificates::new());
    let base = front(&server, &certificates, false);
    let session = session(&server, base, Some(certificates.path("ca.pem")));
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"]), bundle(2, &["a"])])), [2, 0, 0, 0]);
    assert_eq!(server.store().len(), 6);
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused_at_once() {
    let (server, certificates) = (TestServer::new(|_| Act::Serve), Certificates::new());
    let base = front(&server, &certificates, false);
    for authority in [Some(certificates.path("other-ca.pem")), None] {
        let session = session(&server, base.clone(), authority);
        let reason = session.refusal();
        assert!(reason.contains("certificate") && reason.contains("--ca-cert"), "{reason}");
        assert!(session.clock.sleeps().is_empty(), "it will not be better another time");
    }
}

#[test]
fn a_certificate_of_another_host_is_refused() {
    let (server, certificates) = (TestServer::new(|_| Act::Serve), Certificates::new());
    let base = front(&server, &certificates, false).replace("localhost", "127.0.0.1");
    let reason = session(&server, base, Some(certificates.path("ca.pem"))).refusal();
    assert!(reason.contains("certificate") && reason.contains("localhost"), "{reason}");
}

#[test]
fn our_certificate_is_shown_to_a_server_that_wants_one() {
    let (server, certificates) = (TestServer::new(|_| Act::Serve), Certificates::new());
    let base = front(&server, &certificates, true);
    let mut session = session(&server, base, Some(certificates.path("ca.pem")));
    let reason = session.refusal();
    assert!(reason.contains("CertificateRequired") && reason.contains("--client-cert"), "{reason}");
    session.options.connection.client_certificate =
        Some((certificates.path("client.pem"), certificates.path("client.key")));
    assert_eq!(studies(&session.upload(&[bundle(1, &["a"])])), [1, 0, 0, 0]);
}

#[test]
fn what_is_no_certificate_is_told_before_anything_is_sent() {
    let (server, certificates) = (TestServer::new(|_| Act::Serve), Certificates::new());
    let mut session = session(&server, "https://localhost:1/fhir".to_string(), Some(certificates.path("server.key")));
    assert!(matches!(session.open(), Err(Error::Usage(text)) if text.contains("no certificate as PEM")));
    session.options.connection.ca_certificate = Some(certificates.path("nothing.pem"));
    assert!(matches!(session.open(), Err(Error::Input { .. })));
    session.options.connection.ca_certificate = None;
    session.options.connection.client_certificate =
        Some((certificates.path("client.pem"), certificates.path("client.pem")));
    assert!(matches!(session.open(), Err(Error::Usage(text)) if text.contains("no private key as PEM")));
}

#[test]
fn a_certificate_and_a_key_that_do_not_fit_are_told_before_anything_is_sent() {
    let (server, certificates) = (TestServer::new(|_| Act::Serve), Certificates::new());
    for (certificate, key, want) in [
        ("client.pem", "server.key", "is not that of the certificate"),
        ("version-1.pem", "client.key", "X.509 version 3"),
        ("client.pem", "other-curve.key", "P-256"),
        ("client.pem", "cut.key", "cannot be used"),
        ("client.pem", "encrypted.key", "openssl pkey"),
        ("client.pem", "encrypted-old.key", "openssl pkey"),
    ] {
        let mut session = session(&server, "https://localhost:1/fhir".to_string(), None);
        session.options.connection.client_certificate = Some((certificates.path(certificate), certificates.path(key)));
        match session.open() {
            Err(Error::Usage(text)) => assert!(text.contains(want), "{certificate} {key}: {text}"),
            other => panic!("{certificate} {key}: {:?}", other.map(|server| server.release().name)),
        }
    }
}
