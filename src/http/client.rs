//! Sends one request once: headers, TLS, compression, limits, redirects. Retries are the sender's.
//!
//! Credentials go to the server's own origin only; a redirect to another one is not followed.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use ureq::Agent;
use ureq::http::Request as HttpRequest;
use ureq::http::request::Builder;

use super::header::Header;
use super::proxy::proxy;
use super::request::{Answer, Broken, Request, origin};
use super::tls;
use super::traffic::Traffic;
use crate::error::Error;

/// The largest response that is read: enough for a server's copy of a large study.
const MAX_ANSWER_BYTES: u64 = 256 * 1024 * 1024;
/// Timeout for connecting, unless the timeout for a response is shorter.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// The most redirects of one request.
const MAX_REDIRECTS: u32 = 5;

/// Settings of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The operation, for messages: `upload to`, `read`.
    pub purpose: &'static str,
    /// The base URL, without a slash at its end.
    pub base: String,
    /// Trusted certificates, instead of the system's.
    pub ca_certificate: Option<PathBuf>,
    /// The client certificate and its key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// Headers added to every request.
    pub headers: Vec<Header>,
    /// Whether bodies are compressed.
    pub gzip: bool,
    /// Timeout for the next bytes; a whole request or answer may take twice as long.
    pub timeout: Duration,
    /// Size of the connection pool.
    pub connections: usize,
}

/// Sends requests to one server.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    connection: Connection,
    gzip: AtomicU8,
    traffic: Mutex<Traffic>,
}

/// Bodies are sent uncompressed.
const PLAIN: u8 = 0;
/// Bodies are compressed; the server has not yet accepted one.
const TRY_GZIP: u8 = 1;
/// Bodies are compressed; the server has accepted one.
const GZIP: u8 = 2;

impl Client {
    /// Reads the certificates; nothing is sent yet.
    pub fn new(connection: &Connection) -> Result<Client, Error> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("dcm2fhir/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy(&connection.base, |name| env::var(name).ok())?)
            .tls_config(tls::config(connection.ca_certificate.as_deref(), connection.client_certificate.as_ref())?)
            // One timeout for each phase: with a global timeout, ureq resolves names on a new thread each time.
            .timeout_connect(Some(connection.timeout.min(CONNECT_TIMEOUT)))
            .timeout_per_write(Some(connection.timeout))
            .timeout_per_read(Some(connection.timeout))
            // Twice as long as the timeouts above, which then stay constant on the socket and are set only once. These
            // only end responses that arrive byte by byte.
            .timeout_send_request(Some(connection.timeout * 2))
            .timeout_send_body(Some(connection.timeout * 2))
            .timeout_recv_response(Some(connection.timeout * 2))
            .timeout_recv_body(Some(connection.timeout * 2))
            .max_idle_connections(connection.connections)
            .max_idle_connections_per_host(connection.connections)
            .build();
        Ok(Client {
            agent: config.new_agent(),
            connection: connection.clone(),
            gzip: AtomicU8::new(if connection.gzip { TRY_GZIP } else { PLAIN }),
            traffic: Mutex::default(),
        })
    }

    /// The traffic so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Settings of a connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// An error that ends the run.
    pub fn error(&self, reason: &str) -> Error {
        let Connection { purpose, base, .. } = &self.connection;
        Error::Server { purpose, base: base.clone(), reason: reason.to_string() }
    }

    /// Sends a request once, and follows redirects within the server. If the server does not accept a compressed body,
    /// this and all later bodies are sent uncompressed.
    pub fn send(&self, request: &Request<'_>, authorization: Option<&str>) -> Result<Answer, Broken> {
        let gzip_state = self.gzip.load(Relaxed);
        let plain = request.body.map(|body| body.bytes);
        let Some(body) = request.body.filter(|body| gzip_state != PLAIN && body.compressible) else {
            return self.follow(request, plain, None, authorization);
        };
        let compressed = gzip(body.bytes).map_err(|error| Broken::Refused(error.to_string()))?;
        let answer = self.follow(request, Some(&compressed), Some("gzip"), authorization)?;
        if gzip_state == TRY_GZIP && (200..300).contains(&answer.status) {
            self.gzip.store(GZIP, Relaxed);
        }
        if gzip_state == GZIP || !matches!(answer.status, 400 | 406 | 415 | 422 | 501) {
            return Ok(answer);
        }
        let second = self.follow(request, plain, None, authorization)?;
        if second.status != answer.status {
            self.gzip.store(PLAIN, Relaxed);
        }
        Ok(second)
    }

    fn follow(
        &self,
        request: &Request<'_>,
        body: Option<&[u8]>,
        encoding: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Answer, Broken> {
        let mut url = self.url(request.path);
        for _ in 0..MAX_REDIRECTS {
            let (start, builder) = (Instant::now(), self.head(request, &url, encoding, authorization));
            let result = self.once(builder, body);
            let answered = result.as_ref().ok().map(|answer| (answer.status, answer.body.len()));
            let mut traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
            traffic.add(body.map_or(0, <[u8]>::len), answered, start.elapsed());
            drop(traffic);
            let answer = result?;
            match self.redirect(request, &answer) {
                Some(next) => url = next,
                None => return Ok(answer),
            }
        }
        Err(Broken::Refused("the server redirects in a circle".to_string()))
    }

    fn url(&self, path: &str) -> String {
        let slash = if path.is_empty() || path.starts_with('?') { "" } else { "/" };
        format!("{}{slash}{path}", self.connection.base)
    }

    /// The request's line and headers.
    fn head(&self, request: &Request<'_>, url: &str, encoding: Option<&str>, authorization: Option<&str>) -> Builder {
        let optional = [
            ("authorization", authorization),
            ("accept", Some(request.accept)),
            ("content-type", request.body.map(|body| body.media_type)),
            ("content-encoding", encoding),
            // A cached response may be older than other clients' writes.
            ("cache-control", Some("no-cache")),
        ];
        let own = optional.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        let users = self.connection.headers.iter().map(|Header { name, value }| (name.as_str(), value.as_str()));
        let all = own.chain(request.headers.iter().copied()).chain(users);
        let builder = HttpRequest::builder().method(request.method).uri(url);
        all.fold(builder, |builder, (name, value)| builder.header(name, value))
    }

    fn once(&self, builder: Builder, body: Option<&[u8]>) -> Result<Answer, Broken> {
        let invalid = |error: ureq::http::Error| Broken::Refused(error.to_string());
        let mut response = match body {
            Some(body) => self.agent.run(builder.body(body).map_err(invalid)?),
            None => self.agent.run(builder.body(()).map_err(invalid)?),
        }
        .map_err(broken)?;
        let read = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        let body = read.map_err(|error| Broken::Sent(message(&error)))?;
        let (head, _) = response.into_parts();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, is_repeat: false, body })
    }

    /// The target of a redirect, if it stays on the server and keeps the method.
    fn redirect(&self, request: &Request<'_>, answer: &Answer) -> Option<String> {
        let follows = match answer.status {
            307 | 308 => true,
            301 | 302 => request.body.is_none(),
            _ => false,
        };
        let (location, ours) = (answer.header("location").filter(|_| follows)?, origin(&self.connection.base));
        if location.starts_with('/') && !location.starts_with("//") {
            return Some(format!("{ours}{location}"));
        }
        (origin(location) == ours).then(|| location.to_string())
    }
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// The kind of failure: whether the server may have received the request.
fn broken(error: ureq::Error) -> Broken {
    use ureq::{Error as E, Timeout};
    let message = message(&error);
    match error {
        E::HostNotFound | E::ConnectionFailed | E::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Broken::NotSent(message)
        }
        E::Io(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => Broken::NotSent(message),
        E::ConnectProxyFailed(why) if why.contains("407") => Broken::Hopeless(message),
        E::ConnectProxyFailed(_) => Broken::NotSent(message),
        // The TLS stream reports an untrusted certificate as invalid data.
        E::Io(cause) if cause.kind() == io::ErrorKind::InvalidData => Broken::Hopeless(message),
        E::Io(_) | E::Timeout(_) | E::Protocol(_) => Broken::Sent(message),
        _ => Broken::Refused(message),
    }
}

fn message(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer in time".to_string(),
        ureq::Error::Io(cause) => tls::explained(cause.to_string()),
        other => other.to_string(),
    }
}
