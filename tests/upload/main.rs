//! `upload` against a server of ours that misbehaves on command. Time passes only on a clock of the tests.

#![cfg(feature = "upload")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod archive;
mod auth;
mod binary;
mod bodies;
mod chaos;
mod faults;
#[cfg(feature = "index")]
mod files;
mod first_contact;
#[cfg(feature = "index")]
mod histories;
#[cfg(feature = "index")]
mod history;
#[cfg(unix)]
#[cfg(feature = "index")]
mod index;
mod interrupt;
mod orders;
mod others;
mod promises;
mod proxy;
mod repeat;
mod server;
mod session;
mod store;
mod tls;
mod whose;
#[cfg(feature = "index")]
mod world;
