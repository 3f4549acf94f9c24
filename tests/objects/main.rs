//! Buckets as inputs and outputs, against a store of our own that can fail.

#![cfg(feature = "objects")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

#[cfg(unix)]
mod credentials;
mod faults;
mod keys;
mod nights;
mod output;
mod run;
mod store;
