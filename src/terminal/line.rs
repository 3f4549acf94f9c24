//! Standard error as indicatif's terminal, a few columns narrower than it is.
//!
//! indicatif fills its line to the edge. What the terminal shows of Ctrl-C would go to the next line then, and the line
//! above it would stay.

use std::io::{self, Write, stderr};

use indicatif::TermLike;

use super::message::terminal_columns;

/// What a terminal shows of Ctrl-C.
const INTERRUPT_COLUMNS: usize = 3;

/// The line that progress is drawn on.
#[derive(Debug)]
pub(super) struct Line;

/// Columns that can be drawn on.
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
