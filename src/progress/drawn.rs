//! One line on a terminal, drawn anew ten times a second in one write, so that nothing flickers.

use std::io::{Write, stderr};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::counters::Counters;
use super::message::terminal_columns;

const REDRAW: Duration = Duration::from_millis(100);
const BAR_COLUMNS: usize = 10;
/// What a terminal shows of Ctrl-C. In a full line it would go to the next one, and leave ours behind.
const INTERRUPT_COLUMNS: usize = 3;
/// The control sequence that erases from the cursor to the end of the line.
const ERASE: &str = "\u{1b}[K";

/// The characters that the line is drawn with.
struct Characters {
    spinner: &'static [char],
    done: char,
    head: char,
    left: char,
}

const UNICODE: Characters =
    Characters {
        spinner: &['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'], done: '━', head: '╸', left: '─'
    };
const ASCII: Characters = Characters { spinner: &['|', '/', '-', '\\'], done: '#', head: '>', left: '-' };

/// Draws until it is stopped, and then wipes the line away.
pub(super) fn draw(counters: &Counters, stopped: &Receiver<()>, began: Instant) {
    let characters = characters();
    let mut frame = 0;
    while stopped.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout) {
        let columns = terminal_columns();
        let line = line(counters, characters, frame, began.elapsed());
        let line: String = line.chars().take(columns.saturating_sub(INTERRUPT_COLUMNS)).collect();
        put(&format!("\r{line}{ERASE}"));
        frame += 1;
    }
    put(&format!("\r{ERASE}"));
}

fn put(text: &str) {
    let _ = stderr().write_all(text.as_bytes());
}

fn line(counters: &Counters, characters: &Characters, frame: usize, elapsed: Duration) -> String {
    let words = counters.line(elapsed);
    match counters.position() {
        (done, Some(total)) => format!("{} {words}", bar(characters, done, total)),
        (_, None) => format!("{} {words}", characters.spinner[frame % characters.spinner.len()]),
    }
}

fn bar(characters: &Characters, done: u64, total: u64) -> String {
    let part = done.min(total) as f64 / total.max(1) as f64;
    let full = (part * BAR_COLUMNS as f64) as usize;
    let cell = |column: usize| match column.cmp(&full) {
        std::cmp::Ordering::Less => characters.done,
        std::cmp::Ordering::Equal => characters.head,
        std::cmp::Ordering::Greater => characters.left,
    };
    (0..BAR_COLUMNS).map(cell).collect()
}

/// What the terminal can show, by the first of the variables that is set (POSIX, Environment Variables 8.2).
fn characters() -> &'static Characters {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    if cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8") { &UNICODE } else { &ASCII }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_as_full_as_the_work_is_done() {
        for (done, total, want) in [
            (0, 4, ">---------"),
            (2, 4, "#####>----"),
            (4, 4, "##########"),
            (9, 4, "##########"),
            (0, 0, ">---------"),
        ] {
            assert_eq!(bar(&ASCII, done, total), want);
        }
    }

    #[test]
    fn a_spinner_turns_until_the_total_is_known() {
        use std::sync::atomic::Ordering::Relaxed;
        let counters = Counters::default();
        let line = |frame| line(&counters, &ASCII, frame, Duration::from_secs(1));
        assert!(line(0).starts_with("| ") && line(5).starts_with("/ "));
        counters.walk_ended.store(true, Relaxed);
        assert!(line(0).starts_with(">---------"), "{}", line(0));
    }
}
