//! One line on a terminal, drawn by indicatif ten times a second.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::counters::Counters;
use super::line::columns;

const REDRAW: Duration = Duration::from_millis(100);
/// The width of the bar and a space.
const BAR_COLUMNS: usize = 11;

/// The characters of the bar.
struct Characters {
    spinner: &'static str,
    bar: &'static str,
}

const UNICODE: Characters = Characters { spinner: "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ", bar: "━╸─" };
const ASCII: Characters = Characters { spinner: "|/-\\ ", bar: "#>-" };

/// Draws until it is stopped, then wipes the line.
pub(super) fn draw(bar: &ProgressBar, counters: &Counters, stopped: &Receiver<()>, began: Instant) {
    let Characters { spinner, bar: cells } = characters();
    let style = |template| ProgressStyle::with_template(template).expect("the template is well-formed");
    let spinning = style("{spinner} {msg}").tick_chars(spinner);
    let filling = style("{bar:10} {msg}").progress_chars(cells);
    while stopped.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout) {
        let (done, total) = counters.position();
        bar.set_style(if total.is_some() { filling.clone() } else { spinning.clone() });
        bar.set_length(total.unwrap_or_default());
        bar.set_position(total.map_or(done, |total| done.min(total)));
        let columns = columns().saturating_sub(BAR_COLUMNS);
        bar.set_message(counters.line(began.elapsed()).chars().take(columns).collect::<String>());
        bar.tick();
    }
    bar.finish_and_clear();
}

/// The characters that the terminal can show, by the first locale variable that is set (POSIX, Environment Variables
/// 8.2).
fn characters() -> &'static Characters {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    if cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8") { &UNICODE } else { &ASCII }
}
