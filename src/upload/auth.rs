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

use super::clock::Clock;
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
    kept: Mutex<Kept>,
}

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
    pub fn new(credentials: Credentials) -> Auth {
        Auth { credentials, kept: Mutex::default() }
    }

    /// The header to send, if any.
    pub fn header(&self, clock: &dyn Clock) -> Result<Option<String>, Error> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.header.is_none() || kept.expires.is_some_and(|expires| clock.now() + MARGIN >= expires) {
            *kept = self.fetch(clock)?;
        }
        Ok(kept.header.clone())
    }

    /// Fetches again what the server refused, unless another thread has done so. Says whether there is something new.
    pub fn renew(&self, refused: Option<&str>, clock: &dyn Clock) -> Result<bool, Error> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.header.as_deref() != refused {
            return Ok(true);
        }
        *kept = self.fetch(clock)?;
        Ok(kept.header.as_deref() != refused)
    }

    fn fetch(&self, clock: &dyn Clock) -> Result<Kept, Error> {
        match &self.credentials {
            Credentials::None => Ok(Kept::default()),
            Credentials::Token(secret) => {
                let token = Token::parse(&read(secret)?);
                let expires = token.expires_in.map(|seconds| clock.now() + Duration::from_secs(seconds));
                Ok(Kept { header: Some(format!("Bearer {}", printable(token.access_token, secret)?)), expires })
            }
            Credentials::Basic(secret) => {
                let text = read(secret)?;
                if !text.contains(':') {
                    return Err(Error::Usage(format!("{} holds no user:password", secret.place())));
                }
                Ok(Kept { header: Some(format!("Basic {}", base64(text.as_bytes()))), expires: None })
            }
        }
    }
}

/// What a token endpoint answers (RFC 6749 5.1), or a bare token.
#[derive(Deserialize)]
struct Token {
    access_token: String,
    expires_in: Option<u64>,
}

impl Token {
    fn parse(text: &str) -> Token {
        serde_json::from_str(text).unwrap_or_else(|_| Token { access_token: text.to_string(), expires_in: None })
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

fn printable(token: String, secret: &Secret) -> Result<String, Error> {
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::Usage(format!("{} holds no token: want one word", secret.place())));
    }
    Ok(token)
}

fn read(secret: &Secret) -> Result<String, Error> {
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
fn base64(bytes: &[u8]) -> String {
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
        let (auth, clock) = (Auth::new(Credentials::Token(Secret::File(file.clone()))), SystemClock::default());
        assert_eq!(auth.header(&clock).unwrap().unwrap(), "Bearer old");
        assert!(!auth.renew(Some("Bearer old"), &clock).unwrap(), "nothing new");
        fs::write(&file, "new").unwrap();
        assert!(auth.renew(Some("Bearer old"), &clock).unwrap());
        assert!(auth.renew(Some("Bearer old"), &clock).unwrap(), "another thread has renewed it");
        assert_eq!(auth.header(&clock).unwrap().unwrap(), "Bearer new");
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
        let (auth, clock) = (Auth::new(Credentials::Token(Secret::File(file.clone()))), At(AtomicU64::new(0)));
        assert_eq!(auth.header(&clock).unwrap().unwrap(), "Bearer old");
        fs::write(&file, token("new")).unwrap();
        let ahead = 1000 - MARGIN.as_secs();
        for (now, want) in [(ahead - 1, "Bearer old"), (ahead, "Bearer new")] {
            clock.0.store(now, Relaxed);
            assert_eq!(auth.header(&clock).unwrap().unwrap(), want, "{now}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_command_prints_the_token() {
        let auth = |command: &str| Auth::new(Credentials::Token(Secret::Command(command.to_string())));
        let clock = SystemClock::default();
        assert_eq!(auth("echo abc").header(&clock).unwrap().unwrap(), "Bearer abc");
        for command in ["exit 3", "echo a b", "true"] {
            assert!(auth(command).header(&clock).is_err(), "{command}");
        }
    }
}
