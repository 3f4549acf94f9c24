//! Output on standard error: colored messages, numbers with units, and progress.
//!
//! The bar has its own thread, which reads the counters ten times a second.

mod bar;
mod counters;
mod drawn;
mod line;
mod message;

use std::io::{IsTerminal, stderr};
use std::sync::Arc;

use crate::options::ShowProgress;
use crate::progress::Progress;
use bar::Bar;
pub use counters::size;
pub use message::{ERROR, NAME, WARNING, columns, say};

/// Starts a bar on a terminal, lines elsewhere if requested, else nothing.
pub fn start(show: ShowProgress, is_verbose: bool) -> Arc<dyn Progress> {
    let is_terminal = stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let bar = match (show, is_terminal) {
        (ShowProgress::Never, _) | (ShowProgress::Auto, false) => Bar::default(),
        (ShowProgress::Auto | ShowProgress::Always, true) => Bar::drawn(),
        (ShowProgress::Always, false) => Bar::lines(),
    };
    Arc::new(bar.verbose(is_verbose))
}
