//! Text for standard error, with colors where the user and the terminal want them.

use std::fmt::Display;
use std::io::Write;

use anstyle::{AnsiColor, Style};

/// Something went wrong.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Something wants a look.
pub const WARNING: Style = AnsiColor::Yellow.on_default();
/// What a line is about.
pub const NAME: Style = Style::new().bold();

/// Prints the text. Nobody may be listening, which is no reason to fail.
pub fn say(text: impl Display) {
    let _ = write!(anstream::stderr(), "{text}");
}
