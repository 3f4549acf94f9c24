//! Ctrl-C and SIGTERM: the first signal ends the run cleanly, the second at once.

#[cfg(feature = "cli")]
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

/// The exit code of an interrupted run, by the convention of shells.
#[cfg(feature = "cli")]
const EXIT_CODE: u8 = 130;

/// Whether the run is to stop. Workers check it before each file and each document.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Installs the signal handlers.
    #[cfg(feature = "cli")]
    pub(crate) fn on_signals() -> io::Result<Interrupt> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::flag;

        let interrupt = Interrupt::default();
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the shutdown sees the flag only if an earlier signal has set it.
            flag::register_conditional_shutdown(signal, i32::from(EXIT_CODE), Arc::clone(&interrupt.0))?;
            flag::register(signal, Arc::clone(&interrupt.0))?;
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
