//! Runs programs, and tells what they took.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use tempfile::TempDir;

/// The program that is measured.
pub const TOOL: &str = env!("CARGO_BIN_EXE_dcm2fhir");

/// What a program took.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Seconds of processors, the kernel's work included.
    pub cpu: f64,
}

/// Where everything is written, and how programs are run.
#[derive(Debug)]
pub struct Work {
    folder: TempDir,
    pub threads: String,
}

impl Work {
    pub fn new(threads: usize) -> Work {
        Work { folder: tempfile::tempdir().expect("a folder to work in"), threads: threads.to_string() }
    }

    /// A place for an output.
    pub fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name).display().to_string();
        // A separator at the end says that it is a folder.
        if name.ends_with('/') { format!("{}/", path.trim_end_matches('/')) } else { path }
    }

    /// `convert` with the threads that were asked for.
    pub fn convert(&self, words: &[&str]) -> Cost {
        self.tool(&[&["convert", "-q", "--threads", &self.threads], words].concat())
    }

    /// The program that is measured.
    pub fn tool(&self, words: &[&str]) -> Cost {
        cost(Command::new(TOOL).args(words))
    }

    /// This program, as another process.
    pub fn own(&self, words: &[&str]) -> Cost {
        cost(Command::new(own()).args(words))
    }

    /// A line for the shell.
    pub fn shell(&self, line: &str) -> Cost {
        cost(Command::new("sh").args(["-c", line]))
    }

    /// How many files below a folder the tool opens; `None` without strace.
    pub fn opened_files(&self, folder: &str, words: &[&str]) -> Option<usize> {
        let calls = self.path("calls");
        let strace = ["-f", "-y", "-qq", "-e", "trace=open,openat,openat2", "-o", &calls, TOOL];
        Command::new("strace").args(strace).args(words).stderr(Stdio::null()).status().ok()?;
        let calls = std::fs::read_to_string(calls).ok()?;
        // Behind the equals sign stands what was opened: `3</archive/IM1>`.
        let opened = calls.lines().filter_map(|call| call.rsplit_once("= ")?.1.split_once('<'));
        let opened = opened.map(|(_, path)| Path::new(path.trim_end_matches('>')));
        Some(opened.filter(|path| path.starts_with(folder) && path.is_file()).count())
    }
}

/// This program.
pub fn own() -> PathBuf {
    env::current_exe().expect("the program knows where it is")
}

/// Runs a command to its end. What it says of the data, and the exit code that goes with it, is no matter here.
fn cost(command: &mut Command) -> Cost {
    let seconds = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts");
        (usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6
    };
    let before = seconds();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program can be started");
    assert!(status.code().is_some_and(|code| code < 2), "{command:?}: {status}");
    Cost { cpu: seconds() - before }
}

/// The one in the middle.
pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
