//! Runs a command and measures it, through a small process in between, so that the kernel's counters for children are
//! those of this command.

use std::fs;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::command;
use crate::contestants::OUTPUT;

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of processors, the kernel's work included.
    pub cpu: f64,
    /// Peak memory in MB.
    pub memory: f64,
}

/// Runs a command through a process of our own.
pub fn run(words: &[String], work: &Path) -> Run {
    retire(&work.join(OUTPUT));
    let own = std::env::current_exe().expect("the program knows where it is");
    let output = std::process::Command::new(own).arg("run").args(words).output().expect("it can be started again");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().filter_map(|number| number.parse().ok());
    let mut next = || numbers.next().unwrap_or(f64::NAN);
    Run { wall: next(), cpu: next(), memory: next() }
}

/// The process between: runs the command and prints what it took.
pub fn run_and_tell(words: &[String]) -> ExitCode {
    let start = Instant::now();
    let status = command(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let wall = start.elapsed().as_secs_f64();
    if status.is_err() {
        return ExitCode::FAILURE;
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts");
    let cpu = (usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6;
    println!("{wall} {cpu} {}", usage.max_rss() as f64 / 1e3);
    ExitCode::SUCCESS
}

/// Renames the output of the last run. It is removed at the end, as creating files is slower after a removal.
pub fn retire(output: &Path) {
    static RETIRED: AtomicUsize = AtomicUsize::new(0);
    let aside = format!("retired-{}", RETIRED.fetch_add(1, Ordering::Relaxed));
    let _ = fs::rename(output, output.with_file_name(aside));
}

/// Empties the page cache, if we may.
pub fn drop_caches() -> bool {
    nix::unistd::sync();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}
