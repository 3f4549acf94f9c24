//! A request, and its response or failure.

use ureq::http::HeaderMap;

/// A request below the base URL.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// `GET`, `PUT`, `POST`.
    pub method: &'static str,
    /// What follows the base URL; empty for the base itself.
    pub path: &'a str,
    /// The accepted media type.
    pub accept: &'a str,
    /// What is sent, for methods that send.
    pub body: Option<Body<'a>>,
    /// Headers of this request, beside those of the connection.
    pub headers: Vec<(&'static str, &'a str)>,
    /// Whether the content could be sent in parts: if the connection is cut every time, the size may be the reason.
    pub is_divisible: bool,
}

/// The body of a request.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    /// `Content-Type`.
    pub media_type: &'a str,
    /// The bytes, before compression.
    pub bytes: &'a [u8],
    /// Whether to compress it, if the connection compresses.
    pub compressible: bool,
}

impl<'a> Request<'a> {
    /// A GET request.
    pub fn get(path: &'a str, accept: &'a str) -> Request<'a> {
        Request { method: "GET", path, accept, body: None, headers: Vec::new(), is_divisible: false }
    }

    /// A form (RFC 6749 4.4.2) for the base URL itself, answered by JSON.
    pub fn form(form: &'a str) -> Request<'a> {
        let media_type = "application/x-www-form-urlencoded";
        let body = Body { media_type, bytes: form.as_bytes(), compressible: false };
        Request { method: "POST", body: Some(body), ..Request::get("", "application/json") }
    }
}

/// A response.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Whether the request was sent before, so that the server may have processed it then.
    pub is_repeat: bool,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The server surely got nothing.
    NotSent(String),
    /// The server may have got it.
    Sent(String),
    /// This request cannot be done, now or later; others may be.
    Refused(String),
    /// No request will be done, now or later.
    Hopeless(String),
}

impl Broken {
    /// The reason.
    pub fn reason(&self) -> &str {
        match self {
            Broken::NotSent(why) | Broken::Sent(why) | Broken::Refused(why) | Broken::Hopeless(why) => why,
        }
    }
}

/// The scheme, host and port of a URL.
pub fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    url[host..].find(['/', '?', '#']).map_or(url, |end| &url[..host + end])
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
