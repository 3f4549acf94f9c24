//! The `Authorization` header: a token or a password, kept until it expires.
//!
//! A token that has expired, by its lifetime or by a 401, is fetched again by one thread for all. Secrets have no
//! `Debug` output.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::client::Client;
use super::clock::Clock;
use super::oauth2::ClientCredentials;
use super::request::Broken;
use super::secret::Secret;
use super::token::{Token, basic};
use crate::error::Error;

/// A token is fetched again this long before it expires.
const MARGIN: Duration = Duration::from_secs(30);

/// The source of credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Credentials {
    /// There are none.
    #[default]
    None,
    /// A bearer token.
    Token(Secret),
    /// `user:password`.
    Basic(Secret),
    /// Tokens from a token server.
    OAuth2(ClientCredentials),
}

/// The cached `Authorization` header.
pub struct Auth {
    credentials: Credentials,
    kept: Mutex<Kept>,
}

/// A header, or why it cannot be made for now.
type Headed<T> = Result<Result<T, Broken>, Error>;

#[derive(Default)]
struct Kept {
    header: Option<String>,
    expires: Option<Duration>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

impl Auth {
    /// An empty cache: nothing is read before the first request.
    pub fn new(credentials: Credentials) -> Auth {
        Auth { credentials, kept: Mutex::default() }
    }

    /// The header to send, if any.
    pub fn header(&self, client: &Client, clock: &dyn Clock) -> Headed<Option<String>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.header.is_none() || kept.expires.is_some_and(|expires| clock.now() >= expires) {
            match self.fetch(client, clock)? {
                Ok(fetched) => *kept = fetched,
                Err(broken) => return Ok(Err(broken)),
            }
        }
        Ok(Ok(kept.header.clone()))
    }

    /// Fetches new credentials after a refusal, unless another thread has done so. Returns whether they are new.
    pub fn renew(&self, refused: Option<&str>, client: &Client, clock: &dyn Clock) -> Headed<bool> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.header.as_deref() != refused {
            return Ok(Ok(true));
        }
        match self.fetch(client, clock)? {
            Ok(fetched) => *kept = fetched,
            Err(broken) => return Ok(Err(broken)),
        }
        Ok(Ok(kept.header.as_deref() != refused))
    }

    fn fetch(&self, client: &Client, clock: &dyn Clock) -> Headed<Kept> {
        Ok(Ok(match &self.credentials {
            Credentials::None => Kept::default(),
            Credentials::Token(secret) => kept(Token::parse(&secret.read()?), &secret.place(), clock)?,
            Credentials::OAuth2(credentials) => match credentials.fetch(client)? {
                Ok(token) => kept(token, "the answer of the token server", clock)?,
                Err(broken) => return Ok(Err(broken)),
            },
            Credentials::Basic(secret) => {
                let text = secret.read()?;
                if !text.contains(':') {
                    return Err(Error::Usage(format!("{} holds no user:password", secret.place())));
                }
                Kept { header: Some(basic(&text)), expires: None }
            }
        }))
    }
}

/// A token is used for its lifetime less a margin, and at least for half of it.
fn kept(token: Token, place: &str, clock: &dyn Clock) -> Result<Kept, Error> {
    let lifetime = |seconds| Duration::from_secs(seconds);
    let usable = token.expires_in.map(lifetime).map(|whole| whole.saturating_sub(MARGIN).max(whole / 2));
    let header = Some(format!("Bearer {}", one_word(token.access_token, place)?));
    Ok(Kept { header, expires: usable.map(|usable| clock.now() + usable) })
}

/// A token, if it is one word that can stand in a header.
fn one_word(token: String, place: &str) -> Result<String, Error> {
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::Usage(format!("{place} holds no token: want one word")));
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::time::SystemTime;

    use super::*;
    use crate::http::{Connection, SystemClock};
    use crate::interrupt::Interrupt;

    fn auth(credentials: Credentials) -> (Auth, Client) {
        let connection = Connection {
            purpose: "upload to",
            base: "http://127.0.0.1:1".to_string(),
            ca_certificate: None,
            client_certificate: None,
            headers: Vec::new(),
            gzip: false,
            timeout: Duration::from_secs(1),
            connections: 1,
        };
        let client = Client::new(&connection).unwrap();
        (Auth::new(credentials), client)
    }

    #[test]
    fn a_token_is_bare_or_the_answer_of_a_token_endpoint() {
        let token = Token::parse(r#"{"access_token":"abc","token_type":"bearer","expires_in":60}"#);
        assert_eq!((token.access_token.as_str(), token.expires_in), ("abc", Some(60)));
        assert_eq!(Token::parse("a.b.c").access_token, "a.b.c");
    }

    #[test]
    fn a_refused_token_is_fetched_again_once_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        fs::write(&file, "old\n").unwrap();
        let (auth, client) = auth(Credentials::Token(Secret::File(file.clone())));
        let clock = SystemClock::default();
        let header = || auth.header(&client, &clock).unwrap().unwrap().unwrap();
        let renew = || auth.renew(Some("Bearer old"), &client, &clock).unwrap().unwrap();
        assert_eq!(header(), "Bearer old");
        assert!(!renew(), "nothing new");
        fs::write(&file, "new").unwrap();
        assert!(renew());
        assert!(renew(), "another thread has renewed it");
        assert_eq!(header(), "Bearer new");
        assert!(!format!("{auth:?}").contains("Bearer"));
    }

    /// A clock that is set by hand.
    struct At(AtomicU64);

    impl Clock for At {
        fn now(&self) -> Duration {
            Duration::from_secs(self.0.load(Relaxed))
        }
        fn time_of_day(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }
        fn sleep(&self, _: Duration, _: &Interrupt) {}
        fn random(&self) -> f64 {
            0.0
        }
    }

    #[test]
    fn a_token_is_fetched_again_before_it_expires_and_not_sooner() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let token = |name: &str| format!(r#"{{"access_token":"{name}","expires_in":1000}}"#);
        fs::write(&file, token("old")).unwrap();
        let ((auth, client), clock) = (auth(Credentials::Token(Secret::File(file.clone()))), At(AtomicU64::new(0)));
        let header = || auth.header(&client, &clock).unwrap().unwrap().unwrap();
        assert_eq!(header(), "Bearer old");
        fs::write(&file, token("new")).unwrap();
        // In numbers, so that a smaller margin is noticed: 30 s ahead.
        for (now, want) in [(969, "Bearer old"), (970, "Bearer new")] {
            clock.0.store(now, Relaxed);
            assert_eq!(header(), want, "{now}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_command_prints_the_token() {
        let header = |command: &str| {
            let (auth, client) = auth(Credentials::Token(Secret::Command(command.to_string())));
            auth.header(&client, &SystemClock::default())
        };
        assert_eq!(header("echo abc").unwrap().unwrap().unwrap(), "Bearer abc");
        for command in ["exit 3", "echo a b", "true"] {
            assert!(header(command).is_err(), "{command}");
        }
    }

    #[test]
    fn a_token_of_a_short_life_is_used_for_half_of_it() {
        let clock = SystemClock::default();
        for (seconds, at_least) in [(3600, 3560), (40, 19), (10, 4)] {
            let token = Token::parse(&format!(r#"{{"access_token":"a","expires_in":{seconds}}}"#));
            let left = kept(token, "", &clock).unwrap().expires.unwrap() - clock.now();
            assert!(left > Duration::from_secs(at_least), "{seconds} {left:?}");
        }
    }
}
