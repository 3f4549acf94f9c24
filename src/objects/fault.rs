//! Failed requests: how to handle them, and a one-line message with advice.

use std::time::Duration;

use object_store::Error;

/// Tries for a response that is cut off. The client itself retries what the server rejects.
pub(super) const TRIES: u32 = 4;
/// The first pause before a retry of a cut response; it doubles.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no such object.
    Missing,
    /// The credentials do not allow access to this object.
    Denied,
    /// The credentials expired or are invalid.
    Expired,
    /// The requested range is outside the object (RFC 9110 15.5.17).
    PastEnd,
    /// The server does not support ranges.
    Unranged,
    /// The response was cut off or malformed: a retry may help.
    Broken,
    /// Any other failure. Temporary ones were retried already.
    Refused,
}

const EXPIRED: [&str; 5] =
    ["ExpiredToken", "ExpiredTokenException", "ExpiredAuthenticationToken", "RequestExpired", "TokenRefreshRequired"];
const OTHER_REGION: [&str; 4] =
    ["AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "TemporaryRedirect"];
const NO_BUCKET: [&str; 3] = ["NoSuchBucket", "ContainerNotFound", "InvalidBucketName"];

/// An error that does not come from the client.
pub(super) fn generic(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Generic { store: "object", source: Box::new(error) }
}

/// The kind of a failed request.
pub fn fault(error: &Error) -> Fault {
    let text = chain(error);
    let is_generic = matches!(error, Error::Generic { .. });
    match error {
        Error::NotFound { .. } => Fault::Missing,
        _ if code(&text).is_some_and(|code| EXPIRED.contains(&code)) => Fault::Expired,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Fault::Denied,
        _ if is_generic && text.contains("status code: 416") => Fault::PastEnd,
        _ if text.contains("non-partial response") || text.contains("Range request not supported") => Fault::Unranged,
        // The client retries requests and says so, but not responses that are cut off.
        _ if is_generic && !text.contains("Error performing") => Fault::Broken,
        _ => Fault::Refused,
    }
}

/// The reason of a failed request: only code and message of a server's long response.
pub fn reason(error: &Error) -> String {
    let text = chain(error);
    let short = match (error, code(&text)) {
        (_, Some(code)) if NO_BUCKET.contains(&code) => "there is no such bucket".to_string(),
        (Error::NotFound { .. }, _) => "it is not there".to_string(),
        (Error::Precondition { .. }, _) => "it was changed while it was read".to_string(),
        (_, Some(code)) => part(&text, "Message")
            .map_or(code.to_string(), |message| format!("{code}: {}", message.trim_end_matches('.'))),
        (Error::PermissionDenied { .. }, _) => "access is denied".to_string(),
        (Error::Unauthenticated { .. }, _) => "credentials are wanted, or are not taken".to_string(),
        _ => tidy(&text),
    };
    let advice = advice(error, &text);
    if advice.is_empty() { short } else { format!("{short}: {advice}") }
}

fn advice(error: &Error, text: &str) -> &'static str {
    let (fault, code) = (fault(error), code(text));
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if fault == Fault::Expired {
        "the credentials have expired: get new ones, and run it again"
    } else if code.is_some_and(|code| OTHER_REGION.contains(&code))
        || has(&["configured region", "status code: 301", "status code: 307"])
    {
        "is the region right? AWS_REGION names it"
    } else if has(&["169.254.169.254", "instance metadata", "metadata.google.internal"]) {
        "no credentials were found: set those of the service; --no-sign-request reads a public bucket without any"
    } else if fault == Fault::Denied {
        "are the credentials those of this bucket? --no-sign-request reads a public one without any"
    } else if has(&["invalid peer certificate"]) {
        "--ca-cert names the certificates of a private store"
    } else if has(&["Account must be specified"]) {
        "AZURE_STORAGE_ACCOUNT_NAME names it"
    } else if has(&["illegal character sequence"]) {
        "a key with a control character cannot be listed: give prefixes beside it"
    } else {
        ""
    }
}

/// An element of a server's XML error (S3, Azure).
fn code(text: &str) -> Option<&str> {
    part(text, "Code")
}

fn part<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(part, _)| part.trim())
}

/// The text without the request and its tries, which precede the result.
fn tidy(text: &str) -> String {
    let starts = [" - Server returned", " - HTTP error", " - Received redirect"];
    let behind = starts.iter().find_map(|start| text.find(start).map(|start| start + 3));
    // The client's own errors begin with `Generic … error: `.
    let behind = behind.or_else(|| text.strip_prefix("Generic ").and(text.find(" error: ").map(|end| end + 8)));
    let text = text.get(behind.unwrap_or(0)..).unwrap_or_default().trim_end_matches([':', ' ']);
    text.strip_prefix("HTTP error: ").unwrap_or(text).to_string()
}

/// The error with its causes, each once, on one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Error {
        Error::Generic { store: "S3", source: text.to_string().into() }
    }

    fn denied(text: &str) -> Error {
        Error::PermissionDenied { path: "k".into(), source: text.to_string().into() }
    }

    fn missing(text: &str) -> Error {
        Error::NotFound { path: "k".into(), source: text.to_string().into() }
    }

    const TRIED: &str =
        "Error performing GET http://h/expired/x in 3ms, after 2 retries - Server returned non-2xx status code";

    #[test]
    fn what_a_store_says_decides_what_is_done() {
        for (error, want) in [
            (missing("404"), Fault::Missing),
            (denied(TRIED), Fault::Denied),
            (denied("<Error><Code>ExpiredToken</Code></Error>"), Fault::Expired),
            (said(&format!("{TRIED}: 400 Bad Request: <Code>ExpiredToken</Code>")), Fault::Expired),
            (said(&format!("{TRIED}: 416 Range Not Satisfiable: ")), Fault::PastEnd),
            (said("Received non-partial response when range requested"), Fault::Unranged),
            (said("error decoding response body"), Fault::Broken),
            (said("Requested 0..16384, got 0..100"), Fault::Broken),
            (said(&format!("{TRIED}: 503 Service Unavailable: ")), Fault::Refused),
        ] {
            assert_eq!(fault(&error), want, "{error}");
        }
    }

    #[test]
    fn what_a_store_says_comes_with_advice() {
        for (error, want) in [
            (
                said("400: <Error><Code>ExpiredToken</Code><Message>The token.</Message></Error>"),
                "ExpiredToken: The token: the credentials have expired",
            ),
            (said("<Code>AuthorizationHeaderMalformed</Code>"), "AWS_REGION"),
            (said("redirect without LOCATION, this normally indicates an incorrectly configured region"), "AWS_REGION"),
            (said("error sending request to 169.254.169.254"), "--no-sign-request"),
            (denied("403"), "access is denied: are the credentials"),
            (said("<Code>NoSuchBucket</Code>"), "there is no such bucket"),
            (missing("<Code>NoSuchKey</Code>"), "it is not there"),
            (said("connection refused"), "connection refused"),
        ] {
            assert!(reason(&error).contains(want), "{}", reason(&error));
        }
        assert_eq!(reason(&said(&format!("{TRIED}: 503 Slow: "))), "Server returned non-2xx status code: 503 Slow");
    }
}
