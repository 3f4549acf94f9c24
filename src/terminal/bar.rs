//! The progress bar on a terminal, and progress lines for logs.

use std::io::{Write, stderr};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget};

use super::counters::Counters;
use super::drawn::draw;
use super::line::Line;
use super::message::{WARNING, say};
use crate::issue::Skip;
use crate::name::{Name, one_line};
use crate::progress::Progress;

const LINE: Duration = Duration::from_secs(10);

/// Progress on standard error, drawn by a thread of its own.
#[derive(Debug, Default)]
pub struct Bar {
    counters: Arc<Counters>,
    painter: Mutex<Option<Painter>>,
    /// The bar, on a terminal.
    drawn: Option<ProgressBar>,
    /// Whether each file that is left out is named.
    is_verbose: bool,
}

#[derive(Debug)]
struct Painter {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Bar {
    /// A bar that is redrawn.
    pub fn drawn() -> Bar {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::term_like(Box::new(Line)));
        let own = bar.clone();
        let mut started = Bar::start(move |counters, stopped, began| draw(&own, counters, &stopped, began));
        started.drawn = Some(bar);
        started
    }

    /// A line every ten seconds.
    pub fn lines() -> Bar {
        Bar::start(|counters, stopped, began| {
            while stopped.recv_timeout(LINE) == Err(RecvTimeoutError::Timeout) {
                let _ = writeln!(stderr(), "dcm2fhir: {}", counters.line(began.elapsed()));
            }
        })
    }

    /// Sets whether each left-out file is named.
    pub fn verbose(self, is_verbose: bool) -> Bar {
        let mut bar = self;
        bar.is_verbose = is_verbose;
        bar
    }

    /// Prints a line above the bar.
    fn say(&self, line: &str) {
        let print = || say(format_args!("{line}\n"));
        self.drawn.as_ref().map_or_else(print, |bar| bar.suspend(print));
    }

    fn start(paint: impl FnOnce(&Counters, Receiver<()>, Instant) + Send + 'static) -> Bar {
        let counters = Arc::new(Counters::default());
        let (stop, stopped) = channel();
        let seen = Arc::clone(&counters);
        let thread = thread::spawn(move || paint(&seen, stopped, Instant::now()));
        Bar { counters, painter: Mutex::new(Some(Painter { stop, thread })), drawn: None, is_verbose: false }
    }
}

impl Progress for Bar {
    fn walked(&self, files: u64) {
        self.counters.walked_files.fetch_add(files, Relaxed);
    }

    fn walk_ended(&self) {
        self.counters.walk_ended.store(true, Relaxed);
    }

    fn read(&self, files: u64, bytes: u64) {
        self.counters.read_files.fetch_add(files, Relaxed);
        self.counters.read_bytes.fetch_add(bytes, Relaxed);
    }

    fn found(&self, studies: u64) {
        self.counters.studies.fetch_max(studies, Relaxed);
    }

    fn writing(&self, documents: u64) {
        self.counters.documents.store(documents, Relaxed);
        self.counters.writing.store(true, Relaxed);
    }

    fn wrote(&self, documents: u64) {
        self.counters.written_documents.fetch_add(documents, Relaxed);
    }

    fn retried(&self, requests: u64) {
        self.counters.retried_requests.fetch_add(requests, Relaxed);
    }

    fn refused(&self, resources: u64) {
        self.counters.refused_resources.fetch_add(resources, Relaxed);
    }

    fn left_out(&self, file: &Name, why: &Skip) {
        if self.is_verbose {
            self.say(&format!("{file}: {why}"));
        }
    }

    fn warn(&self, text: &str) {
        self.say(&format!("{WARNING}warning:{WARNING:#} {}", one_line(text)));
    }

    fn finish(&self) {
        let painter = self.painter.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Painter { stop, thread }) = painter {
            drop(stop);
            let _ = thread.join();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}
