//! The async runtime of requests, apart from the reading threads.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// Threads of the runtime: a request takes little CPU.
const THREADS: usize = 2;
/// The interval of checks for an interrupt.
const GLANCE: Duration = Duration::from_millis(100);
/// The time without a first response after which the user is told that requests are retried.
const PATIENCE: Duration = Duration::from_secs(5);

/// The runtime.
pub fn runtime() -> Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        // Another part of the program may have installed a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Builder::new_multi_thread().worker_threads(THREADS).thread_name("objects").enable_all().build();
        builder.expect("two threads can be started, where the readers could")
    });
    runtime.handle().clone()
}

/// Waits for the first response or an interrupt. If it takes long, says that requests are retried: with a wrong address
/// the wait is long.
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
