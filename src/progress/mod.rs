//! What the user sees while the run goes on, on standard error.
//!
//! The stages only add to counters, which costs them next to nothing; a thread of the bar's own looks at them ten times
//! a second.

mod bar;
mod counters;
mod drawn;
mod line;
mod message;

use std::fmt::Display;
use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crate::issue::Skip;
use crate::options::ShowProgress;
pub use bar::Bar;
pub use counters::{count, duration, size};
pub use message::{ERROR, NAME, WARNING, columns, say};

/// Hears how far the run is. Every method may be called from any thread.
pub trait Progress: Send + Sync {
    /// The walk found more files.
    fn walked(&self, _files: u64) {}
    /// The walk is at its end: the number of files is known.
    fn walk_ended(&self) {}
    /// More files were read, or left out by the walk.
    fn read(&self, _files: u64, _bytes: u64) {}
    /// So many studies are known.
    fn found(&self, _studies: u64) {}
    /// All was read; so many documents will be written.
    fn writing(&self, _documents: u64) {}
    /// More documents were written.
    fn wrote(&self, _documents: u64) {}
    /// So many requests were sent again.
    fn retried(&self, _requests: u64) {}
    /// More resources were not taken by the server.
    fn refused(&self, _resources: u64) {}
    /// Says a line while the run goes on, past what is drawn.
    fn say(&self, line: &str) {
        say(format_args!("{line}\n"));
    }
    /// A file is left out.
    fn left_out(&self, _file: &dyn Display, _why: &Skip) {}
    /// The run is at its end: what was drawn is wiped away.
    fn finish(&self) {}
}

/// Shows nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {}

/// A bar on a terminal; elsewhere lines if they are asked for, and else nothing.
pub fn start(show: ShowProgress, is_verbose: bool) -> Arc<dyn Progress> {
    let is_terminal = stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let bar = match (show, is_terminal) {
        (ShowProgress::Never, _) | (ShowProgress::Auto, false) => Bar::default(),
        (ShowProgress::Auto | ShowProgress::Always, true) => Bar::drawn(),
        (ShowProgress::Always, false) => Bar::lines(),
    };
    Arc::new(bar.verbose(is_verbose))
}

/// Counts the retries of requests to a server, and says why of the first: a wrong address is otherwise a long wait without
/// a word.
pub fn note_retries(
    progress: Arc<dyn Progress>,
    server: String,
    deadline: Duration,
) -> impl Fn(&str) + Send + Sync + 'static {
    let said = AtomicBool::new(false);
    move |why| {
        progress.retried(1);
        if !said.swap(true, Relaxed) {
            let deadline = duration(deadline);
            progress.say(&format!(
                "{WARNING}warning:{WARNING:#} {server}: {why}; requests are retried for up to {deadline} (--deadline)"
            ));
        }
    }
}
