//! An HTTP client for one server: TLS, proxies, credentials, retries, throttling and traffic statistics.
//!
//! ```text
//! Request ──▶ Sender ──▶ Client ──▶ server        Sender: credentials, retries, throttle
//!                  ◀── Answer or Broken ◀──       Client: one request, redirects, gzip, TLS, proxy
//! ```
//!
//! It knows neither FHIR nor DICOM. Credentials are sent to the server's own origin only, and no secret is printed.

mod access;
mod auth;
mod client;
mod clock;
mod header;
mod oauth2;
mod proxy;
mod request;
mod retry;
mod secret;
mod sender;
mod tls;
mod token;
mod traffic;

pub use access::{AccessOptions, http_url};
pub use auth::Credentials;
pub use client::{Client, Connection};
pub use clock::{Clock, SystemClock};
#[cfg(feature = "internals")]
pub use header::{Header, headers};
#[cfg(feature = "internals")]
pub use oauth2::ClientCredentials;
#[cfg(feature = "internals")]
pub use request::Broken;
pub use request::{Answer, Body, Request};
pub use retry::{Decision, Policy, Safety, decide};
#[cfg(feature = "internals")]
pub use secret::Secret;
pub use sender::{Sender, Sent};
pub use traffic::Traffic;
