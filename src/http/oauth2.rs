//! A bearer token by OAuth2 client credentials (RFC 6749 4.4), from a token server that is named or that the FHIR
//! server names (SMART App Launch 2, `.well-known/smart-configuration`).
//!
//! The secret is sent to the token server only, and over plain HTTP only if the user asks for it or the FHIR server is
//! reached over HTTP too.

use std::fmt::Write as _;

use serde::Deserialize;

use super::client::{Client, Connection};
use super::request::{Answer, Broken, Request};
use super::secret::Secret;
use super::token::{Token, basic};
use crate::error::Error;

/// The path of the FHIR server's SMART configuration.
const DISCOVERY: &str = ".well-known/smart-configuration";

/// Settings of the client credentials grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    /// The token endpoint; `None`: the one that the FHIR server names.
    pub token_url: Option<String>,
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub secret: Secret,
    /// The requested scopes.
    pub scope: Option<String>,
}

/// A token, or a failure that may be retried; permanent failures are errors.
pub type Fetched = Result<Result<Token, Broken>, Error>;

/// The part of a SMART configuration that matters here.
#[derive(Debug, Default, Deserialize)]
struct Configuration {
    token_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// The answer to a request for a token that was refused (RFC 6749 5.2).
#[derive(Deserialize)]
struct Refusal {
    error: Option<String>,
}

/// How the secret is sent (RFC 6749 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Body,
}

impl ClientCredentials {
    /// Fetches a token.
    pub fn fetch(&self, server: &Client) -> Fetched {
        let (connection, failed) = (server.connection(), |why: &str| server.error(why));
        let (url, place) = match &self.token_url {
            Some(url) => (url.clone(), Place::Header),
            None => match discover(server) {
                Ok(configuration) => endpoint(configuration, &connection.base).map_err(|why| failed(&why))?,
                Err(Discovery::Later(broken)) => return Ok(Err(broken)),
                Err(Discovery::Never(why)) => return Err(failed(&why)),
            },
        };
        let client =
            Client::new(&Connection { base: url.clone(), gzip: false, headers: Vec::new(), ..connection.clone() })?;
        let secret = self.secret.read()?;
        let mut answer = self.ask(&client, &secret, place);
        // Not every server accepts the secret in the header, although RFC 6749 requires it.
        if place == Place::Header
            && matches!(&answer, Ok(answer) if refusal(answer) == Some("invalid_client".to_string()))
        {
            answer = self.ask(&client, &secret, Place::Body);
        }
        token(answer).map_err(|why| failed(&format!("the token server {url} {why}")))
    }

    fn ask(&self, client: &Client, secret: &str, place: Place) -> Result<Answer, Broken> {
        let (id, secret) = (encoded(&self.client_id), encoded(secret));
        let mut body = "grant_type=client_credentials".to_string();
        if let Some(scope) = &self.scope {
            let _ = write!(body, "&scope={}", encoded(scope));
        }
        let header = basic(&format!("{id}:{secret}"));
        if place == Place::Body {
            let _ = write!(body, "&client_id={id}&client_secret={secret}");
        }
        client.send(&Request::form(&body), (place == Place::Header).then_some(header.as_str()))
    }
}

enum Discovery {
    Later(Broken),
    Never(String),
}

fn discover(server: &Client) -> Result<Configuration, Discovery> {
    let answer = server.send(&Request::get(DISCOVERY, "application/json"), None).map_err(Discovery::Later)?;
    match answer.status {
        200 => serde_json::from_slice(&answer.body)
            .map_err(|_| Discovery::Never(format!("its {DISCOVERY} is no JSON: give --oauth-token-url"))),
        429 | 500.. => Err(Discovery::Later(Broken::NotSent(format!("{DISCOVERY} answers {}", answer.status)))),
        status => Err(Discovery::Never(format!("it has no {DISCOVERY} ({status}): give --oauth-token-url"))),
    }
}

/// The token endpoint of a configuration, and how it accepts the secret.
fn endpoint(configuration: Configuration, base: &str) -> Result<(String, Place), String> {
    let Some(url) = configuration.token_endpoint else {
        return Err(format!("its {DISCOVERY} names no token_endpoint: give --oauth-token-url"));
    };
    let is_secure = url.starts_with("https://") || url.starts_with("http://") && base.starts_with("http://");
    if !is_secure {
        return Err("the token_endpoint that it names is not https: give --oauth-token-url, if it is to be used".into());
    }
    let methods = configuration.token_endpoint_auth_methods_supported;
    let has = |name: &str| methods.iter().any(|method| method == name);
    match has("client_secret_post") && !has("client_secret_basic") {
        true => Ok((url, Place::Body)),
        false => Ok((url, Place::Header)),
    }
}

/// The token in a response.
fn token(answer: Result<Answer, Broken>) -> Result<Result<Token, Broken>, String> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(Broken::Refused(why) | Broken::Hopeless(why)) => return Err(format!("cannot be reached: {why}")),
        // Safe to retry: an unused token is harmless.
        Err(Broken::NotSent(why) | Broken::Sent(why)) => {
            return Ok(Err(Broken::NotSent(format!("token server: {why}"))));
        }
    };
    match answer.status {
        200 => match serde_json::from_slice::<Token>(&answer.body) {
            Ok(token) if token.is_bearer() => Ok(Ok(token)),
            Ok(_) => Err("gives something else than a bearer token".to_string()),
            Err(_) => Err("gives no token".to_string()),
        },
        408 | 429 | 500.. => Ok(Err(Broken::NotSent(format!("the token server answers {}", answer.status)))),
        status => Err(format!("refuses: {}", refusal(&answer).unwrap_or_else(|| format!("status {status}")))),
    }
}

/// The error code of a refusal.
fn refusal(answer: &Answer) -> Option<String> {
    if !(400..500).contains(&answer.status) {
        return None;
    }
    let code = serde_json::from_slice::<Refusal>(&answer.body).ok()?.error?;
    Some(code.chars().filter(char::is_ascii_graphic).take(40).collect())
}

/// `application/x-www-form-urlencoded`.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => encoded.push(byte.into()),
            b' ' => encoded.push('+'),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_percent_encoded() {
        assert_eq!(encoded("a b:ü/*"), "a+b%3A%C3%BC%2F*");
    }

    #[test]
    fn the_server_names_its_token_server() {
        for (text, base, want) in [
            (r#"{"token_endpoint":"https://t/token"}"#, "https://h", Ok(("https://t/token", Place::Header))),
            (
                r#"{"token_endpoint":"https://t","token_endpoint_auth_methods_supported":["client_secret_post"]}"#,
                "https://h",
                Ok(("https://t", Place::Body)),
            ),
            (r#"{"token_endpoint":"http://t"}"#, "http://h", Ok(("http://t", Place::Header))),
            (r#"{"token_endpoint":"http://t"}"#, "https://h", Err("not https")),
            (r#"{"token_endpoint":"file:///etc/passwd"}"#, "http://h", Err("not https")),
            ("{}", "https://h", Err("names no token_endpoint")),
        ] {
            match (endpoint(serde_json::from_str(text).unwrap(), base), want) {
                (Ok((url, place)), Ok(want)) => assert_eq!((url.as_str(), place), want),
                (Err(error), Err(want)) => assert!(error.contains(want), "{error}"),
                (other, _) => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_token_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
        let answer = |status, body: &str| Ok(Answer { status, body: body.into(), ..Answer::default() });
        assert!(matches!(token(answer(200, r#"{"access_token":"a","token_type":"Bearer"}"#)), Ok(Ok(_))));
        for status in [429, 500, 503] {
            assert!(matches!(token(answer(status, "")), Ok(Err(Broken::NotSent(_)))), "{status}");
        }
        assert!(matches!(token(Err(Broken::Sent(String::new()))), Ok(Err(Broken::NotSent(_)))));
        for (status, body, want) in [
            (401, r#"{"error":"invalid_client"}"#, "refuses: invalid_client"),
            (404, "<html>", "refuses: status 404"),
            (200, "<html>", "gives no token"),
            (200, r#"{"access_token":"a","token_type":"mac"}"#, "bearer"),
        ] {
            let error = token(answer(status, body)).map(drop).unwrap_err();
            assert!(error.contains(want), "{error}");
        }
    }
}
