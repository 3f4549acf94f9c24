//! Nobody's data is joined with another's: an invariant over any output, and random archives in which people, orders,
//! visits and specimens collide.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod archive;
mod cases;
mod character_sets;
mod checker;
#[cfg(feature = "upload")]
mod companions;
#[cfg(feature = "upload")]
mod foreign;
#[cfg(feature = "upload")]
mod foreign_ids;
mod issuers;
mod numbers;
mod persons;
mod property;
#[cfg(feature = "upload")]
#[allow(dead_code, reason = "what the tests of the upload use")]
#[path = "../upload/server.rs"]
mod server;
#[cfg(feature = "upload")]
#[allow(dead_code, reason = "what the tests of the upload use")]
#[path = "../upload/session.rs"]
mod session;
#[cfg(feature = "upload")]
#[allow(dead_code, reason = "what the tests of the upload use")]
#[path = "../upload/store.rs"]
mod store;
mod twice;
#[cfg(feature = "upload")]
mod uploaded;
mod ways;
