//! The gate that all requests pass: when the server is overloaded, everybody waits.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock::Clock;
use crate::interrupt::Interrupt;

/// No request goes out before this time.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<Duration>);

impl Throttle {
    /// Closes the gate for a while; a longer closure that is under way stays.
    pub fn slow_down(&self, until: Duration) {
        let mut gate = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *gate = until.max(*gate);
    }

    /// Waits until the gate is open; behind it each goes after a moment of its own.
    pub fn wait(&self, clock: &dyn Clock, interrupt: &Interrupt) {
        let gate = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = gate.saturating_sub(clock.now());
        if !left.is_zero() {
            clock.sleep(left + Duration::from_millis(250).mul_f64(clock.random()), interrupt);
        }
    }
}
