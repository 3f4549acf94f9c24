//! The threads that requests run on, beside those that read.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// Threads that wait for answers: the work of each is small.
const THREADS: usize = 2;
/// How often it is looked whether the user has enough.
const GLANCE: Duration = Duration::from_millis(100);
/// After so long without a first answer the user is told that requests are retried.
const PATIENCE: Duration = Duration::from_secs(5);

/// The threads that requests run on.
pub fn runtime() -> Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        // Another part of the program may have chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Builder::new_multi_thread().worker_threads(THREADS).thread_name("objects").enable_all().build();
        builder.expect("two threads can be started, where the readers could")
    });
    runtime.handle().clone()
}

/// Waits for a first answer, until the user has enough. Where it takes long, it is said that requests are retried: a wrong
/// address is otherwise a long wait without a word.
pub fn wait<T>(
    place: &str,
    answer: impl Future<Output = T>,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<T, Error> {
    runtime().block_on(async {
        let (mut answer, start, mut is_told) = (std::pin::pin!(answer), Instant::now(), false);
        loop {
            match tokio::time::timeout(GLANCE, &mut answer).await {
                Ok(answer) => return Ok(answer),
                Err(_) => interrupt.check()?,
            }
            if !is_told && start.elapsed() >= PATIENCE {
                is_told = true;
                progress.warn(&format!("{place}: no answer yet; requests are retried for some minutes"));
            }
        }
    })
}
