//! `--index` from outside: whatever happens to an archive, the next run ends as a full run would.

#![cfg(feature = "index")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod command;
mod damage;
mod law;
mod nights;
mod world;
