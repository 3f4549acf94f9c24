//! Values of the `Authorization` header: bearer tokens, and user and password. A token has no `Debug` output.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;

/// The response of a token endpoint (RFC 6749 5.1), or a plain token.
#[derive(Deserialize)]
pub struct Token {
    /// The token.
    pub access_token: String,
    token_type: Option<String>,
    /// Its lifetime in seconds.
    pub expires_in: Option<u64>,
}

impl Token {
    /// Parses a token response or a plain token.
    pub fn parse(text: &str) -> Token {
        let bare = || Token { access_token: text.to_string(), token_type: None, expires_in: None };
        serde_json::from_str(text).unwrap_or_else(|_| bare())
    }

    /// Whether it can be sent as `Authorization: Bearer`.
    pub fn is_bearer(&self) -> bool {
        self.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// The value of basic authentication (RFC 7617 2).
pub fn basic(user_password: &str) -> String {
    format!("Basic {}", BASE64.encode(user_password))
}
