//! Time and random numbers, replaced in tests so that these are fast and deterministic.

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::interrupt::Interrupt;

/// How often a sleeping thread checks for an interrupt.
const NAP: Duration = Duration::from_millis(100);

/// Tells the time, waits, and gives random numbers.
pub trait Clock: Send + Sync {
    /// Monotonic time since an arbitrary start.
    fn now(&self) -> Duration;
    /// The time of day, for `Retry-After` dates.
    fn time_of_day(&self) -> SystemTime;
    /// Sleeps, and returns early on an interrupt.
    fn sleep(&self, span: Duration, interrupt: &Interrupt);
    /// A number from 0 to below 1.
    fn random(&self) -> f64;
}

/// The computer's own clock.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, span: Duration, interrupt: &Interrupt) {
        let end = Instant::now() + span;
        while !interrupt.is_set() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(NAP));
        }
    }

    fn random(&self) -> f64 {
        // `RandomState` is seeded by the operating system.
        let bits = RandomState::new().hash_one(0_u8) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}
