//! Sources of secrets: a file, a variable or a command, never the command line. No secret is printed.

use std::env;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

/// Timeout of a command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// The most output of a command that is read.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// The source of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In a file.
    File(PathBuf),
    /// In an environment variable of this name.
    Variable(String),
    /// In the output of a shell command.
    Command(String),
}

impl Secret {
    /// The source in words, without the secret.
    pub fn place(&self) -> String {
        match self {
            Secret::File(path) => path.display().to_string(),
            Secret::Variable(name) => format!("the variable {name}"),
            Secret::Command(_) => "the output of --token-command".to_string(),
        }
    }

    /// Reads the secret, without surrounding white space.
    pub fn read(&self) -> Result<String, Error> {
        let text = match self {
            Secret::File(path) => {
                fs::read_to_string(path).map_err(|source| Error::Input { path: path.clone(), source })?
            }
            Secret::Variable(name) => {
                env::var(name).map_err(|_| Error::Usage(format!("the variable {name} is not set")))?
            }
            Secret::Command(command) => output(command)?,
        };
        // Editors of Windows begin a file with a byte order mark.
        Ok(text.trim_start_matches('\u{FEFF}').trim().to_string())
    }
}

/// The output of a shell command, whose standard error is inherited.
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
    let status = wait(&mut child).ok_or_else(|| failed("does not end"))?;
    if !status.success() {
        return Err(failed(&format!("failed: {status}")));
    }
    reader.join().ok().and_then(Result::ok).ok_or_else(|| failed("printed no text"))
}

/// Waits for a command; kills it and returns `None` after the timeout.
fn wait(child: &mut Child) -> Option<ExitStatus> {
    let end = Instant::now() + COMMAND_TIMEOUT;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
            _ => {
                let _ = child.kill();
                return None;
            }
        }
    }
}
