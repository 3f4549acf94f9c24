//! The progress line on a terminal, and what Ctrl-C leaves of it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::run::case;

/// An upper limit for a program that hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// A terminal emulator for the control sequences that the program uses.
#[derive(Default)]
struct Screen {
    lines: Vec<String>,
    row: usize,
    column: usize,
}

impl Screen {
    fn of(written: &str) -> Vec<String> {
        let mut screen = Screen::default();
        let mut rest = written.chars();
        while let Some(character) = rest.next() {
            match character {
                '\r' => screen.column = 0,
                '\n' => screen.row += 1,
                '\u{1b}' => {
                    let sequence: String = rest.by_ref().take_while(|one| !matches!(one, 'A'..='Z' | 'm')).collect();
                    // Erase in Line (ECMA-48 8.3.41) is the one that the program uses on one line.
                    if sequence == "[2" {
                        screen.line().clear();
                    }
                }
                shown => screen.show(shown),
            }
        }
        screen.lines.into_iter().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    fn line(&mut self) -> &mut String {
        self.lines.resize(self.lines.len().max(self.row + 1), String::new());
        &mut self.lines[self.row]
    }

    fn show(&mut self, character: char) {
        let column = self.column;
        let mut cells: Vec<char> = self.line().chars().collect();
        cells.resize(cells.len().max(column + 1), ' ');
        cells[column] = character;
        *self.line() = cells.into_iter().collect();
        self.column += 1;
    }
}

#[test]
fn a_screen_shows_what_was_not_erased() {
    assert_eq!(Screen::of("one\r\n12 files\r\u{1b}[2K13\rend\r\n"), ["one", "end"]);
    assert_eq!(Screen::of("12 files^C\r\u{1b}[2K"), [""; 0]);
}

/// Sends the output to the terminal, until it is closed.
fn reader(mut terminal: File) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = terminal.read(&mut buffer) {
            let _ = sender.send(String::from_utf8_lossy(&buffer[..count]).into_owned());
        }
    });
    receiver
}

/// Waits until the terminal has shown the text since the last call.
fn wait_for(text: &str, received: &Receiver<String>, shown: &mut String) {
    let start = shown.len();
    while !shown[start..].contains(text) {
        *shown += &received.recv_timeout(LIMIT).unwrap();
    }
}

#[test]
fn ctrl_c_wipes_the_progress_line() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    mkfifo(&list, Mode::S_IRWXU).unwrap();
    let size = Winsize { ws_row: 24, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 };
    let OpenptyResult { master, slave } = openpty(&size, None).unwrap();
    let mut keyboard = File::from(master.try_clone().unwrap());
    let received = reader(master.into());
    // setsid (util-linux) makes the terminal the one whose Ctrl-C the program gets.
    let mut child = Command::new("setsid")
        .args(["--ctty", env!("CARGO_BIN_EXE_dcm2fhir"), "convert", "--files-from"])
        .arg(&list)
        .env_remove("DCM2FHIR_PROGRESS")
        .env("LC_ALL", "C.UTF-8")
        .stdin(slave.try_clone().unwrap())
        .stdout(Stdio::null())
        .stderr(slave)
        .spawn()
        .unwrap();
    let mut paths = OpenOptions::new().write(true).open(&list).unwrap();
    writeln!(paths, "{}", case("ct-two-series/1-1.dcm").display()).unwrap();
    let mut shown = String::new();
    wait_for(" files", &received, &mut shown);
    keyboard.write_all(&[3]).unwrap();
    // The signal is sent before the terminal shows it.
    wait_for("^C", &received, &mut shown);
    drop(paths);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{shown:?}");
    while let Ok(more) = received.recv_timeout(LIMIT) {
        shown += &more;
    }
    assert_eq!(Screen::of(&shown), ["error: interrupted: every file that was written is whole"], "{shown:?}");
}
