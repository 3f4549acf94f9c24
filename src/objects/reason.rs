//! What an object store said, in one line and with what the user can do.

use object_store::Error;

/// The reason of a failed request. Answers of servers are long; of them the code and the message stay.
pub fn reason(error: &Error) -> String {
    let text = chain(error);
    let advice = advice(error, &text);
    let short = match error {
        Error::NotFound { .. } => "it is not there".to_string(),
        Error::PermissionDenied { .. } => "access is denied".to_string(),
        Error::Unauthenticated { .. } => "credentials are wanted, or are not taken".to_string(),
        Error::Precondition { .. } => "it was changed while it was read".to_string(),
        _ => of_answer(&text).unwrap_or(text),
    };
    if advice.is_empty() { short } else { format!("{short}: {advice}") }
}

fn advice(error: &Error, text: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["ExpiredToken", "token has expired", "TokenRefreshRequired", "expired"]) {
        "the credentials have expired: get new ones, and run it again"
    } else if has(&["AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraint", "301 "]) {
        "is the region right? AWS_REGION names it"
    } else if has(&["169.254.169.254", "instance metadata", "missing credentials"]) {
        "no credentials were found: set those of the service, or give --no-sign-request for a public bucket"
    } else if matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) {
        "are the credentials those of this bucket? --no-sign-request reads a public one without any"
    } else {
        ""
    }
}

/// Code and message of an answer in XML.
fn of_answer(text: &str) -> Option<String> {
    let part = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(part, _)| part.trim())
    };
    let code = part("Code")?;
    Some(part("Message").map_or(code.to_string(), |message| format!("{code}: {message}")))
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

    #[test]
    fn what_a_store_says_comes_with_advice() {
        let generic = |text: &str| Error::Generic { store: "S3", source: text.to_string().into() };
        let denied = Error::PermissionDenied { path: "k".into(), source: "403".to_string().into() };
        for (error, want) in [
            (
                generic("400: <Error><Code>ExpiredToken</Code><Message>The token</Message></Error>"),
                "ExpiredToken: The token: the credentials have expired",
            ),
            (generic("<Code>AuthorizationHeaderMalformed</Code>"), "AWS_REGION"),
            (generic("error sending request to 169.254.169.254"), "--no-sign-request"),
            (denied, "access is denied: are the credentials"),
            (generic("connection refused"), "connection refused"),
        ] {
            assert!(reason(&error).contains(want), "{}", reason(&error));
        }
    }
}
