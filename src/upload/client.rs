//! One request and its answer: headers, TLS, compression, limits. Knows nothing of trying again.
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
use ureq::http::{HeaderMap, Request as HttpRequest};

use super::exchange::{Answer, Broken, Media, Request};
use super::header::Header;
use super::proxy::proxy;
use super::tls;
use super::traffic::Traffic;
use crate::error::Error;

/// Answers beyond this are not read: a server's copy of a large study has room.
const MAX_ANSWER_BYTES: u64 = 256 * 1024 * 1024;
/// A server that does not even accept a connection for so long is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Redirects that are followed for one request.
const MAX_REDIRECTS: u32 = 5;

/// How the server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The base URL, without a slash at its end.
    pub base: String,
    /// Trusted certificates, instead of the system's.
    pub ca_certificate: Option<PathBuf>,
    /// Our certificate and its key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// What every request carries, beside what is ours to say.
    pub headers: Vec<Header>,
    /// Whether bodies are compressed.
    pub gzip: bool,
    /// The longest that the server may say nothing; for a whole request or answer it may take twice as long.
    pub timeout: Duration,
    /// Connections that are kept open.
    pub connections: usize,
}

/// Speaks to one server.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    headers: Vec<Header>,
    gzip: AtomicU8,
    traffic: Mutex<Traffic>,
}

/// Bodies go as they are.
const PLAIN: u8 = 0;
/// Bodies are compressed; the server has not said yet whether it takes that.
const TRY_GZIP: u8 = 1;
/// The server has taken a compressed body.
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
            .tls_config(tls::config(connection)?)
            // Each phase by itself: under a limit for all of them the client would look names up on a new thread each time.
            .timeout_connect(Some(connection.timeout.min(CONNECT_TIMEOUT)))
            .timeout_per_write(Some(connection.timeout))
            .timeout_per_read(Some(connection.timeout))
            // What is left of a phase goes to the socket anew with each request; a limit that never changes goes there
            // once. So this one is longer: it only ends what comes byte by byte.
            .timeout_send_request(Some(connection.timeout * 2))
            .timeout_send_body(Some(connection.timeout * 2))
            .timeout_recv_response(Some(connection.timeout * 2))
            .timeout_recv_body(Some(connection.timeout * 2))
            .max_idle_connections(connection.connections)
            .max_idle_connections_per_host(connection.connections)
            .build();
        Ok(Client {
            agent: config.new_agent(),
            base: connection.base.clone(),
            headers: connection.headers.clone(),
            gzip: AtomicU8::new(if connection.gzip { TRY_GZIP } else { PLAIN }),
            traffic: Mutex::default(),
        })
    }

    /// What went over the wire so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request once, following redirects within the server. One that the server does not take compressed goes
    /// plain, and so do those after it.
    pub fn send(&self, request: &Request<'_>, authorization: Option<&str>) -> Result<Answer, Broken> {
        let gzip_state = self.gzip.load(Relaxed);
        let Some(body) = request.body.filter(|_| gzip_state != PLAIN && request.media == Media::Fhir) else {
            return self.follow(request, Body { bytes: request.body, is_gzip: false }, authorization);
        };
        let compressed = gzip(body).map_err(|error| Broken::Refused(error.to_string()))?;
        let answer = self.follow(request, Body { bytes: Some(&compressed), is_gzip: true }, authorization)?;
        if gzip_state == TRY_GZIP && (200..300).contains(&answer.status) {
            self.gzip.store(GZIP, Relaxed);
        }
        if gzip_state == GZIP || !matches!(answer.status, 400 | 406 | 415 | 422 | 501) {
            return Ok(answer);
        }
        let plain = self.follow(request, Body { bytes: Some(body), is_gzip: false }, authorization)?;
        if plain.status != answer.status {
            self.gzip.store(PLAIN, Relaxed);
        }
        Ok(plain)
    }

    fn follow(&self, request: &Request<'_>, body: Body<'_>, authorization: Option<&str>) -> Result<Answer, Broken> {
        let mut url = self.url(request.path);
        for _ in 0..MAX_REDIRECTS {
            let start = Instant::now();
            let result = self.once(request, &url, body, authorization);
            let answered = result.as_ref().ok().map(|answer| (answer.status, answer.body.len()));
            let mut traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
            traffic.add(body.bytes.map_or(0, <[u8]>::len), answered, start.elapsed());
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
        format!("{}{slash}{path}", self.base)
    }

    fn once(
        &self,
        request: &Request<'_>,
        url: &str,
        Body { bytes: body, is_gzip }: Body<'_>,
        authorization: Option<&str>,
    ) -> Result<Answer, Broken> {
        let is_fhir = request.media == Media::Fhir;
        let mut builder = HttpRequest::builder().method(request.method).uri(url);
        let optional = [
            ("authorization", authorization),
            ("accept", Some(request.media.accept())),
            ("content-type", body.map(|_| request.media.content_type())),
            ("content-encoding", is_gzip.then_some("gzip")),
            ("prefer", body.filter(|_| is_fhir).map(|_| "return=minimal")),
            ("if-none-exist", request.if_none_exist),
            ("if-match", request.if_match),
            ("if-none-match", request.if_none_match.then_some("*")),
            // What a cache has may be older than what others wrote.
            ("cache-control", Some("no-cache")),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                builder = builder.header(name, value);
            }
        }
        for Header { name, value } in &self.headers {
            builder = builder.header(name, value);
        }
        let invalid = |error: ureq::http::Error| Broken::Refused(error.to_string());
        let mut response = match body {
            Some(body) => self.agent.run(builder.body(body).map_err(invalid)?),
            None => self.agent.run(builder.body(()).map_err(invalid)?),
        }
        .map_err(broken)?;
        let read = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        let header = |name| text(response.headers(), name);
        let (retry_after, location, etag) = (header("retry-after"), header("location"), header("etag"));
        let body = read.map_err(|error| Broken::Sent(message(&error)))?;
        Ok(Answer { status: response.status().as_u16(), retry_after, location, etag, is_repeat: false, body })
    }

    /// Where a redirect leads, if it stays with the server and means the same request.
    fn redirect(&self, request: &Request<'_>, answer: &Answer) -> Option<String> {
        let follows = match answer.status {
            307 | 308 => true,
            301 | 302 => request.body.is_none(),
            _ => false,
        };
        let location = answer.location.as_deref().filter(|_| follows)?;
        if location.starts_with('/') && !location.starts_with("//") {
            return Some(format!("{}{location}", origin(&self.base)));
        }
        (origin(location) == origin(&self.base)).then(|| location.to_string())
    }
}

/// What is sent of a request's body.
#[derive(Clone, Copy)]
struct Body<'b> {
    bytes: Option<&'b [u8]>,
    is_gzip: bool,
}

/// The scheme, host and port of a URL.
pub fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    url[host..].find(['/', '?', '#']).map_or(url, |end| &url[..host + end])
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_string)
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// Whether the server may have got a request that failed so.
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
        // A certificate that is not trusted comes out of the TLS stream as invalid data.
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

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (url, want) in [
            ("https://h/fhir", "https://h"),
            ("http://127.0.0.1:8080/fhir/r4", "http://127.0.0.1:8080"),
            ("https://h:444", "https://h:444"),
            ("https://h?x", "https://h"),
        ] {
            assert_eq!(origin(url), want);
        }
        assert_ne!(origin("https://h.evil.example/"), origin("https://h/"));
        assert_ne!(origin("//h/x"), origin("https://h/"));
    }
}
