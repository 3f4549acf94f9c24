//! Tests of `--index`: after any change of an archive, the next run gives the same result as a full run.

#![cfg(feature = "index")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod command;
mod damage;
mod gone;
mod law;
mod nights;
mod world;
