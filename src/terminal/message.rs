//! Text for standard error, with colors if the terminal and the user allow it.

use std::fmt::Display;
use std::io::{Write, stderr};

use anstyle::{AnsiColor, Style};
use terminal_size::terminal_size_of;

/// Style of errors.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Style of warnings.
pub const WARNING: Style = AnsiColor::Yellow.on_default();
/// Style of labels.
pub const NAME: Style = Style::new().bold();

/// The width of the terminal; 80 without one.
pub(super) fn terminal_columns() -> usize {
    terminal_size_of(stderr()).map_or(80, |(columns, _)| usize::from(columns.0))
}

/// The width for wrapped text: 40 to 80.
pub fn columns() -> usize {
    terminal_columns().clamp(40, 80)
}

/// Prints the text. Write errors are ignored: standard error may be closed.
pub fn say(text: impl Display) {
    let _ = write!(anstream::stderr(), "{text}");
}
