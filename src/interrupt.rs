//! Ctrl-C and SIGTERM: the first signal ends the run cleanly, the second at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

/// The exit code of an interrupted run, by the convention of shells.
#[cfg(feature = "cli")]
const EXIT_CODE: u8 = 130;

/// Whether the run is to stop. Workers check it before each file and each document.
///
/// ```
/// use dcm2fhir::Interrupt;
///
/// let interrupt = Interrupt::default();
/// // A clone for another thread.
/// interrupt.clone().set();
/// assert!(interrupt.is_set());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Installs the signal handlers.
    #[cfg(feature = "cli")]
    pub(crate) fn on_signals() -> Result<Interrupt, Error> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::flag;

        let failed = |source| Error::Signals { source };
        let interrupt = Interrupt::default();
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the shutdown sees the flag only if an earlier signal has set it.
            let shutdown = flag::register_conditional_shutdown(signal, EXIT_CODE.into(), Arc::clone(&interrupt.0));
            shutdown.and_then(|_| flag::register(signal, Arc::clone(&interrupt.0))).map_err(failed)?;
        }
        Ok(interrupt)
    }

    /// Requests the end of the run, as a signal does.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the end was requested.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// An error once the end was requested.
    pub fn check(&self) -> Result<(), Error> {
        if self.is_set() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_holder_sees_the_interrupt() {
        let interrupt = Interrupt::default();
        let worker = interrupt.clone();
        assert!(worker.check().is_ok());
        interrupt.set();
        assert!(matches!(worker.check(), Err(Error::Interrupted)));
    }
}
