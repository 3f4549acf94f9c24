//! Counts that do not depend on the load of the machine: user instructions by valgrind, and system calls by strace.

use std::path::Path;
use std::process::Command;

use crate::contestants::{Contestant, OUTPUT, installed};
use crate::measure::retire;

/// Prints both for the floor and the tool, for one file. Each run writes to a new folder, as those that are measured.
pub fn print(files: u32, all: &[Contestant], work: &Path) {
    println!("\n| | user instructions a file | system calls a file |\n|---|---|---|");
    for contestant in all.iter().take(2) {
        let cell = |count: Option<u64>, digits: usize| {
            count.map_or("-".to_string(), |count| format!("{:.digits$}", count as f64 / f64::from(files)))
        };
        retire(&work.join(OUTPUT));
        let instructions = instructions(&contestant.command);
        retire(&work.join(OUTPUT));
        let calls = system_calls(&contestant.command);
        println!("| {} | {} | {} |", contestant.name, cell(instructions, 0), cell(calls, 2));
    }
}

fn instructions(words: &[String]) -> Option<u64> {
    let valgrind = installed("valgrind")?;
    let options = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let output = Command::new(valgrind).args(options).args(words).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let total = text.lines().find_map(|line| line.split_once("Collected :"))?.1;
    total.trim().parse().ok()
}

fn system_calls(words: &[String]) -> Option<u64> {
    let strace = installed("strace")?;
    let output = Command::new(strace).args(["-c", "-f", "-o", "/dev/stdout"]).args(words).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let total = text.lines().find(|line| line.ends_with(" total"))?;
    total.split_whitespace().nth(3)?.parse().ok()
}
