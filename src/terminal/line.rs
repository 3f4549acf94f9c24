//! Standard error as indicatif's terminal, a few columns narrower than it is.
//!
//! indicatif fills the whole line. The `^C` that a terminal prints would wrap to the next line then, and the bar would
//! remain on the screen.

use std::io::{self, Write, stderr};

use indicatif::TermLike;

use super::message::terminal_columns;

/// Columns for the `^C` of a terminal.
const INTERRUPT_COLUMNS: usize = 3;

/// The line of the progress bar.
#[derive(Debug)]
pub(super) struct Line;

/// Columns available for drawing.
pub(super) fn columns() -> usize {
    terminal_columns().saturating_sub(INTERRUPT_COLUMNS)
}

/// A control sequence that moves the cursor (ECMA-48 8.3).
fn moved(number: usize, to: char) -> io::Result<()> {
    if number == 0 { Ok(()) } else { write!(stderr(), "\u{1b}[{number}{to}") }
}

impl TermLike for Line {
    fn width(&self) -> u16 {
        u16::try_from(columns()).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        moved(lines, 'A')
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        moved(lines, 'B')
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        moved(columns, 'C')
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        moved(columns, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        writeln!(stderr(), "{text}")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        stderr().write_all(text.as_bytes())
    }

    fn clear_line(&self) -> io::Result<()> {
        stderr().write_all(b"\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        stderr().flush()
    }
}
