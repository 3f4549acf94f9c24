//! Who we are: a token or a password from a file, a variable or a command, never from the command line.
//!
//! A token that has expired, by its own word or by the server's 401, is fetched again, by one thread for all. Nothing
//! here can be printed.

use std::env;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::client::{Client, Connection};
use super::clock::Clock;
use super::exchange::Broken;
use super::oauth2::ClientCredentials;
use crate::error::Error;

/// A token is fetched again so long before it expires.
const MARGIN: Duration = Duration::from_secs(30);
/// A command that says nothing for so long has failed.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// What a command or file may hold.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// Where the credentials are.
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

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In a file.
    File(PathBuf),
    /// In an environment variable of this name.
    Variable(String),
    /// In what a shell command prints.
    Command(String),
}

/// The `Authorization` header, kept until it expires.
pub struct Auth {
    credentials: Credentials,
    /// How a token server is reached.
    connection: Connection,
    kept: Mutex<Kept>,
}

/// A header, or why there is none for now.
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
    /// Nothing is read before the first request.
    pub fn new(credentials: Credentials, connection: Connection) -> Auth {
        Auth { credentials, connection, kept: Mutex::default() }
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

    /// Fetches again what the server refused, unless another thread has done so. Says whether there is something new.
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
            Credentials::Token(secret) => kept(Token::parse(&read(secret)?), &secret.place(), clock)?,
            Credentials::OAuth2(credentials) => match credentials.fetch(client, &self.connection)? {
                Ok(token) => kept(token, "the answer of the token server", clock)?,
                Err(broken) => return Ok(Err(broken)),
            },
            Credentials::Basic(secret) => {
                let text = read(secret)?;
                if !text.contains(':') {
                    return Err(Error::Usage(format!("{} holds no user:password", secret.place())));
                }
                Kept { header: Some(format!("Basic {}", base64(text.as_bytes()))), expires: None }
            }
        }))
    }
}

/// A token is used for its lifetime less a margin, and at least for half of it.
fn kept(token: Token, place: &str, clock: &dyn Clock) -> Result<Kept, Error> {
    let lifetime = |seconds| Duration::from_secs(seconds);
    let usable = token.expires_in.map(lifetime).map(|whole| whole.saturating_sub(MARGIN).max(whole / 2));
    let header = Some(format!("Bearer {}", printable(token.access_token, place)?));
    Ok(Kept { header, expires: usable.map(|usable| clock.now() + usable) })
}

/// What a token endpoint answers (RFC 6749 5.1), or a bare token.
#[derive(Deserialize)]
pub struct Token {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<u64>,
}

impl Token {
    fn parse(text: &str) -> Token {
        let bare = || Token { access_token: text.to_string(), token_type: None, expires_in: None };
        serde_json::from_str(text).unwrap_or_else(|_| bare())
    }

    /// Whether it goes into an `Authorization: Bearer` header.
    pub fn is_bearer(&self) -> bool {
        self.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

impl Secret {
    /// Where it is, without what it is.
    fn place(&self) -> String {
        match self {
            Secret::File(path) => path.display().to_string(),
            Secret::Variable(name) => format!("the variable {name}"),
            Secret::Command(_) => "the output of --token-command".to_string(),
        }
    }
}

fn printable(token: String, place: &str) -> Result<String, Error> {
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::Usage(format!("{place} holds no token: want one word")));
    }
    Ok(token)
}

/// The secret, without white space around it.
pub fn read(secret: &Secret) -> Result<String, Error> {
    let text = match secret {
        Secret::File(path) => fs::read_to_string(path).map_err(|source| Error::Input { path: path.clone(), source })?,
        Secret::Variable(name) => {
            env::var(name).map_err(|_| Error::Usage(format!("the variable {name} is not set")))?
        }
        Secret::Command(command) => output(command)?,
    };
    Ok(text.trim().to_string())
}

/// What a shell command prints; its complaints go where ours go.
fn output(command: &str) -> Result<String, Error> {
    let failed = |why: &str| Error::Usage(format!("--token-command {why}"));
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = Command::new(shell)
        .args([option, command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&format!("does not start: {error}")))?;
    let stdout = child.stdout.take().expect("it was asked for");
    let reader = thread::spawn(move || {
        let mut text = String::new();
        stdout.take(MAX_SECRET_BYTES).read_to_string(&mut text).map(|_| text)
    });
    let end = Instant::now() + COMMAND_TIMEOUT;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
            _ => {
                let _ = child.kill();
                return Err(failed("does not end"));
            }
        }
    };
    if !status.success() {
        return Err(failed(&format!("failed: {status}")));
    }
    reader.join().ok().and_then(Result::ok).ok_or_else(|| failed("printed no text"))
}

/// RFC 4648 4.
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = bits >> (18 - 6 * place) & 63;
            text.push(if place > chunk.len() { '=' } else { char::from(ALPHABET[index as usize]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::time::SystemTime;

    use super::*;
    use crate::interrupt::Interrupt;
    use crate::upload::clock::SystemClock;

    fn auth(credentials: Credentials) -> (Auth, Client) {
        let connection = Connection {
            base: "http://127.0.0.1:1".to_string(),
            ca_certificate: None,
            client_certificate: None,
            headers: Vec::new(),
            gzip: false,
            timeout: Duration::from_secs(1),
            connections: 1,
        };
        let client = Client::new(&connection).unwrap();
        (Auth::new(credentials, connection), client)
    }

    #[test]
    fn base64_is_padded() {
        for (text, want) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("user:pw", "dXNlcjpwdw==")] {
            assert_eq!(base64(text.as_bytes()), want);
        }
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

    /// A clock that stands at so many seconds.
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
        let ahead = 1000 - MARGIN.as_secs();
        for (now, want) in [(ahead - 1, "Bearer old"), (ahead, "Bearer new")] {
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
            let token = Token { access_token: "a".to_string(), token_type: None, expires_in: Some(seconds) };
            let left = kept(token, "", &clock).unwrap().expires.unwrap() - clock.now();
            assert!(left > Duration::from_secs(at_least), "{seconds} {left:?}");
        }
    }
}
