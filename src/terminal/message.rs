//! Text for standard error, with colors where the user and the terminal want them.

use std::fmt::Display;
use std::io::{Write, stderr};

use anstyle::{AnsiColor, Style};
use terminal_size::terminal_size_of;

/// Something went wrong.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Something wants a look.
pub const WARNING: Style = AnsiColor::Yellow.on_default();
/// What a line is about.
pub const NAME: Style = Style::new().bold();

/// The columns of the terminal that standard error is; 80 if it is none.
pub(super) fn terminal_columns() -> usize {
    terminal_size_of(stderr()).map_or(80, |(columns, _)| usize::from(columns.0))
}

/// The columns for text that is broken into lines: 40 to 80.
pub fn columns() -> usize {
    terminal_columns().clamp(40, 80)
}

/// Prints the text. Write errors are ignored: standard error may be closed.
pub fn say(text: impl Display) {
    let _ = write!(anstream::stderr(), "{text}");
}
