//! The folders that are still to be walked, shared by the walking threads.
//!
//! The newest folder is taken first, so that a deep tree keeps the queue short. Linked folders are taken last, in order
//! of name, so that the name under which a folder is walked does not depend on timing.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    folders: Vec<PathBuf>,
    linked: BTreeSet<PathBuf>,
    /// Threads that may still add folders.
    busy_threads: usize,
    /// Waiting threads. Only then is the condition variable notified, as that is a system call.
    waiting_threads: usize,
    stopped: bool,
}

/// The answer to a thread that asks for work.
pub(super) enum Next {
    Folder(PathBuf),
    /// Nothing now, but a busy thread may add some.
    Wait,
    End,
}

impl Queue {
    /// A queue with one busy thread, which feeds it.
    pub fn fed() -> Queue {
        Queue { state: Mutex::new(State { busy_threads: 1, ..State::default() }), ..Queue::default() }
    }

    pub fn push(&self, folders: impl IntoIterator<Item = PathBuf>) {
        let mut state = self.state();
        let before = state.folders.len();
        state.folders.extend(folders);
        let wanted_threads = state.waiting_threads.min(state.folders.len() - before);
        drop(state);
        (0..wanted_threads).for_each(|_| self.changed.notify_one());
    }

    pub fn push_linked(&self, folder: PathBuf) {
        self.state().linked.insert(folder);
    }

    /// The next folder, without waiting. The caller must call [`Queue::done`] afterwards.
    pub fn try_next(&self) -> Next {
        self.state().next()
    }

    /// The next folder; `None` when all were walked or the walk was stopped.
    pub fn next(&self) -> Option<PathBuf> {
        let mut state = self.state();
        loop {
            match state.next() {
                Next::Folder(folder) => return Some(folder),
                Next::End => return None,
                Next::Wait => {
                    state.waiting_threads += 1;
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    state.waiting_threads -= 1;
                }
            }
        }
    }

    /// Marks a thread as done with its folder.
    pub fn done(&self) {
        let mut state = self.state();
        state.busy_threads -= 1;
        if state.busy_threads == 0 {
            self.changed.notify_all();
        }
    }

    /// Ends the walk early.
    pub fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self) -> Next {
        if self.stopped {
            return Next::End;
        }
        let idle = self.busy_threads == 0;
        let folder = self.folders.pop().or_else(|| if idle { self.linked.pop_first() } else { None });
        match folder {
            Some(folder) => {
                self.busy_threads += 1;
                Next::Folder(folder)
            }
            None if idle => Next::End,
            None => Next::Wait,
        }
    }
}
