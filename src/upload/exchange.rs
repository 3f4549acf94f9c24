//! What goes to the server and what comes back: a request, and an answer or why there is none.

/// A request below the base URL.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET`, `PUT`, `POST`.
    pub method: &'static str,
    /// What comes behind the base URL; empty for the base itself.
    pub path: &'a str,
    /// The body, for those that have one.
    pub body: Option<&'a [u8]>,
    /// What the body is, and what is wanted back.
    pub media: Media,
    /// `If-None-Exist`: a search.
    pub if_none_exist: Option<&'a str>,
    /// `If-Match`: a version.
    pub if_match: Option<&'a str>,
    /// `If-None-Match: *`: only where nothing is.
    pub if_none_match: bool,
}

/// The media types of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// FHIR resources.
    Fhir,
    /// A form, answered by JSON.
    Form,
    /// Plain JSON.
    Json,
}

impl Media {
    /// `Content-Type`, if there is a body.
    pub fn content_type(self) -> &'static str {
        match self {
            Media::Fhir => "application/fhir+json",
            Media::Form => "application/x-www-form-urlencoded",
            Media::Json => "application/json",
        }
    }

    /// `Accept`.
    pub fn accept(self) -> &'static str {
        if self == Media::Fhir { "application/fhir+json" } else { "application/json" }
    }
}

impl<'a> Request<'a> {
    /// A reading request.
    pub fn get(path: &'a str) -> Request<'a> {
        Request {
            method: "GET",
            path,
            body: None,
            media: Media::Fhir,
            if_none_exist: None,
            if_match: None,
            if_none_match: false,
        }
    }

    /// Reads something that is no FHIR.
    pub fn json(path: &'a str) -> Request<'a> {
        Request { media: Media::Json, ..Request::get(path) }
    }

    /// A form for the base URL itself.
    pub fn form(body: &'a [u8]) -> Request<'a> {
        Request { media: Media::Form, ..Request::write("POST", "", body) }
    }

    /// A writing request.
    pub fn write(method: &'static str, path: &'a str, body: &'a [u8]) -> Request<'a> {
        Request { method, body: Some(body), ..Request::get(path) }
    }
}

/// What came back.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// `Retry-After`.
    pub retry_after: Option<String>,
    /// `Location`.
    pub location: Option<String>,
    /// `ETag`.
    pub etag: Option<String>,
    /// Whether the request was sent before, so that the server may have done it then.
    pub is_repeat: bool,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The server surely got nothing.
    NotSent(String),
    /// The server may have got it.
    Sent(String),
    /// This request cannot be done, now or later; others may be.
    Refused(String),
    /// It will not be better another time, for no request.
    Hopeless(String),
}
